package service_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

// statesOf are states of subscriptions by their short names.
func statesOf(names string) []paymentsv1.SubscriptionState {
	var states []paymentsv1.SubscriptionState
	for name := range strings.FieldsSeq(names) {
		states = append(states, paymentsv1.SubscriptionState(
			paymentsv1.SubscriptionState_value["SUBSCRIPTION_STATE_"+name]))
	}
	return states
}

// Each write is refused in the states that the contract names, with the state, and let pass in all others.
func TestSubscriptionStates(t *testing.T) {
	at := timestamppb.New(time.Unix(1_700_000_000, 0))
	type try func(context.Context, *service.Subscriptions) error
	cancel := func(req *paymentsv1.CancelSubscriptionRequest) try {
		req.SubscriptionId = "sub_1"
		return func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.CancelSubscription(ctx, req))
		}
	}
	update := func(to *paymentsv1.Subscription, paths ...string) try {
		return func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.UpdateSubscription(ctx, &paymentsv1.UpdateSubscriptionRequest{
				SubscriptionId: "sub_1", Subscription: to, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
			}))
		}
	}
	change := func(req *paymentsv1.ChangePlanRequest) try {
		req.SubscriptionId, req.Changes = "sub_1", upgrade()
		return func(ctx context.Context, s *service.Subscriptions) error { return second(s.ChangePlan(ctx, req)) }
	}
	const atEnd = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	metadata := map[string]string{"order": "1"}
	for _, tt := range []struct {
		name    string
		try     try
		refused string
	}{
		{"cancel now", cancel(&paymentsv1.CancelSubscriptionRequest{
			When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
		}), "INCOMPLETE_EXPIRED"},
		{"cancel at the end", cancel(&paymentsv1.CancelSubscriptionRequest{
			When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
		}), "INCOMPLETE INCOMPLETE_EXPIRED CANCELED"},
		{"cancel at a time", cancel(&paymentsv1.CancelSubscriptionRequest{
			When: &paymentsv1.CancelSubscriptionRequest_Time{Time: at},
		}), "INCOMPLETE INCOMPLETE_EXPIRED CANCELED"},
		{"pause", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.PauseSubscription(ctx, &paymentsv1.PauseSubscriptionRequest{SubscriptionId: "sub_1"}))
		}, "INCOMPLETE INCOMPLETE_EXPIRED CANCELED PAUSED"},
		{"resume", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.ResumeSubscription(ctx, &paymentsv1.ResumeSubscriptionRequest{SubscriptionId: "sub_1"}))
		}, "UNSPECIFIED INCOMPLETE INCOMPLETE_EXPIRED TRIALING ACTIVE PAST_DUE CANCELED UNPAID"},
		{"resume what is paused", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.ResumeSubscription(ctx, &paymentsv1.ResumeSubscriptionRequest{SubscriptionId: "sub_collected"}))
		}, "INCOMPLETE_EXPIRED CANCELED"},
		{"update of metadata", update(&paymentsv1.Subscription{Metadata: metadata}), ""},
		{"update of metadata, named", update(&paymentsv1.Subscription{Metadata: metadata}, "metadata"), ""},
		{
			"update of the method", update(&paymentsv1.Subscription{DefaultPaymentMethodId: "pm_1"}),
			"INCOMPLETE_EXPIRED CANCELED",
		},
		{
			"update of the method and metadata", update(&paymentsv1.Subscription{}, "metadata", "default_payment_method_id"),
			"INCOMPLETE_EXPIRED CANCELED",
		},
		{
			"update of the description", update(&paymentsv1.Subscription{Description: "Gold", Metadata: metadata}),
			"INCOMPLETE INCOMPLETE_EXPIRED CANCELED",
		},
		{"undo of a cancellation", update(&paymentsv1.Subscription{}, "cancel_time"), "INCOMPLETE INCOMPLETE_EXPIRED CANCELED"},
		{
			"update of the trial", update(&paymentsv1.Subscription{TrialEndTime: at}),
			"UNSPECIFIED INCOMPLETE INCOMPLETE_EXPIRED ACTIVE PAST_DUE CANCELED UNPAID PAUSED",
		},
		{"update of the trial's end", update(&paymentsv1.Subscription{
			TrialEndBehavior: paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_PAUSE,
		}), "INCOMPLETE INCOMPLETE_EXPIRED CANCELED"},
		{
			"update of the collection", update(&paymentsv1.Subscription{CollectionMethod: sendsItOut, DaysUntilDue: 7}),
			"INCOMPLETE INCOMPLETE_EXPIRED CANCELED",
		},
		{
			"change now", change(&paymentsv1.ChangePlanRequest{}),
			"INCOMPLETE INCOMPLETE_EXPIRED CANCELED UNPAID PAUSED PAST_DUE",
		},
		{
			"change now, unpaid", change(&paymentsv1.ChangePlanRequest{AllowUnpaid: true}),
			"INCOMPLETE INCOMPLETE_EXPIRED CANCELED UNPAID PAUSED PAST_DUE",
		},
		{
			"change at the end", change(&paymentsv1.ChangePlanRequest{Timing: atEnd}),
			"INCOMPLETE INCOMPLETE_EXPIRED CANCELED UNPAID PAUSED",
		},
		{"preview", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.PreviewPlanChange(ctx, &paymentsv1.PreviewPlanChangeRequest{
				SubscriptionId: "sub_1", Changes: upgrade(),
			}))
		}, "INCOMPLETE INCOMPLETE_EXPIRED CANCELED UNPAID PAUSED PAST_DUE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for number, name := range paymentsv1.SubscriptionState_name {
				sub := aSubscription()
				sub.State = paymentsv1.SubscriptionState(number)
				collected := aSubscription()
				collected.Id, collected.State, collected.Pause = "sub_collected", sub.GetState(), &paymentsv1.Pause{}
				reads := &fakeSubscriptions{
					plans: []*paymentsv1.Plan{dearer()}, subscriptions: []*paymentsv1.Subscription{sub, collected},
				}
				writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: sub}}}
				err := tt.try(t.Context(), service.NewSubscriptions(writes, reads))
				if slices.Contains(statesOf(tt.refused), sub.GetState()) {
					hears(t, err, "UNEXPECTED_STATE", strings.TrimPrefix(name, "SUBSCRIPTION_STATE_"))
				} else if err != nil {
					t.Errorf("in the state %s: %v", name, err)
				}
			}
			writes := &fakeOnWriter{}
			hears(t, tt.try(t.Context(), service.NewSubscriptions(writes, &fakeSubscriptions{})), "RESOURCE_MISSING", "")
			if writes.writes != 0 {
				t.Error("what is missing was written")
			}
		})
	}
}

