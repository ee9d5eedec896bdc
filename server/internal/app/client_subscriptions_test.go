package app_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// everySubscriptionRPC calls each rpc of SubscriptionService, as a shop would.
func everySubscriptionRPC(t *testing.T, s *shop) {
	t.Helper()
	silver, gold := everyPlanRPC(t, s.sales)
	ctx, sales := t.Context(), s.sales
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	// A customer subscribes, and is charged at once.
	customer := s.payer(t, "subscriber-4711", "tok_visa")
	created, err := sales.CreateSubscription(ctx, subscribe(client.Key("user", 4711, "subscribe"), customer, silver))
	must("CreateSubscription", err)
	sub := created.GetSubscription()
	if sub.GetState() != subActive || sub.GetLatestInvoice().GetAmountPaid().GetMinorUnits() != 1000 ||
		sub.GetAccess().GetReason() != paymentsv1.AccessReason_ACCESS_REASON_PAID {
		t.Fatalf("the new subscription is %v", sub)
	}
	id := sub.GetId()
	updated, err := sales.UpdateSubscription(ctx, &paymentsv1.UpdateSubscriptionRequest{
		IdempotencyKey: client.Key("user", 4711, "describe"), SubscriptionId: id,
		Subscription: &paymentsv1.Subscription{Description: "for the team", Metadata: map[string]string{"team": "7"}},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"description", "metadata"}},
	})
	must("UpdateSubscription", err)
	if updated.GetSubscription().GetDescription() != "for the team" || updated.GetSubscription().GetMetadata()["team"] != "7" {
		t.Errorf("after the update it is %v", updated.GetSubscription())
	}

	// They upgrade for what a preview said, plan a downgrade, and take it back by a pause.
	changes := []*paymentsv1.ItemChange{{PlanId: gold}}
	preview, err := sales.PreviewPlanChange(ctx, &paymentsv1.PreviewPlanChangeRequest{SubscriptionId: id, Changes: changes})
	must("PreviewPlanChange", err)
	changed, err := sales.ChangePlan(ctx, &paymentsv1.ChangePlanRequest{
		IdempotencyKey: client.Key("user", 4711, "upgrade"), SubscriptionId: id, Changes: changes,
		ProrationTime: preview.GetProrationTime(), ExpectedAmountDue: preview.GetAmountDue(),
	})
	must("ChangePlan", err)
	if paid := changed.GetSubscription().GetLatestInvoice(); planOf(changed.GetSubscription()) != gold ||
		preview.GetAmountDue().GetMinorUnits() <= 0 || paid.GetAmountPaid().GetMinorUnits() != preview.GetAmountDue().GetMinorUnits() {
		t.Errorf("a preview of %v became %v", preview.GetAmountDue(), changed.GetSubscription())
	}
	later := replace(client.Key("user", 4711, "downgrade"), id, silver)
	later.Timing = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	planned, err := sales.ChangePlan(ctx, later)
	must("ChangePlan at the period's end", err)
	if next := planned.GetSubscription().GetScheduledChange(); planOf(planned.GetSubscription()) != gold ||
		len(next.GetItems()) != 1 || next.GetItems()[0].GetPlan().GetId() != silver {
		t.Errorf("the downgrade that is planned: %v", planned.GetSubscription())
	}
	paused, err := sales.PauseSubscription(ctx, &paymentsv1.PauseSubscriptionRequest{
		SubscriptionId: id, Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID,
	})
	must("PauseSubscription", err)
	if got := paused.GetSubscription(); got.GetPause() == nil || got.GetScheduledChange() != nil {
		t.Errorf("the paused subscription is %v", got)
	}
	resumed, err := sales.ResumeSubscription(ctx, &paymentsv1.ResumeSubscriptionRequest{
		IdempotencyKey: client.Key("user", 4711, "resume"), SubscriptionId: id,
	})
	must("ResumeSubscription", err)
	if resumed.GetSubscription().GetPause() != nil {
		t.Errorf("the resumed subscription is %v", resumed.GetSubscription())
	}

	access, err := sales.CheckAccess(ctx, &paymentsv1.CheckAccessRequest{
		CustomerId: customer, Plan: &paymentsv1.CheckAccessRequest_LookupKey{LookupKey: "gold"},
	})
	must("CheckAccess", err)
	if access.GetAccess().GetLevel() != paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE || access.GetSubscriptionId() != id {
		t.Errorf("the access is %v", access)
	}
	everyInvoiceRPC(t, s, customer)

	canceled, err := sales.CancelSubscription(ctx, &paymentsv1.CancelSubscriptionRequest{
		IdempotencyKey: client.Key("user", 4711, "cancel"), SubscriptionId: id,
		When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
	})
	must("CancelSubscription", err)
	read, err := sales.GetSubscription(ctx, &paymentsv1.GetSubscriptionRequest{SubscriptionId: id})
	must("GetSubscription", err)
	if want := paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED; canceled.GetSubscription().GetState() != want ||
		read.GetSubscription().GetState() != want {
		t.Errorf("the canceled subscription is %v, and read %v", canceled.GetSubscription(), read.GetSubscription())
	}
	seen := 0
	for listed, err := range client.ListSubscriptions(ctx, sales, &paymentsv1.ListSubscriptionsRequest{
		CustomerId: customer, IncludeCanceled: true, PageSize: 1,
	}) {
		must("ListSubscriptions", err)
		if seen++; listed.GetId() != id {
			t.Errorf("listed %v", listed)
		}
	}
	if seen != 1 {
		t.Errorf("%d subscriptions were listed, want 1", seen)
	}
}

