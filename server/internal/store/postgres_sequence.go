package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// pgSequencerLock is what the one holds who numbers events.
	pgSequencerLock int64 = 0x7469_6c6c_6761_7465
	// numberedAtOnce is how many events get their positions in one commit.
	numberedAtOnce = 2000
	// numberTick is how often who numbers looks by itself, and numberPause how long it leaves to others to commit more.
	numberTick, numberPause = 100 * time.Millisecond, 5 * time.Millisecond
	// numberLimit is how long a statement of the sequencer may take; standPause how often those who wait look whether it is
	// there, and standLimit how long they see it do nothing while there is something to do before one of them takes its place.
	numberLimit, standPause, standLimit = 20 * time.Second, 250 * time.Millisecond, 3 * time.Second
)

// errTermOver is why somebody numbers no more.
var errTermOver = errors.New("store: another process numbers events")

// Sequence implements Log.
func (s *postgres) Sequence(ctx context.Context) {
	ctx, done, ok := s.log.enter(ctx)
	if !ok {
		return
	}
	defer done()
	s.startListening(ctx)
	seen := pgSeen{}
	for wait := listenPause; ctx.Err() == nil; wait = min(2*wait, longestListenPause) {
		began := time.Now()
		err := s.sequenceOnce(ctx, &seen)
		if ctx.Err() != nil {
			return
		}
		s.logger.LogAttrs(ctx, slog.LevelWarn, "this process stops to number events, and will try again",
			slog.Any("error", err))
		if time.Since(began) > longestListenPause {
			wait = listenPause
		}
		pause(ctx, jittered(wait))
	}
}

// sequenceOnce waits for its turn and numbers events, on a connection of its own, until that is lost or another process has
// taken its place.
func (s *postgres) sequenceOnce(ctx context.Context, seen *pgSeen) error {
	conn, err := pgx.ConnectConfig(ctx, s.log.config)
	if err != nil {
		return err
	}
	defer closePg(ctx, conn)
	if err := keepCommits(ctx, conn); err != nil {
		return err
	}
	if err := s.stand(ctx, conn); err != nil {
		return err
	}
	leader := &pgLeader{conn: conn, limit: numberedAtOnce, seen: *seen}
	if err := s.lead(ctx, leader); err != nil {
		return err
	}
	s.log.leads.Store(true)
	defer s.log.leads.Store(false)
	for {
		n, more, over, err := leader.number(ctx)
		*seen = leader.seen
		switch {
		case err != nil:
			return err
		case over:
			return errTermOver
		case n > 0:
			s.log.wake()
		}
		if !more {
			leader.wait(ctx, s.log.committed, n > 0)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// wait waits until there may be more to number.
func (l *pgLeader) wait(ctx context.Context, committed chan struct{}, busy bool) {
	if busy {
		pause(ctx, numberPause)
	}
	tick := time.NewTimer(numberTick)
	defer tick.Stop()
	select {
	case <-ctx.Done():
	case <-tick.C:
	case <-committed:
	}
}

// pgProgress is where the log stands, for those who wait: the head, the term, and the oldest event with no position, 0 for
// none.
type pgProgress struct{ head, term, oldest int64 }

// stand waits until nobody else numbers events: until it has the lock, or sees that who has it does nothing.
func (s *postgres) stand(ctx context.Context, conn *pgx.Conn) error {
	var last pgProgress
	since := time.Now()
	for {
		locked, now, err := s.look(ctx, conn)
		if err != nil {
			return err
		}
		if locked {
			return nil
		}
		if now != last || now.oldest == 0 {
			last, since = now, time.Now()
		}
		if time.Since(since) > s.log.standLimit {
			s.logger.LogAttrs(ctx, slog.LevelWarn, "the process that numbers events does nothing: this one takes its place")
			s.depose(ctx, conn)
			return nil
		}
		pause(ctx, jittered(standPause))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// look tries to lock, and says how far the log has come.
func (s *postgres) look(ctx context.Context, conn *pgx.Conn) (locked bool, p pgProgress, err error) {
	ctx, cancel := context.WithTimeout(ctx, numberLimit)
	defer cancel()
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1), head, term, coalesce((SELECT id FROM events
		WHERE position IS NULL ORDER BY xid, id LIMIT 1), 0) FROM event_log`, pgSequencerLock).
		Scan(&locked, &p.head, &p.term, &p.oldest)
	return locked, p, err
}

// depose ends the connection of who holds the lock, so that it frees what else it has locked. Where the role may not, the
// term alone keeps it from numbering.
func (s *postgres) depose(ctx context.Context, conn *pgx.Conn) {
	if _, err := conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND classid::bigint = $1::bigint >> 32 AND objid::bigint = $1::bigint & 4294967295 AND objsubid = 1
		AND pid <> pg_backend_pid()`, pgSequencerLock); err != nil {
		s.logger.LogAttrs(ctx, slog.LevelWarn, "its connection can not be ended", slog.Any("error", err))
		return
	}
	_, _ = conn.Exec(ctx, `SELECT pg_try_advisory_lock($1)`, pgSequencerLock) // If not now, then who has it is fenced.
}

// lead begins a term, and an epoch where the log is another one.
func (s *postgres) lead(ctx context.Context, l *pgLeader) error {
	ctx, cancel := context.WithTimeout(ctx, numberLimit)
	defer cancel()
	err := pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		if err := s.checkEpochIn(ctx, tx, l.seen); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `UPDATE event_log SET term = term + 1 RETURNING term`).Scan(&l.term)
	})
	if err != nil {
		return fmt.Errorf("begin to number events: %w", err)
	}
	s.logger.LogAttrs(ctx, slog.LevelDebug, "this process numbers events", slog.Int64("term", l.term))
	return nil
}
