package store

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// pgFactClock is the latest time that the database's clock is known to have shown, and pgFactMark how far it had
	// come before it went back. Both only grow.
	pgFactClock, pgFactMark = "clock", "clock_mark"
	// pgFactTime writes times such that their order is that of their texts.
	pgFactTime = "2006-01-02T15:04:05.000000Z"
	// pgRemembering is how far the clock may get ahead of what is remembered of it.
	pgRemembering = time.Minute
)

// clockMemory is what the database remembers of its clock.
type clockMemory struct {
	mu         sync.Mutex
	latest     time.Time // the latest time seen
	remembered time.Time
	mark       time.Time // seen
	markKept   time.Time
}

// seen is an operation with its age, by the clock of the database when it was read.
func (s *postgres) seen(row pgRow) Operation {
	mark := s.clock.look(row.now)
	s.memory.mu.Lock()
	if row.now.After(s.memory.latest) {
		s.memory.latest = row.now
	}
	if mark.After(s.memory.mark) {
		s.memory.mark = mark
	}
	s.memory.mu.Unlock()
	row.op.Age = age(row.op.BeginTime, row.now, mark)
	return row.op
}

func (s *postgres) seenAll(rows []pgRow) []Operation {
	operations := make([]Operation, len(rows))
	for i, row := range rows {
		operations[i] = s.seen(row)
	}
	return operations
}

// recallClock begins with what the database knows of its clock, the time of its newest row for one.
func (s *postgres) recallClock(ctx context.Context) error {
	var newest *time.Time
	var remembered, mark string
	err := s.reads.QueryRow(ctx, `SELECT (SELECT max(begin_time) FROM operations WHERE NOT erased),
		coalesce((SELECT value FROM facts WHERE name = $1), ''), coalesce((SELECT value FROM facts WHERE name = $2), '')`,
		pgFactClock, pgFactMark).Scan(&newest, &remembered, &mark)
	if err != nil {
		return fmt.Errorf("recall the store's clock: %w", readError(err))
	}
	m := &s.memory
	for text, when := range map[string]*time.Time{remembered: &m.remembered, mark: &m.mark} {
		if text == "" {
			continue
		}
		if *when, err = time.Parse(pgFactTime, text); err != nil {
			return fmt.Errorf("recall the store's clock: %w", err)
		}
	}
	m.latest, m.markKept = m.remembered, m.mark
	if newest != nil && newest.After(m.latest) {
		m.latest = *newest
	}
	s.clock = newClock(m.latest, m.mark)
	return nil
}

// remember notes the clock after a claim, which recovery makes all the time, when it has gone on by a minute, and at
// once if it has gone back. That it can not be noted now takes nothing from a claim that was made.
func (s *postgres) remember(ctx context.Context) {
	if err := s.rememberClock(ctx, pgRemembering); err != nil {
		s.logger.LogAttrs(ctx, slog.LevelWarn, "the store's clock can not be noted", slog.Any("error", err))
	}
}

// rememberClock notes how far the clock has come, if that is further ahead of what is noted, or a new mark.
func (s *postgres) rememberClock(ctx context.Context, ahead time.Duration) error {
	m := &s.memory
	m.mu.Lock()
	latest, mark := m.latest, m.mark
	due := latest.Sub(m.remembered) > ahead || mark.After(m.markKept)
	m.mu.Unlock()
	if !due {
		return nil
	}
	for name, when := range map[string]time.Time{pgFactClock: latest, pgFactMark: mark} {
		if when.IsZero() {
			continue
		}
		if _, err := s.alone(ctx, &pgChange{
			name: "clock", sql: `INSERT INTO facts AS f (name, value) VALUES ($1, $2) ON CONFLICT (name)
				DO UPDATE SET value = excluded.value WHERE f.value COLLATE "C" < excluded.value`,
			args: []any{name, when.UTC().Format(pgFactTime)},
		}); err != nil {
			return err
		}
	}
	m.mu.Lock()
	m.remembered, m.markKept = latest, mark
	m.mu.Unlock()
	return nil
}
