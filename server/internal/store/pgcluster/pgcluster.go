// Package pgcluster starts throw-away PostgreSQL clusters, durable like real ones, for tests and for nothing else: only
// test files may import it. A cluster ends with the process that started it, however that ends, and leaves nothing
// behind.
package pgcluster

import (
	"context"
	"os"
	"sync"
	"testing"
)

// shared is the one cluster of this process in which the databases of most tests stand, and the directory of all
// clusters.
var shared struct {
	mu      sync.Mutex
	home    *home
	cluster *Cluster
}

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

// Database gives an empty database in the cluster that all tests of the process share, and returns its URL. It is the
// test's own for as long as that runs. Where there is no PostgreSQL the test is skipped, but fails in CI.
func Database(tb testing.TB) string {
	tb.Helper()
	c := sharedCluster(tb)
	name, err := c.database(tb.Context())
	if err != nil {
		tb.Fatalf("make a database: %v", err)
	}
	tb.Cleanup(func() {
		// The context of the test has ended by now.
		if err := c.giveBack(context.WithoutCancel(tb.Context()), name); err != nil {
			tb.Errorf("empty the database: %v", err)
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
