package eventlog_test

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// full runs the benchmarks and long tests at the size of which figures are quoted.
var full = flag.Bool("full", false, "run at full size")

func TestMain(m *testing.M) { os.Exit(pgcluster.Run(m)) }

// engine is one of the two databases.
type engine struct {
	name string
	// url is that of an empty database of the test's own.
	url func(tb testing.TB) string
}

var engines = []engine{
	{name: "sqlite", url: func(tb testing.TB) string {
		tb.Helper()
		return "sqlite:" + filepath.Join(tb.TempDir(), "tillgate.db")
	}},
	{name: "postgres", url: pgcluster.Database},
}

// open opens a store on an empty database until the end of the test.
func (e engine) open(tb testing.TB) store.Store {
	tb.Helper()
	return openURL(tb, e.url(tb))
}

// openURL opens a store, which another one may have open as well where the engine allows it.
func openURL(tb testing.TB, url string) store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Config{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close the store: %v", err)
		}
	})
	return s
}
