package stripegw_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	subscriptions = "POST /v1/subscriptions"
	sub1          = "POST /v1/subscriptions/sub_1"
	schedule1     = "POST /v1/subscription_schedules/sub_sched_1"
)

// with is what is expanded, and these parameters.
func with(params ...string) []string { return append(slices.Clone(expanded), params...) }

// only is the one step of an rpc.
func only(endpoint string, params ...string) []planned {
	return []planned{{"1", endpoint, with(params...), nil}}
}

// released is the same after the release of the schedule.
func released(endpoint string, params ...string) []planned {
	return append([]planned{{"release_schedule", schedule1 + "/release", nil, nil}}, only(endpoint, params...)...)
}

func TestPrepareCreateSubscription(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	least := []string{"customer=cus_1", "items[0][price]=price_1", ours}
	edited := func(edit func(*paymentsv1.CreateSubscriptionRequest)) proto.Message {
		req := leastCreateSubscription()
		edit(req)
		return req
	}
	for _, tt := range []struct {
		name string
		req  proto.Message
		want []string
	}{
		{"the least", leastCreateSubscription(), append(least, "payment_behavior=error_if_incomplete")},
		{"all of it", fullCreateSubscription(), []string{
			"customer=cus_1", "items[0][price]=price_1", "items[0][quantity]=2", "items[1][price]=price_2",
			"payment_behavior=default_incomplete", "default_payment_method=pm_1", "collection_method=send_invoice",
			"days_until_due=30", "trial_period_days=14", "trial_settings[end_behavior][missing_payment_method]=pause",
			"billing_cycle_anchor=1900000000", "cancel_at=1950000000", "cancel_at_period_end=true", "off_session=true",
			"payment_settings[save_default_payment_method]=on_subscription",
			"payment_settings[payment_method_types][0]=card", "payment_settings[payment_method_types][1]=us_bank_account",
			"description=Gold for Jane", "metadata[seat]=7", ours,
		}},
		{"a trial until a time", edited(func(r *paymentsv1.CreateSubscriptionRequest) {
			r.Trial = &paymentsv1.CreateSubscriptionRequest_TrialEndTime{TrialEndTime: at(1900000000)}
			r.CancelAtPeriodEnd = true
		}), append(least, "payment_behavior=error_if_incomplete", "trial_end=1900000000", "cancel_at_period_end=true")},
		{"the plan's trial", edited(func(r *paymentsv1.CreateSubscriptionRequest) {
			r.Trial = &paymentsv1.CreateSubscriptionRequest_PlanTrial{PlanTrial: true}
			r.PaymentBehavior = paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_ALLOW_INCOMPLETE
		}), append(least, "payment_behavior=allow_incomplete", "trial_from_plan=true")},
		{"invoices that are sent", edited(func(r *paymentsv1.CreateSubscriptionRequest) {
			r.CollectionMethod, r.DaysUntilDue = sendInvoice, 7
		}), append(least, "collection_method=send_invoice", "days_until_due=7")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkPlanned(t, g, tt.req, nil, only(subscriptions, tt.want...))
		})
	}
}

