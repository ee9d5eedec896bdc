package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// ingestOf is what a claimed delivery tells of its object.
func ingestOf(d store.ClaimedDelivery, version int64) store.Ingest {
	o := object(d.ObjectID, version, 2)
	o.Resource = fmt.Appendf(nil, "sealed for %s at %d", d.ID, version)
	return store.Ingest{
		ID: d.ID, Attempt: d.Attempt, Object: &o, Events: []store.Event{happened(d.ObjectID, "payment_intent.changed", d.ID)},
	}
}

// A commit whose answer never comes was made or was not: each change of the log is made once, and says what it did.
func TestPostgresLogAnswerLost(t *testing.T) {
	for _, how := range []loss{lossOfSend, lossOfAnswer, lossAtOnce} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			s, p, direct := behindProxy(t)
			db := engines[1].database(t, direct)
			// lose makes a change whose first commit is lost, on a connection that has made one like it before.
			lose := func(change func(id string) error) {
				t.Helper()
				must(t, change("warm"))
				p.loseNext(how)
				must(t, change("lost"))
			}
			claimed := map[string]store.ClaimedDelivery{}
			lose(func(id string) error {
				fresh, err := s.Receive(t.Context(), delivery("evt_"+id, "pi_"+id))
				if !fresh {
					t.Errorf("%s was not new", id)
				}
				return err
			})
			for _, d := range claimDeliveries(t, s, 2) {
				claimed[d.ID] = d
			}
			lose(func(id string) error {
				d := claimed["evt_"+id]
				return s.Defer(t.Context(), store.Deferral{ID: d.ID, Attempt: d.Attempt, After: over, Cause: 1, Counted: true})
			})
			for _, d := range claimDeliveries(t, s, 2) {
				if claimed[d.ID] = d; d.Tries != 1 {
					t.Errorf("%s was tried %d times, want once", d.ID, d.Tries)
				}
			}
			lose(func(id string) error {
				published, err := s.Ingest(t.Context(), ingestOf(claimed["evt_"+id], 0))
				if !published {
					t.Errorf("%s published nothing", id)
				}
				return err
			})
			lose(func(id string) error { // of no delivery
				of := ingestOf(store.ClaimedDelivery{Delivery: delivery("", "pi_"+id)}, 1)
				of.Events[0].Cause = "read " + id
				published, err := s.Ingest(t.Context(), of)
				if !published {
					t.Errorf("%s published nothing", id)
				}
				return err
			})
			for version := range int64(2) {
				lose(func(id string) error {
					got, err := s.PutConsumer(t.Context(), store.Consumer{Caller: "c", Name: id, Version: version, Cursor: version})
					if got != version+1 {
						t.Errorf("%s has the version %d, want %d", id, got, version+1)
					}
					return err
				})
			}
			lose(func(id string) error { return s.DeleteConsumer(t.Context(), "c", id) })
			for _, n := range []int{
				count(t, db, `SELECT count(*) FROM deliveries WHERE state = 2 AND published AND attempt = 2`),
				count(t, db, `SELECT count(*) FROM objects WHERE version = 2`),
				count(t, db, `SELECT count(*) / 2 FROM events WHERE kind = 'payment_intent.changed'`),
			} {
				if n != 2 {
					t.Errorf("%d rows, want 2", n)
				}
			}
		})
	}
}

// Deliveries that tell operations, and operations that end, lock rows of each other at the same time, and none of them waits
// for another that waits for it.
func TestPostgresTellingNeedsNoDeadlock(t *testing.T) {
	url := pgcluster.Database(t)
	s := open(t, store.Config{URL: url})
	const n = 120
	for i := range n {
		b := request(fmt.Sprintf("op_%03d", i))
		b.StripeKey = "key of " + b.ID
		begin(t, s, b)
	}
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() {
			// One delivery in this order, the other in the opposite one.
			for _, k := range []int{i, n - 1 - i} {
				id := fmt.Sprintf("op_%03d", k)
				if _, err := s.Ingest(t.Context(), store.Ingest{
					Events: []store.Event{happened("pi_"+id, "payment_intent.changed", "key of "+id)},
				}); err != nil {
					t.Error(err)
				}
			}
		})
		work.Go(func() {
			id := fmt.Sprintf("op_%03d", n-1-i)
			o := object("pi_"+id, 0, 2)
			if err := s.Hold(t.Context(), store.Hold{ID: id, Attempt: 1, Lease: lease}); err != nil {
				t.Error(err)
			}
			if err := s.Finish(t.Context(), store.Finish{
				ID: id, Attempt: 1, State: store.Succeeded, Object: &o,
				Events: []store.Event{happened("pi_"+id, "payment_intent.changed", "key of "+id)},
			}); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	eventually(t, "the server has counted", func() bool {
		return count(t, engines[1].database(t, url), `SELECT xact_commit FROM pg_stat_database
			WHERE datname = current_database()`) > 0
	})
	if n := count(t, engines[1].database(t, url), `SELECT deadlocks FROM pg_stat_database
		WHERE datname = current_database()`); n > 0 {
		t.Errorf("%d deadlocks", n)
	}
}

// What others send may hold what is no text for PostgreSQL.
func TestPostgresTakesAnyText(t *testing.T) {
	s := open(t, store.Config{URL: pgcluster.Database(t)})
	d := delivery("evt_\x00\xff", "pi_\x00")
	d.Kind, d.Account = "\xc3\x28", "\x00"
	receive(t, s, d)
	if known, err := s.Known(t.Context(), []string{"evt_0", d.ID}); err != nil || len(known) != 1 || known[0] != d.ID {
		t.Errorf("known are %q, %v", known, err)
	}
	claimed := claimDeliveries(t, s, 1)
	if published, err := s.Ingest(t.Context(), ingestOf(claimed[0], 0)); err != nil || !published {
		t.Errorf("Ingest = %v, %v", published, err)
	}
	if stats, err := s.LogStats(t.Context()); err != nil || stats.Waiting != 0 || stats.Oldest > time.Minute {
		t.Errorf("LogStats = %+v, %v", stats, err)
	}
}
