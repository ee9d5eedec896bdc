package store

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// lanes is how many commits may be under way at once, each of a batch; see BenchmarkPostgresLanes.
	lanes = 4
	// otherChanges is how many connections there are for changes that go past the lanes: claims, erasing, facts.
	otherChanges = 4
	// readers is how many connections there are for reads, which never take one of a change.
	readers = 8
)

// postgres is a Store in PostgreSQL. All reads go to the server that is written to: a standby lags, and an operation
// that it does not know yet would be begun twice. There is no read replica in the design.
type postgres struct {
	lifetime

	changes, reads *pgxpool.Pool
	group          *group[*pgChange]
	crash          func(point string)
	logger         *slog.Logger
	clock          *clock
	memory         clockMemory
}

var _ Store = (*postgres)(nil)

// openPostgres connects, looks whether the server keeps what it commits, and brings the schema up to this build.
func openPostgres(ctx context.Context, c Config) (Store, error) {
	config, err := parsePostgresURL(c.URL)
	if err != nil {
		return nil, err
	}
	if err := checkServer(ctx, config, c.Logger); err != nil {
		return nil, err
	}
	db := migrationDB(config)
	err = migratePostgres(ctx, db, c.Logger)
	if closeErr := db.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("migrate the store: %w", closeErr)
	}
	if err != nil {
		return nil, err
	}
	s := &postgres{crash: c.Crash, logger: c.Logger}
	s.group = &group[*pgChange]{commit: s.commit, lanes: lanes, batch: c.batch()}
	if c.single {
		s.group.lanes = lanes + otherChanges
	}
	if s.changes, err = newPool(ctx, config, lanes+otherChanges); err != nil {
		return nil, err
	}
	if s.reads, err = newPool(ctx, config, readers); err != nil {
		s.changes.Close()
		return nil, err
	}
	if err := s.recallClock(ctx); err != nil {
		s.reads.Close()
		s.changes.Close()
		return nil, err
	}
	return s, nil
}

// Close implements Store.
func (s *postgres) Close() error {
	return s.end(func() error {
		// The next start must see whether the clock has gone back since.
		err := s.rememberClock(context.Background(), 0)
		s.changes.Close()
		s.reads.Close()
		return err
	})
}
