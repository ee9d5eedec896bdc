package proof_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Every reader sees every event once, in the order of the log, however often it breaks off.
func TestF7_StreamsHaveNoGap(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			s := newStand(t, e.open(t), 1)
			server, lots := s.servers[0], lots(t)
			server.serve(t)
			events, many := size(1_000, 1_000_000), size(4, 20)

			ctx, stop := context.WithCancel(t.Context())
			var reading sync.WaitGroup
			var readers []*reader
			for range many {
				r := newReader(lots, size(200, 50_000), server.listens(t))
				readers = append(readers, r)
				reading.Go(func() { r.run(ctx) })
			}
			began := time.Now()
			offer(t, server, events, 2_000)
			offered := time.Since(began)
			awaitAll(t, readers, events)
			stop()
			reading.Wait()
			agree(t, readers)
			for _, r := range readers[:1] {
				p50, p99 := r.percentiles()
				t.Logf("%d events to %d readers; offered in %v; the first reader: %d streams, from commit to reader p50 %v, p99 %v",
					events, many, offered, r.streams, p50, p99)
			}
		})
	}
}

// offer sends events at a rate a second, as far as the server takes them.
func offer(t *testing.T, s *server, events, rate int) {
	t.Helper()
	const side = 32
	p := newPoster(side)
	turn := make(chan int, side)
	var posting sync.WaitGroup
	for range side {
		posting.Go(func() {
			for number := range turn {
				for e := tells(number); !p.post(t.Context(), s, e) && t.Context().Err() == nil; {
					<-time.After(5 * time.Millisecond)
				}
			}
		})
	}
	began := time.Now()
	for number := range events {
		if due := began.Add(time.Duration(number) * time.Second / time.Duration(rate)); number%50 == 0 {
			<-time.After(time.Until(due))
		}
		turn <- number
	}
	close(turn)
	posting.Wait()
}

// awaitAll waits until every reader has seen so many events, for as long as they go on.
func awaitAll(t *testing.T, readers []*reader, events int) {
	t.Helper()
	last, since := -1, time.Now()
	for {
		seen, behind := 0, false
		for _, r := range readers {
			if err := r.failed(); err != nil {
				t.Fatal(err)
			}
			seen += r.count()
			behind = behind || r.count() < events
		}
		switch {
		case !behind:
			return
		case seen != last:
			last, since = seen, time.Now()
		case time.Since(since) > longWait:
			t.Fatalf("nothing has come for %v: the readers have %d events of %d each", longWait, seen, events)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// agree holds readers to one log.
func agree(t *testing.T, readers []*reader) {
	t.Helper()
	for i, r := range readers {
		if err := r.failed(); err != nil {
			t.Errorf("reader %d: %v", i, err)
		}
		if !slices.Equal(r.seen, readers[0].seen) {
			t.Errorf("reader %d has seen another log than the first one", i)
		}
	}
}

// Three servers share one database, and one is killed again and again: who reads sees no gap and no step back, and who
// pays is charged once.
func TestF7_ThreeServersOneKilled(t *testing.T) {
	for _, e := range engines(t) {
		if e.replicas == 1 {
			continue // It is for one process.
		}
		t.Run(e.name, func(t *testing.T) {
			s := newStand(t, e.open(t), 3)
			lots := lots(t)
			var listeners []paymentsv1.EventServiceClient
			for _, server := range s.servers {
				server.serve(t)
				listeners = append(listeners, server.listens(t))
			}
			ctx, stop := context.WithCancel(t.Context())
			var reading sync.WaitGroup
			var readers []*reader
			for range 3 {
				r := newReader(lots, 100, listeners...)
				readers = append(readers, r)
				reading.Go(func() { r.run(ctx) })
			}
			kills, number := size(3, 60), 0
			p := newPoster(1)
			for range kills {
				victim := s.servers[lots.IntN(len(s.servers))]
				for range size(60, 500) {
					e := tells(number)
					number++
					for !p.post(ctx, s.servers[lots.IntN(len(s.servers))], e) {
						<-time.After(2 * time.Millisecond)
					}
				}
				victim.kill()
				for range 20 {
					e := tells(number)
					number++
					for !p.post(ctx, s.servers[lots.IntN(len(s.servers))], e) {
						<-time.After(2 * time.Millisecond)
					}
				}
				victim.serve(t)
			}
			awaitAll(t, readers, number)
			stop()
			reading.Wait()
			agree(t, readers)
			t.Logf("%d events, %d kills, %d streams of the first reader", number, kills, readers[0].streams)
		})
	}
}
