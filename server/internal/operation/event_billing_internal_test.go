package operation

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// Each write of what is sold by subscription tells the change that it made in Stripe's words.
func TestBillingChangeOf(t *testing.T) {
	const service = "/payments.v1.SubscriptionService/"
	at := func(second int64) *timestamppb.Timestamp { return timestamppb.New(time.Unix(second, 0)) }
	plan := &paymentsv1.Plan{Id: "price_1"}
	subscription := func(state paymentsv1.SubscriptionState) *paymentsv1.Subscription {
		return &paymentsv1.Subscription{Id: "sub_1", State: state}
	}
	// One whose trial ended at 1000, and whose periods are counted from anchor, the present one since then too.
	since := func(anchor int64, state paymentsv1.SubscriptionState) *paymentsv1.Subscription {
		return &paymentsv1.Subscription{
			Id: "sub_1", State: state, TrialEndTime: at(1000), BillingCycleAnchorTime: at(anchor),
			CurrentPeriodStartTime: at(anchor),
		}
	}
	invoice := func(state paymentsv1.InvoiceState) *paymentsv1.Invoice {
		return &paymentsv1.Invoice{Id: "in_1", State: state}
	}
	const (
		active   = paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE
		canceled = paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED
		paused   = paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED
		open     = paymentsv1.InvoiceState_INVOICE_STATE_OPEN
		paid     = paymentsv1.InvoiceState_INVOICE_STATE_PAID
		void     = paymentsv1.InvoiceState_INVOICE_STATE_VOID
	)
	later := since(2000, active)
	later.CurrentPeriodStartTime = at(3000)
	refused := apierr.New(paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED)
	for _, tt := range []struct {
		method   string
		resource proto.Message
		err      error
		want     string
	}{
		{"CreatePlan", plan, nil, "price.created"},
		{"UpdatePlan", plan, nil, "price.updated"},
		{"CreateSubscription", subscription(active), nil, "customer.subscription.created"},
		{"CreateSubscription", nil, refused, ""},
		{"UpdateSubscription", subscription(active), nil, "customer.subscription.updated"},
		{"UpdateSubscription", subscription(canceled), nil, "customer.subscription.updated"},
		{"ChangePlan", subscription(active), nil, "customer.subscription.updated"},
		{"ChangePlan", subscription(active), refused, ""},
		{"PauseSubscription", subscription(active), nil, "customer.subscription.updated"},
		{"ResumeSubscription", subscription(active), nil, "customer.subscription.updated"},
		{"ResumeSubscription", since(2000, active), nil, "customer.subscription.resumed"},
		{"ResumeSubscription", since(1000, active), nil, "customer.subscription.updated"},
		{"ResumeSubscription", later, nil, "customer.subscription.updated"},
		{"ResumeSubscription", since(2000, paused), nil, "customer.subscription.updated"},
		{"CancelSubscription", subscription(active), nil, "customer.subscription.updated"},
		{"CancelSubscription", subscription(canceled), nil, "customer.subscription.deleted"},
		{"FinalizeInvoice", invoice(open), nil, "invoice.finalized"},
		{"FinalizeInvoice", invoice(paid), nil, "invoice.finalized"},
		{"PayInvoice", invoice(paid), nil, "invoice.paid"},
		{"PayInvoice", invoice(open), nil, "invoice.updated"},
		{"PayInvoice", &paymentsv1.Payment{Id: "pi_1"}, refused, "payment_intent.payment_failed"},
		{"VoidInvoice", invoice(void), nil, "invoice.voided"},
	} {
		result := stripegw.Result{Err: tt.err, Outcome: Outcome{Resource: tt.resource}}
		id, kind := changeOf(service+tt.method, result)
		if kind != tt.want || kind != "" && id != objectIDOf(tt.resource) {
			t.Errorf("%s that leaves %v, %v: %q of %q, want %q", tt.method, tt.resource, tt.err, kind, id, tt.want)
		}
	}
}
