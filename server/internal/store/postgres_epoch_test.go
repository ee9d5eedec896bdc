package store_test

import (
	"bytes"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// warned counts the lines that say that the log is another one.
type warned struct {
	mu  sync.Mutex
	log bytes.Buffer
}

func (w *warned) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(line)
}

func (w *warned) lines() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.log.String(), "begins a new epoch")
}

func head(t *testing.T, s store.Store) store.Head {
	t.Helper()
	h, err := s.Head(t.Context())
	if err != nil {
		t.Fatalf("Head: %v", err)
	}
	return h
}

// visit opens a store, lets it publish some events, and closes it. It returns the head and how often it warned.
func visit(t *testing.T, url string, events int) (store.Head, int) {
	t.Helper()
	var log warned
	s, err := store.Open(t.Context(), store.Config{URL: url, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, err)
	stop := sequence(t, s)
	begun := head(t, s).Position
	for i := range events {
		publish(t, s, "obj_1", int(begun)+i+1)
	}
	eventually(t, "all is numbered", func() bool { return head(t, s).Position == begun+int64(events) })
	stop()
	h := head(t, s)
	must(t, s.Close())
	return h, log.lines()
}

// databaseAt is the URL of another database in the same cluster.
func databaseAt(t *testing.T, at, name string) string {
	t.Helper()
	u, err := url.Parse(at)
	must(t, err)
	u.Path = "/" + name
	return u.String()
}

// run runs one of PostgreSQL's programs, and returns what it wrote.
func run(t *testing.T, input []byte, program string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(pgcluster.Binaries(t), program)
	if _, err := exec.LookPath(path); err != nil {
		const hint = "there is no %s: it comes with PostgreSQL's client"
		if os.Getenv("CI") == "true" {
			t.Fatalf(hint, program)
		}
		t.Skipf(hint, program)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	var out, errors bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &errors
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, errors.String())
	}
	return out.Bytes()
}

// A log that is not the one that it was says so by its epoch, once, with a warning. As long as it is the same, so is the
// epoch.
func TestE06_PostgresEpoch(t *testing.T) {
	t.Run("the same", func(t *testing.T) {
		url := pgcluster.Database(t)
		first, warnings := visit(t, url, 2)
		if first.Epoch == "" || first.Position != 2 || warnings != 0 {
			t.Errorf("a new log is %+v, with %d warnings", first, warnings)
		}
		if again, warnings := visit(t, url, 2); again.Epoch != first.Epoch || again.Position != 4 || warnings != 0 {
			t.Errorf("opened again, it is %+v, with %d warnings; it was %+v", again, warnings, first)
		}
	})
	cluster := pgcluster.New(t)
	t.Run("a copy", func(t *testing.T) {
		was, _ := visit(t, cluster.URL(), 2)
		// Nobody may be connected to what is copied.
		execute(t, engines[1].database(t, databaseAt(t, cluster.URL(), "template1")), `CREATE DATABASE copied TEMPLATE postgres`)
		wantNewEpoch(t, databaseAt(t, cluster.URL(), "copied"), was, 2)
		if again, warnings := visit(t, cluster.URL(), 1); again.Epoch != was.Epoch || warnings != 0 {
			t.Errorf("the original is %+v, with %d warnings", again, warnings)
		}
	})
	t.Run("a dump, restored elsewhere", func(t *testing.T) {
		url := pgcluster.Database(t)
		was, _ := visit(t, url, 2)
		dump := run(t, nil, "pg_dump", "--dbname", url)
		visit(t, url, 3)
		execute(t, engines[1].database(t, cluster.URL()), `CREATE DATABASE restored TEMPLATE template0`)
		restored := databaseAt(t, cluster.URL(), "restored")
		run(t, dump, "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", restored)
		wantNewEpoch(t, restored, was, 2)
	})
	t.Run("a dump, restored in place", func(t *testing.T) {
		url := pgcluster.Database(t)
		was, _ := visit(t, url, 2)
		dump := run(t, nil, "pg_dump", "--clean", "--dbname", url)
		visit(t, url, 3)
		run(t, dump, "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", url)
		wantNewEpoch(t, url, was, 2)
	})
}

// wantNewEpoch visits a log that was, twice.
func wantNewEpoch(t *testing.T, url string, was store.Head, position int64) {
	t.Helper()
	restored, warnings := visit(t, url, 1)
	if restored.Epoch == was.Epoch || restored.Epoch == "" || restored.Position != position+1 || warnings != 1 {
		t.Errorf("restored, it is %+v, with %d warnings; it was %+v", restored, warnings, was)
	}
	if again, warnings := visit(t, url, 1); again.Epoch != restored.Epoch || warnings != 0 {
		t.Errorf("opened again, it is %+v, with %d warnings; it was %+v", again, warnings, restored)
	}
}

// A standby that takes over while servers run begins a new epoch too, before it numbers anything: what it did not get from
// the old one is lost, and positions are given anew.
func TestE06_PostgresFailover(t *testing.T) {
	cluster := pgcluster.New(t)
	var log warned
	s := open(t, store.Config{URL: cluster.URL(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	sequence(t, s)
	r := &reader{store: s}
	publish(t, s, "obj_1", 1)
	r.read(t, 1)
	was := head(t, s)
	execute(t, engines[1].database(t, cluster.URL()), `CHECKPOINT`, `DO $$ BEGIN
		EXECUTE format('COPY (SELECT '''') TO %L', current_setting('data_directory') || '/standby.signal'); END $$`)
	cluster.Stop()
	must(t, cluster.Start())
	execute(t, engines[1].database(t, cluster.URL()), `SELECT pg_promote()`)
	eventually(t, "it can be written", func() bool { return publishing(t.Context(), s, "obj_1", 2) == nil })
	r.read(t, 2)
	if now := head(t, s); now.Epoch == was.Epoch || log.lines() != 1 {
		t.Errorf("it is %+v, with %d warnings; it was %+v", now, log.lines(), was)
	}
}

// A role with no rights but to its own tables is enough to tell.
func TestE06_PostgresPlainRole(t *testing.T) {
	cluster := pgcluster.New(t)
	execute(t, engines[1].database(t, cluster.URL()), `CREATE ROLE plain LOGIN PASSWORD 'plain'`,
		`GRANT CREATE ON SCHEMA public TO plain`)
	u, err := url.Parse(cluster.URL())
	must(t, err)
	u.User = url.UserPassword("plain", "plain")
	if h, warnings := visit(t, u.String(), 1); h.Epoch == "" || warnings != 0 {
		t.Errorf("the log is %+v, with %d warnings", h, warnings)
	}
}
