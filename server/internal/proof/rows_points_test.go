package proof_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/client"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/store"
)

// way is how a server comes to a crash point.
type way struct {
	// fault is what Stripe does to the first sends, if anything.
	fault sandbox.Fault
	// first is another crash point that the server dies at before: only what it left open leads to this one.
	first string
}

var (
	lost   = sandbox.Fault{Kind: sandbox.FaultDropBefore, Method: "POST", Count: 1}
	silent = sandbox.Fault{Kind: sandbox.FaultDropBefore, Method: "POST", Count: 3} // for as long as a caller waits
	broken = sandbox.Fault{Kind: sandbox.Fault500After, Method: "POST", Count: 1}
)

// ways lead to every crash point.
var ways = map[string]way{
	"begin.before_commit":    {},
	"begin.after_commit":     {},
	"send.before":            {},
	"send.after":             {},
	"finish.before_commit":   {},
	"finish.after_commit":    {},
	"resend.before":          {fault: lost},
	"hold.before_commit":     {fault: lost},
	"hold.after_commit":      {fault: lost},
	"postpone.before_commit": {fault: silent},
	"postpone.after_commit":  {fault: silent},
	"claim.before_commit":    {first: "send.before"},
	"claim.after_commit":     {first: "send.before"},
	// Only what takes several steps comes to these.
	"step.done":             {},
	"advance.before_commit": {},
	"advance.after_commit":  {},
	"step.next":             {},

	"recover.claimed": {first: "send.before"},
	"recover.sent":    {first: "send.after"},
	"recover.looked":  {first: "send.after", fault: broken},
}

func crashPoints() []string {
	return slices.Sorted(slices.Values(slices.Concat(operation.CrashPoints(), store.CrashPoints())))
}

// The server dies at each of its crash points, on each engine, in each rpc that changes something; the small size takes
// one rpc for each point. Its caller asks again until it knows, and then once more over another death: one effect, one
// answer.
func TestT05_CrashPoints(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(crashPoints(), slices.Sorted(maps.Keys(ways))); diff != "" {
		t.Fatalf("the crash points, and those that a way leads to (-points +ways):\n%s", diff)
	}
	for i, point := range crashPoints() {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			all := slices.DeleteFunc(jobs(), func(j job) bool { return !j.comesTo(point) })
			for j, job := range all {
				if !*full && j != i%len(all) {
					continue
				}
				t.Run(job.name, func(t *testing.T) {
					for _, e := range engines(t) {
						t.Run(e.name, func(t *testing.T) {
							testCrashPoint(t, e.open(t), point, job)
						})
					}
				})
			}
		})
	}
}

func testCrashPoint(t *testing.T, db *database, point string, job job) {
	t.Helper()
	s := newStand(t, db, 1)
	server, what := s.servers[0], job.prepare(t, s.stripe, firstKey)
	how := ways[point]
	if job.deletes {
		how.fault.Method = "DELETE"
	}
	if how.fault.Kind != "" {
		s.stripe.breaks(t, how.fault)
	}
	call := func() {
		what.ask(t.Context(), server.as(t, shop, client.WithMaxAttempts(1)))
		server.crashes(t)
		db.passLease(t)
	}
	if how.first != "" {
		server.crashing(t, how.first)
		call()
		server.crashing(t, point)
		server.crashes(t)
		db.passLease(t)
	} else {
		server.crashing(t, point)
		// A server may die at it before it is called.
		call()
	}
	server.serve(t)
	answer := succeeds(t, server.as(t, shop), what.ask)
	server.rests(t)
	server.kill()
	server.serve(t)
	staysSo(t, server.as(t, shop), what.ask, answer)
	b := s.closeBooks(t)
	what.check(t, answer)
	rows := b.rows
	if len(rows) != 1 || rows[0].State != store.Succeeded || rows[0].ObjectID != answer.id() {
		t.Fatalf("the operations are %+v, want one that succeeded", rows)
	}
	if rows[0].told() && (len(b.events) != 1 || b.events[0].ObjectID != answer.id()) {
		t.Errorf("the events are %+v, want one", b.events)
	}
}

// movements are those of our doing, in words.
func movements(t *testing.T, s *stripe) []string {
	t.Helper()
	var all []string
	for _, e := range s.ledger(t) {
		all = append(all, fmt.Sprintf("%s %d", e.Type, e.Amount))
	}
	return all
}
