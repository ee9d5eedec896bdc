package proof_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/store"
)

// A subscription is made and its first invoice is paid, and the answer never comes: the outcome comes by sending again
// where the answer was lost, and by a look where Stripe keeps failing. Whoever waits no longer hears that it is open.
func TestM44_SubscriptionOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  sandbox.Fault
		looked bool
	}{
		"the answers are lost": {fault: sandbox.Fault{Kind: sandbox.FaultDropAfter, Method: "POST", Count: 3}},
		"Stripe keeps failing": {fault: sandbox.Fault{Kind: sandbox.Fault500After, Method: "POST", Count: 1}, looked: true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range engines(t) {
				t.Run(e.name, func(t *testing.T) {
					db := e.open(t)
					s := newStand(t, db, 1)
					server := s.servers[0]
					server.serve(t)
					customer, price := s.stripe.payer(t), s.stripe.price(t, "2000")
					subscribe := customerRPC(tillgate.CreateSubscription, (*paymentsv1.CreateSubscriptionResponse).GetSubscription,
						&paymentsv1.CreateSubscriptionRequest{IdempotencyKey: firstKey, CustomerId: customer, Items: itemsOf(price)})
					s.stripe.breaks(t, tt.fault)
					heard := subscribe(t.Context(), server.as(t, shop, client.WithMaxAttempts(1)))
					if pending := heard.reason() == paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING; !pending &&
						(!tt.looked || heard.err != nil) {
						t.Fatalf("the caller was told %v, %v; want that it is open", heard.resource, heard.err)
					}
					server.rests(t)
					made := succeeds(t, server.as(t, shop), subscribe)
					if !made.replayed {
						t.Error("the answer is not the stored one")
					}
					if looked := s.stripe.lookedFor(t, subscriptions); looked != tt.looked {
						t.Errorf("looked for it: %t, want %t", looked, tt.looked)
					}
					s.closeBooks(t)
					s.stripe.one(t, subscriptions+"?status=all&customer="+customer, made.id())
					movedOnly(s.stripe, "charge 2000")(t, made)
				})
			}
		})
	}
}

// lookedFor is whether a list was read by a server of ours.
func (s *stripe) lookedFor(t *testing.T, path string) bool {
	t.Helper()
	return slices.ContainsFunc(s.requests(t), func(e sandbox.RequestEntry) bool {
		return e.Method == http.MethodGet && e.Path == path
	})
}

// The server dies between any two steps of an rpc that takes several: it goes on at the step, and each has its one
// effect under its one key.
func TestM45_KilledBetweenSteps(t *testing.T) {
	t.Parallel()
	all := slices.DeleteFunc(jobs(), func(j job) bool {
		return !slices.Contains([]string{"CreatePlan", "ChangePlan at the period's end"}, j.name)
	})
	for _, job := range all {
		for _, point := range []string{"step.done", "step.next"} {
			t.Run(job.name+", "+point, func(t *testing.T) {
				for _, e := range engines(t) {
					t.Run(e.name, func(t *testing.T) {
						db := e.open(t)
						s := newStand(t, db, 1)
						server, what := s.servers[0], job.prepare(t, s.stripe, firstKey)
						server.crashing(t, point)
						heard := what.ask(t.Context(), server.as(t, shop, client.WithMaxAttempts(1)))
						server.crashes(t)
						if heard.err == nil || heard.undone() || heard.final() {
							t.Errorf("the caller was told %v, %v; nothing can be known of its write", heard.resource, heard.err)
						}
						if steps := s.stripe.steps(t); len(steps) != 1 {
							t.Fatalf("before the crash Stripe got %v, want one step", steps)
						}
						db.passLease(t)
						server.serve(t)
						server.rests(t)
						answer := succeeds(t, server.as(t, shop), what.ask)
						steps := s.stripe.steps(t)
						if !answer.replayed || len(steps) != 2 {
							t.Errorf("replayed %t, Stripe got the steps %v, want two", answer.replayed, steps)
						}
						b := s.closeBooks(t)
						what.check(t, answer)
						if len(b.rows) != 1 || b.rows[0].State != store.Succeeded || len(b.events) != 1 {
							t.Errorf("the operations are %+v and the events %+v, want one each", b.rows, b.events)
						}
					})
				}
			})
		}
	}
}

// steps are the paths to which we sent something, by the key under which we did: each step has one.
func (s *stripe) steps(t *testing.T) map[string]string {
	t.Helper()
	steps := map[string]string{}
	for _, post := range s.posts(t) {
		if other, known := steps[post.IdempotencyKey]; known && other != post.Path {
			t.Errorf("one key is of %s and of %s", other, post.Path)
		}
		steps[post.IdempotencyKey] = post.Path
	}
	return steps
}

// A subscription is canceled, and no answer comes, however often it is asked: a look decides, and success is success.
func TestM55_CancelIsAnsweredByNothing(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			server := s.servers[0]
			server.serve(t)
			what := s.stripe.cancels(firstKey, s.stripe.subscribed(t))
			s.stripe.breaks(t, sandbox.Fault{Kind: sandbox.FaultDropAfter, Method: "DELETE", Count: 3})
			answer := succeeds(t, server.as(t, shop), what.ask)
			sub, ok := answer.resource.(*paymentsv1.Subscription)
			if !ok || sub.GetState() != paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED {
				t.Errorf("the answer is %v, want it canceled", answer.resource)
			}
			staysSo(t, server.as(t, shop), what.ask, answer)
			b := s.closeBooks(t)
			what.check(t, answer)
			if len(b.rows) != 1 || b.rows[0].State != store.Succeeded || len(b.events) != 1 ||
				b.events[0].Kind != "customer.subscription.deleted" {
				t.Errorf("the operations are %+v and the events %+v, want one end", b.rows, b.events)
			}
		})
	}
}
