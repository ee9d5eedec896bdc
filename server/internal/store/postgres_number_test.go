package store

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// newLeader begins a term on a connection of its own.
func newLeader(t *testing.T, s *postgres) *pgLeader {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), s.log.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closePg(t.Context(), conn) })
	l := &pgLeader{conn: conn, limit: 2}
	if err := s.lead(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	return l
}

func wantNumbered(t *testing.T, l *pgLeader, want int, more, over bool) {
	t.Helper()
	n, gotMore, gotOver, err := l.number(t.Context())
	if n != want || gotMore != more || gotOver != over || err != nil {
		t.Errorf("numbered %d, more %t, over %t, %v; want %d, %t, %t", n, gotMore, gotOver, err, want, more, over)
	}
}

// Of two who number events at once, as after a lock was lost, the one of the older term numbers nothing: neither in a
// statement that it begins afterwards, nor in one that was under way when its term ended.
func TestE05_OlderTermNumbersNothing(t *testing.T) {
	opened, err := Open(t.Context(), Config{URL: pgcluster.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Close() }()
	s := opened.(*postgres)
	publish := func(from, to int) {
		t.Helper()
		for i := from; i <= to; i++ {
			event := Event{ObjectID: "obj_1", Kind: "thing.changed", Cause: strconv.Itoa(i)}
			if _, err := s.Ingest(t.Context(), Ingest{Events: []Event{event}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	older := newLeader(t, s)
	publish(1, 3)
	wantNumbered(t, older, 2, true, false)
	newer := newLeader(t, s)
	wantNumbered(t, older, 0, false, true)
	wantNumbered(t, newer, 1, false, false)
	publish(4, 4)
	wantNumbered(t, older, 0, false, true)
	wantNumbered(t, newer, 1, false, false)

	// The term ends while a statement waits for the row that says so.
	publish(5, 5)
	tx, err := s.changes.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE event_log SET term = term + 1`); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		n, _, _, err := newer.number(context.WithoutCancel(t.Context()))
		if err == nil && n > 0 {
			err = fmt.Errorf("it numbered %d", n)
		}
		done <- err
	}()
	for waits := 0; waits == 0; {
		if err := s.reads.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = $1`,
			newer.conn.PgConn().PID()).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("under way when its term ended: %v", err)
	}
	newest := newLeader(t, s)
	wantNumbered(t, newest, 1, false, false)
	head, err := s.Head(t.Context())
	if err != nil || head.Position != 5 {
		t.Errorf("the head is %+v, %v; want 5", head, err)
	}
}
