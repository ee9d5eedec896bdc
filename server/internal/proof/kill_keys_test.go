package proof_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// Many callers at once use one key, for the same: one charge, and one answer for all.
func TestF2_OneKeyManyCallers(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			keys, callers := size(20, 500), size(50, 200)
			s := newStand(t, db, db.replicas)
			start := time.Now()
			var clients []tillgate
			for _, server := range s.servers {
				server.serve(t)
				// One connection carries no more than 256 calls at once.
				clients = append(clients, server.as(t, shop), server.as(t, shop))
			}
			answers := make([][]reply, keys)
			for i := range answers {
				answers[i] = make([]reply, callers)
			}
			var under sync.WaitGroup
			for caller := range callers {
				under.Go(func() {
					for i := range keys {
						answers[i][caller] = ask(t.Context(), clients[caller%len(clients)], pay(fmt.Sprintf("order-%d-attempt-1", i)))
					}
				})
			}
			under.Wait()
			for i, all := range answers {
				fresh := 0
				for _, answer := range all {
					if answer.err != nil {
						t.Fatalf("key %d: %v", i, answer.err)
					}
					if !answer.replayed {
						fresh++
					}
					if diff := all[0].differs(answer); diff != "" {
						t.Fatalf("key %d has different answers:\n%s", i, diff)
					}
				}
				if fresh != 1 {
					t.Errorf("key %d: %d answers are no repetition, want 1", i, fresh)
				}
			}
			s.closeBooks(t)
			if ledger, posts := s.stripe.ledger(t), s.stripe.posts(t); len(ledger) != keys || len(posts) != keys {
				t.Errorf("%d keys made %d movements of money by %d requests", keys, len(ledger), len(posts))
			}
			t.Logf("%d callers, %d keys, %d servers: took %v", callers, keys, len(s.servers),
				time.Since(start).Round(time.Millisecond))
		})
	}
}

// Two callers use the same keys for payments of their own: neither meets the other.
func TestF3_CallersAreIsolated(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			const workers = 32
			keys := size(100, 10_000)
			s := newStand(t, db, db.replicas)
			start := time.Now()
			var of [2][]tillgate
			for _, server := range s.servers {
				server.serve(t)
				of[0], of[1] = append(of[0], server.as(t, shop)), append(of[1], server.as(t, market))
			}
			asked := func(n int) rpc { // the two callers ask for different amounts
				return create(order(fmt.Sprintf("order-%d-attempt-1", n/2), "pm_card_visa", priceOf(n)))
			}
			answers := make([]reply, 2*keys)
			var next atomic.Int64
			var under sync.WaitGroup
			for range workers {
				under.Go(func() {
					for n := int(next.Add(1)) - 1; n < len(answers); n = int(next.Add(1)) - 1 {
						clients := of[n%2]
						answers[n] = ask(t.Context(), clients[n/2%len(clients)], asked(n))
					}
				})
			}
			under.Wait()
			ids := map[string]int{}
			for n, answer := range answers {
				if answer.err != nil {
					t.Fatal(answer.err)
				}
				if answer.replayed {
					t.Errorf("call %d got the answer of another", n)
				}
				if other, taken := ids[answer.id()]; taken {
					t.Errorf("calls %d and %d got one payment", other, n)
				}
				ids[answer.id()] = n
			}
			s.closeBooks(t)
			ledger := s.stripe.ledger(t)
			for _, e := range ledger {
				n, known := ids[e.PaymentIntent]
				if !known || e.Type != sandbox.MovementCharge || e.Amount != priceOf(n) {
					t.Errorf("call %d, for %d: money moved as %+v", n, priceOf(n), e)
				}
			}
			if len(ledger) != 2*keys {
				t.Errorf("%d keys of 2 callers made %d charges", keys, len(ledger))
			}
			t.Logf("%d keys of 2 callers: took %v", keys, time.Since(start).Round(time.Millisecond))
		})
	}
}

// priceOf is what the n-th call of two callers in turn asks for.
func priceOf(n int) int64 { return int64(1000 + n) }
