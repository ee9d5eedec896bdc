package proof_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

// simAccount is the Stripe account of every history.
const simAccount = "acct_1OTillgateSimul8"

// history is one simulated life: machines come and go over one store and one Stripe, callers call, and all of it may
// fail. Everything in it follows from the seed: what is chosen comes from random, which only the goroutine of the history
// draws from; and how long each meeting with the store or with Stripe takes comes from a hash of what it is. No two things
// happen in the same nanosecond, so that they happen in the same order each time.
type history struct {
	t      *testing.T
	seed   uint64
	random *rand.Rand
	began  time.Time
	window time.Duration
	stripe *sandbox.Sandbox
	keys   *seal.Keys
	path   string
	store  store.Store

	// machines are those that live; all counts every one there was.
	machines []*machine
	all      int

	intents  []*intent
	payments []*simPayment
	refunds  []string
	calls    sync.WaitGroup

	mu sync.Mutex
	// The rest is shared with the goroutines of the machines.
	quiet       bool // only the trace is left out
	lines       []string
	wrong       []string
	counters    map[string]uint64
	due         map[string]time.Time
	operations  map[string]*simOperation
	byKey       map[string]*simOperation
	told        []*told
	storeFaults float64
	netFaults   float64
	underWay    int // exchanges with Stripe, of which a fault may have made some slow, and machines that stand still
	counts      counts
}

// counts are what histories met, so that a simulation that simulates nothing is found out.
type counts struct {
	Histories, Steps, Calls, Crashes, Freezes, Posts, Resends, LookUps, Begun, Anew, Fenced, Uncertain, Unknown, Resolved,
	Late int
}

func (c *counts) add(o counts) {
	for i, field := range c.fields() {
		*field += *o.fields()[i]
	}
}

func (c *counts) fields() []*int {
	return []*int{
		&c.Histories, &c.Steps, &c.Calls, &c.Crashes, &c.Freezes, &c.Posts, &c.Resends, &c.LookUps, &c.Begun, &c.Anew,
		&c.Fenced, &c.Uncertain, &c.Unknown, &c.Resolved, &c.Late,
	}
}

// simOperation is what the history saw of an operation, apart from what the store says.
type simOperation struct {
	id, caller, method, key string
	stripeKey               string
	hash                    string    // of the request that it began with last
	begunAt                 time.Time // last
	begun                   int
	flights, steps          int // writes with up to three sends, and with one
	sends                   int // requests that were handed to the transport
}

// newHistory begins a history on a copy of an empty store.
func newHistory(t *testing.T, seed uint64, dir string, keys *seal.Keys) *history {
	t.Helper()
	h := &history{
		t: t, seed: seed, random: rand.New(rand.NewPCG(seed, 4)), began: time.Now(), keys: keys,
		path: filepath.Join(dir, "store.db"), counters: map[string]uint64{}, due: map[string]time.Time{},
		operations: map[string]*simOperation{}, byKey: map[string]*simOperation{},
	}
	h.window = []time.Duration{time.Minute, time.Minute, 2 * time.Minute, 15 * time.Minute, 23 * time.Hour}[h.random.IntN(5)]
	h.stripe = sandbox.New(sandbox.Config{Now: time.Now, Account: simAccount, Seed: seed + 1})
	return h
}

// open opens the store.
func (h *history) open() {
	h.t.Helper()
	s, err := store.Open(h.t.Context(), store.Config{URL: "sqlite:" + h.path, Now: time.Now})
	if err != nil {
		h.t.Fatal(err)
	}
	h.store = s
}

// close closes the store.
func (h *history) close() {
	h.t.Helper()
	if err := h.store.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// live runs the history to its end and returns what broke.
func (h *history) live(steps int) []string {
	h.t.Helper()
	h.open()
	h.note("window %s", h.window)
	h.start()
	for range steps {
		h.counts.Steps++
		h.step()
		h.pass(time.Duration(h.random.IntN(int(1500 * time.Millisecond))))
		h.watch()
		if h.broken() {
			break
		}
	}
	if !h.broken() {
		h.settle()
	}
	h.stop()
	h.close()
	h.counts.Histories = 1
	return h.wrong
}

// stop ends every machine and waits until nothing of them is left.
func (h *history) stop() {
	for _, m := range h.machines {
		m.end()
	}
	h.machines = nil
	h.calls.Wait()
	// What is still on its way to Stripe arrives, and what waits for a clock sees that its machine is no more.
	h.pass(longestOnTheWay)
	synctest.Wait()
}

// pass lets time pass.
func (h *history) pass(d time.Duration) {
	// An odd number of nanoseconds: nothing else happens just then.
	<-time.After(d + time.Duration(h.random.IntN(1_000_000))*2 + 1)
	synctest.Wait()
}

// note adds a line to the trace.
func (h *history) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noteLocked(format, args...)
}

func (h *history) noteLocked(format string, args ...any) {
	if !h.quiet {
		h.lines = append(h.lines, fmt.Sprintf("%14.6f ", time.Since(h.began).Seconds())+fmt.Sprintf(format, args...))
	}
}

// breaks notes an invariant that does not hold.
func (h *history) breaks(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.breaksLocked(format, args...)
}

func (h *history) breaksLocked(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	h.wrong = append(h.wrong, line)
	h.noteLocked("BROKEN: %s", line)
}

func (h *history) broken() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.wrong) > 0
}

// trace is all that happened.
func (h *history) trace() string { return strings.Join(h.lines, "\n") }

// dice is a number from 0 to 1 that follows from the seed and from what it is for, and how often it was for that.
func (h *history) dice(purpose string) float64 {
	h.mu.Lock()
	h.counters[purpose]++
	n := h.counters[purpose]
	h.mu.Unlock()
	hash := uint64(14695981039346656037) ^ h.seed*0x9E3779B97F4A7C15
	for i := range len(purpose) {
		hash = (hash ^ uint64(purpose[i])) * 1099511628211
	}
	hash = (hash ^ n) * 1099511628211
	// The last bits of such a hash do not spread by themselves (murmur3's finalizer).
	hash ^= hash >> 33
	hash *= 0xff51afd7ed558ccd
	hash ^= hash >> 33
	hash *= 0xc4ceb9fe1a85ec53
	hash ^= hash >> 33
	return float64(hash>>11) / (1 << 53)
}

// latency is how long a meeting takes: mostly milliseconds, now and then seconds.
func (h *history) latency(purpose string) time.Duration {
	roll := h.dice("latency " + purpose)
	most := 4 * time.Millisecond
	if roll > 0.98 {
		roll, most = (roll-0.98)/0.02, 4*time.Second
	}
	return time.Microsecond + time.Duration(roll*float64(most))
}
