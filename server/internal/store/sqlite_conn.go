package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	// maxReaders is how many reads go on at once. More only wait for each other's processor.
	maxReaders = 4

	begin, commit, rollback = "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
	// A change that fails inside a batch takes back itself, and only itself.
	savepoint, release, rollbackTo = "SAVEPOINT change", "RELEASE change", "ROLLBACK TO change"
)

// durable are the settings of the writer without which a commit could be lost, as SQLite must repeat them.
var durable = []struct{ pragma, value string }{
	{"journal_mode", "wal"},
	{"synchronous", "2"}, // FULL: a commit is on disk before it is answered
	{"fullfsync", "1"},   // macOS: through the disk's own cache too
	{"checkpoint_fullfsync", "1"},
	{"foreign_keys", "1"},
	{"secure_delete", "2"}, // FAST: what is erased is overwritten where that costs no further write
}

// sqliteURL is how the driver is told of a file, which must exist.
func sqliteURL(path, mode string, pragmas ...string) string {
	query := url.Values{
		"mode":      {mode},
		"_dqs":      {"0"}, // "text" is a name, never a string
		"_error_rc": {"1"}, // the text of an error is that of its code, not of an earlier one
		"_pragma":   pragmas,
	}
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode(), OmitHost: true}
	return file.String()
}

// openWriter opens the one connection that writes.
func openWriter(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", sqliteURL(path, "rw",
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
		"foreign_keys(1)", "secure_delete(FAST)", "journal_size_limit(67108864)", "temp_store(MEMORY)"))
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// openReaders opens those that read. They see what is committed, and nothing else.
func openReaders(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", sqliteURL(path, "rw",
		"busy_timeout(5000)", "query_only(1)", "temp_store(MEMORY)"))
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	db.SetMaxOpenConns(maxReaders)
	db.SetMaxIdleConns(maxReaders)
	return db, nil
}

// writer is the one connection that writes, with its statements, which are prepared once. One commit at a time uses it. Its
// errors are SQLite's own: whoever uses it knows what they mean.
type writer struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

// newWriter takes the connection and sees that what it commits is durable.
func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, sqliteError(err)
	}
	for _, setting := range durable {
		var value string
		err := conn.QueryRowContext(ctx, "PRAGMA "+setting.pragma).Scan(&value)
		if err == nil && !strings.EqualFold(value, setting.value) {
			err = fmt.Errorf("it says %q and must say %q", value, setting.value)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("set SQLite's %s: %w", setting.pragma, err), conn.Close())
		}
	}
	return &writer{conn: conn, statements: map[string]*sql.Stmt{}}, nil
}

func (w *writer) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := w.statements[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	w.statements[query] = s
	return s, nil
}

// exec returns how many rows it changed.
func (w *writer) exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := w.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query returns what a query returns; whoever reads it closes it.
func (w *writer) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := w.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// rows returns the operations that a query returns.
func (w *writer) rows(ctx context.Context, query string, args ...any) ([]row, error) {
	found, err := w.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return scanRows(found)
}

// texts returns the column that a query returns.
func (w *writer) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	found, err := w.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return scanTexts(found)
}

// one scans the first row of a query; sql.ErrNoRows if there is none.
func (w *writer) one(ctx context.Context, query string, args []any, into ...any) error {
	s, err := w.statement(ctx, query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(ctx, args...).Scan(into...)
}

// close gives the connection back. Its statements go first: the driver must not be asked for them once it is closed.
func (w *writer) close() error {
	return errors.Join(w.closeStatements(), w.conn.Close())
}

// discard closes the connection, which rolls back whatever it was at.
func (w *writer) discard() {
	_ = w.closeStatements()
	// database/sql would keep the connection for the next one; this word makes it close it.
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
}

func (w *writer) closeStatements() error {
	var errs []error
	for _, s := range w.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
