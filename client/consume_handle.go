package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	// againBase bounds the wait before the second try of a handler; each later bound is four times the one before, so that
	// what a handler needs has a minute to come back before an event is poison.
	againBase   = time.Second
	againFactor = 4
)

// consumer is one Consume.
type consumer struct {
	consumeSettings

	client *Client
	name   string
	handle func(context.Context, *paymentsv1.Event) error
	// ctx is that of all its parts, and cancel ends it.
	ctx    context.Context //nolint:containedctx // it is the life of the consumer, which is one call
	cancel context.CancelFunc
	// some says that there is something to acknowledge, and full that there is much.
	some, full chan struct{}
	handlers   sync.WaitGroup

	mu sync.Mutex
	// err is what the consumer ends with; nil where the caller's context has ended.
	err error
	// open are the events that were delivered and are not acknowledged, by position.
	open map[int64]*delivery
	// suspects are the positions that were open when the stream began: what is acknowledged since may come once more.
	suspects map[int64]bool
	// queue are those of open that wait for a handler, by position.
	queue []*delivery
	// busy are the objects with an event that is being handled, or waits for its next try.
	busy    map[string]bool
	running int
	// stopped is whether no other handler begins.
	stopped bool
	// acks are the positions that are handled and not acknowledged.
	acks []int64
}

// delivery is one event on its way through the handler, who may do to it what they like.
type delivery struct {
	event    *paymentsv1.Event
	position int64
	// object is what the event must keep its order for: where it has none, itself.
	object string
	tries  int
	// again is the wait for the next try.
	again *time.Timer
}

// reopen prepares for another stream, which delivers again what the server does not know to be acknowledged.
func (r *consumer) reopen() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.suspects = make(map[int64]bool, len(r.open))
	for position := range r.open {
		r.suspects[position] = true
	}
}

// take takes what the stream delivers.
func (r *consumer) take(resp *paymentsv1.StreamEventsResponse) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, event := range resp.GetEvents() {
		position := event.GetPosition()
		switch {
		case r.open[position] != nil:
			// It is being seen to already.
		case r.suspects[position]:
			r.done(position) // The acknowledgement crossed it.
		default:
			d := &delivery{
				event: event, position: position, object: cmp.Or(event.GetObjectId(), event.GetId()),
			}
			r.open[position] = d
			r.enqueue(d)
		}
	}
	r.dispatch()
	return true
}

// enqueue puts an event where it belongs. r is locked.
func (r *consumer) enqueue(d *delivery) {
	at, _ := slices.BinarySearchFunc(r.queue, d.position, func(in *delivery, position int64) int {
		return cmp.Compare(in.position, position)
	})
	r.queue = slices.Insert(r.queue, at, d)
}

// dispatch hands out as much as may be handled now. r is locked.
func (r *consumer) dispatch() {
	for i := 0; i < len(r.queue) && r.running < r.concurrency && !r.stopped && r.ctx.Err() == nil; {
		d := r.queue[i]
		if r.busy[d.object] {
			i++
			continue
		}
		r.queue = slices.Delete(r.queue, i, i+1)
		r.busy[d.object] = true
		r.running++
		r.handlers.Go(func() { r.try(d) })
	}
}

// try hands an event to the handler, once.
func (r *consumer) try(d *delivery) {
	d.tries++
	err := guard(func() error { return r.handle(r.ctx, d.event) })
	if err != nil && d.tries >= maxTries && r.ctx.Err() == nil {
		err = r.poisoned(d, err)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	switch {
	case err == nil:
		delete(r.busy, d.object)
		r.done(d.position)
	case r.ctx.Err() != nil:
		return
	case d.tries >= maxTries:
		r.failLocked(err)
		return
	default:
		d.again = time.AfterFunc(againIn(d.tries), func() { r.retry(d) })
	}
	r.dispatch()
}

// retry lets an event be handled again, and those behind it.
func (r *consumer) retry(d *delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, d.object)
	r.enqueue(d)
	r.dispatch()
}

// poisoned gives up on an event; nil is that somebody took it.
func (r *consumer) poisoned(d *delivery, err error) error {
	if r.onPoison != nil {
		refusal := guard(func() error { return r.onPoison(r.ctx, d.event, err) })
		if refusal == nil {
			return nil
		}
		err = fmt.Errorf("%w; OnPoison: %w", err, refusal)
	}
	return &PoisonError{Event: d.event, Err: err}
}

// guard runs a function of the caller's. If it does not return, that is an error too.
func guard(run func() error) (err error) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = errors.New("the handler ended its goroutine")
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("the handler panicked: %v\n%s", v, debug.Stack())
			}
		}()
		err = run()
	}()
	<-ended
	return err
}

// againIn is the wait after a try, from 1 on: between a half and all of its bound.
func againIn(tries int) time.Duration {
	limit := againBase
	for range tries - 1 {
		limit *= againFactor
	}
	return limit/2 + fullJitter(limit/2)
}

// fail ends the consumer with an error, the first one.
func (r *consumer) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failLocked(err)
}

func (r *consumer) failLocked(err error) {
	if r.ctx.Err() == nil {
		r.err = err
	}
	r.cancel()
}

// finish waits for the handlers that are under way; no other begins.
func (r *consumer) finish() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.handlers.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.open {
		if d.again != nil {
			d.again.Stop()
		}
	}
}
