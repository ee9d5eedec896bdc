package proof_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// Servers are killed again and again while callers pay through them, and Stripe loses answers: nobody is charged twice,
// no outcome is lost, nothing that anybody was told proves untrue, and within a minute after the last fault nothing is
// open.
func TestF1_KilledAtRandom(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			charges, kills, workers := size(150, 10_000), size(8, 500), 16
			if db.replicas > 1 {
				// What a dead server was at waits there until its lease is over: it takes more callers to keep it busy.
				workers = 64
			}
			drawn, s := lots(t), newStand(t, db, db.replicas)
			start := time.Now()
			for _, f := range []sandbox.Fault{
				{Kind: sandbox.FaultDropAfter, Method: http.MethodPost, Probability: 0.05},
				{Kind: sandbox.FaultDropBefore, Method: http.MethodPost, Probability: 0.02},
				{Kind: sandbox.Fault500After, Method: http.MethodPost, Probability: 0.01},
			} {
				s.stripe.breaks(t, f)
			}
			var killed atomic.Int64
			killers := startKillers(s, drawn, &killed)
			tr := newTrade(t, s, drawn, func(facts int) bool {
				return facts >= charges && killed.Load() >= int64(kills) || facts >= 20*charges || killers.failed()
			})
			over := make(chan struct{})
			go tr.run(t, workers, over)
			poll := time.NewTicker(20 * time.Millisecond)
			defer poll.Stop()
			for tr.wanted() && !isClosed(over) {
				<-poll.C
			}
			killers.stop(t)
			met := s.stripe.heal(t)
			healed := time.Now()
			s.servers[0].rests(t)
			resolved := time.Since(healed)
			select {
			case <-over:
			case <-time.After(longWait):
				t.Fatal("every operation has its outcome, and there are callers who have not heard of it")
			}
			tr.again(t, 16)
			b := s.closeBooks(t)
			tr.check(t, s, b)

			sends, lookUps := 0, 0
			for _, r := range b.rows {
				sends += r.Sends
			}
			for _, r := range s.stripe.requests(t) {
				if r.Method == http.MethodGet && (r.Path == intents || r.Path == refunds) {
					lookUps++
				}
			}
			t.Logf("%d facts, %d writes, %d left keys; %d kills, of them at crash points %v; Stripe's faults %v; %d sends more "+
				"than writes, %d look-ups in lists; last outcome %v after the last fault; took %v", len(tr.facts), len(b.rows),
				tr.left(), killed.Load(), killers.points(), met, sends-len(b.rows), lookUps, resolved.Round(time.Millisecond),
				time.Since(start).Round(time.Millisecond))
		})
	}
}

// killers are one for each server.
type killers struct {
	all   []*killer
	end   chan struct{}
	under sync.WaitGroup
	over  chan struct{}
}

func startKillers(s *stand, lots *rand.Rand, kills *atomic.Int64) *killers {
	ks := &killers{end: make(chan struct{}), over: make(chan struct{})}
	for _, server := range s.servers {
		k := &killer{stand: s, server: server, lots: rand.New(rand.NewPCG(lots.Uint64(), lots.Uint64())), kills: kills}
		ks.all = append(ks.all, k)
		ks.under.Go(func() { k.run(ks.end) })
	}
	go func() {
		ks.under.Wait()
		close(ks.over)
	}()
	return ks
}

// failed is whether they ended before they were told to.
func (ks *killers) failed() bool { return isClosed(ks.over) }

// stop ends the killing; all servers run afterwards.
func (ks *killers) stop(t *testing.T) {
	t.Helper()
	close(ks.end)
	<-ks.over
	for _, k := range ks.all {
		if k.err != nil {
			t.Fatal(k.err)
		}
	}
}

// points are the crash points at which servers died.
func (ks *killers) points() map[string]int {
	all := map[string]int{}
	for _, k := range ks.all {
		for _, point := range slices.Sorted(maps.Keys(k.points)) {
			all[point] += k.points[point]
		}
	}
	return all
}
