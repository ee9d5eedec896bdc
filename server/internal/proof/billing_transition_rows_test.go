package proof_test

import (
	"slices"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// transition is a way of a subscription from one state to another, for a customer with a method, or without.
type transition struct {
	name, method string
	// dunningEnd is what becomes of it once every try has failed: a setting of the account.
	dunningEnd string
	takes      func(t *testing.T, b *buyer, plan string)
}

// transitions are all that Stripe has (docs.stripe.com/billing/subscriptions/overview).
var transitions = slices.Concat(beginnings, trialEnds, renewals, dunningEnds, cancellations)

const (
	allowIncomplete   = paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_ALLOW_INCOMPLETE
	defaultIncomplete = paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_DEFAULT_INCOMPLETE
)

// beginnings are the states in which subscriptions begin, and the ways out of INCOMPLETE.
var beginnings = []transition{
	{name: "created and paid", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		b.stands(t, b.subscribesTo(t, plan).GetId(), paid)
	}},
	{name: "created, nothing due", takes: func(t *testing.T, b *buyer, _ string) {
		t.Helper()
		b.stands(t, b.subscribesTo(t, monthly(t, b, "free-of-"+b.name, 0)).GetId(), paid)
	}},
	{name: "created, to be paid by invoice", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.subscribes(t, &paymentsv1.CreateSubscriptionRequest{
			Items: itemsOf(plan), CollectionMethod: paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE, DaysUntilDue: 30,
		})
		b.stands(t, sub.GetId(), unpaidYet)
		b.passes(t, 2*time.Hour)
		sub = b.stands(t, sub.GetId(), unpaidYet)
		b.paysOutOfBand(t, sub)
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "created, declined, then paid", method: failingCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.subscribes(t, &paymentsv1.CreateSubscriptionRequest{Items: itemsOf(plan), PaymentBehavior: allowIncomplete})
		sub = b.stands(t, sub.GetId(), incomplete)
		b.paysWith(t, sub, b.has(t, goodCard))
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "created, authentication wanted, then given", method: asksAlways, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.subscribes(t, &paymentsv1.CreateSubscriptionRequest{Items: itemsOf(plan), PaymentBehavior: allowIncomplete})
		sub = b.stands(t, sub.GetId(), incomplete)
		b.authenticates(t, sub.GetLatestInvoice().GetPaymentId(), "succeed")
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "created for the customer to pay, and not paid in time", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.subscribes(t, &paymentsv1.CreateSubscriptionRequest{Items: itemsOf(plan), PaymentBehavior: defaultIncomplete})
		b.passes(t, 22*time.Hour)
		b.stands(t, sub.GetId(), incomplete)
		b.passes(t, 2*time.Hour)
		sub = b.stands(t, sub.GetId(), expired)
		if state := sub.GetLatestInvoice().GetState(); state != paymentsv1.InvoiceState_INVOICE_STATE_VOID {
			t.Errorf("its invoice is %v, want it void", state)
		}
	}},
	{name: "created, a bank debit that settles", method: goodAccount, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.subscribesTo(t, plan)
		b.stands(t, sub.GetId(), settling)
		b.passes(t, 10*day)
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "created, a bank debit that comes back", method: emptyAccount, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.subscribesTo(t, plan)
		b.stands(t, sub.GetId(), settling)
		b.passes(t, 6*day)
		got := b.reads(t, sub.GetId())
		if got.GetAccess().GetLevel() == paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE {
			t.Errorf("after the debit came back it is %v", got)
		}
	}},
}

// trialEnds are the ways out of a trial.
var trialEnds = []transition{
	{name: "a trial ends, and is charged an hour later", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.triesOut(t, plan, 0)
		b.passes(t, 7*day)
		b.stands(t, id, unpaidYet)
		b.passes(t, 2*time.Hour)
		b.stands(t, id, paid)
	}},
	{name: "a trial ends, and the charge fails", method: failingCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.triesOut(t, plan, 0)
		b.passes(t, 7*day+2*time.Hour)
		b.stands(t, id, late)
	}},
	{name: "a trial ends without a method, and goes on", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.triesOut(t, plan, paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_INVOICE)
		b.passes(t, 7*day)
		b.stands(t, id, unpaidYet)
		b.passes(t, 2*time.Hour)
		b.stands(t, id, late)
	}},
	{name: "a trial ends without a method, and is canceled", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.triesOut(t, plan, paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_CANCEL)
		b.passes(t, 7*day)
		b.stands(t, id, canceled)
	}},
	{name: "a trial ends without a method, is paused, and resumed", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.triesOut(t, plan, paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_PAUSE)
		b.passes(t, 7*day)
		b.stands(t, id, halted)
		b.passes(t, day)
		b.prefers(t, b.has(t, goodCard))
		b.resumes(t, id)
		b.stands(t, id, paid)
	}},
}

