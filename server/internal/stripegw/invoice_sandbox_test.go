package stripegw_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	invoiceOpen  = paymentsv1.InvoiceState_INVOICE_STATE_OPEN
	invoicePaid  = paymentsv1.InvoiceState_INVOICE_STATE_PAID
	invoiceVoid  = paymentsv1.InvoiceState_INVOICE_STATE_VOID
	invoiceDraft = paymentsv1.InvoiceState_INVOICE_STATE_DRAFT
)

// waiting subscribes a customer and leaves the first invoice to be paid.
func (b *bench) waiting(t *testing.T, name, customer, plan string) *paymentsv1.Invoice {
	t.Helper()
	result := b.write(t, createSubscription, name, &paymentsv1.CreateSubscriptionRequest{
		CustomerId: customer, Items: []*paymentsv1.NewSubscriptionItem{{PlanId: plan}},
		PaymentBehavior: paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_DEFAULT_INCOMPLETE,
	})
	if result.Err != nil {
		t.Fatalf("%v\n%s", result.Err, visible(result.Err))
	}
	return result.Outcome.Resource.(*paymentsv1.Subscription).GetLatestInvoice()
}

// invoice reads one.
func (b *bench) invoice(t *testing.T, id string) *paymentsv1.Invoice {
	t.Helper()
	invoice, err := b.gateway.GetInvoice(t.Context(), id)
	if err != nil {
		t.Fatalf("%v\n%s", err, visible(err))
	}
	return invoice
}

// attach gives a customer a card that is not their default.
func (b *bench) attach(t *testing.T, name, customer, token string) string {
	t.Helper()
	card := b.made(t, createMethod, name+"_card_"+token, cardMethod(token))
	b.made(t, attachMethod, name+"_attach_"+token, &paymentsv1.AttachPaymentMethodRequest{
		PaymentMethodId: card, CustomerId: customer,
	})
	return card
}

// TestInvoicesInTheSandbox: the first invoice of a subscription is paid, paid elsewhere, or voided; before and after, a
// look-up tells whether it was done.
func TestInvoicesInTheSandbox(t *testing.T) {
	b := newBench(t)
	plan := b.plan(t, "gold", 2000)
	jane := b.customer(t, "jane")
	card := b.attach(t, "jane", jane, "tok_visa")
	for name, tt := range map[string]struct {
		method string
		req    func(invoice string) proto.Message
		state  paymentsv1.InvoiceState
		access paymentsv1.AccessReason
	}{
		"charged": {payInvoice, func(id string) proto.Message {
			return &paymentsv1.PayInvoiceRequest{InvoiceId: id, PaymentMethodId: card}
		}, invoicePaid, paymentsv1.AccessReason_ACCESS_REASON_PAID},
		"elsewhere": {payInvoice, func(id string) proto.Message {
			return &paymentsv1.PayInvoiceRequest{InvoiceId: id, PaidOutOfBand: true}
		}, invoicePaid, paymentsv1.AccessReason_ACCESS_REASON_PAID},
		"voided": {voidInvoice, func(id string) proto.Message {
			return &paymentsv1.VoidInvoiceRequest{InvoiceId: id}
		}, invoiceVoid, paymentsv1.AccessReason_ACCESS_REASON_ENDED},
	} {
		t.Run(name, func(t *testing.T) {
			invoice := b.waiting(t, name, jane, plan)
			if invoice.GetState() != invoiceOpen || invoice.GetAmountDue().GetMinorUnits() != 2000 || invoice.GetHostedInvoiceUrl() == "" {
				t.Fatalf("it begins as %v", invoice)
			}
			checkSame(t, "read", invoice, b.invoice(t, invoice.GetId()))
			s := b.sending(t, tt.method, name+"_now", tt.req(invoice.GetId()))
			if found := b.lookUp(t, s); found.Found {
				t.Error("found before it was sent")
			}
			sent := b.gateway.Write(t.Context(), s)
			if sent.Err != nil {
				t.Fatalf("%v\n%s", sent.Err, visible(sent.Err))
			}
			now := b.invoice(t, invoice.GetId())
			checkSame(t, "written and read", now, sent.Outcome.Resource)
			if now.GetState() != tt.state || now.GetPaidOutOfBand() != (name == "elsewhere") {
				t.Errorf("it is %v", now)
			}
			if found := b.lookUp(t, s); !found.Found || found.Err != nil {
				t.Errorf("found %t, %v", found.Found, found.Err)
			}
			sub := b.read(t, invoice.GetSubscriptionId())
			if sub.GetAccess().GetReason() != tt.access {
				t.Errorf("access is %v", sub.GetAccess())
			}
			for i, again := range []proto.Message{
				&paymentsv1.PayInvoiceRequest{InvoiceId: now.GetId()}, &paymentsv1.VoidInvoiceRequest{InvoiceId: now.GetId()},
				&paymentsv1.FinalizeInvoiceRequest{InvoiceId: now.GetId()},
			} {
				method := []string{payInvoice, voidInvoice, finalizeInvoice}[i]
				wantReason(t, b.write(t, method, fmt.Sprint(name, "_again_", i), again).Err, unexpectedState)
			}
		})
	}
	for state, want := range map[paymentsv1.InvoiceState]int{0: 3, invoicePaid: 2, invoiceVoid: 1, invoiceOpen: 0} {
		list, more, err := b.gateway.InvoicePage(t.Context(), &paymentsv1.ListInvoicesRequest{CustomerId: jane, State: state}, "", 10)
		if err != nil || more || len(list) != want {
			t.Errorf("%v: %d invoices, %t, %v; want %d", state, len(list), more, err, want)
		}
		for _, invoice := range list {
			checkSame(t, "listed", b.invoice(t, invoice.GetId()), invoice)
		}
	}
}

