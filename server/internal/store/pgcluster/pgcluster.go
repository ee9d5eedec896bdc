// Package pgcluster starts throw-away PostgreSQL clusters, durable like real ones, for tests and for nothing else: only
// test files may import it. A cluster ends with the process that started it, however that ends, and leaves nothing
// behind.
package pgcluster

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// shared is the one cluster of this process in which the databases of most tests stand, and the directory of all
// clusters.
var shared struct {
	mu      sync.Mutex
	home    *home
	cluster *Cluster
}

// databases numbers the databases.
var databases atomic.Int64

// Run runs the tests of a package that uses clusters, ends them and removes what they wrote. TestMain exits with what
// it returns.
func Run(m *testing.M) int {
	code := m.Run()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster != nil {
		shared.cluster.halt()
	}
	if shared.home != nil {
		shared.home.remove()
	}
	return code
}

// Database makes an empty database in the cluster that all tests of the process share, and returns its URL. It goes
// with the test. Where there is no PostgreSQL the test is skipped, but fails in CI.
func Database(tb testing.TB) string {
	tb.Helper()
	c := sharedCluster(tb)
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := c.execute(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("create a database: %v", err)
	}
	tb.Cleanup(func() {
		// The context of the test has ended by now.
		if err := c.execute(context.WithoutCancel(tb.Context()), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("drop the database: %v", err)
		}
	})
	return c.databaseURL(name)
}

// New starts a cluster that is the test's own, so that it may stop and change it.
func New(tb testing.TB) *Cluster {
	tb.Helper()
	c, err := sharedHome(tb).cluster()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.discard)
	return c
}

func sharedCluster(tb testing.TB) *Cluster {
	tb.Helper()
	h := sharedHome(tb)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster == nil {
		c, err := h.cluster()
		if err != nil {
			tb.Fatal(err)
		}
		shared.cluster = c
	}
	return shared.cluster
}

func sharedHome(tb testing.TB) *home {
	tb.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.home != nil {
		return shared.home
	}
	h, err := newHome(Binaries(tb))
	if err != nil {
		tb.Fatal(err)
	}
	shared.home = h
	return h
}

// Binaries is the directory of PostgreSQL's programs. Where there is none the test is skipped, but fails in CI.
func Binaries(tb testing.TB) string {
	tb.Helper()
	binaries, err := findBinaries(tb.Context())
	if err != nil {
		const hint = "%v: install it, with `apt-get install postgresql` or `brew install postgresql`"
		if os.Getenv("CI") == "true" {
			tb.Fatalf(hint, err)
		}
		tb.Skipf(hint, err)
	}
	return binaries
}

// execute runs a statement that no transaction may hold, as the superuser.
func (c *Cluster) execute(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // What was to be done is done.
	_, err = conn.Exec(ctx, statement)
	return err
}
