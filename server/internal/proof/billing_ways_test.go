package proof_test

import (
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// triesOut begins a trial of a week.
func (b *buyer) triesOut(t *testing.T, plan string, end paymentsv1.TrialEndBehavior) string {
	t.Helper()
	sub := b.subscribes(t, &paymentsv1.CreateSubscriptionRequest{
		Items: itemsOf(plan), Trial: &paymentsv1.CreateSubscriptionRequest_TrialDays{TrialDays: 7}, TrialEndBehavior: end,
	})
	b.stands(t, sub.GetId(), onTrial)
	return sub.GetId()
}

// failsToRenew pays for one period, and not for the next.
func (b *buyer) failsToRenew(t *testing.T, plan string) *paymentsv1.Subscription {
	t.Helper()
	sub := b.stands(t, b.subscribesTo(t, plan).GetId(), paid)
	b.prefers(t, b.has(t, failingCard))
	b.passes(t, 30*day+2*time.Hour)
	sub = b.stands(t, sub.GetId(), late)
	if sub.GetLatestInvoice().GetNextAttemptTime() == nil {
		t.Fatal("no further try is planned")
	}
	return sub
}

// failsForGood lets every further try fail.
func (b *buyer) failsForGood(t *testing.T, plan string, end standing) *paymentsv1.Subscription {
	t.Helper()
	sub := b.failsToRenew(t, plan)
	// A try follows 3, 5 and 7 days after the one before.
	for _, days := range []int{3, 5} {
		b.passes(t, time.Duration(days)*day)
		b.stands(t, sub.GetId(), late)
	}
	b.passes(t, 7*day)
	return b.stands(t, sub.GetId(), end)
}

// paysWith pays the latest invoice of a subscription with a method; empty for the default.
func (b *buyer) paysWith(t *testing.T, sub *paymentsv1.Subscription, method string) {
	t.Helper()
	b.pays(t, &paymentsv1.PayInvoiceRequest{InvoiceId: sub.GetLatestInvoice().GetId(), PaymentMethodId: method})
}

func (b *buyer) paysOutOfBand(t *testing.T, sub *paymentsv1.Subscription) {
	t.Helper()
	b.pays(t, &paymentsv1.PayInvoiceRequest{InvoiceId: sub.GetLatestInvoice().GetId(), PaidOutOfBand: true})
}

func (b *buyer) pays(t *testing.T, req *paymentsv1.PayInvoiceRequest) {
	t.Helper()
	req.IdempotencyKey = b.key()
	answer, err := b.PayInvoice(t.Context(), req)
	if err != nil {
		t.Fatalf("pay: %v", err)
	}
	if state := answer.GetInvoice().GetState(); state != paymentsv1.InvoiceState_INVOICE_STATE_PAID {
		t.Fatalf("after it was paid the invoice is %v", answer.GetInvoice())
	}
}

func (b *buyer) finalizes(t *testing.T, sub *paymentsv1.Subscription) {
	t.Helper()
	answer, err := b.FinalizeInvoice(t.Context(), &paymentsv1.FinalizeInvoiceRequest{
		IdempotencyKey: b.key(), InvoiceId: sub.GetLatestInvoice().GetId(),
	})
	if err != nil {
		t.Fatalf("finalize: %v", err)
	}
	if state := answer.GetInvoice().GetState(); state != paymentsv1.InvoiceState_INVOICE_STATE_OPEN {
		t.Fatalf("after it was made final the invoice is %v", answer.GetInvoice())
	}
}

func (b *buyer) pauses(t *testing.T, id string, behavior paymentsv1.PauseBehavior) {
	t.Helper()
	answer, err := b.PauseSubscription(t.Context(), &paymentsv1.PauseSubscriptionRequest{
		IdempotencyKey: b.key(), SubscriptionId: id, Behavior: behavior,
	})
	if err != nil {
		t.Fatalf("pause: %v", err)
	}
	if got := answer.GetSubscription().GetPause().GetBehavior(); got != behavior {
		t.Errorf("it is paused as %v, want %v", got, behavior)
	}
}

func (b *buyer) resumes(t *testing.T, id string) {
	t.Helper()
	answer, err := b.ResumeSubscription(t.Context(), &paymentsv1.ResumeSubscriptionRequest{
		IdempotencyKey: b.key(), SubscriptionId: id,
	})
	if err != nil {
		t.Fatalf("resume: %v", err)
	}
	if answer.GetSubscription().GetPause() != nil {
		t.Errorf("it is still paused: %v", answer.GetSubscription())
	}
}

// ends cancels a subscription now.
func (b *buyer) ends(t *testing.T, id string) {
	t.Helper()
	_, err := b.CancelSubscription(t.Context(), &paymentsv1.CancelSubscriptionRequest{
		IdempotencyKey: b.key(), SubscriptionId: id, When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
	})
	if err != nil {
		t.Fatalf("cancel: %v", err)
	}
	b.stands(t, id, canceled)
}
