package store

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// pgCommitted is where processes hint that they have committed events, and pgNumbered where the one that numbers them
	// hints that it has.
	pgCommitted, pgNumbered = "tillgate_committed", "tillgate_numbered"

	// hintPause is how long a process waits between two hints that it has committed. A hint takes a lock that all hints of a
	// cluster share, so it is never part of the commit of a change.
	hintPause = 10 * time.Millisecond
	// listenPause is how long is waited at first, and at most, before a lost connection is made again.
	listenPause, longestListenPause = 50 * time.Millisecond, 2 * time.Second
	// listenCheck is how long a connection may be silent before it is asked whether it still is one.
	listenCheck = 15 * time.Second
)

// poke asks somebody who need not be asked twice.
func poke(asked chan struct{}) {
	select {
	case asked <- struct{}{}:
	default:
	}
}

// grown is called after a commit of events that have no position yet.
func (l *pgLog) grown(ctx context.Context, s *postgres) {
	if l.leads.Load() {
		poke(l.committed)
		return
	}
	l.startHinting(ctx, s)
	poke(l.hint)
}

// wake hints to those who watch that there are new positions.
func (l *pgLog) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for hints := range l.watchers {
		poke(hints)
	}
}

// Watch implements Log.
func (s *postgres) Watch(ctx context.Context, wake func()) {
	ctx, done, ok := s.log.enter(ctx)
	if !ok {
		return
	}
	defer done()
	hints := make(chan struct{}, 1)
	s.log.mu.Lock()
	s.log.watchers[hints] = struct{}{}
	s.log.mu.Unlock()
	defer func() {
		s.log.mu.Lock()
		delete(s.log.watchers, hints)
		s.log.mu.Unlock()
	}()
	s.startListening(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hints:
			wake()
		}
	}
}

// startListening begins to listen, once.
func (s *postgres) startListening(ctx context.Context) {
	s.log.listening.Do(func() { s.log.start(ctx, s.listen) })
}

// listen hears what other processes hint, on a connection of its own, until the store ends.
func (s *postgres) listen(ctx context.Context) {
	for wait := listenPause; ctx.Err() == nil; wait = min(2*wait, longestListenPause) {
		heard, err := s.listenOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		s.logger.LogAttrs(ctx, slog.LevelDebug, "the store's hints are not heard", slog.Any("error", err))
		if heard {
			wait = listenPause
		}
		pause(ctx, jittered(wait))
	}
}

// listenOnce says whether it has listened.
func (s *postgres) listenOnce(ctx context.Context) (heard bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, s.log.config)
	if err != nil {
		return false, err
	}
	defer closePg(ctx, conn)
	if _, err := conn.Exec(ctx, "LISTEN "+pgCommitted+"; LISTEN "+pgNumbered); err != nil {
		return false, err
	}
	// What was hinted before was not heard.
	s.log.wake()
	poke(s.log.committed)
	for {
		waiting, cancel := context.WithTimeout(ctx, listenCheck)
		hint, err := conn.WaitForNotification(waiting)
		silent := waiting.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil && hint.Channel == pgNumbered:
			s.log.wake()
		case err == nil:
			poke(s.log.committed)
		case !silent:
			return true, err
		default:
			if err := conn.Ping(ctx); err != nil {
				return true, err
			}
		}
	}
}

// startHinting begins to hint to the one who numbers, where that is another process.
func (l *pgLog) startHinting(ctx context.Context, s *postgres) {
	l.hinting.Do(func() { l.start(ctx, s.hintCommits) })
}

// hintCommits hints that something was committed, for all commits of a moment at once. Who numbers looks by itself, if
// that fails.
func (s *postgres) hintCommits(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.log.hint:
		}
		hinting, cancel := context.WithTimeout(ctx, connectTimeout)
		// A hint need not be durable: to wait for the disk would only keep others from theirs.
		batch := &pgx.Batch{}
		batch.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
		batch.Queue(`SELECT pg_notify($1, '')`, pgCommitted)
		if err := s.logChanges.SendBatch(hinting, batch).Close(); err != nil {
			s.logger.LogAttrs(ctx, slog.LevelDebug, "a hint could not be given", slog.Any("error", err))
		}
		cancel()
		pause(ctx, hintPause)
	}
}

// pause waits, if the context does not end before.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// jittered is a pause of about that length, so that no two processes keep in step.
func jittered(d time.Duration) time.Duration {
	return d/2 + rand.N(d) //nolint:gosec // It is no secret.
}

// closePg closes a connection whose context may have ended.
func closePg(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}