// renewals are what a new period brings, but for dunning.
var renewals = []transition{
	{name: "renewed", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.subscribesTo(t, plan).GetId()
		b.passes(t, 30*day)
		b.stands(t, id, unpaidYet)
		b.passes(t, 2*time.Hour)
		b.stands(t, id, paid)
	}},
	{name: "a renewal fails, and is paid later", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.failsToRenew(t, plan)
		b.paysWith(t, sub, b.has(t, goodCard))
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "a renewal fails, and dunning recovers it", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.failsToRenew(t, plan)
		b.prefers(t, b.has(t, goodCard))
		b.passes(t, 4*day)
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "a renewal wants the customer, who authenticates", method: asksAlways, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.subscribes(t, &paymentsv1.CreateSubscriptionRequest{Items: itemsOf(plan), PaymentBehavior: allowIncomplete})
		b.authenticates(t, sub.GetLatestInvoice().GetPaymentId(), "succeed")
		b.stands(t, sub.GetId(), paid)
		b.passes(t, 30*day+2*time.Hour)
		sub = b.stands(t, sub.GetId(), wanted)
		b.authenticates(t, sub.GetLatestInvoice().GetPaymentId(), "succeed")
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "a renewal fails, and its invoice is given up", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.failsToRenew(t, plan)
		b.stripe.make(t, "/v1/invoices/"+sub.GetLatestInvoice().GetId()+"/mark_uncollectible")
		b.stands(t, sub.GetId(), givenUp)
	}},
	{name: "a renewal while its invoices are given up", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.subscribesTo(t, plan).GetId()
		b.pauses(t, id, paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_MARK_UNCOLLECTIBLE)
		b.stands(t, id, paid)
		b.passes(t, 30*day+2*time.Hour)
		b.stands(t, id, givenUp)
	}},
	{name: "a renewal while its invoices are voided", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.subscribesTo(t, plan).GetId()
		b.pauses(t, id, paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID)
		b.passes(t, 30*day+2*time.Hour)
		b.stands(t, id, paid)
	}},
	{name: "a renewal while its invoices stay drafts", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.subscribesTo(t, plan).GetId()
		b.pauses(t, id, paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_KEEP_AS_DRAFT)
		b.passes(t, 30*day+2*time.Hour)
		b.stands(t, id, unpaidYet)
		b.resumes(t, id)
		sub := b.stands(t, id, unpaidYet)
		b.finalizes(t, sub)
		b.paysWith(t, sub, "")
		b.stands(t, id, paid)
	}},
}

// dunningEnds are what becomes of a subscription once every try has failed.
var dunningEnds = []transition{
	{name: "retries exhausted: unpaid, then paid", method: goodCard, dunningEnd: "unpaid", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.failsForGood(t, plan, unpaidForGood)
		b.paysWith(t, sub, b.has(t, goodCard))
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "retries exhausted: unpaid, and new invoices stay drafts", method: goodCard, dunningEnd: "unpaid", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.failsForGood(t, plan, unpaidForGood)
		b.passes(t, 20*day)
		sub = b.stands(t, sub.GetId(), unpaidForGood)
		if state := sub.GetLatestInvoice().GetState(); state != paymentsv1.InvoiceState_INVOICE_STATE_DRAFT {
			t.Errorf("the invoice of the new period is %v, want a draft", state)
		}
	}},
	{name: "retries exhausted: stays past due, then paid", method: goodCard, dunningEnd: "past_due", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		sub := b.failsForGood(t, plan, exhausted)
		b.paysWith(t, sub, b.has(t, goodCard))
		b.stands(t, sub.GetId(), paid)
	}},
	{name: "retries exhausted: canceled", method: goodCard, dunningEnd: "canceled", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		b.failsForGood(t, plan, canceled)
	}},
}

// cancellations end what lives, from each state.
var cancellations = []transition{
	{name: "incomplete, canceled", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		b.ends(t, b.subscribes(t, &paymentsv1.CreateSubscriptionRequest{
			Items: itemsOf(plan), PaymentBehavior: defaultIncomplete,
		}).GetId())
	}},
	{name: "on trial, canceled", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		b.ends(t, b.triesOut(t, plan, 0))
	}},
	{name: "active, canceled", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		b.ends(t, b.subscribesTo(t, plan).GetId())
	}},
	{name: "active, canceled at the period's end", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.subscribesTo(t, plan).GetId()
		_, err := b.CancelSubscription(t.Context(), &paymentsv1.CancelSubscriptionRequest{
			IdempotencyKey: b.key(), SubscriptionId: id, When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		b.passes(t, 29*day)
		b.stands(t, id, paid)
		b.passes(t, day)
		b.stands(t, id, canceled)
	}},
	{name: "past due, canceled", method: goodCard, takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		b.ends(t, b.failsToRenew(t, plan).GetId())
	}},
	{name: "unpaid, canceled", method: goodCard, dunningEnd: "unpaid", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		b.ends(t, b.failsForGood(t, plan, unpaidForGood).GetId())
	}},
	{name: "paused, canceled", takes: func(t *testing.T, b *buyer, plan string) {
		t.Helper()
		id := b.triesOut(t, plan, paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_PAUSE)
		b.passes(t, 7*day)
		b.stands(t, id, halted)
		b.ends(t, id)
	}},
}
