package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// sqliteStore is the truth in a file that this process alone has open.
type sqliteStore struct {
	Config
	lifetime

	lock    *flock.Flock
	writing *sql.DB // of one connection
	readers *sql.DB
	changes group[*change]
	// What is read most often is prepared.
	get, getObject *sql.Stmt
	// path is where the file is, and file what was there at start.
	path string
	file os.FileInfo

	clock *clock
	noted clockNoted

	epoch    sqliteEpoch
	watchers sqliteWatchers

	// writer is of the commit that is under way. It is nil where the last one left it in doubt.
	writer *writer
}

// openSQLite takes the file, looks whether it can be trusted, and makes due at once what the last process left behind: it
// has ended, whatever the leases say.
func openSQLite(ctx context.Context, c Config) (_ Store, err error) {
	path, err := sqlitePath(c.URL)
	if err != nil {
		return nil, err
	}
	if path, err = createFile(path); err != nil {
		return nil, err
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	s := &sqliteStore{Config: c, lock: lock, path: path}
	if s.file, err = os.Stat(path); err != nil {
		return nil, fmt.Errorf("find the store's file: %w", err)
	}
	s.changes = group[*change]{commit: s.commit, lanes: 1, batch: c.batch()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.letGo())
		}
	}()
	if err := checkWAL(path + "-wal"); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if s.writing, err = openWriter(path); err != nil {
		return nil, err
	}
	if s.readers, err = openReaders(path); err != nil {
		return nil, err
	}
	if err := inspect(ctx, s.writing); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := migrateSQLite(ctx, s.writing, c.Logger); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, sqliteError(err))
	}
	if s.writer, err = newWriter(ctx, s.writing); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, sqliteError(err))
	}
	if s.get, err = s.readers.PrepareContext(ctx, selectOperation); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, sqliteError(err))
	}
	if s.getObject, err = s.readers.PrepareContext(ctx, selectObject); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, sqliteError(err))
	}
	if s.clock, err = s.readClock(ctx); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := s.openEpoch(ctx); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := s.takeOver(ctx); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

// now is the store's time, as it stands in rows.
func (s *sqliteStore) now() (now, mark time.Time) {
	now = s.Now().UTC().Truncate(time.Microsecond)
	return now, s.clock.look(now)
}

// Close waits for what is under way.
func (s *sqliteStore) Close() error {
	return s.end(func() error {
		// The next start must see whether the clock has gone back since.
		note := &change{name: "close", apply: func(ctx context.Context, w *writer, now time.Time) error {
			_, err := s.noteClock(ctx, w, now)
			return err
		}}
		s.commit([]*change{note})
		s.epoch.stop()
		s.noteHeadNow()
		return errors.Join(wrap("note the time", note.err), s.letGo())
	})
}

// letGo closes whatever is open. The last connection copies the log into the file.
func (s *sqliteStore) letGo() error {
	var errs []error
	for _, statement := range []*sql.Stmt{s.get, s.getObject} {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.writing != nil {
		errs = append(errs, s.writing.Close())
	}
	return errors.Join(append(errs, s.lock.Unlock())...)
}
