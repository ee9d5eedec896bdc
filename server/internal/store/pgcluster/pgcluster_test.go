package pgcluster_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// childVariable makes this test process print the URL of a cluster and wait for its end.
const childVariable = "PGCLUSTER_TEST_CHILD"

func TestMain(m *testing.M) {
	os.Exit(pgcluster.Run(m))
}

func ask(t *testing.T, url, query string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	var answer string
	if err := conn.QueryRow(t.Context(), query).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// Each test has a database of its own, and what it commits is as durable as on a real server.
func TestDatabase(t *testing.T) {
	one, other := pgcluster.Database(t), pgcluster.Database(t)
	if one == other {
		t.Error("two tests would share a database")
	}
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if got := ask(t, one, "SHOW "+setting); got != "on" {
			t.Errorf("%s: got %s, want on", setting, got)
		}
	}
}

// A database that was used is given to the next test as if it were new, whatever is still connected to it.
func TestDatabaseIsUsedAgain(t *testing.T) {
	var used string
	t.Run("used", func(t *testing.T) {
		used = pgcluster.Database(t)
		conn, err := pgx.Connect(t.Context(), used)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{
			"CREATE TABLE left_behind (id int)",
			"ALTER DATABASE " + conn.Config().Database + " SET default_transaction_read_only = on",
			"BEGIN", "LOCK TABLE left_behind",
		} {
			if _, err := conn.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	})
	again := pgcluster.Database(t)
	if again != used {
		t.Errorf("got %s, want %s again", again, used)
	}
	if got := ask(t, again, "SELECT (to_regclass('left_behind') IS NULL)::text"); got != "true" {
		t.Error("the table of the test before is there")
	}
	if got := ask(t, again, "SHOW default_transaction_read_only"); got != "off" {
		t.Errorf("default_transaction_read_only: got %s, want off, as in a new one", got)
	}
	fresh := pgcluster.Database(t)
	rights := "SELECT nspowner::regrole::text || nspacl::text FROM pg_namespace WHERE nspname = 'public'"
	if got, want := ask(t, again, rights), ask(t, fresh, rights); got != want {
		t.Errorf("rights in public: got %s, want those of a new one: %s", got, want)
	}
}

// A cluster that was stopped like a crash keeps what was committed, at the same address.
func TestStopAndStart(t *testing.T) {
	c := pgcluster.New(t)
	ask(t, c.URL(), "SELECT lo_from_bytea(4711, 'it is there')::text")
	c.Stop()
	if conn, err := pgx.Connect(t.Context(), c.URL()); err == nil {
		_ = conn.Close(t.Context())
		t.Error("it still answers")
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, c.URL(), "SELECT convert_from(lo_get(4711), 'UTF8')"); got != "it is there" {
		t.Errorf("got %q", got)
	}
}

// A cluster ends with the process that started it, however that ends, and leaves no directory.
func TestKilled(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		c := pgcluster.New(t)
		if _, err := os.Stdout.WriteString(ask(t, c.URL(), "SHOW data_directory") + " " + c.URL() + "\n"); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	pgcluster.Database(t) // skips where there is no PostgreSQL
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), childVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 4096)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	directory, url, _ := strings.Cut(strings.TrimSpace(string(line[:n])), " ")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-poll.C {
		conn, dialErr := pgx.Connect(t.Context(), url)
		if dialErr == nil {
			_ = conn.Close(t.Context())
		}
		_, statErr := os.Stat(directory)
		if dialErr != nil && os.IsNotExist(statErr) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after the kill: dial says %v, stat says %v", dialErr, statErr)
		}
	}
}
