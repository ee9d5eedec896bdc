package service_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

const (
	subActive  = paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE
	planMonth  = paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH
	draft      = paymentsv1.InvoiceState_INVOICE_STATE_DRAFT
	openAsked  = paymentsv1.InvoiceState_INVOICE_STATE_OPEN
	voidIt     = paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID
	automatic  = paymentsv1.CollectionMethod_COLLECTION_METHOD_CHARGE_AUTOMATICALLY
	sendsItOut = paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE
)

// answered is the response of a write.
type answered interface {
	proto.Message
	GetReplayed() bool
}

// aSubscription is one that any change can be made of.
func aSubscription() *paymentsv1.Subscription {
	return &paymentsv1.Subscription{
		Id: "sub_1", State: subActive, CollectionMethod: automatic, CurrencyCode: "USD",
		ChargedPaymentMethodId: "pm_1", ChargedPaymentMethodType: "card",
	}
}

func upgrade() []*paymentsv1.ItemChange { return []*paymentsv1.ItemChange{{PlanId: "price_gold"}} }

// dearer is the plan that upgrade changes to.
func dearer() *paymentsv1.Plan {
	return &paymentsv1.Plan{Id: "price_gold", Active: true, CurrencyCode: "USD"}
}

// A write of SubscriptionService answers with what the operation ended in, and says whether it is a replay, which holds
// no client secret. What it acts on is read before, and handed to the operation.
func TestSubscriptionWrites(t *testing.T) {
	plan, invoice := &paymentsv1.Plan{Id: "price_1"}, &paymentsv1.Invoice{Id: "in_1", State: openAsked}
	sub := aSubscription()
	for _, tt := range []struct {
		name     string
		resource proto.Message
		on       proto.Message
		call     func(context.Context, *service.Subscriptions) (answered, error)
		want     answered
	}{
		{"CreatePlan", plan, nil, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.CreatePlan(ctx, &paymentsv1.CreatePlanRequest{
				Plan: &paymentsv1.Plan{Name: "Gold", Amount: usd(1000), Interval: planMonth},
			})
		}, &paymentsv1.CreatePlanResponse{Plan: plan}},
		{"UpdatePlan", plan, plan, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.UpdatePlan(ctx, &paymentsv1.UpdatePlanRequest{PlanId: "price_1"})
		}, &paymentsv1.UpdatePlanResponse{Plan: plan}},
		{"CreateSubscription", sub, nil, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.CreateSubscription(ctx, &paymentsv1.CreateSubscriptionRequest{})
		}, &paymentsv1.CreateSubscriptionResponse{Subscription: sub}},
		{"UpdateSubscription", sub, sub, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.UpdateSubscription(ctx, &paymentsv1.UpdateSubscriptionRequest{SubscriptionId: "sub_1"})
		}, &paymentsv1.UpdateSubscriptionResponse{Subscription: sub}},
		{"ChangePlan", sub, sub, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.ChangePlan(ctx, &paymentsv1.ChangePlanRequest{SubscriptionId: "sub_1", Changes: upgrade()})
		}, &paymentsv1.ChangePlanResponse{Subscription: sub}},
		{"PauseSubscription", sub, sub, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.PauseSubscription(ctx, &paymentsv1.PauseSubscriptionRequest{SubscriptionId: "sub_1"})
		}, &paymentsv1.PauseSubscriptionResponse{Subscription: sub}},
		{"CancelSubscription", sub, sub, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.CancelSubscription(ctx, &paymentsv1.CancelSubscriptionRequest{SubscriptionId: "sub_1"})
		}, &paymentsv1.CancelSubscriptionResponse{Subscription: sub}},
		{"FinalizeInvoice", invoice, nil, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.FinalizeInvoice(ctx, &paymentsv1.FinalizeInvoiceRequest{InvoiceId: "in_2"})
		}, &paymentsv1.FinalizeInvoiceResponse{Invoice: invoice}},
		{"PayInvoice", invoice, nil, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.PayInvoice(ctx, &paymentsv1.PayInvoiceRequest{InvoiceId: "in_1"})
		}, &paymentsv1.PayInvoiceResponse{Invoice: invoice}},
		{"VoidInvoice", invoice, nil, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.VoidInvoice(ctx, &paymentsv1.VoidInvoiceRequest{InvoiceId: "in_1"})
		}, &paymentsv1.VoidInvoiceResponse{Invoice: invoice}},
		{"ResumeSubscription", sub, nil, func(ctx context.Context, s *service.Subscriptions) (answered, error) {
			return s.ResumeSubscription(ctx, &paymentsv1.ResumeSubscriptionRequest{SubscriptionId: "sub_paused"})
		}, &paymentsv1.ResumeSubscriptionResponse{Subscription: sub}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reads := &fakeSubscriptions{
				plans: []*paymentsv1.Plan{plan},
				subscriptions: []*paymentsv1.Subscription{sub, {
					Id: "sub_paused", State: subActive, Pause: &paymentsv1.Pause{Behavior: voidIt},
				}},
				invoices: []*paymentsv1.Invoice{invoice, {Id: "in_2", State: draft}},
			}
			for _, replayed := range []bool{false, true} {
				writes := &fakeOnWriter{known: replayed, fakeWriter: fakeWriter{
					outcome: operation.Outcome{Resource: tt.resource, Replayed: replayed, ClientSecret: "s"},
				}}
				got, err := tt.call(t.Context(), service.NewSubscriptions(writes, reads))
				if err != nil {
					t.Fatal(err)
				}
				want := proto.Clone(tt.want).ProtoReflect()
				fields := want.Descriptor().Fields()
				if secret := fields.ByName("client_secret"); secret != nil && !replayed {
					want.Set(secret, protoreflect.ValueOfString("s"))
				}
				if replayed {
					want.Set(fields.ByName("replayed"), protoreflect.ValueOfBool(true))
				}
				method := "/" + paymentsv1.SubscriptionService_ServiceDesc.ServiceName + "/" + tt.name
				if !proto.Equal(got, want.Interface()) || writes.method != method {
					t.Errorf("got %v of %s, want %v", got, writes.method, want)
				}
				if !replayed && tt.on != nil && !proto.Equal(writes.on, tt.on) {
					t.Errorf("it is prepared on %v, want %v", writes.on, tt.on)
				}
			}
			writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.Refund{}}}}
			if got, err := tt.call(t.Context(), service.NewSubscriptions(writes, reads)); err == nil {
				t.Errorf("got %v for a refund", got)
			}
		})
	}
}