// TestInvoicesRefusedInTheSandbox: what the bank says when an invoice is to be paid.
func TestInvoicesRefusedInTheSandbox(t *testing.T) {
	b := newBench(t)
	plan := b.plan(t, "gold", 2000)
	jane := b.customer(t, "jane")
	invoice := b.waiting(t, "waits", jane, plan)
	for _, tt := range []struct {
		name, method string
		want         paymentsv1.ErrorReason
		field        string
	}{
		{"nothing", "", paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_METHOD_REQUIRED, ""},
		{"nobodys", "pm_none", invalidField, "payment_method_id"},
		{"declined", b.attach(t, "jane", jane, "tok_chargeCustomerFail"), paymentDeclined, ""},
		{
			"threeds", b.attach(t, "jane", jane, "tok_threeDSecure2Required"),
			paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED, "",
		},
	} {
		got := b.write(t, payInvoice, tt.name, &paymentsv1.PayInvoiceRequest{InvoiceId: invoice.GetId(), PaymentMethodId: tt.method})
		wantReason(t, got.Err, tt.want)
		if field(got.Err) != tt.field {
			t.Errorf("%s: field %q, want %q", tt.name, field(got.Err), tt.field)
		}
		if decline := declineOf(got.Err); decline != nil && decline.GetPaymentId() != invoice.GetPaymentId() {
			t.Errorf("%s: the decline is of %q, want %q", tt.name, decline.GetPaymentId(), invoice.GetPaymentId())
		}
		if now := b.invoice(t, invoice.GetId()); now.GetState() != invoiceOpen {
			t.Errorf("%s: it is %v", tt.name, now.GetState())
		}
	}
	for _, method := range []string{payInvoice, voidInvoice, finalizeInvoice} {
		req := map[string]proto.Message{
			payInvoice:      &paymentsv1.PayInvoiceRequest{InvoiceId: "in_none"},
			voidInvoice:     &paymentsv1.VoidInvoiceRequest{InvoiceId: "in_none"},
			finalizeInvoice: &paymentsv1.FinalizeInvoiceRequest{InvoiceId: "in_none"},
		}[method]
		wantReason(t, b.write(t, method, "none_"+method, req).Err, resourceMissing)
	}
}

