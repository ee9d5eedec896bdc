package proof_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver of PostgreSQL
	_ "modernc.org/sqlite"             // registers the driver of SQLite

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// database is the store of one test, seen without us.
type database struct {
	url            string
	driver, source string
	// replicas is how many servers may use it at once.
	replicas int
}

// engine is one on which every test here runs.
type engine struct {
	name string
	// replicas is how many servers may use it at once.
	replicas int
}

// engines are all of them. The test runs beside all others.
func engines(t *testing.T) []engine {
	t.Helper()
	t.Parallel()
	return []engine{{"sqlite", 1}, {"postgres", 2}}
}

// open makes an empty database. The test runs beside all others from then on.
func (e engine) open(t *testing.T) *database {
	t.Helper()
	t.Parallel()
	if e.name == "postgres" {
		url := pgcluster.Database(t)
		return &database{url: url, driver: "pgx", source: url, replicas: e.replicas}
	}
	path := filepath.Join(t.TempDir(), "tillgate.db")
	return &database{url: "sqlite:" + path, driver: "sqlite", source: path, replicas: e.replicas}
}

func (db *database) sqlite() bool { return db.driver == "sqlite" }

// open opens the database beside the server, which must be dead where it is SQLite.
func (db *database) open(t *testing.T) *sql.DB {
	t.Helper()
	opened, err := sql.Open(db.driver, db.source)
	if err != nil {
		t.Fatal(err)
	}
	opened.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = opened.Close() })
	return opened
}

// change makes a change that no server makes: its words for SQLite, and for PostgreSQL.
func (db *database) change(t *testing.T, sqlite, postgres string) {
	t.Helper()
	opened := db.open(t)
	defer opened.Close() //nolint:errcheck // What was to be done is done.
	statement := postgres
	if db.sqlite() {
		statement = sqlite
	}
	if _, err := opened.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// passLease lets the leases of all operations be over, as they are some seconds after a crash.
func (db *database) passLease(t *testing.T) {
	t.Helper()
	db.change(t, "UPDATE operations SET due_time = due_time - 3600000000 WHERE state IN (1, 4)",
		"UPDATE operations SET due_time = due_time - interval '1 hour' WHERE state IN (1, 4)")
}

// lose takes all that is in the database away.
func (db *database) lose(t *testing.T) {
	t.Helper()
	if !db.sqlite() {
		db.change(t, "", "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
		return
	}
	files, err := filepath.Glob(db.source + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("the files of the database: %v, %v", files, err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

// row is what a test wants to know of an operation.
type row struct {
	ID, Caller, Method, Key string
	State                   store.State
	ObjectID                string
	Reason, Sends, LookUps  int
	// Cause is the key that Stripe saw for its last step; empty for what was made for a reference.
	Cause string
}

// rows are all operations, the oldest first.
func (db *database) rows(t *testing.T) []row {
	t.Helper()
	return query(t, db, `SELECT id, caller, method, idempotency_key, state, object_id, reason, sends, look_ups,
		stripe_key FROM operations ORDER BY begin_time, id`, func(r *row) []any {
		return []any{&r.ID, &r.Caller, &r.Method, &r.Key, &r.State, &r.ObjectID, &r.Reason, &r.Sends, &r.LookUps, &r.Cause}
	})
}

// event is one that is to be told.
type event struct{ ObjectID, Kind, Cause, OperationID string }

func (db *database) events(t *testing.T) []event {
	t.Helper()
	return query(t, db, `SELECT object_id, kind, cause, operation_id FROM events
		ORDER BY position, time, event_id`, func(e *event) []any {
		return []any{&e.ObjectID, &e.Kind, &e.Cause, &e.OperationID}
	})
}

func query[T any](t *testing.T, db *database, statement string, fields func(*T) []any) []T {
	t.Helper()
	opened := db.open(t)
	defer opened.Close() //nolint:errcheck // It was only read.
	found, err := opened.QueryContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close() //nolint:errcheck // Err says whether it was read to its end.
	var all []T
	for found.Next() {
		var one T
		if err := found.Scan(fields(&one)...); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// told is whether an event tells of what it did. Stripe tells nobody of a payment method that belongs to nobody.
func (r row) told() bool { return r.short() != "CreatePaymentMethod" }

// short is the name of an rpc without its service.
func (r row) short() string { return r.Method[strings.LastIndexByte(r.Method, '/')+1:] }
