package proof_test

import (
	"flag"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

var (
	full = flag.Bool("full", false, "run the full sizes, which take minutes to hours")
	seed = flag.Uint64("seed", 0, "draw everything from this seed; 0 is another one each time")
)

// together is how many tests run at once. Most of the time they wait: for a lease, a lock, a process.
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

// lots returns the lots of a test, and says on failure how to draw them again.
func lots(t *testing.T) *rand.Rand {
	t.Helper()
	drawn := *seed
	if drawn == 0 {
		drawn = rand.Uint64()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the seed was %d: go test ./server/internal/proof -run '^%s$' -seed %d", drawn, t.Name(), drawn)
		}
	})
	return rand.New(rand.NewPCG(drawn, drawn))
}

// size is the full size of a test with -full, and the small one otherwise.
func size(small, large int) int {
	if *full {
		return large
	}
	return small
}

// drawn is size for what is drawn at random, of which the race detector sees a part.
func drawn(few, many int) int {
	n := size(few, many)
	if underRace && !*full {
		return n / 5
	}
	return n
}
