package app_test

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool" //nolint:depguard // The base does by itself what the store does for us.
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// inserter keeps an event.
type inserter func(ctx context.Context, event stripe.Event, body []byte) error

const plainTable = `CREATE TABLE events (id text PRIMARY KEY, type text NOT NULL, created bigint NOT NULL, body `

// servePlainWebhooks takes webhooks in as stripe-go's examples have it.
func servePlainWebhooks(b *testing.B, insert inserter) (url string) {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		event, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), benchSecret)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if err := insert(r.Context(), event, body); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	b.Cleanup(server.Close)
	return server.URL
}

// sqliteInserter keeps events in a file that is as durable as ours.
func sqliteInserter(b *testing.B) inserter {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "plain.db")+
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // It takes one writer at a time: more of them wait for its lock.
	if _, err := db.ExecContext(b.Context(), plainTable+`blob NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	insert, err := db.PrepareContext(b.Context(), `INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	if err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, e stripe.Event, body []byte) error {
		_, err := insert.ExecContext(ctx, e.ID, string(e.Type), e.Created, body)
		return err
	}
}

func postgresInserter(b *testing.B) inserter {
	b.Helper()
	config, err := pgxpool.ParseConfig(pgcluster.Database(b))
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	if _, err := pool.Exec(b.Context(), plainTable+`bytea NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, e stripe.Event, body []byte) error {
		_, err := pool.Exec(ctx, `INSERT INTO events VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			e.ID, string(e.Type), e.Created, body)
		return err
	}
}
