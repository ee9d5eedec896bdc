package service_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

var noTime = &timestamppb.Timestamp{Seconds: -1e12}

// What is wrong in itself is refused by the name of its field, before anything is read or written.
func TestSubscriptionChecks(t *testing.T) {
	at := timestamppb.New(time.Unix(1_700_000_000, 0))
	plan := func(change func(*paymentsv1.CreatePlanRequest)) func(context.Context, *service.Subscriptions) error {
		req := &paymentsv1.CreatePlanRequest{Plan: &paymentsv1.Plan{Name: "Gold", Amount: usd(1000), Interval: planMonth}}
		change(req)
		return func(ctx context.Context, s *service.Subscriptions) error { return second(s.CreatePlan(ctx, req)) }
	}
	create := func(req *paymentsv1.CreateSubscriptionRequest) func(context.Context, *service.Subscriptions) error {
		return func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.CreateSubscription(ctx, req))
		}
	}
	change := func(req *paymentsv1.ChangePlanRequest) func(context.Context, *service.Subscriptions) error {
		return func(ctx context.Context, s *service.Subscriptions) error { return second(s.ChangePlan(ctx, req)) }
	}
	cancel := func(req *paymentsv1.CancelSubscriptionRequest) func(context.Context, *service.Subscriptions) error {
		return func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.CancelSubscription(ctx, req))
		}
	}
	update := func(to *paymentsv1.Subscription, paths ...string) func(context.Context, *service.Subscriptions) error {
		return func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.UpdateSubscription(ctx, &paymentsv1.UpdateSubscriptionRequest{
				Subscription: to, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
			}))
		}
	}
	updatePlan := func(req *paymentsv1.UpdatePlanRequest) func(context.Context, *service.Subscriptions) error {
		return func(ctx context.Context, s *service.Subscriptions) error { return second(s.UpdatePlan(ctx, req)) }
	}
	const atEnd = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	for _, tt := range []struct {
		name, field string
		call        func(context.Context, *service.Subscriptions) error
	}{
		{"a plan without amount", "plan.amount", plan(func(r *paymentsv1.CreatePlanRequest) { r.Plan.Amount = nil })},
		{"a plan without interval", "plan.interval", plan(func(r *paymentsv1.CreatePlanRequest) { r.Plan.Interval = 0 })},
		{"37 months", "plan.interval_count", plan(func(r *paymentsv1.CreatePlanRequest) { r.Plan.IntervalCount = 37 })},
		{"4 years", "plan.interval_count", plan(func(r *paymentsv1.CreatePlanRequest) {
			r.Plan.Interval, r.Plan.IntervalCount = paymentsv1.PlanInterval_PLAN_INTERVAL_YEAR, 4
		})},
		{"157 weeks", "plan.interval_count", plan(func(r *paymentsv1.CreatePlanRequest) {
			r.Plan.Interval, r.Plan.IntervalCount = paymentsv1.PlanInterval_PLAN_INTERVAL_WEEK, 157
		})},
		{"a plan without name", "plan.name", plan(func(r *paymentsv1.CreatePlanRequest) { r.Plan.Name = "" })},
		{"a name for a product", "plan.name", plan(func(r *paymentsv1.CreatePlanRequest) { r.ProductId = "prod_1" })},
		{"a description for a product", "plan.description", plan(func(r *paymentsv1.CreatePlanRequest) {
			r.ProductId, r.Plan.Name, r.Plan.Description = "prod_1", "", "gold"
		})},
		{"no key to take", "transfer_lookup_key", plan(func(r *paymentsv1.CreatePlanRequest) { r.TransferLookupKey = true })},
		{"no key to take in an update", "transfer_lookup_key", updatePlan(&paymentsv1.UpdatePlanRequest{TransferLookupKey: true})},
		{"a key to take that is not named", "transfer_lookup_key", updatePlan(&paymentsv1.UpdatePlanRequest{
			TransferLookupKey: true, Plan: &paymentsv1.Plan{LookupKey: "gold"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"active"}},
		})},
		{"a plan twice", "items[1].plan_id", create(&paymentsv1.CreateSubscriptionRequest{
			Items: []*paymentsv1.NewSubscriptionItem{{PlanId: "price_1"}, {PlanId: "price_1", Quantity: new(int64(2))}},
		})},
		{"a trial that is none", "plan_trial", create(&paymentsv1.CreateSubscriptionRequest{
			Trial: &paymentsv1.CreateSubscriptionRequest_PlanTrial{},
		})},
		{"a trial until never", "trial_end_time", create(&paymentsv1.CreateSubscriptionRequest{
			Trial: &paymentsv1.CreateSubscriptionRequest_TrialEndTime{TrialEndTime: noTime},
		})},
		{"an anchor at no time", "billing_cycle_anchor_time", create(&paymentsv1.CreateSubscriptionRequest{
			BillingCycleAnchorTime: noTime,
		})},
		{"an end at no time", "cancel_time", create(&paymentsv1.CreateSubscriptionRequest{CancelTime: noTime})},
		{"two ends", "cancel_at_period_end", create(&paymentsv1.CreateSubscriptionRequest{
			CancelTime: at, CancelAtPeriodEnd: true,
		})},
		{"no days", "days_until_due", create(&paymentsv1.CreateSubscriptionRequest{CollectionMethod: sendsItOut})},
		{"days for a charge", "days_until_due", create(&paymentsv1.CreateSubscriptionRequest{DaysUntilDue: 7})},
		{"an update to an end at no time", "subscription.cancel_time", update(&paymentsv1.Subscription{CancelTime: noTime})},
		{"an update to a trial until never", "subscription.trial_end_time", update(
			&paymentsv1.Subscription{TrialEndTime: noTime}, "trial_end_time")},
		{"no change", "changes", change(&paymentsv1.ChangePlanRequest{})},
		{"no change at the end", "changes", change(&paymentsv1.ChangePlanRequest{Timing: atEnd})},
		{"a change from never on", "proration_time", change(&paymentsv1.ChangePlanRequest{
			Changes: upgrade(), ProrationTime: noTime,
		})},
		{"a proration at the end", "proration_time", change(&paymentsv1.ChangePlanRequest{
			Changes: upgrade(), Timing: atEnd, ProrationTime: at,
		})},
		{"an amount at the end", "expected_amount_due", change(&paymentsv1.ChangePlanRequest{
			Changes: upgrade(), Timing: atEnd, ExpectedAmountDue: usd(0),
		})},
		{"unpaid at the end", "allow_unpaid", change(&paymentsv1.ChangePlanRequest{
			Changes: upgrade(), Timing: atEnd, AllowUnpaid: true,
		})},
		{"a preview of nothing", "changes", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.PreviewPlanChange(ctx, &paymentsv1.PreviewPlanChangeRequest{}))
		}},
		{"a pause until never", "resume_time", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.PauseSubscription(ctx, &paymentsv1.PauseSubscriptionRequest{ResumeTime: noTime}))
		}},
		{"an invoice later", "invoice_now", cancel(&paymentsv1.CancelSubscriptionRequest{
			When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true}, InvoiceNow: true,
		})},
		{"a credit later", "prorate", cancel(&paymentsv1.CancelSubscriptionRequest{
			When: &paymentsv1.CancelSubscriptionRequest_Time{Time: at}, Prorate: true,
		})},
		{"a cancellation at no time", "time", cancel(&paymentsv1.CancelSubscriptionRequest{
			When: &paymentsv1.CancelSubscriptionRequest_Time{Time: noTime},
		})},
		{"two ways to pay", "paid_out_of_band", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.PayInvoice(ctx, &paymentsv1.PayInvoiceRequest{PaymentMethodId: "pm_1", PaidOutOfBand: true}))
		}},
		{"canceled, and another state", "include_canceled", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.ListSubscriptions(ctx, &paymentsv1.ListSubscriptionsRequest{State: subActive, IncludeCanceled: true}))
		}},
		{"subscriptions from never on", "start_time", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.ListSubscriptions(ctx, &paymentsv1.ListSubscriptionsRequest{StartTime: noTime}))
		}},
		{"invoices until never", "end_time", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.ListInvoices(ctx, &paymentsv1.ListInvoicesRequest{EndTime: noTime}))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			writes := &fakeOnWriter{}
			reads := &fakeSubscriptions{} // It has nothing: whoever read it would hear RESOURCE_MISSING.
			refused(t, tt.call(t.Context(), service.NewSubscriptions(writes, reads)), tt.field)
			if writes.writes != 0 {
				t.Error("it was written")
			}
		})
	}
}

// A customer of real life lives in real time.
func TestNoTestClockWithALiveKey(t *testing.T) {
	req := &paymentsv1.CreateCustomerRequest{TestClockId: "clock_1"}
	writes := &fakeEnsurer{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.Customer{Id: "cus_1"}}}}
	refused(t, second(service.NewCustomers(writes, &fakeCustomers{}, true).CreateCustomer(t.Context(), req)), "test_clock_id")
	if err := second(service.NewCustomers(writes, &fakeCustomers{}, false).CreateCustomer(t.Context(), req)); err != nil {
		t.Errorf("in test mode: %v", err)
	}
}
