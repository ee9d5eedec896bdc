package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const atPeriodEnd = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END

// What is no change of plans is refused by the name of what is wrong, by a preview as by the change; and nobody is
// charged.
func TestBadPlanChanges(t *testing.T) {
	s := newShop(t)
	euros := s.plan(t, "plan-euros", &paymentsv1.Money{MinorUnits: 900, CurrencyCode: "EUR"}, monthly)
	retired := s.plan(t, "plan-retired", usd(800), monthly)
	s.atStripe(t, "/v1/prices/"+retired, "active", "false")
	one := s.subscribed(t, "bad-changes-one")
	both := s.subscribed(t, "bad-changes-both")
	added := replace("bad-changes-add", both.GetId(), "")
	added.Changes, added.NewItems = nil, subscribe("", "", s.gold).GetItems()
	got, err := s.sales.ChangePlan(dev(t), added)
	if err != nil {
		t.Fatal(err)
	}
	both = got.GetSubscription()
	change := func(changes ...*paymentsv1.ItemChange) func(*paymentsv1.ChangePlanRequest) {
		return func(r *paymentsv1.ChangePlanRequest) { r.Changes = changes }
	}
	add := func(plans ...string) func(*paymentsv1.ChangePlanRequest) {
		return func(r *paymentsv1.ChangePlanRequest) {
			r.Changes, r.NewItems = nil, subscribe("", "", plans...).GetItems()
		}
	}
	of := func(id string, change func(*paymentsv1.ChangePlanRequest)) func(*paymentsv1.ChangePlanRequest) {
		return func(r *paymentsv1.ChangePlanRequest) {
			r.SubscriptionId = id
			change(r)
		}
	}
	many := make([]string, 20)
	for i := range many {
		many[i] = fmt.Sprintf("price_%d", i)
	}
	first := both.GetItems()[0].GetId()
	before := s.moved(t)
	for _, tt := range []struct {
		name, field string
		change      func(*paymentsv1.ChangePlanRequest)
	}{
		{"nothing", "changes", change()},
		{"the same plan", "changes", change(&paymentsv1.ItemChange{PlanId: s.silver})},
		{"an item that it does not have", "changes[0].item_id", change(&paymentsv1.ItemChange{ItemId: "si_canary", PlanId: s.gold})},
		{"no item of several", "changes[0].item_id", of(both.GetId(), change(&paymentsv1.ItemChange{PlanId: s.gold}))},
		{"an item twice", "changes[1].item_id", of(both.GetId(), change(
			&paymentsv1.ItemChange{ItemId: first, Quantity: new(int64(2))},
			&paymentsv1.ItemChange{ItemId: first, Quantity: new(int64(3))},
		))},
		{"a plan that it has in another item", "changes[0].plan_id", of(both.GetId(), change(
			&paymentsv1.ItemChange{ItemId: first, PlanId: s.gold},
		))},
		{"removal with a plan", "changes[0].plan_id", change(&paymentsv1.ItemChange{Remove: true, PlanId: s.gold})},
		{"removal with a quantity", "changes[0].quantity", change(&paymentsv1.ItemChange{Remove: true, Quantity: new(int64(1))})},
		{"removal of all", "changes[0].remove", change(&paymentsv1.ItemChange{Remove: true})},
		{"quantity 0", "changes[0].quantity", change(&paymentsv1.ItemChange{Quantity: new(int64(0))})},
		{"quantity negative", "changes[0].quantity", change(&paymentsv1.ItemChange{Quantity: new(int64(-1))})},
		{"quantity over the limit", "changes[0].quantity", change(&paymentsv1.ItemChange{Quantity: new(int64(1_000_001))})},
		{"a plan that is not", "changes[0].plan_id", change(&paymentsv1.ItemChange{PlanId: "price_canary"})},
		{"a plan that is retired", "changes[0].plan_id", change(&paymentsv1.ItemChange{PlanId: retired})},
		{"a plan of another currency", "changes", change(&paymentsv1.ItemChange{PlanId: euros})},
		{"a new plan that is not", "new_items[0].plan_id", add("price_canary")},
		{"a new plan of another currency", "new_items", add(euros)},
		{"a new plan that it has", "new_items[0].plan_id", add(s.silver)},
		{"21 items", "new_items", add(many...)},
		{"21 new items", "new_items", add(append(many, "price_20")...)},
		{"timing unknown", "timing", func(r *paymentsv1.ChangePlanRequest) { r.Timing = 99 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := replace(strings.Map(keyCharacter, "bad-change-"+tt.name), one.GetId(), s.gold)
			tt.change(req)
			_, err := s.sales.PreviewPlanChange(dev(t), &paymentsv1.PreviewPlanChangeRequest{
				SubscriptionId: req.GetSubscriptionId(), Changes: req.GetChanges(), NewItems: req.GetNewItems(),
				Timing: req.GetTiming(),
			})
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
			_, err = s.sales.ChangePlan(dev(t), req)
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
		})
	}
	if got := s.moved(t); len(got) != len(before) {
		t.Errorf("money moved: %v", got)
	}
}

