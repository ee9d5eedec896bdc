package stripegw_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	createSubscription = paymentsv1.SubscriptionService_CreateSubscription_FullMethodName
	updateSubscription = paymentsv1.SubscriptionService_UpdateSubscription_FullMethodName
	changePlan         = paymentsv1.SubscriptionService_ChangePlan_FullMethodName
	pauseSubscription  = paymentsv1.SubscriptionService_PauseSubscription_FullMethodName
	resumeSubscription = paymentsv1.SubscriptionService_ResumeSubscription_FullMethodName
	cancelSubscription = paymentsv1.SubscriptionService_CancelSubscription_FullMethodName

	sendInvoice   = paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE
	automatically = paymentsv1.CollectionMethod_COLLECTION_METHOD_CHARGE_AUTOMATICALLY
)

// expanded is what is asked for with every subscription.
var expanded = []string{
	"expand[0]=latest_invoice.payment_intent", "expand[1]=schedule", "expand[2]=default_payment_method",
	"expand[3]=customer.invoice_settings.default_payment_method", "expand[4]=pending_setup_intent",
}

// expandedIn is the same for what stands in a schedule.
var expandedIn = []string{
	"expand[0]=subscription.latest_invoice.payment_intent", "expand[1]=subscription.default_payment_method",
	"expand[2]=subscription.customer.invoice_settings.default_payment_method",
	"expand[3]=subscription.pending_setup_intent",
}

func at(seconds int64) *timestamppb.Timestamp {
	return &timestamppb.Timestamp{Seconds: seconds, Nanos: 5}
}

// goldRead is sub_1 as it was read: two of a plan, charged to a card.
func goldRead(edits ...func(*paymentsv1.Subscription)) *paymentsv1.Subscription {
	s := &paymentsv1.Subscription{
		Id: "sub_1", CustomerId: "cus_1", State: paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE,
		Items:                    []*paymentsv1.SubscriptionItem{itemOf("si_1", "price_1", 2)},
		CurrentPeriodStartTime:   &timestamppb.Timestamp{Seconds: 1700000000},
		CurrentPeriodEndTime:     &timestamppb.Timestamp{Seconds: 1702592000},
		CollectionMethod:         automatically,
		ChargedPaymentMethodId:   "pm_1",
		ChargedPaymentMethodType: "card",
		CurrencyCode:             "USD",
	}
	for _, edit := range edits {
		edit(s)
	}
	return s
}

func itemOf(id, plan string, quantity int64) *paymentsv1.SubscriptionItem {
	return &paymentsv1.SubscriptionItem{Id: id, Plan: &paymentsv1.Plan{Id: plan}, Quantity: quantity}
}

// twoItems gives it a second plan.
func twoItems(s *paymentsv1.Subscription) { s.Items = append(s.Items, itemOf("si_2", "price_2", 1)) }

// onSchedule attaches a schedule that will change its only plan.
func onSchedule(s *paymentsv1.Subscription) {
	s.ScheduledChange = &paymentsv1.ScheduledChange{
		ScheduleId: "sub_sched_1", Items: []*paymentsv1.SubscriptionItem{itemOf("", "price_9", 2)},
		ApplyTime: &timestamppb.Timestamp{Seconds: 1702592000},
	}
}

// trialing lets it be on trial.
func trialing(s *paymentsv1.Subscription) {
	s.State = paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING
	s.TrialEndTime = s.GetCurrentPeriodEndTime()
}

func fullCreateSubscription() *paymentsv1.CreateSubscriptionRequest {
	return &paymentsv1.CreateSubscriptionRequest{
		IdempotencyKey: "customer-1-gold", CustomerId: "cus_1",
		Items: []*paymentsv1.NewSubscriptionItem{
			{PlanId: "price_1", Quantity: new(int64(2))}, {PlanId: "price_2"},
		},
		PaymentBehavior:        paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_DEFAULT_INCOMPLETE,
		DefaultPaymentMethodId: "pm_1", CollectionMethod: sendInvoice, DaysUntilDue: 30,
		Trial:                  &paymentsv1.CreateSubscriptionRequest_TrialDays{TrialDays: 14},
		TrialEndBehavior:       paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_PAUSE,
		BillingCycleAnchorTime: at(1900000000), CancelTime: at(1950000000), CancelAtPeriodEnd: true,
		OffSession: true, SaveDefaultPaymentMethod: true, PaymentMethodTypes: []string{"card", "us_bank_account"},
		Description: "Gold for Jane", Metadata: map[string]string{"seat": "7"},
	}
}

