package store_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// commitsARound is how many commits each side makes before it is the other's turn, for each that goes on at once.
const commitsARound = 64

// BenchmarkCommit compares changes that share commits with changes that do not, in turn on the same machine: x-commits/s is
// how many times as many there are a second (more is better), x-p50 and x-p99 how many times as long one takes.
func BenchmarkCommit(b *testing.B) {
	for _, e := range engines {
		for _, concurrency := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/c=%d", e.name, concurrency), func(b *testing.B) {
				single := &commits{store: open(b, store.Single(store.Config{URL: e.url(b)}))}
				group := &commits{store: open(b, store.Config{URL: e.url(b)})}
				for _, side := range []*commits{single, group} {
					side.round(b, concurrency)
					side.took, side.latencies = 0, nil
				}
				rounds := 0
				for b.Loop() {
					single.round(b, concurrency)
					group.round(b, concurrency)
					rounds++
				}
				b.ReportMetric(float64(single.took)/float64(group.took), "x-commits/s")
				b.ReportMetric(group.percentile(0.50)/single.percentile(0.50), "x-p50")
				b.ReportMetric(group.percentile(0.99)/single.percentile(0.99), "x-p99")
				b.ReportMetric(float64(rounds*commitsARound*concurrency)/group.took.Seconds(), "commits/s")
				b.ReportMetric(0, "ns/op") // of both sides together it says nothing
			})
		}
	}
}

// commits is one side.
type commits struct {
	store     store.Store
	next      atomic.Int64
	took      time.Duration
	latencies []time.Duration
}

func (c *commits) round(b *testing.B, concurrency int) {
	b.Helper()
	parameters := make([]byte, 3<<10)
	latencies := make([][]time.Duration, concurrency)
	start := time.Now()
	var workers sync.WaitGroup
	for worker := range concurrency {
		workers.Go(func() {
			for range commitsARound {
				// Ids are hashes: they come in no order.
				n := c.next.Add(1)
				request := request(fmt.Sprintf("op_%08x_%d", uint32(n*2654435761), n))
				request.Parameters = parameters
				begun := time.Now()
				if _, _, err := c.store.Begin(b.Context(), request); err != nil {
					b.Error(err)
					return
				}
				latencies[worker] = append(latencies[worker], time.Since(begun))
			}
		})
	}
	workers.Wait()
	c.took += time.Since(start)
	c.latencies = append(c.latencies, slices.Concat(latencies...)...)
}

func (c *commits) percentile(p float64) float64 {
	slices.Sort(c.latencies)
	return float64(c.latencies[int(p*float64(len(c.latencies)-1))])
}