// A change is refused where the subscription does not allow it, each time with what the caller must know to go on.
func TestChangesThatAreRefused(t *testing.T) {
	s := newShop(t)
	says := func(t *testing.T, err error, reason, key, value string) {
		t.Helper()
		check(t, err, codes.FailedPrecondition, reason, "")
		if got := detail[*errdetails.ErrorInfo](err).GetMetadata()[key]; got != value {
			t.Errorf("%s: its %s is %q, want %q", reason, key, got, value)
		}
	}
	t.Run("canceled", func(t *testing.T) {
		sub := s.subscribed(t, "refused-canceled")
		if _, err := s.sales.CancelSubscription(dev(t), cancelNow("refused-canceled-now", sub.GetId())); err != nil {
			t.Fatal(err)
		}
		for _, timing := range []paymentsv1.ChangeTiming{0, atPeriodEnd} {
			req := replace(fmt.Sprint("refused-canceled-", timing), sub.GetId(), s.gold)
			req.Timing = timing
			_, err := s.sales.ChangePlan(dev(t), req)
			checkState(t, err, "CANCELED")
		}
		_, err := s.sales.PauseSubscription(dev(t), &paymentsv1.PauseSubscriptionRequest{
			IdempotencyKey: "refused-canceled-pause", SubscriptionId: sub.GetId(), Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID,
		})
		checkState(t, err, "CANCELED")
		_, err = s.sales.ResumeSubscription(dev(t), &paymentsv1.ResumeSubscriptionRequest{
			IdempotencyKey: "refused-canceled-resume", SubscriptionId: sub.GetId(),
		})
		checkState(t, err, "CANCELED")
		_, err = s.sales.UpdateSubscription(dev(t), &paymentsv1.UpdateSubscriptionRequest{
			IdempotencyKey: "refused-canceled-update", SubscriptionId: sub.GetId(),
			Subscription: &paymentsv1.Subscription{Description: "Gold"},
		})
		checkState(t, err, "CANCELED")
		again, err := s.sales.CancelSubscription(dev(t), cancelNow("refused-canceled-again", sub.GetId()))
		if err != nil || again.GetSubscription().GetState() != paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED {
			t.Errorf("a second cancellation: %v, %v", again, err)
		}
	})
	t.Run("incomplete", func(t *testing.T) {
		req := subscribe("refused-incomplete", s.payer(t, "refused-incomplete-payer", "tok_visa"), s.silver)
		req.PaymentBehavior = paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_DEFAULT_INCOMPLETE
		created, err := s.sales.CreateSubscription(dev(t), req)
		if err != nil || created.GetClientSecret() == "" {
			t.Fatalf("got %v, %v", created, err)
		}
		_, err = s.sales.ChangePlan(dev(t), replace("refused-incomplete-change", created.GetSubscription().GetId(), s.gold))
		checkState(t, err, "INCOMPLETE")
	})
	t.Run("pending", func(t *testing.T) {
		sub := s.subscribed(t, "refused-pending")
		s.pays(t, "refused-pending-other", sub.GetCustomerId(),
			newCard(t, s.customers, "refused-pending-card", "tok_chargeCustomerFail"))
		held, err := s.sales.ChangePlan(dev(t), replace("refused-pending-first", sub.GetId(), s.gold))
		invoice := held.GetSubscription().GetPendingChange().GetInvoiceId()
		if err != nil || invoice == "" || planOf(held.GetSubscription()) != s.silver {
			t.Fatalf("an upgrade that is not paid: %v, %v, want it pending", held, err)
		}
		second := replace("refused-pending-second", sub.GetId(), s.gold)
		_, err = s.sales.ChangePlan(dev(t), second)
		says(t, err, "CHANGE_PENDING", "invoice_id", invoice)
		_, err = s.sales.PauseSubscription(dev(t), &paymentsv1.PauseSubscriptionRequest{
			IdempotencyKey: "refused-pending-pause", SubscriptionId: sub.GetId(), Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID,
		})
		says(t, err, "CHANGE_PENDING", "invoice_id", invoice)
		if _, err := s.sales.VoidInvoice(dev(t), &paymentsv1.VoidInvoiceRequest{
			IdempotencyKey: "refused-pending-void", InvoiceId: invoice,
		}); err != nil {
			t.Fatal(err)
		}
		read, err := s.sales.GetSubscription(dev(t), &paymentsv1.GetSubscriptionRequest{SubscriptionId: sub.GetId()})
		if err != nil || read.GetSubscription().GetPendingChange() != nil || planOf(read.GetSubscription()) != s.silver {
			t.Errorf("after the invoice was voided: %v, %v, want the change dropped", read, err)
		}
	})
	t.Run("stale", func(t *testing.T) {
		sub := s.subscribed(t, "refused-stale")
		for i, at := range []time.Duration{-40 * aDay, 40 * aDay} {
			req := replace(fmt.Sprint("refused-stale-", i), sub.GetId(), s.gold)
			req.ProrationTime = from(at)
			_, err := s.sales.ChangePlan(dev(t), req)
			check(t, err, codes.FailedPrecondition, "PREVIEW_STALE", "")
		}
		req := replace("refused-stale-amount", sub.GetId(), s.gold)
		req.ExpectedAmountDue, req.ProrationTime = usd(1499), sub.GetCurrentPeriodStartTime()
		_, err := s.sales.ChangePlan(dev(t), req)
		says(t, err, "PREVIEW_STALE", "amount_due", "1500")
	})
	t.Run("by invoice", func(t *testing.T) {
		req := subscribe("refused-invoice", newCustomer(t, s.customers, "refused-invoice-payer"), s.silver)
		req.CollectionMethod, req.DaysUntilDue = paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE, 30
		created, err := s.sales.CreateSubscription(dev(t), req)
		if err != nil {
			t.Fatal(err)
		}
		upgrade := replace("refused-invoice-upgrade", created.GetSubscription().GetId(), s.gold)
		upgrade.ProrationTime = created.GetSubscription().GetCurrentPeriodStartTime()
		first := created.GetSubscription().GetLatestInvoice().GetId()
		_, err = s.sales.ChangePlan(dev(t), upgrade)
		says(t, err, "UPGRADE_NOT_SECURED", "cause", "INVOICE_OPEN")
		says(t, err, "UPGRADE_NOT_SECURED", "invoice_id", first)
		if _, err := s.sales.FinalizeInvoice(dev(t), &paymentsv1.FinalizeInvoiceRequest{
			IdempotencyKey: "refused-invoice-final", InvoiceId: first,
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.sales.PayInvoice(dev(t), &paymentsv1.PayInvoiceRequest{
			IdempotencyKey: "refused-invoice-paid", InvoiceId: first, PaidOutOfBand: true,
		}); err != nil {
			t.Fatal(err)
		}
		_, err = s.sales.ChangePlan(dev(t), upgrade)
		says(t, err, "UPGRADE_NOT_SECURED", "cause", "SEND_INVOICE")
		says(t, err, "UPGRADE_NOT_SECURED", "amount_due", "1500")
		upgrade.IdempotencyKey, upgrade.AllowUnpaid = "refused-invoice-allowed", true
		allowed, err := s.sales.ChangePlan(dev(t), upgrade)
		if err != nil || planOf(allowed.GetSubscription()) != s.gold {
			t.Errorf("the upgrade that need not be paid: %v, %v", allowed, err)
		}
	})
	t.Run("the last period", func(t *testing.T) {
		sub := s.subscribed(t, "refused-last")
		if _, err := s.sales.CancelSubscription(dev(t), &paymentsv1.CancelSubscriptionRequest{
			IdempotencyKey: "refused-last-cancel", SubscriptionId: sub.GetId(),
			When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
		}); err != nil {
			t.Fatal(err)
		}
		req := replace("refused-last-change", sub.GetId(), s.gold)
		req.Timing = atPeriodEnd
		_, err := s.sales.ChangePlan(dev(t), req)
		checkState(t, err, "ACTIVE")
	})
}