// TestRenewalOnAClock: a renewal is a draft for an hour, and can be made final by hand.
func TestRenewalOnAClock(t *testing.T) {
	b := newBench(t)
	clock := b.clock(t)
	jane := b.made(t, createCustomer, "jane", &paymentsv1.CreateCustomerRequest{TestClockId: clock})
	b.saves(t, "jane", jane, "tok_visa")
	sub := b.subscribe(t, "subscribe", jane, b.plan(t, "gold", 2000))
	if sub.GetTestClockId() != clock {
		t.Errorf("it lives in the time of %q", sub.GetTestClockId())
	}
	b.testClock(t, "/"+clock+"/advance", fmt.Sprintf("frozen_time=%d", sub.GetCurrentPeriodEndTime().GetSeconds()+60))
	renewed := b.read(t, sub.GetId())
	draft := renewed.GetLatestInvoice()
	if draft.GetState() != invoiceDraft || draft.GetReason() != paymentsv1.InvoiceReason_INVOICE_REASON_SUBSCRIPTION_CYCLE ||
		renewed.GetAccess().GetReason() != paymentsv1.AccessReason_ACCESS_REASON_INVOICE_OPEN {
		t.Fatalf("the renewal is %v, %v", draft, renewed.GetAccess())
	}
	s := b.sending(t, finalizeInvoice, "final", &paymentsv1.FinalizeInvoiceRequest{
		InvoiceId: draft.GetId(), AutoAdvance: new(false),
	})
	if found := b.lookUp(t, s); found.Found {
		t.Error("found before it was sent")
	}
	sent := b.gateway.Write(t.Context(), s)
	if sent.Err != nil {
		t.Fatalf("%v\n%s", sent.Err, visible(sent.Err))
	}
	checkSame(t, "final", b.invoice(t, draft.GetId()), sent.Outcome.Resource)
	if now := sent.Outcome.Resource.(*paymentsv1.Invoice); now.GetState() != invoiceOpen || now.GetNumber() == "" || now.GetAutoAdvance() {
		t.Errorf("it is %v", now)
	}
	if found := b.lookUp(t, s); !found.Found {
		t.Error("not found after it was sent")
	}
	// Stripe's plain list does not tell of it.
	list, _, err := b.gateway.InvoicePage(t.Context(), &paymentsv1.ListInvoicesRequest{}, "", 10)
	if err != nil || len(list) != 0 {
		t.Errorf("the plain list tells of %v, %v", list, err)
	}
	customers, _, err := b.gateway.CustomerPage(t.Context(), &paymentsv1.ListCustomersRequest{}, "", 10)
	if err != nil || len(customers) != 0 {
		t.Errorf("the plain list tells of %v, %v", customers, err)
	}
}

// TestPreviewInTheSandbox: what a preview says is what is charged.
func TestPreviewInTheSandbox(t *testing.T) {
	b := newBench(t)
	silver, gold := b.plan(t, "silver", 1000), b.plan(t, "gold", 2000)
	sub := b.subscribe(t, "subscribe", b.paying(t, "jane", "tok_visa"), silver)
	change := []*paymentsv1.ItemChange{{PlanId: gold, Quantity: new(int64(5))}}
	asked := &paymentsv1.PreviewPlanChangeRequest{SubscriptionId: sub.GetId(), Changes: change}
	invoice, from, err := b.gateway.PreviewPlanChange(t.Context(), sub, asked)
	if err != nil {
		t.Fatalf("%v\n%s", err, visible(err))
	}
	if invoice.GetId() != "" || from == nil || invoice.GetAmountDue().GetMinorUnits() != 8000 || len(invoice.GetLines()) != 2 {
		t.Errorf("the preview is %v from %v", invoice, from)
	}
	asked.Timing = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	later, none, err := b.gateway.PreviewPlanChange(t.Context(), sub, asked)
	if err != nil || none != nil || later.GetAmountDue().GetMinorUnits() != 10000 {
		t.Errorf("at the period's end it is %v from %v, %v", later, none, err)
	}
	now := b.changes(t, changePlan, "change", &paymentsv1.ChangePlanRequest{
		SubscriptionId: sub.GetId(), Changes: change, ProrationTime: from,
	})
	charged := b.invoice(t, now.GetLatestInvoice().GetId())
	if charged.GetAmountDue().GetMinorUnits() != invoice.GetAmountDue().GetMinorUnits() || charged.GetState() != invoicePaid {
		t.Errorf("charged %v, previewed %v", charged, invoice.GetAmountDue())
	}
	for i, line := range charged.GetLines() {
		line.Id = ""
		checkSame(t, "line", invoice.GetLines()[i], line)
	}
	// What a change now would cost is told beside a change that is scheduled, too.
	b.changes(t, changePlan, "later", &paymentsv1.ChangePlanRequest{
		SubscriptionId: sub.GetId(), Changes: []*paymentsv1.ItemChange{{PlanId: silver}},
		Timing: paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END,
	})
	asked.Timing, asked.Changes = 0, []*paymentsv1.ItemChange{{PlanId: silver}}
	down, _, err := b.gateway.PreviewPlanChange(t.Context(), b.read(t, sub.GetId()), asked)
	if err != nil || down.GetAmountDue().GetMinorUnits() != 0 || down.GetTotal().GetMinorUnits() != -5000 {
		t.Errorf("the way back is %v, %v", down, err)
	}
	past := &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: sub.GetId(), Changes: []*paymentsv1.ItemChange{{PlanId: silver}},
		ProrationTime: &timestamppb.Timestamp{Seconds: sub.GetCurrentPeriodStartTime().GetSeconds() - 60},
	}
	_, _, err = b.gateway.PreviewPlanChange(t.Context(), b.read(t, sub.GetId()), past)
	wantReason(t, err, previewStale)
}