// planOf is the one plan of a subscription.
func planOf(s *paymentsv1.Subscription) string {
	if len(s.GetItems()) != 1 {
		return ""
	}
	return s.GetItems()[0].GetPlan().GetId()
}

// everyPlanRPC makes two plans, of which the second gets the lookup key gold.
func everyPlanRPC(t *testing.T, sales paymentsv1.SubscriptionServiceClient) (silver, gold string) {
	t.Helper()
	ctx := t.Context()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	first, err := sales.CreatePlan(ctx, &paymentsv1.CreatePlanRequest{
		IdempotencyKey: client.Key("plan", "silver"),
		Plan:           &paymentsv1.Plan{Name: "Silver", Amount: usd(1000), Interval: monthly, Metadata: map[string]string{"tier": "2"}},
	})
	must("CreatePlan", err)
	second, err := sales.CreatePlan(ctx, &paymentsv1.CreatePlanRequest{
		IdempotencyKey: client.Key("plan", "gold"), ProductId: first.GetPlan().GetProductId(),
		Plan: &paymentsv1.Plan{Amount: usd(2500), Interval: monthly},
	})
	must("CreatePlan of the same product", err)
	silver, gold = first.GetPlan().GetId(), second.GetPlan().GetId()
	updated, err := sales.UpdatePlan(ctx, &paymentsv1.UpdatePlanRequest{
		PlanId: gold, Plan: &paymentsv1.Plan{Name: "Metal", LookupKey: "gold"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "lookup_key"}},
	})
	must("UpdatePlan", err)
	read, err := sales.GetPlan(ctx, &paymentsv1.GetPlanRequest{PlanId: silver})
	must("GetPlan", err)
	if updated.GetPlan().GetLookupKey() != "gold" || updated.GetPlan().GetName() != "Metal" ||
		read.GetPlan().GetName() != "Metal" || read.GetPlan().GetMetadata()["tier"] != "2" {
		t.Errorf("the plan became %v, and the other of its product is %v", updated.GetPlan(), read.GetPlan())
	}
	seen := 0
	for plan, err := range client.ListPlans(ctx, sales, &paymentsv1.ListPlansRequest{LookupKeys: []string{"gold"}, PageSize: 1}) {
		must("ListPlans", err)
		if seen++; plan.GetId() != gold {
			t.Errorf("listed %v", plan)
		}
	}
	if seen != 1 {
		t.Errorf("%d plans have the key, want 1", seen)
	}
	return silver, gold
}

// everyInvoiceRPC pays and voids what a person has put on two drafts.
func everyInvoiceRPC(t *testing.T, s *shop, customer string) {
	t.Helper()
	ctx, sales := t.Context(), s.sales
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	paid, voided := s.invoice(t, customer), s.invoice(t, customer)
	for i, id := range []string{paid, voided} {
		final, err := sales.FinalizeInvoice(ctx, &paymentsv1.FinalizeInvoiceRequest{
			IdempotencyKey: client.Key("user", 4711, "finalize", i), InvoiceId: id, AutoAdvance: new(false),
		})
		must("FinalizeInvoice", err)
		if final.GetInvoice().GetState() != paymentsv1.InvoiceState_INVOICE_STATE_OPEN {
			t.Errorf("the finalized invoice is %v", final.GetInvoice())
		}
	}
	pay, err := sales.PayInvoice(ctx, &paymentsv1.PayInvoiceRequest{
		IdempotencyKey: client.Key("user", 4711, "pay"), InvoiceId: paid,
	})
	must("PayInvoice", err)
	void, err := sales.VoidInvoice(ctx, &paymentsv1.VoidInvoiceRequest{InvoiceId: voided})
	must("VoidInvoice", err)
	read, err := sales.GetInvoice(ctx, &paymentsv1.GetInvoiceRequest{InvoiceId: paid})
	must("GetInvoice", err)
	if pay.GetInvoice().GetState() != paymentsv1.InvoiceState_INVOICE_STATE_PAID ||
		void.GetInvoice().GetState() != paymentsv1.InvoiceState_INVOICE_STATE_VOID ||
		read.GetInvoice().GetAmountPaid().GetMinorUnits() != 700 || len(read.GetInvoice().GetLines()) != 1 {
		t.Errorf("the paid invoice is %v, and read %v; the voided one is %v", pay.GetInvoice(), read.GetInvoice(), void.GetInvoice())
	}
	states := map[paymentsv1.InvoiceState]int{}
	for invoice, err := range client.ListInvoices(ctx, sales, &paymentsv1.ListInvoicesRequest{CustomerId: customer, PageSize: 2}) {
		must("ListInvoices", err)
		states[invoice.GetState()]++
	}
	if states[paymentsv1.InvoiceState_INVOICE_STATE_VOID] != 1 || states[paymentsv1.InvoiceState_INVOICE_STATE_PAID] != 3 {
		t.Errorf("the invoices of the customer are %v, want three paid and one void", states)
	}
}
