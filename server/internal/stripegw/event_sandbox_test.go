package stripegw_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// allEvents are those that the sandbox lists, the newest first, read page by page.
func (b *bench) allEvents(t *testing.T) []stripegw.StripeEvent {
	t.Helper()
	var events []stripegw.StripeEvent
	after, more := "", true
	for more {
		var page []stripegw.ListedEvent
		var err error
		if page, more, err = b.gateway.ListEvents(t.Context(), 1, after); err != nil {
			t.Fatalf("%v\n%s", err, visible(err))
		}
		for _, listed := range page {
			e := decoded(t, listed.Body)
			if e.ID != listed.ID || e.Created != listed.Created {
				t.Errorf("listed as %s at %d: %+v", listed.ID, listed.Created, e)
			}
			events, after = append(events, e), listed.ID
		}
	}
	return events
}

// live does to objects of every type what their rpcs can do.
func (b *bench) live(t *testing.T) {
	t.Helper()
	plan := b.plan(t, "gold", 2000)
	b.goldPlan(t, "silver")
	jane := b.paying(t, "jane", "tok_visa")
	sub := b.subscribe(t, "subscribed", jane, plan)
	b.changes(t, cancelSubscription, "canceled", &paymentsv1.CancelSubscriptionRequest{
		SubscriptionId: sub.GetId(), When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
	})
	b.subscribe(t, "stays", jane, plan)
	b.waiting(t, "waits", jane, plan)

	paid := b.pay(t, "paid", func(r *paymentsv1.CreatePaymentRequest) {
		r.CustomerId, r.ReceiptEmail, r.Metadata = jane, "jane@example.com", map[string]string{"order": "1001"}
	})
	b.made(t, createRefund, "refunded", &paymentsv1.CreateRefundRequest{PaymentId: paid.GetId(), Amount: usd(300)})
	b.pay(t, "disputed", func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId = "pm_card_createDispute" })
	b.write(t, createPayment, "declined", payBy("pm_card_chargeDeclined"))
	held := b.made(t, createPayment, "held", edited(func(r *paymentsv1.CreatePaymentRequest) {
		r.PaymentMethodId, r.Confirm = "pm_card_visa", true
		r.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
	}))
	b.made(t, capturePayment, "captured", &paymentsv1.CapturePaymentRequest{PaymentId: held, Amount: usd(400)})
	b.made(t, createPayment, "asks", edited(func(r *paymentsv1.CreatePaymentRequest) {
		r.PaymentMethodId, r.Confirm, r.ReturnUrl = "pm_card_threeDSecure2Required", true, "https://example.com/back"
	}))
	left := b.made(t, createPayment, "left", createRequest())
	b.made(t, cancelPayment, "given_up", &paymentsv1.CancelPaymentRequest{PaymentId: left})

	saved := b.made(t, createSetupIntent, "saved", &paymentsv1.CreateSetupIntentRequest{CustomerId: jane})
	b.made(t, cancelSetupIntent, "not_saved", &paymentsv1.CancelSetupIntentRequest{SetupIntentId: saved})
	b.made(t, createSetupIntent, "open", &paymentsv1.CreateSetupIntentRequest{CustomerId: jane})
	lost := b.attach(t, "lost", jane, "tok_mastercard")
	b.made(t, detachMethod, "detached", &paymentsv1.DetachPaymentMethodRequest{PaymentMethodId: lost})
	b.made(t, deleteCustomer, "gone", &paymentsv1.DeleteCustomerRequest{CustomerId: b.customer(t, "joe")})
}

