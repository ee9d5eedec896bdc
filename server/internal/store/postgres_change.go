package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// acquireLimit is how long a change waits for a connection.
	acquireLimit = 5 * time.Second
	// commitLimit is how long a commit may take. The caller's context does not cut it: that would only make it
	// uncertain.
	commitLimit = 10 * time.Second
	// settleLimit is how long is tried to learn whether a change was made.
	settleLimit = 10 * time.Second
	// sendTries is how often a transaction is tried that the server chose to give way to another, or that met a
	// connection which had ended: after a restart of the server all that stand in the pool have, and each is found out
	// by use.
	sendTries = lanes + otherChanges + 1
)

// pgChange is one change: one statement, which says by the rows that it returns whether it was made.
type pgChange struct {
	name string // of the points where a test may crash
	id   string // of the row: in the order of these, they are locked
	// reference is what must be locked before anything is looked at. Empty: nothing. So must the objects.
	reference string
	objects   []string
	sql       string
	args      []any
	// operations is whether the rows are operations. scan reads a row that is none.
	operations bool
	scan       func(rows pgx.Rows) error
	// log is whether it goes by the lanes of the log. tells is whether it may write events, and told what it tells
	// operations.
	log, tells bool
	told       []pgTold
	// received and ingested share a statement with others of their kind, and have none of their own.
	received *Delivery
	ingested *pgIngested

	hits int
	rows []pgRow
	err  error
	lost bool // whether a commit of it was lost
}

// groupOf is where a change finds those that share its commit.
func (s *postgres) groupOf(c *pgChange) *group[*pgChange] {
	if c.log {
		return s.logGroup
	}
	return s.group
}

// change makes a change together with others, and says whether it was made: not so if no row fits. If the commit is
// lost, it tries again on another connection until it knows: the statement waits for the lost transaction where that is
// still under way, and then tells by what it finds. A change is made such that a second time does no harm.
func (s *postgres) change(ctx context.Context, c *pgChange) (bool, error) {
	var uncertain error
	c.lost, c.err = false, ErrUncertain // what stands if the commit ends in the middle, by a panic
	until := time.Now().Add(settleLimit)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := s.groupOf(c).do(ctx, c)
		if err == nil {
			err = c.err
		}
		switch {
		case err == nil:
			return c.hits > 0, nil
		case errors.Is(err, ErrUncertain):
			uncertain, c.lost = err, true
		case uncertain == nil:
			return false, fmt.Errorf("%s: %w", c.name, err)
		}
		// This time it was surely not made, or that is not known again. What is known of the first time counts.
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil || time.Now().After(until) {
			return false, fmt.Errorf("%s: %w", c.name, uncertain)
		}
	}
}

// unread is the error of a change that found its row changed already, when the row can not be read: a lost commit of
// this very change may have done it.
func (c *pgChange) unread(err error) error {
	if c.lost {
		return fmt.Errorf("%s: %w: %w", c.name, ErrUncertain, err)
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

// commit makes the changes of a batch in one transaction. If one of them is refused, each is made alone, so that it
// fails alone.
func (s *postgres) commit(batch []*pgChange) {
	// Two lanes that lock rows in the same order can not wait for each other.
	slices.SortStableFunc(batch, func(a, b *pgChange) int { return cmp.Compare(a.id, b.id) })
	ctx := context.Background()
	err := s.send(ctx, batch)
	if err == nil || len(batch) == 1 || errors.Is(err, ErrUncertain) || errors.Is(err, ErrUnavailable) {
		for _, c := range batch {
			c.err = err
		}
		return
	}
	for _, c := range batch {
		c.err = s.send(ctx, []*pgChange{c})
	}
}

// send tries a transaction for as long as it was surely not made, and may well be made at once.
func (s *postgres) send(ctx context.Context, batch []*pgChange) error {
	for n := 1; ; n++ {
		err, again := s.sendOnce(ctx, batch)
		if !again || n == sendTries {
			return err
		}
	}
}

// sendOnce sends the statements in one go, as one transaction. The context is for the wait for a connection alone.
func (s *postgres) sendOnce(ctx context.Context, batch []*pgChange) (err error, again bool) {
	waiting, cancel := context.WithTimeout(ctx, acquireLimit)
	defer cancel()
	pool := s.changes
	if batch[0].log {
		pool = s.logChanges
	}
	conn, err := pool.Acquire(waiting)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err(), false
		}
		return fmt.Errorf("%w: %w", ErrUnavailable, err), false
	}
	defer conn.Release()

	committing, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	statements := &pgx.Batch{}
	locks, news := pgLocks(batch), pgNews(batch)
	if locks != nil {
		statements.Queue(pgLock, locks)
	}
	made := pgStatements(batch)
	for _, m := range made {
		statements.Queue(m.sql, m.args...)
	}
	if news != nil {
		statements.Queue(pgTell, news...)
	}
	s.crashAt(batch, "before_commit")
	results := conn.SendBatch(committing, statements)
	if err := readResults(results, made, locks != nil, news != nil); err != nil {
		_ = results.Close() // It says the same.
		return changeError(err, false)
	}
	if err := results.Close(); err != nil {
		return changeError(err, true)
	}
	s.crashAt(batch, "after_commit")
	if slices.ContainsFunc(batch, func(c *pgChange) bool { return c.tells }) {
		s.log.grown(ctx, s)
	}
	return nil, false
}

// readResults reads what the statements of a batch return, after which all of them were executed.
func readResults(results pgx.BatchResults, made []pgStatement, locks, news bool) error {
	if locks {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	for _, m := range made {
		if err := m.read(results); err != nil {
			return err
		}
	}
	if news {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	return nil
}

// crashAt calls the test's function once for each kind of change.
func (s *postgres) crashAt(batch []*pgChange, point string) {
	var seen []string
	for _, c := range batch {
		if !slices.Contains(seen, c.name) {
			seen = append(seen, c.name)
			s.crash(c.name + "." + point)
		}
	}
}

// alone makes a change that shares its commit with no other, and is not repeated when that is lost.
func (s *postgres) alone(ctx context.Context, c *pgChange) (bool, error) {
	if err := s.send(ctx, []*pgChange{c}); err != nil {
		return false, fmt.Errorf("%s: %w", c.name, err)
	}
	return c.hits > 0, nil
}
