package app_test

import (
	"flag"
	"log/slog"
	"os"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// together is how many tests run at once. Those that may mostly wait: for a back-off, a lease, the end of a server.
const together = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", together); err != nil {
			slog.Error("no flag of package testing", "error", err.Error())
			os.Exit(1)
		}
	}
	code := pgcluster.Run(m)
	removeBinary()
	os.Exit(code)
}
