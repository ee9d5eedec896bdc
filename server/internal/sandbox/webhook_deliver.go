package sandbox

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// maxSending is how many webhooks are under way at once, to all endpoints together.
const maxSending = 16

// Deliver sends webhooks to the registered endpoints until the context ends, and returns when the last one is back. It
// is the only part of the sandbox that acts by itself: an event is sent as soon as it is emitted, a retry and what the
// clock brings about as soon as that is due. Only one of it may run at a time.
func (s *Sandbox) Deliver(ctx context.Context, client *http.Client) {
	client = unredirected(client)
	var sending sync.WaitGroup
	defer sending.Wait()
	room := make(chan struct{}, maxSending)
	for {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return
		}
		w := s.await(ctx)
		if w == nil {
			return
		}
		sending.Go(func() {
			defer func() { <-room }()
			s.send(ctx, client, w)
		})
	}
}

// DeliverDue sends what is due by now, one after another, and gives how many webhooks that were. It is Deliver for a
// test that wants no goroutine.
func (s *Sandbox) DeliverDue(ctx context.Context, client *http.Client) int {
	client = unredirected(client)
	var now time.Time
	s.locked(func() {
		now = s.now()
		s.catchUp(now)
	})
	for sent := 0; ; sent++ {
		var w *webhook
		s.locked(func() { w = s.nextWebhook(now) })
		if w == nil || !s.send(ctx, client, w) {
			return sent
		}
	}
}

// await gives the next webhook when it is due; nil means that the context has ended.
func (s *Sandbox) await(ctx context.Context) *webhook {
	for ctx.Err() == nil {
		var w *webhook
		var rest time.Duration
		s.locked(func() {
			now := s.now()
			s.catchUp(now)
			if w = s.nextWebhook(now); w == nil {
				rest = s.untilDue(now)
			}
		})
		if w != nil {
			return w
		}
		s.sleepUntilWoken(ctx, rest)
	}
	return nil
}

func (s *Sandbox) sleepUntilWoken(ctx context.Context, rest time.Duration) {
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.woken:
	case <-ctx.Done():
	}
}

// wake makes Deliver look again.
func (s *Sandbox) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it will look anyway
	}
}

// longestRest is how long Deliver sleeps when nothing is to come.
const longestRest = time.Hour

// untilDue is how long nothing will happen by itself: no webhook is due, and nothing on the agenda.
func (s *Sandbox) untilDue(now time.Time) time.Duration {
	rest := longestRest
	if at, waiting := s.world.outbox.next(s.webhooksAtOnce()); waiting {
		rest = min(rest, at.Sub(now))
	}
	if all := s.world.agendas[""]; len(all) > 0 {
		rest = min(rest, all[0].at.Sub(now))
	}
	return max(rest, time.Millisecond)
}

// send makes one try, and notes how it went. Where the context ended it, it counts as not made, and gives false.
func (s *Sandbox) send(ctx context.Context, client *http.Client, w *webhook) bool {
	status := w.post(ctx, client)
	if status == 0 && ctx.Err() != nil {
		s.locked(func() { s.world.outbox.back(w.outgoing, true) })
		return false
	}
	s.locked(func() {
		s.tried(w.outgoing, status)
		s.wake() // the endpoint has room again
	})
	return true
}
