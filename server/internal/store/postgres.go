package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// lanes is how many commits may be under way at once, each of a batch; see BenchmarkPostgresLanes.
	lanes = 4
	// otherChanges is how many connections there are for changes that go past the lanes: claims, erasing, facts.
	otherChanges = 4
	// logLanes is how many commits of deliveries, events and consumers may be under way at once, and otherLogChanges how many
	// connections there are for what goes past these lanes. A burst of webhooks takes none of an operation.
	logLanes, otherLogChanges = 2, 3
	// readers is how many connections there are for reads, which never take one of a change.
	readers = 8
)

// postgres is a Store in PostgreSQL. All reads go to the server that is written to: a standby lags, and an operation
// that it does not know yet would be begun twice. There is no read replica in the design.
type postgres struct {
	lifetime

	changes, logChanges, reads *pgxpool.Pool
	group, logGroup            *group[*pgChange]
	crash                      func(point string)
	logger                     *slog.Logger
	clock                      *clock
	memory                     clockMemory
	log                        *pgLog
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
	s := &postgres{crash: c.Crash, logger: c.Logger, log: newPgLog(config)}
	s.group = &group[*pgChange]{commit: s.commit, lanes: lanes, batch: c.batch()}
	s.logGroup = &group[*pgChange]{commit: s.commit, lanes: logLanes, batch: c.batch()}
	if c.single {
		s.group.lanes, s.logGroup.lanes = lanes+otherChanges, logLanes+otherLogChanges
	}
	for _, pool := range []struct {
		pool   **pgxpool.Pool
		config *pgxpool.Config
		size   int32
	}{
		{&s.changes, config, lanes + otherChanges},
		{&s.logChanges, logConfig(config), logLanes + otherLogChanges},
		{&s.reads, config, readers},
	} {
		if *pool.pool, err = newPool(ctx, pool.config, pool.size); err != nil {
			s.closePools()
			return nil, err
		}
	}
	if err := errors.Join(s.recallClock(ctx), s.checkEpoch(ctx)); err != nil {
		s.closePools()
		return nil, err
	}
	return s, nil
}

func (s *postgres) closePools() {
	for _, pool := range []*pgxpool.Pool{s.changes, s.logChanges, s.reads} {
		if pool != nil {
			pool.Close()
		}
	}
}

// Close implements Store.
func (s *postgres) Close() error {
	s.log.close()
	return s.end(func() error {
		// The next start must see whether the clock has gone back since.
		err := s.rememberClock(context.Background(), 0)
		s.closePools()
		return err
	})
}
