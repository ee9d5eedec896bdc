package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3/database"
)

// sqliteFloor is the oldest SQLite that is good enough: older ones can damage a file in WAL mode when a write and a
// checkpoint meet (sqlite.org/wal.html, "The WAL-reset bug").
var sqliteFloor = [3]int{3, 51, 3}

// sqlitePath is the file that the URL names.
func sqlitePath(url string) (string, error) {
	path := strings.TrimPrefix(url, sqliteScheme)
	switch {
	case path == "":
		return "", errors.New("the store's sqlite: has no path behind it: sqlite:/var/lib/tillgate/tillgate.db")
	case strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "///"):
		return "", errors.New("the store is sqlite:PATH, without slashes before the path")
	case path == ":memory:":
		return "", errors.New("the store must outlive the process, so its path is never :memory: here")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the store's file: %w", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return "", fmt.Errorf("the directory of the store's file: %w", err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("the store's file %s is no regular file", path)
	}
	return path, nil
}

// createFile makes a file that only its owner may read, if there is none. SQLite gives those beside it the same rights. It
// returns the one path that the file has without links: two names would be two locks.
func createFile(path string) (string, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator chose the path
	if err != nil {
		return "", fmt.Errorf("open the store's file: %w", err)
	}
	if err := file.Close(); err != nil {
		return "", fmt.Errorf("open the store's file: %w", err)
	}
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("find the store's file: %w", err)
	}
	return path, nil
}

// lockFile takes the lock that tells processes apart. The system lets it go with the process, however that ends.
func lockFile(path string) (*flock.Flock, error) {
	lock := flock.New(path + ".lock")
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the store: %w", err)
	}
	if !held {
		return nil, fmt.Errorf("another process has %s open: SQLite is for one server; several need PostgreSQL", path)
	}
	return lock, nil
}

// inspect looks whether this SQLite and this file can be trusted.
func inspect(ctx context.Context, db *sql.DB) error {
	var version, found string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return sqliteError(err)
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return sqliteError(err)
	}
	if found != "ok" {
		return fmt.Errorf("%w (%s)", errDamaged, found)
	}
	return nil
}

func checkVersion(version string) error {
	var have [3]int
	for i, part := range strings.SplitN(version, ".", len(have)) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return fmt.Errorf("the version of SQLite is %q", version)
		}
		have[i] = n
	}
	for i, floor := range sqliteFloor {
		if have[i] > floor {
			return nil
		}
		if have[i] < floor {
			return fmt.Errorf("version %s of SQLite can damage its file; this build needs %d.%d.%d or newer", version,
				sqliteFloor[0], sqliteFloor[1], sqliteFloor[2])
		}
	}
	return nil
}

// migrateSQLiteFile is Migrate for a file. To look does not take the lock, so that a server may have it open, and does not
// make a file.
func migrateSQLiteFile(ctx context.Context, c Config, apply bool) ([]Migration, error) {
	path, err := sqlitePath(c.URL)
	if err != nil {
		return nil, err
	}
	if apply {
		store, err := openSQLite(ctx, c)
		if err != nil {
			return nil, err
		}
		if err := store.Close(); err != nil {
			return nil, err
		}
	}
	db, err := openReaders(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return knownMigrations(database.DialectSQLite3, db)
	}
	list, err := listMigrations(ctx, database.DialectSQLite3, db)
	return list, sqliteError(err)
}
