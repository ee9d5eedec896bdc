package store

import (
	"context"
	"time"
)

// Single is a Config with a commit for each change.
func Single(c Config) Config {
	c.single = true
	return c
}

// Pragma changes a setting of the connection that writes, as a full disk or one that may only be read would. Nothing may
// be under way.
func Pragma(ctx context.Context, s Store, pragma string) error {
	_, err := s.(*sqliteStore).writer.conn.ExecContext(ctx, "PRAGMA "+pragma)
	return err
}

// Explain is how SQLite answers a List.
func Explain(ctx context.Context, s Store, f Filter) (string, error) {
	where, args := conditions(f)
	var ignored any
	var detail string
	err := s.(*sqliteStore).readers.QueryRowContext(ctx, "EXPLAIN QUERY PLAN "+selectPage(f, where), append(args, 10)...).
		Scan(&ignored, &ignored, &ignored, &detail)
	return detail, err
}

// CheckVersion says whether a version of SQLite is new enough; CommitError what a failed commit means.
var (
	CheckVersion = checkVersion
	CommitError  = commitError
)

// Waiting is how many changes wait for their turn.
func Waiting(s Store) int {
	g := &s.(*sqliteStore).changes
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// Setting reads a setting of the connection that writes. Nothing may be under way.
func Setting(ctx context.Context, s Store, pragma string) (value string, err error) {
	err = s.(*sqliteStore).writer.conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&value)
	return value, err
}

// SequencerLock is the key of what the one holds who numbers events.
const SequencerLock = pgSequencerLock

// StandLimit sets how long those who wait to number events see that nobody does, before one of them takes the place.
func StandLimit(s Store, limit time.Duration) { s.(*postgres).log.standLimit = limit }

// NoteHead writes down how far the log has come, as happens every few seconds.
func NoteHead(s Store) { s.(*sqliteStore).noteHead() }

// Path is that of the database.
func Path(s Store) string { return s.(*sqliteStore).path }