func TestPrepareSubscriptions(t *testing.T) {
	endsWithPeriod := func(s *paymentsv1.Subscription) {
		s.CancelAtPeriodEnd, s.CancelTime = true, s.GetCurrentPeriodEndTime()
	}
	settings := planned{"schedule_settings", schedule1, []string{
		"default_settings[default_payment_method]=pm_2", "default_settings[collection_method]=send_invoice",
		"default_settings[invoice_settings][days_until_due]=14",
	}, nil}
	all := []string{
		"default_payment_method=pm_2", "description=Gold for Jim", "metadata[seat]=8", "metadata[old]=",
		"cancel_at=1950000000", "trial_end=1940000000", "trial_settings[end_behavior][missing_payment_method]=cancel",
		"collection_method=send_invoice", "days_until_due=14",
	}
	none := &paymentsv1.Subscription{}
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name string
		req  proto.Message
		on   *paymentsv1.Subscription
		want []planned
	}{
		{"an update of all", fullUpdateSubscription(), goldRead(), only(sub1, all...)},
		{"an update of all that is set", subscriptionUpdateOf(changedSubscription()), goldRead(), only(sub1, all...)},
		{"an update of all, on a schedule", fullUpdateSubscription(), goldRead(onSchedule), released(sub1, all...)},
		{
			"settings, on a schedule", subscriptionUpdateOf(
				changedSubscription(), "default_payment_method_id", "collection_method", "days_until_due"),
			goldRead(onSchedule), append([]planned{settings}, only(
				sub1, "default_payment_method=pm_2", "collection_method=send_invoice", "days_until_due=14")...),
		},
		{
			"texts, on a schedule", subscriptionUpdateOf(changedSubscription(), "metadata", "description", "trial_end_behavior"),
			goldRead(onSchedule), only(sub1, "description=Gold for Jim", "metadata[seat]=8", "metadata[old]=",
				"trial_settings[end_behavior][missing_payment_method]=cancel"),
		},
		{
			"cleared", subscriptionUpdateOf(none, "default_payment_method_id", "description"), goldRead(),
			only(sub1, "default_payment_method=", "description="),
		},
		{"a cancellation taken back", subscriptionUpdateOf(none, "cancel_time"), goldRead(), only(sub1, "cancel_at=")},
		{
			"one at the period's end taken back", subscriptionUpdateOf(none, "cancel_time"),
			goldRead(onSchedule, endsWithPeriod), released(sub1, "cancel_at_period_end=false"),
		},
		{
			"the trial ended", subscriptionUpdateOf(none, "trial_end_time"), goldRead(trialing, onSchedule),
			released(sub1, "trial_end=now"),
		},
		{
			"sent back as it was read", subscriptionUpdateOf(&paymentsv1.Subscription{
				CancelTime: at(1702592000), TrialEndTime: at(1702592000), Description: "Gold",
			}), goldRead(trialing, onSchedule, endsWithPeriod), only(sub1, "description=Gold"),
		},
		{
			"ended", cancelNow(), goldRead(),
			only("DELETE /v1/subscriptions/sub_1", "invoice_now=true", "prorate=true"),
		},
		{
			"ended, on a schedule", &paymentsv1.CancelSubscriptionRequest{
				SubscriptionId: "sub_1", When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
			}, goldRead(onSchedule), released("DELETE /v1/subscriptions/sub_1"),
		},
		{"ended with the period", cancelAtEnd(), goldRead(onSchedule), released(sub1, "cancel_at_period_end=true")},
		{"ended at a time", cancelAt(), goldRead(), only(sub1, "cancel_at=1950000000")},
		{"paused", leastPause(), goldRead(), only(sub1, "pause_collection[behavior]=void")},
		{
			"paused for a time", fullPauseSubscription(), goldRead(onSchedule),
			released(sub1, "pause_collection[behavior]=mark_uncollectible", "pause_collection[resumes_at]=1950000000"),
		},
		{"collected again", resume(), goldRead(pausedBy, onSchedule), only(sub1, "pause_collection=")},
		{"resumed", resume(), goldRead(trialOver), only(sub1+"/resume", "billing_cycle_anchor=now")},
		{"both", resume(), goldRead(trialOver, pausedBy), []planned{
			{"collect", sub1, with("pause_collection="), nil},
			{"1", sub1 + "/resume", with("billing_cycle_anchor=now"), nil},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkPlanned(t, g, tt.req, tt.on, tt.want) })
	}
}

