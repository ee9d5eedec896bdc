package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// errNotTried stands in a change until it is known how it went.
var errNotTried = fmt.Errorf("%w: the commit was cut short", ErrUncertain)

// change is a change of the database, made in a transaction that it may share.
type change struct {
	// name is of its crash points.
	name string
	// apply makes it. It may be made and taken back again, and must leave nothing but what it returns.
	apply func(ctx context.Context, w *writer, now time.Time) error
	err   error
}

// change makes a change, together with those that come at the same time. The context is that of the wait: a commit that has
// begun is not cut.
func (s *sqliteStore) change(
	ctx context.Context, name string, apply func(ctx context.Context, w *writer, now time.Time) error,
) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	c := &change{name: name, apply: apply}
	if err := s.changes.do(ctx, c); err != nil {
		return err
	}
	return c.err
}

// commit makes the changes of a batch in one transaction, and notes in each how it went. No context ends it: that would
// leave the connection in doubt.
func (s *sqliteStore) commit(batch []*change) {
	ctx := context.Background()
	for _, c := range batch {
		c.err = errNotTried
	}
	if s.writer == nil {
		w, err := newWriter(ctx, s.writing)
		if err != nil {
			failAll(batch, sqliteError(err))
			return
		}
		s.writer = w
	}
	clean := false
	defer func() {
		if !clean {
			s.writer.discard()
			s.writer = nil // the next commit opens another one
		}
	}()
	clean = s.transact(ctx, batch)
}

// stillThere is whether the file is where the next start looks for it. SQLite would go on writing one that was moved or
// deleted, and nobody would find what it holds.
func (s *sqliteStore) stillThere() error {
	now, err := os.Stat(s.path)
	if err != nil || !os.SameFile(now, s.file) {
		return fmt.Errorf("%w: its file was moved or deleted while it was open", ErrUnavailable)
	}
	return nil
}

// transact says whether it left the connection without a transaction.
func (s *sqliteStore) transact(ctx context.Context, batch []*change) bool {
	w := s.writer
	if err := s.stillThere(); err != nil {
		failAll(batch, err)
		return true
	}
	if _, err := w.exec(ctx, begin); err != nil {
		failAll(batch, sqliteError(err))
		return s.rollBack(ctx)
	}
	now, _ := s.now()
	errs := make([]error, len(batch))
	for i, c := range batch {
		var whole error
		if errs[i], whole = attempt(ctx, w, c, now, len(batch) > 1); whole != nil {
			failAll(batch, sqliteError(whole))
			return s.rollBack(ctx)
		}
	}
	for _, c := range batch {
		s.Crash(c.name + ".before_commit")
	}
	if _, err := w.exec(ctx, commit); err != nil {
		clean := s.rollBack(ctx)
		failAll(batch, commitError(err))
		return clean
	}
	for i, c := range batch {
		s.Crash(c.name + ".after_commit")
		c.err = errs[i]
	}
	return true
}

// attempt makes one change. What it could not make is its own fault, or that of the whole transaction: a full disk can end
// it without a word, and what follows would be committed one by one.
func attempt(ctx context.Context, w *writer, c *change, now time.Time, shared bool) (own, whole error) {
	if !shared {
		err := sqliteError(c.apply(ctx, w, now))
		if err != nil && !unchanged(err) {
			return nil, err
		}
		return err, nil
	}
	if _, err := w.exec(ctx, savepoint); err != nil {
		return nil, err
	}
	own = sqliteError(c.apply(ctx, w, now))
	if own != nil && !unchanged(own) {
		if _, err := w.exec(ctx, rollbackTo); err != nil {
			return nil, own
		}
	}
	if _, err := w.exec(ctx, release); err != nil {
		return nil, err
	}
	return own, nil
}

// unchanged is whether an error is the answer of a change that read, and found that there is nothing to do.
func unchanged(err error) bool {
	return errors.Is(err, ErrFenced) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict)
}

func failAll(batch []*change, err error) {
	for _, c := range batch {
		c.err = err
	}
}

// rollBack says whether the connection is without a transaction afterwards.
func (s *sqliteStore) rollBack(ctx context.Context) bool {
	if _, err := s.writer.exec(ctx, rollback); err == nil {
		return true
	}
	// SQLite ends some failed transactions itself, and then refuses this. A new one tells whether it did so.
	if _, err := s.writer.exec(ctx, "BEGIN"); err != nil {
		return false
	}
	_, err := s.writer.exec(ctx, rollback)
	return err == nil
}
