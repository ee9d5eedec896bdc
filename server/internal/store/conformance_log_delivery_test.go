package store_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestReceive(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			d := delivery("evt_1", "pi_1")
			d.Livemode = true
			receive(t, s, d)
			again := d
			again.Body, again.State = []byte("another body"), store.DeliveryDead
			if fresh, err := s.Receive(t.Context(), again); fresh || err != nil {
				t.Errorf("received again: %v, %v", fresh, err)
			}
			got := claimOne(t, s, "evt_1")
			if since := time.Since(got.ReceiveTime); since < -time.Second || since > patience {
				t.Errorf("it was received at %v", got.ReceiveTime)
			}
			want := store.ClaimedDelivery{Delivery: d, Attempt: 1, ReceiveTime: got.ReceiveTime}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("claimed (-want +got):\n%s", d)
			}
			done := delivery("evt_2", "pi_1")
			done.State = store.DeliveryDone
			if _, err := s.Receive(t.Context(), done); err == nil {
				t.Error("it was received as done")
			}
			known, err := s.Known(t.Context(), []string{"evt_0", "evt_1", "evt_2", "evt_'"})
			if d := cmp.Diff([]string{"evt_1"}, known); d != "" || err != nil {
				t.Errorf("known (-want +got): %v\n%s", err, d)
			}
			if known, err := s.Known(t.Context(), nil); len(known) > 0 || err != nil {
				t.Errorf("of none are known %v, %v", known, err)
			}
		})
	}
}

// However often an event comes at the same time, and to however many servers, it is one.
func TestW04_SameEventTogether(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			servers := []store.Store{open(t, store.Config{URL: url})}
			if e.name == "postgres" {
				servers = append(servers, open(t, store.Config{URL: url}))
			}
			const events = 50
			var fresh [events]atomic.Int64
			var work sync.WaitGroup
			for n := range 4 {
				for i := range events {
					work.Go(func() {
						first, err := servers[n%len(servers)].Receive(t.Context(), delivery(fmt.Sprintf("evt_%d", i), "pi_1"))
						if err != nil {
							t.Error(err)
						}
						if first {
							fresh[i].Add(1)
						}
					})
				}
			}
			work.Wait()
			for i := range fresh {
				if n := fresh[i].Load(); n != 1 {
					t.Errorf("evt_%d was fresh %d times", i, n)
				}
			}
			if n := count(t, e.database(t, url), `SELECT count(*) FROM deliveries`); n != events {
				t.Errorf("%d deliveries stand, want %d", n, events)
			}
		})
	}
}

func TestClaimDeliveries(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			receive(t, s, delivery("evt_3", "pi_1"), delivery("evt_1", "pi_1"), delivery("evt_2", "pi_2"))
			if got := deliveryIDs(claimDeliveries(t, s, 2)); !slices.Equal(got, []string{"evt_3", "evt_1"}) {
				t.Errorf("claimed %v, want those that came first", got)
			}
			claimOne(t, s, "evt_2")
			if got := claimDeliveries(t, s, 10); len(got) > 0 {
				t.Errorf("claimed %v while their leases last", deliveryIDs(got))
			}
			// One waits for its time, one is due at once, one would be due in more than a day: a clock was wrong.
			for id, after := range map[string]time.Duration{"evt_3": time.Hour, "evt_1": over, "evt_2": 25 * time.Hour} {
				must(t, s.Defer(t.Context(), store.Deferral{ID: id, Attempt: 1, After: after, Cause: 3, Counted: true}))
			}
			claimed := claimDeliveries(t, s, 10)
			got := deliveryIDs(claimed)
			if slices.Sort(got); !slices.Equal(got, []string{"evt_1", "evt_2"}) {
				t.Fatalf("claimed %v", got)
			}
			for _, d := range claimed {
				if d.Attempt != 2 || d.Tries != 1 || d.Cause != 3 || string(d.Body) != "sealed body of "+d.ID {
					t.Errorf("claimed for the second time: %+v", d)
				}
			}
			// A lease that is over.
			late, err := s.ClaimDeliveries(t.Context(), over, 10)
			if must(t, err); len(late) > 0 {
				t.Errorf("claimed %v", deliveryIDs(late))
			}
			receive(t, s, delivery("evt_4", "pi_4"))
			if late, err = s.ClaimDeliveries(t.Context(), over, 10); err != nil || len(late) != 1 {
				t.Fatalf("claimed %v, %v", late, err)
			}
			if d := claimOne(t, s, "evt_4"); d.Attempt != 2 || d.Tries != 0 {
				t.Errorf("claimed when the lease was over: %+v", d)
			}
		})
	}
}

// However many claim at once, each delivery is one claimer's.
func TestClaimDeliveriesTogether(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			const deliveries = 100
			for i := range deliveries {
				receive(t, s, delivery(fmt.Sprintf("evt_%03d", i), "pi_1"))
			}
			var mu sync.Mutex
			var all []string
			var work sync.WaitGroup
			for range 8 {
				work.Go(func() {
					for {
						claimed, err := s.ClaimDeliveries(t.Context(), time.Hour, 7)
						if err != nil {
							t.Error(err)
						}
						if len(claimed) == 0 {
							return
						}
						mu.Lock()
						all = append(all, deliveryIDs(claimed)...)
						mu.Unlock()
					}
				})
			}
			work.Wait()
			// One may find nothing because another has locked what is left, and give up first.
			all = append(all, deliveryIDs(claimDeliveries(t, s, deliveries))...)
			slices.Sort(all)
			if len(all) != deliveries || len(slices.Compact(all)) != deliveries {
				t.Errorf("%d were claimed: %v", len(all), all)
			}
		})
	}
}

func TestDefer(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			receive(t, s, delivery("evt_1", "pi_1"))
			deferring := func(d store.Deferral) error { return s.Defer(t.Context(), d) }
			claimOne(t, s, "evt_1")
			wantError(t, deferring(store.Deferral{ID: "evt_1", Attempt: 2, After: over}), store.ErrFenced)
			wantError(t, deferring(store.Deferral{ID: "evt_2", Attempt: 1, After: over}), store.ErrFenced)
			// What stands is not counted twice.
			d := store.Deferral{ID: "evt_1", Attempt: 1, After: over, Cause: 3, Counted: true}
			must(t, deferring(d))
			must(t, deferring(d))
			if got := claimOne(t, s, "evt_1"); got.Tries != 1 {
				t.Errorf("%d tries are counted, want 1", got.Tries)
			}
			wantError(t, deferring(d), store.ErrFenced)
			must(t, deferring(store.Deferral{ID: "evt_1", Attempt: 2, After: over, Cause: 4}))
			if got := claimOne(t, s, "evt_1"); got.Tries != 1 || got.Cause != 4 {
				t.Errorf("put off without a try: %+v", got)
			}
			dead := store.Deferral{ID: "evt_1", Attempt: 3, Cause: 2, Dead: true, Counted: true}
			must(t, deferring(dead))
			must(t, deferring(dead))
			if got := claimDeliveries(t, s, 10); len(got) > 0 {
				t.Errorf("a dead letter is tried again: %v", deliveryIDs(got))
			}
			wantError(t, deferring(store.Deferral{ID: "evt_1", Attempt: 3, After: over}), store.ErrFenced)
			_, err := s.Ingest(t.Context(), store.Ingest{ID: "evt_1", Attempt: 3})
			wantError(t, err, store.ErrFenced)
		})
	}
}
