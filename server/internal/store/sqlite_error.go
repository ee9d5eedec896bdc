package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// errDamaged is what an operator reads when the file can not be trusted. Nothing is ever deleted or mended here.
var errDamaged = errors.New("the SQLite file is damaged, or is no SQLite file; nothing was changed: keep it, with the " +
	"files beside it, and start with a backup in its place")

// sqliteError tells failures of the store, which pass or are an operator's to mend, from mistakes of ours. It is not for
// COMMIT.
func sqliteError(err error) error {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok || errors.Is(err, ErrUnavailable) {
		return err
	}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w: %w", ErrUnavailable, errDamaged, err)
	}
	return err
}

// commitError is what a failed COMMIT means, once it was rolled back. Where the disk had no room for the log, the commit is
// surely not in it. After any other failure, that of the flush above all, it may be: nobody sees it now, but a server that
// starts after a crash may.
func commitError(err error) error {
	if failure, ok := errors.AsType[*sqlite.Error](err); ok {
		switch failure.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT:
			return sqliteError(err)
		}
	}
	return fmt.Errorf("%w: %w", ErrUncertain, err)
}
