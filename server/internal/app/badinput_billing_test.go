package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

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
