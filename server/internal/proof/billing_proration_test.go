package proof_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Stripe's own example (docs.stripe.com/billing/subscriptions/prorations): from 100 to 200 in the middle of a month.
// Where prorations wait for the next invoice that is 250; by ChangePlan 50 are charged at once, and then 200.
func TestProrationAsInStripesExample(t *testing.T) {
	t.Parallel()
	h := newStreet(t).newHouse(t, 1)
	small, large := monthly(t, h, "small", 10_000), monthly(t, h, "large", 20_000)
	t.Run("at Stripe", func(t *testing.T) {
		t.Parallel()
		b := newBuyer(t, h.tillgate, h.stripe, "waits", goodCard, beginning)
		sub := b.subscribesTo(t, small)
		b.passes(t, 15*day)
		h.stripe.make(t, subscriptions+"/"+sub.GetId(), "items[0][id]", sub.GetItems()[0].GetId(), "items[0][price]", large,
			"proration_behavior", "create_prorations")
		b.asks(t, sub.GetId(), 10_000)
		b.reaches(t, beginning.AddDate(0, 1, 0))
		b.passes(t, 2*time.Hour)
		b.asks(t, sub.GetId(), 25_000)
	})
	t.Run("by ChangePlan", func(t *testing.T) {
		t.Parallel()
		b := newBuyer(t, h.tillgate, h.stripe, "pays", goodCard, beginning)
		sub := b.subscribesTo(t, small)
		b.passes(t, 15*day)
		changes := []*paymentsv1.ItemChange{{PlanId: large}}
		preview, err := b.PreviewPlanChange(t.Context(), &paymentsv1.PreviewPlanChangeRequest{
			SubscriptionId: sub.GetId(), Changes: changes,
		})
		if err != nil || preview.GetAmountDue().GetMinorUnits() != 5000 {
			t.Fatalf("the preview is %v, %v; want 50 dollars", preview, err)
		}
		_, err = b.ChangePlan(t.Context(), &paymentsv1.ChangePlanRequest{
			IdempotencyKey: b.key(), SubscriptionId: sub.GetId(), Changes: changes,
			ProrationTime: preview.GetProrationTime(), ExpectedAmountDue: preview.GetAmountDue(),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.asks(t, sub.GetId(), 5000)
		b.reaches(t, beginning.AddDate(0, 1, 0))
		b.passes(t, 2*time.Hour)
		b.asks(t, sub.GetId(), 20_000)
	})
}

// asks checks what the latest invoice of a subscription asked, and that it was paid.
func (b *buyer) asks(t *testing.T, id string, want int64) {
	t.Helper()
	invoice := b.reads(t, id).GetLatestInvoice()
	if invoice.GetAmountDue().GetMinorUnits() != want || invoice.GetAmountPaid().GetMinorUnits() != want {
		t.Errorf("the latest invoice is %v, want %d paid", invoice, want)
	}
	var at struct {
		AmountPaid int64 `json:"amount_paid"`
	}
	err := b.stripe.exchange(http.MethodGet, fmt.Sprint(invoices, "/", invoice.GetId()), "", nil, &at)
	if err != nil || at.AmountPaid != want {
		t.Errorf("at Stripe %d is paid, %v; want %d", at.AmountPaid, err, want)
	}
}
