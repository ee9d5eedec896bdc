package store_test

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// watch counts the hints that a store gives until the end of the test.
func watch(t *testing.T, s store.Store) *atomic.Int64 {
	t.Helper()
	var hints atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { s.Watch(ctx, func() { hints.Add(1) }) })
	t.Cleanup(func() {
		cancel()
		work.Wait()
	})
	return &hints
}

// listeners says which connections to a database listen.
const listeners = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`

const killListeners = `SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE datname = current_database() AND query LIKE 'LISTEN %') AS killed`

// hinted publishes an event in one process, and waits until another one hints at it and reads it.
func hinted(t *testing.T, writer store.Store, hints *atomic.Int64, r *reader) {
	t.Helper()
	before := hints.Load()
	n := r.seen + 1
	publish(t, writer, "obj_1", n)
	eventually(t, "there is a hint", func() bool { return hints.Load() > before })
	r.read(t, n)
}

// A hint that is lost, since who would have heard it has lost its connection, costs a moment and nothing else.
func TestE26_ListenerCut(t *testing.T) {
	url := pgcluster.Database(t)
	numbers, reads, writes := open(t, store.Config{URL: url}), open(t, store.Config{URL: url}), open(t, store.Config{URL: url})
	sequence(t, numbers)
	db := engines[1].database(t, url)
	hints, r := watch(t, reads), &reader{store: reads}
	eventually(t, "both listen", func() bool { return count(t, db, listeners) == 2 })
	hinted(t, writes, hints, r)
	for range 3 {
		killAll(t, db)
		// Nobody hears of this one.
		publish(t, writes, "obj_1", r.seen+1)
		begun := time.Now()
		r.read(t, r.seen+1)
		if took := time.Since(begun); took > patience/4 {
			t.Errorf("it came after %v", took)
		}
		eventually(t, "both listen again", func() bool { return count(t, db, listeners) == 2 })
		hinted(t, writes, hints, r)
	}
}

func killAll(t *testing.T, db *sql.DB) {
	t.Helper()
	eventually(t, "they are killed", func() bool { return count(t, db, killListeners) > 0 })
}

// What somebody commits without a hint is numbered all the same.
func TestE26_NoHint(t *testing.T) {
	url := pgcluster.Database(t)
	s := open(t, store.Config{URL: url})
	sequence(t, s)
	hints, r := watch(t, s), &reader{store: s}
	hinted(t, s, hints, r)
	before := hints.Load()
	if _, err := engines[1].database(t, url).ExecContext(t.Context(), insertEventSlowly, "ev_2", "obj_2"); err != nil {
		t.Fatal(err)
	}
	r.read(t, 2)
	eventually(t, "there is a hint", func() bool { return hints.Load() > before })
}

// Who closes a store ends what goes on in it, however long its callers would have it go on.
func TestPostgresCloseEndsAll(t *testing.T) {
	url := pgcluster.Database(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	must(t, err)
	var work sync.WaitGroup
	work.Go(func() { s.Sequence(context.WithoutCancel(t.Context())) })
	work.Go(func() { s.Watch(context.WithoutCancel(t.Context()), func() {}) })
	publish(t, s, "obj_1", 1)
	(&reader{store: s}).read(t, 1)
	must(t, s.Close())
	work.Wait()
	s.Sequence(t.Context())
	s.Watch(t.Context(), func() {})
	db := engines[1].database(t, url)
	eventually(t, "no connection is left", func() bool {
		return count(t, db, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'tillgate'`) == 0
	})
}