// What is read is answered as it was read, page by page; and what Stripe fails with is passed on.
func TestSubscriptionReads(t *testing.T) {
	reads := &fakeSubscriptions{
		plans:         []*paymentsv1.Plan{{Id: "price_2"}, {Id: "price_1"}},
		subscriptions: []*paymentsv1.Subscription{{Id: "sub_2"}, {Id: "sub_1"}},
		invoices:      []*paymentsv1.Invoice{{Id: "in_2"}, {Id: "in_1"}},
		access:        &paymentsv1.CheckAccessResponse{SubscriptionId: "sub_1", Quantity: 3},
	}
	s, ctx := service.NewSubscriptions(&fakeOnWriter{}, reads), t.Context()
	for _, tt := range []struct {
		want proto.Message
		read func() (proto.Message, error)
	}{
		{&paymentsv1.GetPlanResponse{Plan: reads.plans[1]}, func() (proto.Message, error) {
			return s.GetPlan(ctx, &paymentsv1.GetPlanRequest{PlanId: "price_1"})
		}},
		{&paymentsv1.GetSubscriptionResponse{Subscription: reads.subscriptions[1]}, func() (proto.Message, error) {
			return s.GetSubscription(ctx, &paymentsv1.GetSubscriptionRequest{SubscriptionId: "sub_1"})
		}},
		{&paymentsv1.GetInvoiceResponse{Invoice: reads.invoices[1]}, func() (proto.Message, error) {
			return s.GetInvoice(ctx, &paymentsv1.GetInvoiceRequest{InvoiceId: "in_1"})
		}},
		{reads.access, func() (proto.Message, error) { return s.CheckAccess(ctx, &paymentsv1.CheckAccessRequest{}) }},
		{&paymentsv1.ListPlansResponse{Plans: reads.plans}, func() (proto.Message, error) {
			return s.ListPlans(ctx, &paymentsv1.ListPlansRequest{})
		}},
		{&paymentsv1.ListSubscriptionsResponse{Subscriptions: reads.subscriptions}, func() (proto.Message, error) {
			return s.ListSubscriptions(ctx, &paymentsv1.ListSubscriptionsRequest{})
		}},
		{&paymentsv1.ListInvoicesResponse{Invoices: reads.invoices}, func() (proto.Message, error) {
			return s.ListInvoices(ctx, &paymentsv1.ListInvoicesRequest{})
		}},
	} {
		reads.err = nil
		if got, err := tt.read(); err != nil || !proto.Equal(got, tt.want) {
			t.Errorf("got %v, %v, want %v", got, err, tt.want)
		}
		reads.err = errors.New("Stripe is down")
		if got, err := tt.read(); !errors.Is(err, reads.err) {
			t.Errorf("got %v, %v, want what Stripe failed with", got, err)
		}
	}
}
