package app_test

import (
	"context"
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

// A trial is prolonged to a time in the future, within two years.
func TestBadTrials(t *testing.T) {
	s := newShop(t)
	req := subscribe("bad-trial", s.payer(t, "bad-trial-payer", "tok_visa"), s.silver)
	req.Trial = &paymentsv1.CreateSubscriptionRequest_TrialDays{TrialDays: 7}
	created, err := s.sales.CreateSubscription(dev(t), req)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range []time.Duration{-aDay, 1100 * aDay} {
		_, err := s.sales.UpdateSubscription(dev(t), &paymentsv1.UpdateSubscriptionRequest{
			IdempotencyKey: fmt.Sprint("bad-trial-", i), SubscriptionId: created.GetSubscription().GetId(),
			Subscription: &paymentsv1.Subscription{TrialEndTime: from(at)},
		})
		check(t, err, codes.InvalidArgument, "INVALID_FIELD", "subscription.trial_end_time")
	}
}

// cancelNow is a request to end a subscription at once.
func cancelNow(key, id string) *paymentsv1.CancelSubscriptionRequest {
	return &paymentsv1.CancelSubscriptionRequest{
		IdempotencyKey: key, SubscriptionId: id, When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
	}
}

// What is asked of a subscription or an invoice that can not be done is refused by its field, its state, or as missing.
func TestBadBilling(t *testing.T) {
	s := newShop(t)
	sub := s.subscribed(t, "bad-billing")
	id, customer := sub.GetId(), sub.GetCustomerId()
	paid := sub.GetLatestInvoice().GetId()
	draft, open, void := s.invoice(t, customer), s.invoice(t, customer), s.invoice(t, customer)
	for _, invoice := range []string{open, void} {
		s.atStripe(t, "/v1/invoices/"+invoice+"/finalize", "auto_advance", "false")
	}
	s.atStripe(t, "/v1/invoices/"+void+"/void")
	other := attached(t, s.customers, "bad-billing-other", newCustomer(t, s.customers, "bad-billing-stranger"))
	update := func(to *paymentsv1.Subscription, paths ...string) func(context.Context, string) error {
		return func(ctx context.Context, key string) error {
			return second(s.sales.UpdateSubscription(ctx, &paymentsv1.UpdateSubscriptionRequest{
				IdempotencyKey: key, SubscriptionId: id, Subscription: to, UpdateMask: mask(paths...),
			}))
		}
	}
	cancel := func(req *paymentsv1.CancelSubscriptionRequest) func(context.Context, string) error {
		return func(ctx context.Context, key string) error {
			req.IdempotencyKey, req.SubscriptionId = key, id
			return second(s.sales.CancelSubscription(ctx, req))
		}
	}
	pay := func(invoice string) func(context.Context, string) error {
		return func(ctx context.Context, key string) error {
			return second(s.sales.PayInvoice(ctx, &paymentsv1.PayInvoiceRequest{IdempotencyKey: key, InvoiceId: invoice}))
		}
	}
	voids := func(invoice string) func(context.Context, string) error {
		return func(ctx context.Context, key string) error {
			return second(s.sales.VoidInvoice(ctx, &paymentsv1.VoidInvoiceRequest{IdempotencyKey: key, InvoiceId: invoice}))
		}
	}
	finalize := func(invoice string) func(context.Context, string) error {
		return func(ctx context.Context, key string) error {
			return second(s.sales.FinalizeInvoice(ctx, &paymentsv1.FinalizeInvoiceRequest{IdempotencyKey: key, InvoiceId: invoice}))
		}
	}
	pause := func(req *paymentsv1.PauseSubscriptionRequest) func(context.Context, string) error {
		return func(ctx context.Context, key string) error {
			req.IdempotencyKey, req.SubscriptionId = key, id
			return second(s.sales.PauseSubscription(ctx, req))
		}
	}
	const invalidField, wrongState, missing = "INVALID_FIELD", "UNEXPECTED_STATE", "RESOURCE_MISSING"
	before := s.moved(t)
	for _, tt := range []struct {
		name string
		try  func(context.Context, string) error
		// reason has the gRPC code that always comes with it. says is the field, or the state.
		reason, says string
	}{
		{"update of nothing", update(&paymentsv1.Subscription{}), invalidField, "update_mask"},
		{"update of the state", update(&paymentsv1.Subscription{}, "state"), invalidField, "update_mask"},
		{"update of everything", update(&paymentsv1.Subscription{}, "*"), invalidField, "update_mask"},
		{"update of the items", update(&paymentsv1.Subscription{}, "items"), invalidField, "update_mask"},
		{"update to no collection", update(&paymentsv1.Subscription{}, "collection_method"), invalidField, "update_mask"},
		{
			"update to the method of another", update(&paymentsv1.Subscription{DefaultPaymentMethodId: other}), invalidField,
			"subscription.default_payment_method_id",
		},
		{
			"update to another trial", update(&paymentsv1.Subscription{TrialEndTime: from(aDay)}), wrongState,
			"ACTIVE",
		},
		{
			"update to an end in the past", update(&paymentsv1.Subscription{CancelTime: from(-aDay)}), invalidField,
			"subscription.cancel_time",
		},
		{"update to invoices without days", update(&paymentsv1.Subscription{
			CollectionMethod: paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE,
		}), invalidField, "subscription.days_until_due"},
		{"cancel never", cancel(&paymentsv1.CancelSubscriptionRequest{}), invalidField, "when"},
		{
			"cancel not now", cancel(&paymentsv1.CancelSubscriptionRequest{When: &paymentsv1.CancelSubscriptionRequest_Now{}}),
			invalidField, "now",
		},
		{"cancel in the past", cancel(&paymentsv1.CancelSubscriptionRequest{
			When: &paymentsv1.CancelSubscriptionRequest_Time{Time: from(-aDay)},
		}), invalidField, "time"},
		{"pause somehow", pause(&paymentsv1.PauseSubscriptionRequest{}), invalidField, "behavior"},
		{"pause until the past", pause(&paymentsv1.PauseSubscriptionRequest{
			Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID, ResumeTime: from(-aDay),
		}), invalidField, "resume_time"},
		{"resume what runs", func(ctx context.Context, key string) error {
			return second(s.sales.ResumeSubscription(ctx, &paymentsv1.ResumeSubscriptionRequest{IdempotencyKey: key, SubscriptionId: id}))
		}, wrongState, "ACTIVE"},
		{"pay what is paid", pay(paid), wrongState, "PAID"},
		{"pay what is void", pay(void), wrongState, "VOID"},
		{"pay a draft", pay(draft), wrongState, "DRAFT"},
		{"pay nothing", pay("in_unknown"), missing, ""},
		{"pay a subscription", pay(id), invalidField, "invoice_id"},
		{"pay with the method of another", func(ctx context.Context, key string) error {
			return second(s.sales.PayInvoice(ctx, &paymentsv1.PayInvoiceRequest{
				IdempotencyKey: key, InvoiceId: open, PaymentMethodId: other,
			}))
		}, invalidField, "payment_method_id"},
		{"void what is paid", voids(paid), wrongState, "PAID"},
		{"void what is void", voids(void), wrongState, "VOID"},
		{"void a draft", voids(draft), wrongState, "DRAFT"},
		{"void nothing", voids("in_unknown"), missing, ""},
		{"finalize what is open", finalize(open), wrongState, "OPEN"},
		{"finalize what is paid", finalize(paid), wrongState, "PAID"},
		{"finalize nothing", finalize("in_unknown"), missing, ""},
		{"change nothing", func(ctx context.Context, key string) error {
			return second(s.sales.ChangePlan(ctx, replace(key, "sub_unknown", s.gold)))
		}, missing, ""},
		{"read no subscription", func(ctx context.Context, _ string) error {
			return second(s.sales.GetSubscription(ctx, &paymentsv1.GetSubscriptionRequest{SubscriptionId: "sub_unknown"}))
		}, missing, ""},
		{"read no invoice", func(ctx context.Context, _ string) error {
			return second(s.sales.GetInvoice(ctx, &paymentsv1.GetInvoiceRequest{InvoiceId: "in_unknown"}))
		}, missing, ""},
		{"list the subscriptions of nobody", func(ctx context.Context, _ string) error {
			return second(s.sales.ListSubscriptions(ctx, &paymentsv1.ListSubscriptionsRequest{CustomerId: "cus_unknown"}))
		}, invalidField, "customer_id"},
		{"list the invoices of nobody", func(ctx context.Context, _ string) error {
			return second(s.sales.ListInvoices(ctx, &paymentsv1.ListInvoicesRequest{CustomerId: "cus_unknown"}))
		}, invalidField, "customer_id"},
		{"list by a token of another list", func(ctx context.Context, _ string) error {
			return second(s.sales.ListPlans(ctx, &paymentsv1.ListPlansRequest{PageToken: "canary"}))
		}, invalidField, "page_token"},
		{"access to nothing", func(ctx context.Context, _ string) error {
			return second(s.sales.CheckAccess(ctx, &paymentsv1.CheckAccessRequest{CustomerId: customer}))
		}, invalidField, "plan"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.try(dev(t), strings.Map(keyCharacter, "bad-billing-"+tt.name))
			switch tt.reason {
			case invalidField:
				check(t, err, codes.InvalidArgument, tt.reason, tt.says)
			case wrongState:
				checkState(t, err, tt.says)
			case missing:
				check(t, err, codes.NotFound, tt.reason, "")
			}
		})
	}
	if got := s.moved(t); len(got) != len(before) {
		t.Errorf("money moved: %v", got)
	}
}

// second is the error of a call.
func second[T any](_ T, err error) error { return err }
