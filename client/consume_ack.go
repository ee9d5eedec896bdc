package client

import (
	"context"
	"slices"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	// ackDelay and ackBatch are how long, and for how many others, an acknowledgement waits.
	ackDelay = 100 * time.Millisecond
	ackBatch = 100
	// maxAcks is how many one call may carry.
	maxAcks = 1000
	// ackTimeout bounds one call; lastTimeout all those after the end.
	ackTimeout  = 10 * time.Second
	lastTimeout = 5 * time.Second
)

// done notes that an event is to be acknowledged. r is locked.
func (r *consumer) done(position int64) {
	r.acks = append(r.acks, position)
	signal(r.some)
	if len(r.acks) >= ackBatch {
		signal(r.full)
	}
}

func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// acknowledge acknowledges what is done, until the consumer ends.
func (r *consumer) acknowledge() {
	for {
		select {
		case <-r.some:
		case <-r.ctx.Done():
			return
		}
		timer := time.NewTimer(ackDelay)
		select {
		case <-timer.C:
		case <-r.full:
		case <-r.ctx.Done():
			timer.Stop()
			return // What is left is for flushLast.
		}
		timer.Stop()
		if err := r.flush(r.ctx); err != nil {
			r.fail(err)
			return
		}
	}
}

// flush acknowledges all that is done by now. Where that fails in a way that passes, it tries again until the context ends,
// whose error it returns then.
func (r *consumer) flush(ctx context.Context) error {
	for attempt := 1; ; {
		r.mu.Lock()
		positions := slices.Clone(r.acks[:min(len(r.acks), maxAcks)])
		r.mu.Unlock()
		if len(positions) == 0 {
			return nil
		}
		err := r.ack(ctx, positions)
		switch {
		case err == nil && len(positions) < maxAcks:
			return nil // What came meanwhile waits for others.
		case err == nil:
			attempt = 1
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case !r.client.resumable(err):
			return err
		}
		after, _ := RetryAfterOf(err)
		wait := after + fullJitter(backoffLimit(attempt))
		if r.client.onRetry != nil {
			r.client.onRetry(paymentsv1.EventService_AckEvents_FullMethodName, attempt, err, wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		attempt++
	}
}

// ack acknowledges the first of the positions that are done, which these are.
func (r *consumer) ack(ctx context.Context, positions []int64) error {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	_, err := r.client.Events.AckEvents(ctx, &paymentsv1.AckEventsRequest{Consumer: r.name, Positions: positions})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acks = slices.Delete(r.acks, 0, len(positions))
	for _, position := range positions {
		delete(r.open, position)
	}
	return nil
}

// flushLast acknowledges what is done when the consumer has ended. What it does not get through comes again.
func (r *consumer) flushLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTimeout)
	defer cancel()
	_ = r.flush(ctx)
}
