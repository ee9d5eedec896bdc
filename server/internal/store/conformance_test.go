package store_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

const (
	method = "/payments.v1.PaymentService/CreatePayment"
	lease  = time.Minute
	// over is a lease, or a delay, that has ended at once.
	over = -time.Second
	// patience is how long a test waits for what must come, and a beat how long it looks for what must not.
	patience, beat = 20 * time.Second, 200 * time.Millisecond
)

// TestMain leaves out what only a child does, unless this is one.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(childURL) == "" {
		without := "^TestChild$"
		if more := flag.Lookup("test.skip").Value.String(); more != "" {
			without += "|" + more
		}
		if err := flag.Set("test.skip", without); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(pgcluster.Run(m))
}

// engine is one of the two databases. The suite, all tests over engines, holds both to the contract of store.Store.
type engine struct {
	name string
	// url is that of a fresh, empty database; driver is how to look past the store into it.
	url    func(tb testing.TB) string
	driver string
	// poison makes the database refuse rows whose caller, and events whose kind, is `poison`.
	poison []string
	// sameTime sets all begin_times to one value.
	sameTime string
}

var engines = []engine{
	{
		name: "sqlite",
		url: func(tb testing.TB) string {
			tb.Helper()
			return "sqlite:" + filepath.Join(tb.TempDir(), "store.db")
		},
		driver: "sqlite",
		poison: []string{
			`CREATE TRIGGER poison_row BEFORE INSERT ON operations WHEN new.caller = 'poison'
				BEGIN SELECT RAISE(ABORT, 'poison'); END`,
			`CREATE TRIGGER poison_event BEFORE INSERT ON events WHEN new.kind = 'poison'
				BEGIN SELECT RAISE(ABORT, 'poison'); END`,
		},
		sameTime: `UPDATE operations SET begin_time = 1700000000000000`,
	},
	{
		name:   "postgres",
		url:    pgcluster.Database,
		driver: "pgx",
		poison: []string{
			`ALTER TABLE operations ADD CONSTRAINT poison_row CHECK (caller <> 'poison')`,
			`ALTER TABLE events ADD CONSTRAINT poison_event CHECK (kind <> 'poison')`,
		},
		sameTime: `UPDATE operations SET begin_time = '2023-11-14T22:13:20Z'`,
	},
}

// open opens a store until the end of the test.
func open(tb testing.TB, c store.Config) store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return s
}

// fresh opens a new database.
func (e engine) fresh(t *testing.T) store.Store {
	t.Helper()
	return open(t, store.Config{URL: e.url(t)})
}

// database looks into it, past the store.
func (e engine) database(t *testing.T, url string) *sql.DB {
	t.Helper()
	if e.driver == "sqlite" {
		url = "file:" + strings.TrimPrefix(url, "sqlite:") + "?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(e.driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// request is what is begun under an id, by a call that has it for its token.
func request(id string) store.Begin {
	return store.Begin{
		ID: id, Caller: "shop", Method: method, IdempotencyKey: "key-" + id, RequestHash: []byte("\x01hash of " + id),
		Parameters: []byte("sealed parameters of " + id), Token: []byte("token of " + id), Lease: lease,
	}
}

func begin(t *testing.T, s store.Store, b store.Begin) store.Operation {
	t.Helper()
	op, begun, err := s.Begin(t.Context(), b)
	if err != nil || !begun {
		t.Fatalf("Begin(%s) = %v, %v; want it begun", b.ID, begun, err)
	}
	return op
}

func get(t *testing.T, s store.Store, id string) store.Operation {
	t.Helper()
	op, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("Get(%s): %v", id, err)
	}
	return op
}

func claim(t *testing.T, s store.Store, limit int) []store.Operation {
	t.Helper()
	ops, err := s.Claim(t.Context(), lease, limit)
	if err != nil {
		t.Fatalf("Claim: %v", err)
	}
	return ops
}

func finish(t *testing.T, s store.Store, id string, attempt int64, state store.State) {
	t.Helper()
	must(t, s.Finish(t.Context(), store.Finish{ID: id, Attempt: attempt, State: state}))
}

func postpone(t *testing.T, s store.Store, id string, state store.State, after time.Duration) {
	t.Helper()
	must(t, s.Postpone(t.Context(), store.Postpone{ID: id, Attempt: get(t, s, id).Attempt, State: state, After: after}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// diff compares operations. A second may pass between two times that the same statement took.
func diff(got, want any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(time.Second),
		cmpopts.IgnoreFields(store.Operation{}, "Age"))
}

func ids(ops []store.Operation) []string {
	found := make([]string, len(ops))
	for i, op := range ops {
		found[i] = op.ID
	}
	return found
}

// eventually polls.
func eventually(t *testing.T, what string, arrived func() bool) {
	t.Helper()
	if !within(patience, arrived) {
		t.Fatalf("not in time: %s", what)
	}
}

func within(limit time.Duration, arrived func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !arrived() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("op_%03d", i)
	}
	return names
}