// The days that a customer has to pay go with how the invoices are paid, as both will be.
func TestUpdateOfTheCollection(t *testing.T) {
	const days = "subscription.days_until_due"
	for _, tt := range []struct {
		name  string
		from  paymentsv1.CollectionMethod
		to    *paymentsv1.Subscription
		paths []string
		field string
	}{
		{"to invoices", automatic, &paymentsv1.Subscription{CollectionMethod: sendsItOut, DaysUntilDue: 7}, nil, ""},
		{"to invoices without days", automatic, &paymentsv1.Subscription{CollectionMethod: sendsItOut}, nil, days},
		{"to invoices with days that are not named", automatic, &paymentsv1.Subscription{
			CollectionMethod: sendsItOut, DaysUntilDue: 7,
		}, []string{"collection_method"}, days},
		{"to invoices as before", sendsItOut, &paymentsv1.Subscription{CollectionMethod: sendsItOut}, nil, ""},
		{"to other days", sendsItOut, &paymentsv1.Subscription{DaysUntilDue: 7}, nil, ""},
		{"to no days", sendsItOut, &paymentsv1.Subscription{}, []string{"days_until_due"}, days},
		{"to days for a charge", automatic, &paymentsv1.Subscription{DaysUntilDue: 7}, nil, days},
		{"to charges", sendsItOut, &paymentsv1.Subscription{CollectionMethod: automatic}, nil, ""},
		{"to charges with days", sendsItOut, &paymentsv1.Subscription{CollectionMethod: automatic, DaysUntilDue: 7}, nil, days},
		{
			"to something else", automatic, &paymentsv1.Subscription{Description: "Gold", DaysUntilDue: 7},
			[]string{"description"},
			"",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sub := aSubscription()
			if sub.CollectionMethod = tt.from; tt.from == sendsItOut {
				sub.DaysUntilDue = 30
			}
			writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: sub}}}
			reads := &fakeSubscriptions{subscriptions: []*paymentsv1.Subscription{sub}}
			err := second(service.NewSubscriptions(writes, reads).UpdateSubscription(t.Context(),
				&paymentsv1.UpdateSubscriptionRequest{
					SubscriptionId: "sub_1", Subscription: tt.to, UpdateMask: &fieldmaskpb.FieldMask{Paths: tt.paths},
				}))
			if tt.field != "" {
				refused(t, err, tt.field)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// An invoice is finalized, paid and voided in the states that allow it: what a lost answer left could else not be told.
func TestInvoiceStates(t *testing.T) {
	for _, tt := range []struct {
		name  string
		try   func(context.Context, *service.Subscriptions) error
		taken string
	}{
		{"finalize", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.FinalizeInvoice(ctx, &paymentsv1.FinalizeInvoiceRequest{InvoiceId: "in_1"}))
		}, "DRAFT"},
		{"pay", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.PayInvoice(ctx, &paymentsv1.PayInvoiceRequest{InvoiceId: "in_1"}))
		}, "OPEN UNCOLLECTIBLE UNSPECIFIED"},
		{"void", func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.VoidInvoice(ctx, &paymentsv1.VoidInvoiceRequest{InvoiceId: "in_1"}))
		}, "OPEN UNCOLLECTIBLE UNSPECIFIED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for number, name := range paymentsv1.InvoiceState_name {
				invoice := &paymentsv1.Invoice{Id: "in_1", State: paymentsv1.InvoiceState(number)}
				writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: invoice}}}
				reads := &fakeSubscriptions{invoices: []*paymentsv1.Invoice{invoice}}
				err := tt.try(t.Context(), service.NewSubscriptions(writes, reads))
				short := strings.TrimPrefix(name, "INVOICE_STATE_")
				if slices.Contains(strings.Fields(tt.taken), short) {
					hears(t, err, "", "")
				} else {
					hears(t, err, "UNEXPECTED_STATE", short)
				}
			}
			hears(t, tt.try(t.Context(), service.NewSubscriptions(&fakeOnWriter{}, &fakeSubscriptions{})), "RESOURCE_MISSING", "")
		})
	}
}