// TestEventsOfTheSandbox: the newest event of each object holds it as it can be read now, but for what stands in other
// objects; all that is told of is an object that can be fetched; and of every type of object there is something.
func TestEventsOfTheSandbox(t *testing.T) {
	b := newBench(t)
	b.live(t)
	seen, kinds := map[string]bool{}, map[string]int{}
	for _, e := range b.allEvents(t) {
		for _, c := range stripegw.ChangesOf(e) {
			if c.Opaque {
				continue
			}
			if c.ChargeID != "" {
				b.checkRefunds(t, e, c)
				continue
			}
			now, err := b.gateway.FetchObject(t.Context(), c.ObjectKind, c.ObjectID)
			if err != nil {
				t.Errorf("%v, %+v: %v", e, c, err)
				continue
			}
			if c.Refresh {
				continue
			}
			kinds[c.ObjectKind]++
			held, err := b.gateway.EventResource(e)
			if err != nil || held.ID != c.ObjectID || held.Kind != c.ObjectKind {
				t.Errorf("%v holds %+v, %v", e, held, err)
				continue
			}
			if c.Snapshot && !seen[held.ID] {
				checkHeld(t, e, held, now)
			}
			seen[held.ID] = true
		}
	}
	for kind := range eventKinds {
		if kinds[kind] == 0 {
			t.Errorf("no event of a %s", kind)
		}
	}
}

// checkHeld compares a snapshot with the object, as it was read after all events.
func checkHeld(t *testing.T, e stripegw.StripeEvent, held, now stripegw.Resource) {
	t.Helper()
	now = now.After(e.Type)
	if !proto.Equal(held.Message, asHeld(now.Message)) {
		checkSame(t, e.String(), asHeld(now.Message), held.Message)
	}
	if held.State != now.State || held.Ended != now.Ended {
		t.Errorf("%v: held %+v, read %+v", e, held, now)
	}
}

// asHeld is a message as a snapshot has it: other objects by their ids.
func asHeld(m proto.Message) proto.Message {
	m = proto.Clone(m)
	switch m := m.(type) {
	case *paymentsv1.Payment:
		if m.GetLatestCharge() != nil {
			m.LatestCharge, m.AmountRefunded = &paymentsv1.Charge{Id: m.GetLatestCharge().GetId()}, nil
		}
	case *paymentsv1.Invoice:
		m.PaymentState, m.NextAction, m.PaymentError = 0, nil, nil
	case *paymentsv1.Plan:
		m.Name, m.Description = "", ""
	case *paymentsv1.Subscription:
		m.ChargedPaymentMethodId, m.ChargedPaymentMethodType = "", ""
		m.LatestInvoice = &paymentsv1.Invoice{Id: m.GetLatestInvoice().GetId()}
		for _, item := range m.GetItems() {
			item.Plan.Name, item.Plan.Description = "", ""
		}
	}
	return m
}

// checkRefunds wants the refunds of a charge to be those of its payment.
func (b *bench) checkRefunds(t *testing.T, e stripegw.StripeEvent, c stripegw.Change) {
	t.Helper()
	refunds, err := b.gateway.RefundsOfCharge(t.Context(), c.ChargeID)
	if err != nil || len(refunds) == 0 {
		t.Errorf("%v: %v, %v", e, refunds, err)
	}
	for _, r := range refunds {
		if m := r.Message.(*paymentsv1.Refund); m.GetChargeId() != c.ChargeID {
			t.Errorf("%v is not of %s", m, c.ChargeID)
		}
	}
}

// TestListsOfTheSandbox: of each type, the list holds what FetchObject reads.
func TestListsOfTheSandbox(t *testing.T) {
	b := newBench(t)
	b.live(t)
	for _, kind := range stripegw.ListedKinds() {
		resources, more, err := b.gateway.ListObjects(t.Context(), kind, "")
		if err != nil || more || len(resources) == 0 {
			t.Errorf("%s: %v, %t, %v\n%s", kind, resources, more, err, visible(err))
		}
		for _, r := range resources {
			now, err := b.gateway.FetchObject(t.Context(), kind, r.ID)
			if err != nil || now.State != r.State || now.Ended != r.Ended {
				t.Errorf("%v: listed %+v, fetched %+v, %v", r, r, now, err)
			}
			checkSame(t, r.String(), now.Message, r.Message)
		}
	}
	subscriptions, _, _ := b.gateway.ListObjects(t.Context(), "subscription", "")
	if !slices.ContainsFunc(subscriptions, func(r stripegw.Resource) bool { return r.Ended }) {
		t.Error("the canceled subscription is not listed")
	}
}
