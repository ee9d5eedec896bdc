package proof_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// A year of a customer: renewals, from the 31st of January of a leap year on, two that fail and are recovered by dunning,
// an upgrade in the middle of a period, a month that is given away, and an end. Money moves as it should, and
// Stripe's events come in an order in which Stripe could have sent them.
func TestAYear(t *testing.T) {
	t.Parallel()
	h := newStreet(t).newHouse(t, 1)
	silver, gold := monthly(t, h, "silver", 2000), monthly(t, h, "gold", 5000)
	b := newBuyer(t, h.tillgate, h.stripe, "year", goodCard, time.Date(2024, time.January, 31, 0, 0, 0, 0, time.UTC))
	first := b.now
	sub := b.subscribesTo(t, silver)
	id, good := sub.GetId(), sub.GetChargedPaymentMethodId()
	b.stands(t, id, paid)

	// renewal is the end of a period: the 31st, or the last day of a shorter month.
	renewal := func(months int) time.Time { return monthsLater(first, months) }
	renews := func(months int, want standing) {
		t.Helper()
		b.reaches(t, renewal(months).Add(2*time.Hour))
		sub := b.stands(t, id, want)
		if end := sub.GetCurrentPeriodEndTime().AsTime(); !end.Equal(renewal(months + 1)) {
			t.Fatalf("the period that began on %s ends on %s, want %s", renewal(months), end, renewal(months+1))
		}
	}
	fails := func(months int) {
		t.Helper()
		b.passes(t, day)
		b.prefers(t, b.has(t, failingCard))
		renews(months, late)
		b.passes(t, day)
		b.prefers(t, good)
		b.passes(t, 3*day)
		b.stands(t, id, paid)
	}
	renews(1, paid)
	fails(2)
	renews(3, paid)

	b.reaches(t, renewal(3).Add(renewal(4).Sub(renewal(3))/2))
	changed, err := b.ChangePlan(t.Context(), &paymentsv1.ChangePlanRequest{
		IdempotencyKey: b.key(), SubscriptionId: id, Changes: []*paymentsv1.ItemChange{{PlanId: gold}},
	})
	if err != nil || changed.GetSubscription().GetLatestInvoice().GetAmountPaid().GetMinorUnits() != 1500 {
		t.Fatalf("the upgrade: %v, %v; want 15 dollars paid", changed, err)
	}
	renews(4, paid)

	b.reaches(t, renewal(4).Add(10*day))
	b.pauses(t, id, paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID)
	renews(5, paid)
	b.passes(t, 10*day)
	b.resumes(t, id)
	renews(6, paid)
	fails(7)
	for months := 8; months < 12; months++ {
		renews(months, paid)
	}
	_, err = b.CancelSubscription(t.Context(), &paymentsv1.CancelSubscriptionRequest{
		IdempotencyKey: b.key(), SubscriptionId: id, When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.stands(t, id, paid)
	b.reaches(t, renewal(12).Add(2*time.Hour))
	b.stands(t, id, canceled)

	var amounts []int64
	for _, entry := range h.stripe.wholeLedger(t) {
		if entry.Type != sandbox.MovementCharge {
			t.Errorf("money moved otherwise than by a charge: %+v", entry)
		}
		amounts = append(amounts, entry.Amount)
	}
	want := []int64{2000, 2000, 2000, 2000, 1500, 5000, 5000, 5000, 5000, 5000, 5000, 5000}
	if diff := cmp.Diff(want, amounts); diff != "" {
		t.Errorf("what was charged (-want +got):\n%s", diff)
	}
	events := h.stripe.allEvents(t)
	for _, wrong := range acausal(events) {
		t.Error(wrong)
	}
	met := map[string]int{}
	for _, e := range events {
		met[e.Type]++
	}
	for _, kind := range []string{
		"invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed",
		"invoice.voided", "payment_intent.succeeded", "payment_intent.payment_failed", "customer.subscription.created",
		"customer.subscription.updated", "customer.subscription.deleted",
	} {
		if met[kind] == 0 {
			t.Errorf("nothing tells of %s", kind)
		}
	}
	if met["invoice.paid"] != len(want) || met["invoice.voided"] != 1 || met["customer.subscription.deleted"] != 1 {
		t.Errorf("the events are %v", met)
	}
	t.Logf("%d events of a year", len(events))
	testCausalChecker(t, events)
}

// testCausalChecker exchanges any two neighbours of one object: of those that follow from each other the checker must
// notice some.
func testCausalChecker(t *testing.T, events []eventAtStripe) {
	t.Helper()
	noticed := map[string]int{}
	for i := range len(events) - 1 {
		for j := i + 1; j < min(i+8, len(events)); j++ {
			if events[i].Data.Object.ID != events[j].Data.Object.ID {
				continue
			}
			swapped := slices.Clone(events)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			if len(acausal(swapped)) > 0 {
				noticed[events[i].Type+" after "+events[j].Type]++
			}
			break
		}
	}
	for _, pair := range []string{
		"invoice.created after invoice.finalized", "payment_intent.created after payment_intent.succeeded",
	} {
		if noticed[pair] == 0 {
			t.Errorf("the checker does not notice %s; it notices %v", pair, noticed)
		}
	}
}