func leastCreateSubscription() *paymentsv1.CreateSubscriptionRequest {
	return &paymentsv1.CreateSubscriptionRequest{
		CustomerId: "cus_1", Items: []*paymentsv1.NewSubscriptionItem{{PlanId: "price_1"}},
	}
}

// subscriptionUpdateOf changes the fields of sub_1 that the mask names.
func subscriptionUpdateOf(s *paymentsv1.Subscription, paths ...string) *paymentsv1.UpdateSubscriptionRequest {
	req := &paymentsv1.UpdateSubscriptionRequest{IdempotencyKey: "sub-1-update", SubscriptionId: "sub_1", Subscription: s}
	if len(paths) > 0 {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return req
}

// changedSubscription is all that an update can change.
func changedSubscription() *paymentsv1.Subscription {
	return &paymentsv1.Subscription{
		DefaultPaymentMethodId: "pm_2", Description: "Gold for Jim", Metadata: map[string]string{"seat": "8", "old": ""},
		CancelTime: at(1950000000), TrialEndTime: at(1940000000),
		TrialEndBehavior: paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_CANCEL, CollectionMethod: sendInvoice,
		DaysUntilDue: 14,
	}
}

func fullUpdateSubscription() *paymentsv1.UpdateSubscriptionRequest {
	return subscriptionUpdateOf(changedSubscription(), stripegw.SubscriptionUpdatePaths()...)
}

// changeOf is a change of sub_1.
func changeOf(timing paymentsv1.ChangeTiming, changes ...*paymentsv1.ItemChange) *paymentsv1.ChangePlanRequest {
	return &paymentsv1.ChangePlanRequest{
		IdempotencyKey: "sub-1-upgrade", SubscriptionId: "sub_1", Changes: changes, Timing: timing,
	}
}

// dearer puts another plan in the place of the only one.
func dearer() *paymentsv1.ItemChange { return &paymentsv1.ItemChange{PlanId: "price_3"} }

func fullChangePlan() *paymentsv1.ChangePlanRequest {
	req := changeOf(paymentsv1.ChangeTiming_CHANGE_TIMING_NOW,
		&paymentsv1.ItemChange{ItemId: "si_2", Remove: true},
		&paymentsv1.ItemChange{ItemId: "si_1", PlanId: "price_3", Quantity: new(int64(5))})
	req.NewItems = []*paymentsv1.NewSubscriptionItem{{PlanId: "price_4", Quantity: new(int64(3))}, {PlanId: "price_5"}}
	req.ProrationTime, req.AllowUnpaid = at(1701000000), true
	req.ExpectedAmountDue = &paymentsv1.Money{MinorUnits: 500, CurrencyCode: "USD"}
	return req
}

func fullPauseSubscription() *paymentsv1.PauseSubscriptionRequest {
	return &paymentsv1.PauseSubscriptionRequest{
		IdempotencyKey: "sub-1-pause", SubscriptionId: "sub_1",
		Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_MARK_UNCOLLECTIBLE, ResumeTime: at(1950000000),
	}
}

func leastPause() *paymentsv1.PauseSubscriptionRequest {
	return &paymentsv1.PauseSubscriptionRequest{
		SubscriptionId: "sub_1", Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID,
	}
}

func resume() *paymentsv1.ResumeSubscriptionRequest {
	return &paymentsv1.ResumeSubscriptionRequest{IdempotencyKey: "sub-1-resume", SubscriptionId: "sub_1"}
}

// pausedBy lets its invoices be uncollected, and trialOver lets it be in the state PAUSED.
func pausedBy(s *paymentsv1.Subscription) { s.Pause = &paymentsv1.Pause{} }

func trialOver(s *paymentsv1.Subscription) {
	s.State = paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED
}

func cancelNow() *paymentsv1.CancelSubscriptionRequest {
	return &paymentsv1.CancelSubscriptionRequest{
		IdempotencyKey: "sub-1-cancel", SubscriptionId: "sub_1",
		When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true}, InvoiceNow: true, Prorate: true,
	}
}

func cancelAtEnd() *paymentsv1.CancelSubscriptionRequest {
	return &paymentsv1.CancelSubscriptionRequest{
		SubscriptionId: "sub_1", When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
	}
}

func cancelAt() *paymentsv1.CancelSubscriptionRequest {
	return &paymentsv1.CancelSubscriptionRequest{
		SubscriptionId: "sub_1", When: &paymentsv1.CancelSubscriptionRequest_Time{Time: at(1950000000)},
	}
}

// subscriptionSample and scheduleSample are Stripe's subscription and schedule with changes.
func subscriptionSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "subscription"), changes)
}

func scheduleSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "subscription_schedule"), changes)
}
