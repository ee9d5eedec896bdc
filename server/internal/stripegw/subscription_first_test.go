package stripegw_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	authenticationRequired = paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED

	allowed = paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE
	grace   = paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE
	blocked = paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED
)

// TestSandboxFirstPayment: what the first payment makes of a new subscription.
func TestSandboxFirstPayment(t *testing.T) {
	const (
		orFail   = paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_UNSPECIFIED
		orWait   = paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_ALLOW_INCOMPLETE
		wait     = paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_DEFAULT_INCOMPLETE
		declines = "tok_chargeCustomerFail"
		asks     = "tok_threeDSecure2Required"
	)
	b := newBench(t)
	gold := b.plan(t, "gold", 2000)
	for _, tt := range []struct {
		name, token string
		behavior    paymentsv1.PaymentBehavior
		refused     paymentsv1.ErrorReason
		level       paymentsv1.AccessLevel
		reason      paymentsv1.AccessReason
		secret      bool
	}{
		{"paid", "tok_visa", orFail, noReason, allowed, paymentsv1.AccessReason_ACCESS_REASON_PAID, false},
		{"declined", declines, orFail, paymentDeclined, 0, 0, false},
		{"to_be_authenticated", asks, orFail, authenticationRequired, 0, 0, false},
		{"nothing_to_charge", "", orFail, methodRequired, 0, 0, false},
		{"nothing_to_charge_waiting", "", orWait, methodRequired, 0, 0, false},
		{
			"declined_waiting", declines, orWait, noReason, blocked,
			paymentsv1.AccessReason_ACCESS_REASON_FIRST_PAYMENT_MISSING, true,
		},
		{
			"authenticating", asks, orWait, noReason, blocked,
			paymentsv1.AccessReason_ACCESS_REASON_FIRST_PAYMENT_MISSING, true,
		},
		{
			"left_to_the_customer", "", wait, noReason, blocked,
			paymentsv1.AccessReason_ACCESS_REASON_FIRST_PAYMENT_MISSING, true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			jane := b.customer(t, tt.name)
			if tt.token != "" {
				b.saves(t, tt.name, jane, tt.token)
			}
			s := b.sending(t, createSubscription, "sub_"+tt.name, &paymentsv1.CreateSubscriptionRequest{
				CustomerId: jane, Items: []*paymentsv1.NewSubscriptionItem{{PlanId: gold}}, PaymentBehavior: tt.behavior,
			})
			got := b.gateway.Write(t.Context(), s)
			found := b.lookUp(t, s)
			if tt.refused != noReason {
				checkResult(t, got, stripegw.Done, tt.refused, certain)
				if found.Found {
					t.Errorf("made %v", found.Outcome.Resource)
				}
				if tt.refused != methodRequired && declineOf(got.Err) == nil {
					t.Error("there is no decline")
				}
				return
			}
			sub, ok := got.Outcome.Resource.(*paymentsv1.Subscription)
			if got.Err != nil || !ok {
				t.Fatalf("%v\n%s", got.Err, visible(got.Err))
			}
			accessIs(t, sub, tt.level, tt.reason)
			if (got.Outcome.ClientSecret != "") != tt.secret {
				t.Errorf("secret given: %t, want %t", got.Outcome.ClientSecret != "", tt.secret)
			}
			if !found.Found || !proto.Equal(found.Outcome.Resource, sub) {
				t.Errorf("found %v\nmade %v", found.Outcome.Resource, sub)
			}
		})
	}
}

// TestSandboxPendingChange: an upgrade that is not paid is not granted, and stands pending until it is.
func TestSandboxPendingChange(t *testing.T) {
	b := newBench(t)
	gold, silver := b.plan(t, "gold", 2000), b.plan(t, "silver", 1000)
	for _, tt := range []struct {
		name, token string
		waits       bool
	}{
		{"declined", "tok_chargeCustomerFail", true},
		{"to_be_authenticated", "tok_threeDSecure2Required", true},
		{"paid", "tok_visa", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			jane := b.paying(t, tt.name, "tok_mastercard")
			sub := b.subscribe(t, "sub_"+tt.name, jane, silver)
			b.saves(t, tt.name, jane, tt.token)
			req := &paymentsv1.ChangePlanRequest{
				SubscriptionId: sub.GetId(), Changes: []*paymentsv1.ItemChange{{PlanId: gold}},
			}
			steps, err := b.gateway.Prepare(req, b.read(t, sub.GetId()), "op_up_"+tt.name)
			if err != nil {
				t.Fatal(err)
			}
			s := stripegw.Sending{
				Method: changePlan, Request: steps[0].Request, Key: "tg1-up-" + tt.name, OperationID: "op_up_" + tt.name,
				MaxSends: 1,
			}
			if found := b.lookUp(t, s); found.Found {
				t.Error("found before it was sent")
			}
			got := b.gateway.Write(t.Context(), s)
			changed, ok := got.Outcome.Resource.(*paymentsv1.Subscription)
			if got.Err != nil || !ok {
				t.Fatalf("%v\n%s", got.Err, visible(got.Err))
			}
			if found := b.lookUp(t, s); !found.Found || !proto.Equal(found.Outcome.Resource, changed) {
				t.Errorf("found %v\nmade %v", found.Outcome.Resource, changed)
			}
			pending := changed.GetPendingChange()
			if (pending != nil) != tt.waits || (got.Outcome.ClientSecret != "") != tt.waits {
				t.Fatalf("pending %v, secret given %t; want %t", pending, got.Outcome.ClientSecret != "", tt.waits)
			}
			accessIs(t, changed, allowed, paymentsv1.AccessReason_ACCESS_REASON_PAID)
			if !tt.waits {
				return
			}
			if changed.GetItems()[0].GetPlan().GetId() != silver || pending.GetItems()[0].GetPlan().GetId() != gold ||
				pending.GetItems()[0].GetQuantity() != 2 || pending.GetInvoiceId() != changed.GetLatestInvoice().GetId() ||
				pending.GetExpireTime() == nil {
				t.Errorf("items %v, pending %v", changed.GetItems(), pending)
			}
			b.saves(t, tt.name, jane, "tok_visa")
			b.run(t, payInvoice, "pay_"+tt.name, &paymentsv1.PayInvoiceRequest{InvoiceId: pending.GetInvoiceId()}, nil)
			now := b.read(t, sub.GetId())
			if now.GetPendingChange() != nil || now.GetItems()[0].GetPlan().GetId() != gold {
				t.Errorf("after the payment: items %v, pending %v", now.GetItems(), now.GetPendingChange())
			}
		})
	}
}