// TestPrepareSubscriptionsRefuses: what Stripe would surely refuse names the field.
func TestPrepareSubscriptionsRefuses(t *testing.T) {
	edited := func(edit func(*paymentsv1.CreateSubscriptionRequest)) proto.Message {
		req := leastCreateSubscription()
		edit(req)
		return req
	}
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name        string
		req         proto.Message
		field, says string
	}{
		{"an unknown behavior", edited(func(r *paymentsv1.CreateSubscriptionRequest) {
			r.PaymentBehavior = 99
		}), "payment_behavior", "PaymentBehavior"},
		{"an unknown way to collect", edited(func(r *paymentsv1.CreateSubscriptionRequest) {
			r.CollectionMethod = 99
		}), "collection_method", "CollectionMethod"},
		{"an unknown end", edited(func(r *paymentsv1.CreateSubscriptionRequest) {
			r.TrialEndBehavior = 99
		}), "trial_end_behavior", "TrialEndBehavior"},
		{"sent without days", edited(func(r *paymentsv1.CreateSubscriptionRequest) {
			r.CollectionMethod = sendInvoice
		}), "days_until_due", "required with SEND_INVOICE"},
		{"days without sending", edited(func(r *paymentsv1.CreateSubscriptionRequest) {
			r.DaysUntilDue = 3
		}), "days_until_due", "SEND_INVOICE only"},
		{"no subscription to update", &paymentsv1.UpdateSubscriptionRequest{}, "subscription_id", "required"},
		{"no subscription to change", &paymentsv1.ChangePlanRequest{}, "subscription_id", "required"},
		{"no subscription to cancel", &paymentsv1.CancelSubscriptionRequest{}, "subscription_id", "required"},
		{"no subscription to pause", &paymentsv1.PauseSubscriptionRequest{}, "subscription_id", "required"},
		{"no subscription to resume", &paymentsv1.ResumeSubscriptionRequest{}, "subscription_id", "required"},
		{"no time", &paymentsv1.CancelSubscriptionRequest{SubscriptionId: "sub_1"}, "when", "required"},
		{"no behavior", &paymentsv1.PauseSubscriptionRequest{SubscriptionId: "sub_1"}, "behavior", "required"},
		{"an unknown pause", &paymentsv1.PauseSubscriptionRequest{
			SubscriptionId: "sub_1", Behavior: 99,
		}, "behavior", "PauseBehavior"},
		{"nothing changed", subscriptionUpdateOf(&paymentsv1.Subscription{Id: "sub_1"}), "update_mask", "no field set"},
		{"all of it", subscriptionUpdateOf(changedSubscription(), "*"), "update_mask", "`*`"},
		{"items", subscriptionUpdateOf(changedSubscription(), "items"), "update_mask", "output only"},
		{
			"no way to collect", subscriptionUpdateOf(&paymentsv1.Subscription{}, "collection_method"), "update_mask",
			"can not be cleared",
		},
		{"no days", subscriptionUpdateOf(&paymentsv1.Subscription{}, "days_until_due"), "update_mask", "can not be cleared"},
		{
			"no behavior at the end", subscriptionUpdateOf(&paymentsv1.Subscription{}, "trial_end_behavior"), "update_mask",
			"can not be cleared",
		},
		{"no pair", subscriptionUpdateOf(&paymentsv1.Subscription{}, "metadata"), "update_mask", "with an empty value"},
		{"M-59 our own pair", subscriptionUpdateOf(&paymentsv1.Subscription{Metadata: map[string]string{
			"tillgate_operation": "",
		}}), `subscription.metadata["tillgate_operation"]`, "Tillgate's own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := g.Prepare(tt.req, goldRead(), operationID)
			wantReason(t, err, invalidField)
			if field(err) != tt.field || !strings.Contains(description(err), tt.says) {
				t.Errorf("field %q, %q; want %q, %q", field(err), description(err), tt.field, tt.says)
			}
		})
	}
}

// TestPrepareWantsWhatWasRead: what is sent hangs on the subscription, so that without it nothing is.
func TestPrepareWantsWhatWasRead(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	other := goldRead(func(s *paymentsv1.Subscription) { s.Id = "sub_2" })
	for _, req := range []proto.Message{
		subscriptionUpdateOf(changedSubscription()), changeOf(0, dearer()), cancelNow(), leastPause(), resume(),
	} {
		for _, on := range []proto.Message{nil, other, &timestamppb.Timestamp{}} {
			_, err := g.Prepare(req, on, operationID)
			wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
		}
	}
	_, err := g.Prepare(resume(), goldRead(), operationID)
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE)
}

// TestSubscriptionUpdatesKnowEveryField: a field of Subscription is one that an update can name, or is output only.
func TestSubscriptionUpdatesKnowEveryField(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	fields := (&paymentsv1.Subscription{}).ProtoReflect().Descriptor().Fields()
	can := 0
	for i := range fields.Len() {
		_, err := g.Prepare(
			subscriptionUpdateOf(changedSubscription(), string(fields.Get(i).Name())), goldRead(), operationID)
		switch {
		case err == nil:
			can++
		case !strings.Contains(description(err), "output only"):
			t.Errorf("%s: %s", fields.Get(i).Name(), description(err))
		}
	}
	if can != 8 {
		t.Errorf("%d fields can be changed, want 8", can)
	}
}