// TestAccessInTheSandbox: who is subscribed to a plan keeps the access of its lookup key when a successor takes that.
func TestAccessInTheSandbox(t *testing.T) {
	b := newBench(t)
	gold := b.goldPlan(t, "gold", func(req *paymentsv1.CreatePlanRequest) { req.Plan.TrialDays = 0 })
	jane, jim := b.paying(t, "jane", "tok_visa"), b.paying(t, "jim", "tok_visa")
	first := b.subscribe(t, "first", jane, gold.GetId())
	successor := b.goldPlan(t, "gold_2", func(req *paymentsv1.CreatePlanRequest) {
		req.ProductId, req.TransferLookupKey, req.Plan.Name, req.Plan.Description = gold.GetProductId(), true, "", ""
	})
	second := b.subscribe(t, "second", jim, successor.GetId())
	access := func(customer string, by *paymentsv1.CheckAccessRequest) *paymentsv1.CheckAccessResponse {
		by.CustomerId = customer
		got, err := b.gateway.CheckAccess(t.Context(), by)
		if err != nil {
			t.Fatalf("%v\n%s", err, visible(err))
		}
		return got
	}
	byKey := func() *paymentsv1.CheckAccessRequest {
		return &paymentsv1.CheckAccessRequest{Plan: &paymentsv1.CheckAccessRequest_LookupKey{LookupKey: "gold"}}
	}
	byPlan := func(id string) *paymentsv1.CheckAccessRequest {
		return &paymentsv1.CheckAccessRequest{Plan: &paymentsv1.CheckAccessRequest_PlanId{PlanId: id}}
	}
	for _, tt := range []struct {
		customer string
		by       *paymentsv1.CheckAccessRequest
		want     string
		plan     string
	}{
		{jane, byKey(), first.GetId(), gold.GetId()},
		{jim, byKey(), second.GetId(), successor.GetId()},
		{jane, byPlan(gold.GetId()), first.GetId(), gold.GetId()},
		{jane, byPlan(successor.GetId()), "", ""},
		{"cus_none", byKey(), "", ""},
	} {
		got := access(tt.customer, tt.by)
		if got.GetSubscriptionId() != tt.want || got.GetPlanId() != tt.plan ||
			(got.GetAccess().GetLevel() == paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE) != (tt.want != "") {
			t.Errorf("%s, %v: %v, want %q", tt.customer, tt.by, got, tt.want)
		}
	}
	_, err := b.gateway.CheckAccess(t.Context(), &paymentsv1.CheckAccessRequest{
		CustomerId: jane, Plan: &paymentsv1.CheckAccessRequest_PlanId{PlanId: "price_none"},
	})
	wantReason(t, err, invalidField)
}
