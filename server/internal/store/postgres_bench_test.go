package store

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// BenchmarkPostgresLanes is why there are as many lanes as there are: how many times as many operations begin in a
// second with lanes that share commits as with a commit of its own for each, at the same time and on the same server.
func BenchmarkPostgresLanes(b *testing.B) {
	for _, concurrency := range []int{1, 16, 64} {
		for _, n := range []int{1, 2, 4, 8} {
			b.Run(fmt.Sprintf("c=%d/lanes=%d", concurrency, n), func(b *testing.B) {
				single, grouped := benchedPostgres(b, lanes+otherChanges, 1), benchedPostgres(b, n, maxBatch)
				var took [2]time.Duration
				round(b, single, concurrency)
				round(b, grouped, concurrency)
				b.ResetTimer()
				for b.Loop() {
					took[0] += round(b, single, concurrency)
					took[1] += round(b, grouped, concurrency)
				}
				b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "x-begins/s")
				b.ReportMetric(0, "ns/op") // of both together it says nothing
			})
		}
	}
}

func benchedPostgres(b *testing.B, n, batch int) *postgres {
	b.Helper()
	opened, err := Open(b.Context(), Config{URL: pgcluster.Database(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := opened.Close(); err != nil {
			b.Error(err)
		}
	})
	s := opened.(*postgres)
	s.group.lanes, s.group.batch = n, batch
	return s
}

// round begins operations of the usual size, and says how long that took.
func round(b *testing.B, s *postgres, concurrency int) time.Duration {
	b.Helper()
	parameters := make([]byte, 3<<10)
	_, _ = rand.Read(parameters)
	begun := time.Now()
	var callers sync.WaitGroup
	for range concurrency {
		callers.Go(func() {
			for range 512 / concurrency {
				if _, _, err := s.Begin(b.Context(), Begin{
					ID: rand.Text(), Caller: "orders", Method: "CreatePayment", IdempotencyKey: rand.Text(),
					RequestHash: parameters[:33], Parameters: parameters, Token: []byte(rand.Text()), Lease: time.Minute,
				}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
	return time.Since(begun)
}
