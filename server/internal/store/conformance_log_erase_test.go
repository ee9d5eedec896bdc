package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestEraseLog(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s := open(t, store.Config{URL: url})
			sequence(t, s)
			erase := func(age time.Duration, limit, want int) {
				t.Helper()
				if n, err := s.EraseLog(t.Context(), age, limit); n != want || err != nil {
					t.Errorf("EraseLog(%v, %d) = %d, %v; want %d", age, limit, n, err, want)
				}
			}
			erase(-time.Hour, 10, 0)
			// Two that are done, one that is quarantined, and two that are not ended.
			quarantined := delivery("evt_q", "pi_1")
			quarantined.State = store.DeliveryQuarantined
			receive(t, s, delivery("evt_dead", "pi_dead"))
			makeDead(t, s, claimOne(t, s, "evt_dead"))
			receive(t, s, delivery("evt_1", "pi_1"), delivery("evt_2", "pi_1"), quarantined)
			for _, d := range claimDeliveries(t, s, 2) {
				_, err := s.Ingest(t.Context(), store.Ingest{
					ID: d.ID, Attempt: d.Attempt, Events: []store.Event{happened("pi_1", "a", d.ID)},
				})
				must(t, err)
			}
			receive(t, s, delivery("evt_waiting", "pi_1"))
			for range 3 {
				tell(t, s, "pi_1", "a")
			}
			erase(time.Hour, 10, 0)
			erase(-time.Hour, 2, 4)
			if h := head(t, s); h.Oldest != 3 || h.Position != 5 {
				t.Errorf("two events are erased, and the head is %+v", h)
			}
			erase(-time.Hour, 10, 3)
			erase(-time.Hour, 10, 0)
			if h := head(t, s); h.Oldest != 5 || h.Position != 5 {
				t.Errorf("all but the newest are erased, and the head is %+v", h)
			}
			for _, after := range []int64{0, 3} {
				_, _, err := s.ReadLog(t.Context(), after, store.LogFilter{}, 10)
				wantError(t, err, store.ErrExpired)
				_, _, err = s.ReadLog(t.Context(), after, store.LogFilter{ObjectIDs: []string{"pi_1"}}, 10)
				wantError(t, err, store.ErrExpired)
			}
			if events, _, err := s.ReadLog(t.Context(), 4, store.LogFilter{}, 10); len(events) != 1 || err != nil {
				t.Errorf("behind 4: %v, %v", stories(events), err)
			}
			if position, err := s.PositionAt(t.Context(), time.Now().Add(time.Hour)); position != 5 || err != nil {
				t.Errorf("PositionAt = %d, %v", position, err)
			}
			stats, err := s.LogStats(t.Context())
			if must(t, err); stats.Waiting != 1 || stats.Dead != 1 || stats.Quarantined != 0 {
				t.Errorf("stats: %+v", stats)
			}
			if n := count(t, e.database(t, url), `SELECT count(*) FROM deliveries`); n != 2 {
				t.Errorf("%d deliveries are left, want those that have not ended", n)
			}
			claimOne(t, s, "evt_waiting")
			if _, err := s.Revive(t.Context(), "evt_dead"); err != nil {
				t.Errorf("Revive: %v", err)
			}
		})
	}
}

// Positions are never given twice, not even when all events are gone.
func TestEmptiedLog(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s := open(t, store.Config{URL: url})
			sequence(t, s)
			tell(t, s, "pi_1", "a")
			tell(t, s, "pi_1", "a")
			execute(t, e.database(t, url), `DELETE FROM events`)
			if h := head(t, s); h.Position != 2 || h.Oldest != 3 {
				t.Errorf("the head is %+v", h)
			}
			_, _, err := s.ReadLog(t.Context(), 1, store.LogFilter{}, 10)
			wantError(t, err, store.ErrExpired)
			if position := tell(t, s, "pi_1", "a"); position != 3 {
				t.Errorf("the next position is %d, want 3", position)
			}
		})
	}
}

// A reader that is overtaken by what erases is told so, and misses nothing without a word.
func TestE17_ErasingWhileReading(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			const events = 600
			var work sync.WaitGroup
			done := make(chan struct{})
			work.Go(func() {
				defer close(done)
				for i := range events / 20 {
					var batch []store.Event
					for j := range 20 {
						batch = append(batch, happened("pi_1", "a", fmt.Sprintf("evt_%d_%d", i, j)))
					}
					if _, err := s.Ingest(t.Context(), store.Ingest{Events: batch}); err != nil {
						t.Error(err)
					}
				}
			})
			work.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						if _, err := s.EraseLog(t.Context(), -time.Hour, 7); err != nil {
							t.Error(err)
						}
					}
				}
			})
			for _, f := range []store.LogFilter{{}, {ObjectIDs: []string{"pi_1"}}, {Kinds: []string{"a"}}} {
				work.Go(func() { readWhileErased(t, s, f, events) })
			}
			work.Wait()
		})
	}
}

func readWhileErased(t *testing.T, s store.Store, f store.LogFilter, upTo int64) {
	t.Helper()
	for at := int64(0); at < upTo; {
		events, _, err := s.ReadLog(t.Context(), at, f, 5)
		if errors.Is(err, store.ErrExpired) {
			h, err := s.Head(t.Context())
			if err != nil || h.Oldest <= at+1 {
				t.Errorf("expired at %d, and the oldest is %d: %v", at, h.Oldest, err)
				return
			}
			at = h.Oldest - 1
			continue
		}
		if err != nil {
			t.Error(err)
			return
		}
		for _, event := range events {
			if event.Position != at+1 {
				t.Errorf("behind position %d comes %d", at, event.Position)
			}
			at = event.Position
		}
	}
}
