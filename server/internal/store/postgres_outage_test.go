package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// outcome is what a call was told.
type outcome struct {
	id    string
	begun bool
	err   error
}

// PostgreSQL goes away under load, like a machine that fails, and comes back. What each call was told is what stands.
func TestPostgresGoesAway(t *testing.T) {
	cluster := pgcluster.New(t)
	s := open(t, store.Config{URL: cluster.URL()})
	stop := make(chan struct{})
	var mu sync.Mutex
	var told []outcome
	var work sync.WaitGroup
	for worker := range 24 {
		work.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("op_%d_%d", worker, n)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				_, begun, err := s.Begin(ctx, request(id))
				cancel()
				mu.Lock()
				told = append(told, outcome{id, begun, err})
				mu.Unlock()
			}
		})
	}
	heard := func(fits func(o outcome) bool) func() bool {
		from := 0
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			for ; from < len(told); from++ {
				if fits(told[from]) {
					return true
				}
			}
			return false
		}
	}
	begun := func(o outcome) bool { return o.begun }
	for range 2 {
		eventually(t, "operations begin", heard(begun))
		cluster.Stop()
		eventually(t, "calls are refused", heard(func(o outcome) bool { return errors.Is(o.err, store.ErrUnavailable) }))
		wantError(t, s.Check(t.Context()), store.ErrUnavailable)
		_, err := s.Get(t.Context(), "op_0_0")
		wantError(t, err, store.ErrUnavailable)
		must(t, cluster.Start())
		mu.Lock()
		n := len(told)
		mu.Unlock()
		eventually(t, "operations begin again", func() bool {
			mu.Lock()
			defer mu.Unlock()
			for _, o := range told[n:] {
				if o.begun {
					return true
				}
			}
			return false
		})
	}
	close(stop)
	work.Wait()

	kinds := map[string]int{}
	for _, o := range told {
		_, err := s.Get(t.Context(), o.id)
		switch stands := err == nil; {
		case err != nil && !errors.Is(err, store.ErrNotFound):
			t.Fatal(err)
		case o.err == nil:
			kinds["begun"]++
			if !o.begun || !stands {
				t.Errorf("%s: was told that it is begun (%v), but it stands: %v", o.id, o.begun, stands)
			}
		case errors.Is(o.err, store.ErrUncertain):
			kinds["uncertain"]++
		case errors.Is(o.err, store.ErrUnavailable), errors.Is(o.err, context.DeadlineExceeded):
			kinds["not begun"]++
			if stands {
				t.Errorf("%s: stands, and its call was told %v", o.id, o.err)
			}
		default:
			t.Errorf("%s: %v", o.id, o.err)
		}
	}
	t.Log(kinds)
}

// A server that is shut down in order ends the connections itself. That is no fault of ours, and another one may be
// used.
func TestPostgresEndsConnections(t *testing.T) {
	url := pgcluster.Database(t)
	s := open(t, store.Config{URL: url})
	db := engines[1].database(t, url)
	for i := range 5 {
		id := fmt.Sprintf("op_%d", i)
		begin(t, s, request(id))
		get(t, s, id)
		execute(t, db, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	}
	begin(t, s, request("op_last"))
}

// What waits too long for a lock is given up, and surely not made.
func TestPostgresLocked(t *testing.T) {
	url := pgcluster.Database(t)
	s := open(t, store.Config{URL: url + "&lock_timeout=100"})
	begin(t, s, request("op_1"))
	db := engines[1].database(t, url)
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	if _, err := tx.ExecContext(t.Context(), `SELECT FROM operations WHERE id = 'op_1' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	err = s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease, Sends: 1})
	wantError(t, err, store.ErrUnavailable)
	must(t, tx.Rollback())
	if op := get(t, s, "op_1"); op.Sends != 1 {
		t.Errorf("%d sends, want 1", op.Sends)
	}
}
