package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	settleFact  = `INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING`
	selectFact  = `SELECT value FROM facts WHERE name = ?1`
	replaceFact = `UPDATE facts SET value = ?3 WHERE name = ?1 AND value = ?2`
	writeFact   = `INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	// A time only goes forward.
	raiseFact = writeFact + ` WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)`

	selectNewest = `SELECT max(begin_time) FROM operations WHERE erased = 0`

	// What the clock must know after a start, in microseconds: the latest time, and the mark.
	factClock, factClockMark = "clock", "clock_mark"
	factCheck                = "check"

	// rememberEvery is how far the clock may be ahead of what is remembered.
	rememberEvery = time.Minute
)

// Settle writes a fact once.
func (s *sqliteStore) Settle(ctx context.Context, name, value string) (string, error) {
	var stands string
	err := s.change(ctx, "settle", func(ctx context.Context, w *writer, _ time.Time) error {
		if _, err := w.exec(ctx, settleFact, name, value); err != nil {
			return err
		}
		return w.one(ctx, selectFact, []any{name}, &stands)
	})
	return stands, wrap("settle a fact", err)
}

// Replace writes a fact in place of another.
func (s *sqliteStore) Replace(ctx context.Context, name, old, value string) error {
	err := s.change(ctx, "replace", func(ctx context.Context, w *writer, _ time.Time) error {
		changed, err := w.exec(ctx, replaceFact, name, old, value)
		if err == nil && changed == 0 {
			err = ErrFenced
		}
		return err
	})
	return wrap("replace a fact", err)
}

// Check commits the time.
func (s *sqliteStore) Check(ctx context.Context) error {
	err := s.change(ctx, "check", func(ctx context.Context, w *writer, now time.Time) error {
		_, err := w.exec(ctx, writeFact, factCheck, formatMicros(now.UnixMicro()))
		return err
	})
	return wrap("check the store", err)
}

// readClock reads the latest time that is known from before. A row may be newer than what was remembered.
func (s *sqliteStore) readClock(ctx context.Context) (*clock, error) {
	latest, err := s.readTime(ctx, selectFact, factClock)
	if err != nil {
		return nil, err
	}
	newest, err := s.readTime(ctx, selectNewest)
	if err != nil {
		return nil, err
	}
	mark, err := s.readTime(ctx, selectFact, factClockMark)
	if err != nil {
		return nil, err
	}
	if newest.After(latest) {
		latest = newest
	}
	return newClock(latest, mark), nil
}

func (s *sqliteStore) readTime(ctx context.Context, query string, args ...any) (time.Time, error) {
	var value sql.Null[int64]
	err := s.readers.QueryRowContext(ctx, query, args...).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("read the time that the store remembers: %w", sqliteError(err))
	}
	return micros(value), nil
}

// clockNote is what stands of the clock in the database, in microseconds.
type clockNote struct{ latest, mark int64 }

// noteClock writes what the next start must know.
func (s *sqliteStore) noteClock(ctx context.Context, w *writer, now time.Time) (clockNote, error) {
	note := clockNote{latest: now.UnixMicro()}
	if _, err := w.exec(ctx, raiseFact, factClock, formatMicros(note.latest)); err != nil {
		return clockNote{}, err
	}
	if mark := s.clock.look(now); !mark.IsZero() {
		note.mark = mark.UnixMicro()
		if _, err := w.exec(ctx, raiseFact, factClockMark, formatMicros(note.mark)); err != nil {
			return clockNote{}, err
		}
	}
	return note, nil
}

// noteClockSometimes does so where a minute has passed, or the clock has gone back. It returns an empty note if it did not.
func (s *sqliteStore) noteClockSometimes(ctx context.Context, w *writer, now time.Time) (clockNote, error) {
	mark := s.clock.look(now)
	if now.UnixMicro()-s.noted.latest.Load() < rememberEvery.Microseconds() && mark.UnixMicro() <= s.noted.mark.Load() {
		return clockNote{}, nil
	}
	return s.noteClock(ctx, w, now)
}

// clockNoted is the note that is committed.
type clockNoted struct{ latest, mark atomic.Int64 }

// advance takes a note that was committed.
func (n *clockNoted) advance(note clockNote) {
	n.latest.Store(max(note.latest, n.latest.Load()))
	n.mark.Store(max(note.mark, n.mark.Load()))
}

func formatMicros(micros int64) string { return strconv.FormatInt(micros, 10) }
