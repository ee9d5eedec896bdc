package proof_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

var seeds = flag.Int("seeds", 0, "simulate so many histories, from -seed on; 0 is as many as fit a few seconds, or all with -full")

const (
	// simSteps is how many steps a history has.
	simSteps = 45
	// simWorkers is how many histories run at once. They wait for nothing but the processor.
	simWorkers = 2
	fewSeeds   = 150
	allSeeds   = 100_000
	replays    = 50
)

// F4: whatever callers do and whatever fails, in any order, no operation is done twice, none is lost, and nobody is told
// what is not true.
func TestF4_Simulation(t *testing.T) {
	t.Parallel()
	first, n := uint64(1), size(fewSeeds, allSeeds)
	if *seeds > 0 {
		n = *seeds
	}
	if *seed > 0 {
		first, n = *seed, max(*seeds, 1)
	}
	if *full {
		// A history makes much garbage and keeps little: a quarter of the time is saved where memory is used instead.
		before := debug.SetGCPercent(400)
		t.Cleanup(func() { debug.SetGCPercent(before) })
	}
	var next atomic.Uint64
	var mu sync.Mutex
	var met counts
	start := time.Now()
	t.Cleanup(func() { met.report(t, time.Since(start), n) })
	for worker := range simWorkers {
		t.Run(strconv.Itoa(worker), func(t *testing.T) {
			t.Parallel()
			s := newSimulator(t)
			for !t.Failed() {
				i := next.Add(1) - 1
				if i >= uint64(n) {
					return
				}
				h := s.run(t, first+i)
				mu.Lock()
				met.add(h.counts)
				mu.Unlock()
			}
		})
	}
}

// report says what was met. A simulation that simulates nothing proves nothing.
func (c *counts) report(t *testing.T, took time.Duration, seeds int) {
	t.Helper()
	summary, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f histories a second: %s", float64(c.Histories)/took.Seconds(), summary)
	for i, field := range c.fields() {
		if *field == 0 && seeds >= fewSeeds {
			t.Errorf("the count number %d of %s is 0: that was not simulated", i, summary)
		}
	}
}

// A failing seed is worth something only if it fails again.
func TestF4_ReplaysTheSame(t *testing.T) {
	t.Parallel()
	s := newSimulator(t)
	for i := range uint64(size(10, replays)) {
		if diff := cmp.Diff(inOrder(s.run(t, 1000+i).lines), inOrder(s.run(t, 1000+i).lines)); diff != "" {
			t.Fatalf("seed %d, first and second time:\n%s", 1000+i, diff)
		}
	}
}

// inOrder takes out of a trace what the scheduler decides and what changes nothing: which of several calls that waited for
// one flight wakes first, and whether one still hears its answer in the moment in which its server ends.
func inOrder(lines []string) []string {
	moment := func(line string) string {
		at, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		return at
	}
	ends := map[string]bool{}
	for _, line := range lines {
		ends[moment(line)] = ends[moment(line)] || strings.Contains(line, " ends at ")
	}
	lines = slices.DeleteFunc(lines, func(line string) bool {
		return strings.Contains(line, " hears ") && ends[moment(line)]
	})
	for start := 0; start < len(lines); {
		end := start
		for end < len(lines) && strings.Contains(lines[end], " hears ") && moment(lines[end]) == moment(lines[start]) {
			end++
		}
		slices.Sort(lines[start:end])
		start = max(end, start+1)
	}
	return lines
}

// simulator runs one history at a time, each on a copy of one empty store.
type simulator struct {
	dir   string
	empty []byte
	keys  *seal.Keys
}

func newSimulator(t *testing.T) *simulator {
	t.Helper()
	s := &simulator{dir: memoryDir(t)}
	var err error
	if s.keys, err = seal.NewKeys(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, "empty.db")
	// It remembers when it was closed, which must not be after the begin of a history.
	synctest.Test(t, func(t *testing.T) {
		made, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + path, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if err := made.Close(); err != nil {
			t.Fatal(err)
		}
	})
	if s.empty, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return s
}

// memoryDir is a directory in memory where there is one: a history must not wait for a disk.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "tillgate-simulation-") //nolint:usetesting // in memory
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// run runs the history of a seed.
func (s *simulator) run(t *testing.T, seed uint64) *history {
	t.Helper()
	path := filepath.Join(s.dir, "store.db")
	for _, old := range []string{path + "-wal", path + "-shm"} {
		if err := os.Remove(old); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, s.empty, 0o600); err != nil {
		t.Fatal(err)
	}
	var h *history
	defer func() {
		if value := recover(); value != nil {
			t.Fatalf("seed %d: %v\n%s\n%s\n%s", seed, value, stacks(), h.trace(), replay(seed))
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		h = newHistory(t, seed, s.dir, s.keys)
		for _, wrong := range h.live(simSteps) {
			t.Errorf("seed %d: %s", seed, wrong)
		}
		if t.Failed() {
			t.Logf("%s\n%s", h.trace(), replay(seed))
		}
	})
	return h
}

// stacks are those of all goroutines, the blocked ones of a history among them.
func stacks() []byte {
	all := make([]byte, 1<<20)
	return all[:runtime.Stack(all, true)]
}

// replay is the command that runs a history again.
func replay(seed uint64) string {
	return fmt.Sprintf("again: go test ./server/internal/proof -run F4_Simulation -seed %d -v", seed)
}
