package proof_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// eventAtStripe is an event as Stripe tells it.
type eventAtStripe struct {
	ID, Type string
	Created  int64
	Data     struct {
		Object struct {
			ID, Object, Status string
			PaymentIntent      string `json:"payment_intent"`
		}
	}
}

// allEvents are all that the sandbox has, the oldest first.
func (s *stripe) allEvents(t *testing.T) []eventAtStripe {
	t.Helper()
	var all []eventAtStripe
	for path := "/v1/events?limit=100"; ; {
		var page struct {
			Data    []eventAtStripe
			HasMore bool `json:"has_more"`
		}
		if err := s.exchange(http.MethodGet, path, "", nil, &page); err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Data...)
		if !page.HasMore {
			slices.Reverse(all)
			return all
		}
		path = "/v1/events?limit=100&starting_after=" + page.Data[len(page.Data)-1].ID
	}
}

// follows says of what an event must come after, of the same object.
var follows = map[string]string{
	"invoice.finalized":                            "invoice.created",
	"invoice.paid":                                 "invoice.finalized",
	"invoice.payment_succeeded":                    "invoice.finalized",
	"invoice.payment_failed":                       "invoice.finalized",
	"invoice.payment_action_required":              "invoice.finalized",
	"invoice.voided":                               "invoice.finalized",
	"invoice.marked_uncollectible":                 "invoice.finalized",
	"payment_intent.succeeded":                     "payment_intent.created",
	"payment_intent.processing":                    "payment_intent.created",
	"payment_intent.requires_action":               "payment_intent.created",
	"payment_intent.payment_failed":                "payment_intent.created",
	"payment_intent.canceled":                      "payment_intent.created",
	"customer.subscription.trial_will_end":         "customer.subscription.created",
	"customer.subscription.paused":                 "customer.subscription.created",
	"customer.subscription.resumed":                "customer.subscription.paused",
	"customer.subscription.deleted":                "customer.subscription.created",
	"customer.subscription.pending_update_applied": "customer.subscription.created",
	"subscription_schedule.released":               "subscription_schedule.created",
}

// once are events of which an object has one at most.
var once = []string{
	"invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "invoice.voided",
	"payment_intent.created", "payment_intent.succeeded", "payment_intent.canceled", "customer.subscription.created",
	"customer.subscription.deleted", "customer.created", "price.created", "product.created",
}

// last are events after which an object has no other: it is gone, or final.
var last = []string{"customer.subscription.deleted", "customer.deleted", "payment_intent.canceled", "invoice.voided"}

// moves are how the statuses of successive snapshots of an object may follow each other
// (docs.stripe.com/billing/subscriptions/overview, docs.stripe.com/invoicing/integration/workflow-transitions,
// docs.stripe.com/payments/paymentintents/lifecycle).
var moves = map[string]map[string]string{
	"subscription": {
		"incomplete": "active incomplete_expired canceled", "trialing": "active past_due canceled paused",
		"active": "past_due unpaid canceled trialing", "past_due": "active unpaid canceled", "unpaid": "active canceled",
		"paused": "active canceled", "canceled": "", "incomplete_expired": "",
	},
	"invoice": {
		"draft": "open paid", "open": "paid void uncollectible", "uncollectible": "paid void", "paid": "", "void": "",
	},
	"payment_intent": {
		"requires_payment_method": "requires_confirmation requires_action processing succeeded canceled",
		"requires_confirmation":   "requires_payment_method requires_action processing succeeded canceled",
		"requires_action":         "requires_payment_method processing succeeded canceled",
		"processing":              "requires_payment_method succeeded canceled", "succeeded": "", "canceled": "",
	},
	"subscription_schedule": {
		"not_started": "active canceled released", "active": "completed released canceled", "completed": "", "released": "",
		"canceled": "",
	},
}

// acausal is what Stripe could not have sent in this order, in words.
func acausal(events []eventAtStripe) (wrong []string) {
	had, status, over := map[string]bool{}, map[string]string{}, map[string]string{}
	paidBy := map[string]bool{}
	var clock int64
	for _, e := range events {
		object := e.Data.Object
		say := func(format string, args ...any) {
			wrong = append(wrong, fmt.Sprintf("%s of %s: ", e.Type, object.ID)+fmt.Sprintf(format, args...))
		}
		created := createdOf(e.Type)
		switch first := follows[e.Type]; {
		case had[object.ID+" "+e.Type] && slices.Contains(once, e.Type):
			say("it comes twice")
		case first != "" && !had[object.ID+" "+first]:
			say("%s did not come before", first)
		case strings.HasSuffix(e.Type, ".updated") && created != "" && !had[object.ID+" "+created]:
			say("%s did not come before", created)
		case over[object.ID] != "":
			say("it comes after %s", over[object.ID])
		}
		if before := status[object.ID]; before != "" && before != object.Status &&
			!slices.Contains(strings.Fields(moves[object.Object][before]), object.Status) && moves[object.Object] != nil {
			say("it was %s, and is %s", before, object.Status)
		}
		if e.Type == "payment_intent.succeeded" {
			paidBy[object.ID] = true
		}
		if e.Type == "invoice.payment_succeeded" && object.PaymentIntent != "" && !paidBy[object.PaymentIntent] {
			say("its payment has not succeeded")
		}
		// What is on a clock has a time of its own, which only goes on; there is one clock here.
		if onClock(e.Type) {
			if e.Created < clock {
				say("it is of %d, after one of %d", e.Created, clock)
			}
			clock = e.Created
		}
		had[object.ID+" "+e.Type], status[object.ID] = true, object.Status
		if slices.Contains(last, e.Type) {
			over[object.ID] = e.Type
		}
	}
	return wrong
}

// createdOf is the event that begins what another tells of; empty where none does.
func createdOf(kind string) string {
	for _, object := range []string{"customer.subscription", "customer", "invoice", "price", "product", "plan", "subscription_schedule"} {
		if kind == object+".updated" {
			return object + ".created"
		}
	}
	return ""
}

func onClock(kind string) bool {
	return strings.HasPrefix(kind, "invoice.") || strings.HasPrefix(kind, "customer.subscription.") ||
		strings.HasPrefix(kind, "payment_intent.") || strings.HasPrefix(kind, "charge.")
}
