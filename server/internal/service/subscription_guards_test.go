package service_test

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

// What would give back what was not paid, take money twice, or be done half, is refused before it begins.
func TestSubscriptionGuards(t *testing.T) {
	open := &paymentsv1.Invoice{Id: "in_8", State: openAsked, AmountDue: usd(300)}
	settling := &paymentsv1.Invoice{
		Id: "in_9", State: openAsked, AmountDue: usd(300), PaymentId: "pi_9",
		PaymentState: paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING,
	}
	endNow := func(ctx context.Context, s *service.Subscriptions) error {
		return second(s.CancelSubscription(ctx, &paymentsv1.CancelSubscriptionRequest{
			SubscriptionId: "sub_1", When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true}, Prorate: true, InvoiceNow: true,
		}))
	}
	resume := func(ctx context.Context, s *service.Subscriptions) error {
		return second(s.ResumeSubscription(ctx, &paymentsv1.ResumeSubscriptionRequest{SubscriptionId: "sub_1"}))
	}
	elsewhere := func(id string) func(context.Context, *service.Subscriptions) error {
		return func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.PayInvoice(ctx, &paymentsv1.PayInvoiceRequest{InvoiceId: id, PaidOutOfBand: true}))
		}
	}
	update := func(to *paymentsv1.Subscription) func(context.Context, *service.Subscriptions) error {
		return func(ctx context.Context, s *service.Subscriptions) error {
			return second(s.UpdateSubscription(ctx, &paymentsv1.UpdateSubscriptionRequest{SubscriptionId: "sub_1", Subscription: to}))
		}
	}
	pending := func(s *paymentsv1.Subscription) { s.PendingChange = &paymentsv1.PendingChange{InvoiceId: "in_7"} }
	for _, tt := range []struct {
		name     string
		sub      func(*paymentsv1.Subscription)
		try      func(context.Context, *service.Subscriptions) error
		outcome  proto.Message
		reason   string
		says, as string
	}{
		{
			"credit for what is not paid", func(s *paymentsv1.Subscription) { s.LatestInvoice = open }, endNow, aSubscription(),
			"UNEXPECTED_STATE", "invoice_id", "in_8",
		},
		{"credit for what is paid", nil, endNow, aSubscription(), "", "", ""},
		{"resumed, and not paid", func(s *paymentsv1.Subscription) {
			s.State, s.LatestInvoice = paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED, open
		}, resume, aSubscription(), "UNEXPECTED_STATE", "invoice_id", "in_8"},
		{"paid elsewhere while a bank settles", nil, elsewhere("in_9"), settling, "UNEXPECTED_STATE", "payment_id", "pi_9"},
		{"paid elsewhere", nil, elsewhere("in_8"), open, "", "", ""},
		{
			"an update while a change waits", pending, update(&paymentsv1.Subscription{CancelTime: &timestamppb.Timestamp{Seconds: 1}}),
			aSubscription(), "CHANGE_PENDING", "invoice_id", "in_7",
		},
		{
			"the method while a change waits", pending, update(&paymentsv1.Subscription{DefaultPaymentMethodId: "pm_2"}),
			aSubscription(), "", "", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sub := aSubscription()
			if tt.sub != nil {
				tt.sub(sub)
			}
			writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: tt.outcome}}}
			err := tt.try(t.Context(), service.NewSubscriptions(writes, &fakeSubscriptions{
				subscriptions: []*paymentsv1.Subscription{sub}, invoices: []*paymentsv1.Invoice{open, settling},
			}))
			if reasonOf(err) != tt.reason || tt.says != "" && apierr.From(err).Metadata[tt.says] != tt.as {
				t.Errorf("got %v", err)
			}
			if (writes.writes == 0) != (tt.reason != "") {
				t.Errorf("%d writes", writes.writes)
			}
		})
	}
}

// A lookup key that another plan has is refused before a product is made for nothing.
func TestCreatePlanLooksForTheKeyFirst(t *testing.T) {
	for name, tt := range map[string]struct {
		req   *paymentsv1.CreatePlanRequest
		field string
	}{
		"taken":       {&paymentsv1.CreatePlanRequest{}, "plan.lookup_key"},
		"transferred": {&paymentsv1.CreatePlanRequest{TransferLookupKey: true}, ""},
	} {
		tt.req.Plan = &paymentsv1.Plan{
			Name: "Gold", Amount: usd(100), Interval: paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH, LookupKey: "gold",
		}
		writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: dearer()}}}
		err := second(service.NewSubscriptions(writes, &fakeSubscriptions{plans: []*paymentsv1.Plan{dearer()}}).
			CreatePlan(t.Context(), tt.req))
		if tt.field != "" {
			refused(t, err, tt.field)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
