package sandbox_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// Stripe's library understands subscriptions, schedules and their refusals, over half a year on a test clock.
func TestT01_StripeLibraryOfSubscriptions(t *testing.T) {
	t.Parallel()
	a := newAPI()
	c := newClient(t, a)
	cu, clock := a.subscriber(t, "pm_card_visa")
	silver, gold := a.priceOf(t, 1000), a.priceOf(t, 3000)
	p := &stripe.SubscriptionParams{
		Customer: new(cu), PaymentBehavior: new("error_if_incomplete"), TrialPeriodDays: new(int64(7)),
		Items: []*stripe.SubscriptionItemsParams{{Price: new(silver), Quantity: new(int64(2))}},
	}
	p.Context = t.Context()
	p.AddMetadata("k", "v")
	sub, err := c.Subscriptions.New(p)
	if err != nil || sub.Status != stripe.SubscriptionStatusTrialing || sub.Items.Data[0].Quantity != 2 ||
		sub.Items.Data[0].Price.UnitAmount != 1000 || sub.TestClock.ID != clock || sub.Metadata["k"] != "v" {
		t.Fatalf("%+v %v", sub, err)
	}
	end := start.Add(7 * day)
	a.advance(t, clock, end.Add(2*time.Hour))
	change := &stripe.SubscriptionParams{
		PaymentBehavior: new("pending_if_incomplete"), ProrationBehavior: new("always_invoice"),
		ProrationDate: new(end.Unix()),
		Items:         []*stripe.SubscriptionItemsParams{{ID: new(sub.Items.Data[0].ID), Price: new(gold), Quantity: new(int64(2))}},
	}
	change.Context = t.Context()
	change.AddExpand("latest_invoice.payment_intent")
	sub, err = c.Subscriptions.Update(sub.ID, change)
	if err != nil || sub.PendingUpdate != nil || sub.Items.Data[0].Price.ID != gold || sub.LatestInvoice.AmountPaid != 4000 ||
		sub.LatestInvoice.PaymentIntent.Status != stripe.PaymentIntentStatusSucceeded {
		t.Fatalf("%+v %v", sub, err)
	}
	from := &stripe.SubscriptionScheduleParams{FromSubscription: new(sub.ID)}
	from.Context = t.Context()
	sched, err := c.SubscriptionSchedules.New(from)
	if err != nil || sched.CurrentPhase.EndDate != sub.CurrentPeriodEnd || sched.Phases[0].Items[0].Price.ID != gold {
		t.Fatalf("%+v %v", sched, err)
	}
	phases := &stripe.SubscriptionScheduleParams{
		EndBehavior: new("release"), Phases: []*stripe.SubscriptionSchedulePhaseParams{
			{
				StartDate: new(sched.CurrentPhase.StartDate), EndDate: new(sched.CurrentPhase.EndDate),
				Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: new(gold), Quantity: new(int64(2))}},
			},
			{
				Iterations: new(int64(1)), ProrationBehavior: new("none"),
				Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: new(silver), Quantity: new(int64(2))}},
			},
		},
	}
	phases.Context = t.Context()
	if sched, err = c.SubscriptionSchedules.Update(sched.ID, phases); err != nil || len(sched.Phases) != 2 {
		t.Fatalf("%+v %v", sched, err)
	}
	managed := &stripe.SubscriptionParams{CancelAtPeriodEnd: new(true)}
	managed.Context = t.Context()
	_, err = c.Subscriptions.Update(sub.ID, managed)
	if refused, ok := errors.AsType[*stripe.Error](err); !ok || refused.HTTPStatusCode != 400 {
		t.Errorf("a managed subscription was canceled: %v", err)
	}
	for range 3 {
		clock = a.later(t, clock)
	}
	get := &stripe.SubscriptionParams{}
	get.Context = t.Context()
	sub, err = c.Subscriptions.Get(sub.ID, get)
	if err != nil || sub.Items.Data[0].Price.ID != silver || sub.Schedule != nil || sub.Status != stripe.SubscriptionStatusActive {
		t.Fatalf("%+v %v", sub, err)
	}
	pause := &stripe.SubscriptionParams{PauseCollection: &stripe.SubscriptionPauseCollectionParams{Behavior: new("void")}}
	pause.Context = t.Context()
	if sub, err = c.Subscriptions.Update(sub.ID, pause); err != nil || sub.PauseCollection.Behavior != "void" {
		t.Fatalf("%+v %v", sub, err)
	}
	unset := &stripe.SubscriptionParams{}
	unset.Context = t.Context()
	unset.AddExtra("pause_collection", "")
	if sub, err = c.Subscriptions.Update(sub.ID, unset); err != nil || sub.PauseCollection != nil {
		t.Fatalf("%+v %v", sub, err)
	}
	cancel := &stripe.SubscriptionCancelParams{Prorate: new(true), InvoiceNow: new(true)}
	cancel.Context = t.Context()
	if sub, err = c.Subscriptions.Cancel(sub.ID, cancel); err != nil || sub.Status != stripe.SubscriptionStatusCanceled {
		t.Fatalf("%+v %v", sub, err)
	}
}
