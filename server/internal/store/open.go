package store

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// Config is what a Store needs.
type Config struct {
	// URL is `sqlite:PATH` or `postgres://...`.
	URL string
	// Logger hears of what an operator should know: migrations that were applied, settings that weaken what is durable.
	Logger *slog.Logger
	// Now is SQLite's clock. Default: time.Now. PostgreSQL has its own.
	Now func() time.Time
	// Crash is called at the named points of a change, so that a test can end the process there. Default: nothing.
	Crash func(point string)

	// single gives each change a commit of its own, so that a benchmark can tell what sharing is worth.
	single bool
}

// engine is one of the two databases.
type engine int

const (
	engineSQLite engine = iota + 1
	enginePostgres
)

// sqliteScheme stands before a path.
const sqliteScheme = "sqlite:"

// The URL may hold a password, so no error repeats it.
var errEngine = errors.New("the store is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST/DATABASE")

// Open opens the store that the URL names, brings its schema up to this build, and holds it until Close.
func Open(ctx context.Context, c Config) (Store, error) {
	c = c.withDefaults()
	kind, err := engineOf(c.URL)
	if err != nil {
		return nil, err
	}
	if kind == enginePostgres {
		return openPostgres(ctx, c)
	}
	return openSQLite(ctx, c)
}

func engineOf(url string) (engine, error) {
	switch {
	case strings.HasPrefix(url, sqliteScheme):
		return engineSQLite, nil
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return enginePostgres, nil
	}
	return 0, errEngine
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Crash == nil {
		c.Crash = func(string) {}
	}
	return c
}

// batch is how many changes may share a commit.
func (c Config) batch() int {
	if c.single {
		return 1
	}
	return maxBatch
}
