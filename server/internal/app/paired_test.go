package app_test

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// callsARound is how many calls each side makes before it is the other's turn: enough to be more than noise, few enough
// that both sides see the same machine.
const callsARound = 256

// side is one of two ways to do the same thing.
type side struct {
	call func() error
	// settle waits until what the calls of a round began has come to its end.
	settle func()

	took      time.Duration
	allocs    uint64
	latencies []time.Duration
}

// compareSides compares calls that have come to their end when they are answered.
func compareSides(b *testing.B, concurrency int, base, ours func() error) {
	b.Helper()
	compareTwo(b, concurrency, &side{call: base}, &side{call: ours})
}

// compareTwo runs two sides in turn and reports ours as ratios to the base, which is what can be compared between
// machines: calls/s (more is better), the medians and 99th percentiles of the latency (less is better), and the
// allocations of a call on each side, clients and stand-ins included.
func compareTwo(b *testing.B, concurrency int, base, ours *side) {
	b.Helper()
	sides := [2]*side{base, ours}
	for _, s := range sides {
		s.round(b, concurrency) // connections, caches
		s.took, s.allocs, s.latencies = 0, 0, nil
	}
	b.ResetTimer()
	rounds := 0
	for b.Loop() {
		for _, s := range sides {
			s.round(b, concurrency)
		}
		rounds++
	}
	direct, through := sides[0], sides[1]
	calls := float64(rounds * callsARound)
	b.ReportMetric(float64(direct.took)/float64(through.took), "x-calls/s")
	b.ReportMetric(calls/through.took.Seconds(), "calls/s")
	b.ReportMetric(through.percentile(0.50)/direct.percentile(0.50), "x-p50")
	b.ReportMetric(through.percentile(0.99)/direct.percentile(0.99), "x-p99")
	b.ReportMetric(float64(through.allocs)/calls, "allocs/call")
	b.ReportMetric(float64(direct.allocs)/calls, "base-allocs/call")
	b.ReportMetric(0, "ns/op") // of both sides together it says nothing
}

// round makes the calls of one round.
func (s *side) round(b *testing.B, concurrency int) {
	b.Helper()
	latencies := make([]time.Duration, callsARound)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			for i := next.Add(1); i <= callsARound; i = next.Add(1) {
				begun := time.Now()
				if err := s.call(); err != nil {
					failed.Store(&err)
					return
				}
				latencies[i-1] = time.Since(begun)
			}
		})
	}
	workers.Wait()
	if s.settle != nil && failed.Load() == nil {
		s.settle()
	}
	s.took += time.Since(start)
	runtime.ReadMemStats(&after)
	s.allocs += after.Mallocs - before.Mallocs
	s.latencies = append(s.latencies, latencies...)
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
}

func (s *side) percentile(p float64) float64 {
	slices.Sort(s.latencies)
	return float64(s.latencies[int(p*float64(len(s.latencies)-1))])
}
