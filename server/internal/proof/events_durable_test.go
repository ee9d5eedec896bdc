package proof_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// Every event that was answered 200 is in the log, once, however often it was sent, in whatever order, and however often
// the server was killed meanwhile. W-01 and W-02 are the lives that end at a crash point after, and before, the commit.
func TestF5_EventsAreDurableBeforeTheAnswer(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			s := newStand(t, e.open(t), 1)
			server, lots := s.servers[0], lots(t)
			events, kills := size(300, 50_000), size(4, 200)

			// Each once, and up to three times more, in random order.
			var sends []int
			for number := range events {
				for range 1 + lots.IntN(4) {
					sends = append(sends, number)
				}
			}
			lots.Shuffle(len(sends), func(i, j int) { sends[i], sends[j] = sends[j], sends[i] })

			stop, killed := make(chan struct{}), make(chan struct{})
			var died atomic.Int64
			var killing error
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			drawn := rand.New(rand.NewPCG(lots.Uint64(), 1))
			go func() {
				defer close(killed)
				if killing = killWhileReceiving(server, drawn, &died, stop); killing != nil {
					giveUp()
				}
			}()
			const side = 16
			p := newPoster(side)
			turn := make(chan int)
			var posting sync.WaitGroup
			for range side {
				posting.Go(func() {
					for number := range turn {
						// Stripe sends again what was not taken.
						for e := tells(number); !p.post(ctx, server, e) && ctx.Err() == nil; {
							<-time.After(5 * time.Millisecond)
						}
					}
				})
			}
			for i, number := range sends {
				// The kills are spread over all of it.
				for int(died.Load()) < i*kills/len(sends) && !isClosed(killed) {
					<-time.After(5 * time.Millisecond)
				}
				turn <- number
			}
			close(turn)
			posting.Wait()
			close(stop)
			<-killed
			if killing != nil {
				t.Fatal(killing)
			}

			listener := server.listens(t)
			poll(t, "everything is published", func() bool {
				page, err := listener.ListDeadLetters(t.Context(), nil)
				return err == nil && len(page.GetDeadLetters()) == 0 && headOf(t, listener) >= int64(events)
			})
			all := logged(t, listener)
			dense(t, all)
			times := map[string]int{}
			for _, e := range all {
				times[e.GetStripeEventId()]++
			}
			for number := range events {
				if id := tells(number).id; times[id] != 1 {
					t.Errorf("%s was answered 200 and is in the log %d times", id, times[id])
				}
			}
			if len(all) != events {
				t.Errorf("the log has %d events of %d", len(all), events)
			}
			t.Logf("%d events in %d deliveries, %d kills", events, len(sends), died.Load())
		})
	}
}

// killWhileReceiving ends a server again and again, every other time at a crash point, and leaves it running in the end.
func killWhileReceiving(s *server, lots *rand.Rand, died *atomic.Int64, stop <-chan struct{}) error {
	var points []string
	for _, change := range []string{"receive", "ingest"} {
		points = append(points, change+".before_commit", change+".after_commit")
	}
	for _, point := range points {
		if !slices.Contains(store.LogCrashPoints(), point) {
			return errors.New("there is no crash point " + point)
		}
	}
	for !isClosed(stop) {
		more, last := map[string]string{}, time.Duration(100+lots.IntN(400))*time.Millisecond
		if lots.IntN(2) == 0 {
			more = crashAt(points[lots.IntN(len(points))])
		}
		if _, err := s.launch(more); err != nil && !errors.Is(err, errNotReady) {
			return err
		}
		select {
		case <-time.After(last):
		case <-s.over():
		case <-stop:
		}
		s.kill()
		if !s.killed() {
			return errors.New("the server ended by itself")
		}
		died.Add(1)
	}
	_, err := s.launch(nil)
	return err
}
