package store_test

import (
	"bytes"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// openRefused opens what can not be opened, and returns why not.
func openRefused(t *testing.T, url string) string {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err == nil {
		_ = s.Close()
		t.Fatal("it was opened")
	}
	return err.Error()
}

// There is no read replica: a look-up that lagged would begin an operation twice. A standby is refused, as is all else that
// is not what the store needs.
func TestM36_PostgresRefused(t *testing.T) {
	db := func(t *testing.T, statements ...string) string {
		t.Helper()
		url := pgcluster.Database(t)
		execute(t, engines[1].database(t, url), statements...)
		return url
	}
	for _, tt := range []struct {
		name string
		url  func(t *testing.T) string
		want string
	}{
		{"read-only database", func(t *testing.T) string {
			t.Helper()
			return db(t, `DO $$ BEGIN
				EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
		}, "may only be read"},
		{"newer schema", func(t *testing.T) string {
			t.Helper()
			url := pgcluster.Database(t)
			s := open(t, store.Config{URL: url})
			must(t, s.Close())
			execute(t, engines[1].database(t, url), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (4711, true)`)
			return url
		}, "4711"},
		{"standby", func(t *testing.T) string {
			t.Helper()
			c := pgcluster.New(t)
			execute(t, engines[1].database(t, c.URL()), `DO $$ BEGIN
				EXECUTE format('COPY (SELECT '''') TO %L', current_setting('data_directory') || '/standby.signal'); END $$`)
			c.Stop()
			must(t, c.Start())
			return c.URL()
		}, "standby"},
		{"nobody there", func(t *testing.T) string {
			t.Helper()
			c := pgcluster.New(t)
			c.Stop()
			return c.URL()
		}, store.ErrUnavailable.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := openRefused(t, tt.url(t)); !strings.Contains(got, tt.want) {
				t.Errorf("error is %q, want %q in it", got, tt.want)
			}
		})
	}
}

// The password stands in the URL, and nowhere else.
func TestPostgresPassword(t *testing.T) {
	const password = "canary_5f2c"
	u, err := url.Parse(pgcluster.Database(t))
	must(t, err)
	user := u.User.Username()
	u.User = url.UserPassword(user, password)
	wrong := u.String()
	for _, text := range []string{
		wrong,
		strings.Replace(wrong, "@", "%zz@", 1),
		strings.Replace(wrong, u.Port(), "not a port", 1),
		strings.Replace(wrong, u.Host, "[::1", 1),
		strings.Replace(wrong, u.Host, "127.0.0.1:1", 1),
		wrong + "&sslmode=nonsense",
		wrong + "&connect_timeout=nonsense",
		wrong + "&no_such_setting=1",
		"postgres://" + password + "@127.0.0.1:1/x?password=" + password + "%zz",
		"postgres://127.0.0.1:1/x?password=" + password,
		strings.Replace(wrong, "@", " @", 1),
	} {
		if got := openRefused(t, text); strings.Contains(got, password) {
			t.Errorf("the password stands in %q", strings.ReplaceAll(got, password, "***"))
		}
	}
	var log bytes.Buffer
	config := store.Config{URL: wrong, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	if _, err := store.Migrate(t.Context(), config, true); err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("Migrate: the password stands in the error, or there is none")
	}
	if strings.Contains(log.String(), password) {
		t.Error("the password stands in the log")
	}
}

// A server, a database or a role that is told to lose what it committed is overruled, or at least not used in silence.
func TestPostgresDurability(t *testing.T) {
	c := pgcluster.New(t)
	execute(t, engines[1].database(t, c.URL()), `ALTER SYSTEM SET fsync = off`, `ALTER SYSTEM SET full_page_writes = off`,
		`ALTER ROLE CURRENT_USER SET synchronous_commit = off`, `SELECT pg_reload_conf()`)
	eventually(t, "the settings are in force", func() bool {
		var fsync string
		must(t, engines[1].database(t, c.URL()).QueryRowContext(t.Context(), `SHOW fsync`).Scan(&fsync))
		return fsync == "off"
	})
	var log bytes.Buffer
	s := open(t, store.Config{URL: c.URL(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, word := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if !strings.Contains(log.String(), word) {
			t.Errorf("nothing is said of %s", word)
		}
	}
	// A clock that a transaction takes tells how it is committed.
	execute(t, engines[1].database(t, c.URL()), `CREATE OR REPLACE FUNCTION tillgate_now() RETURNS timestamptz LANGUAGE sql
		VOLATILE AS 'SELECT clock_timestamp()
			+ (current_setting(''synchronous_commit'') <> ''on'')::int * interval ''1 year'''`)
	if op := begin(t, s, request("op_1")); op.BeginTime.After(time.Now().Add(24 * time.Hour)) {
		t.Error("it was committed with synchronous_commit off")
	}
}
