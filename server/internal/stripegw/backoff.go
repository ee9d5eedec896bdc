package stripegw

import (
	"context"
	"time"
)

const (
	// defaultBackOff is the wait before the second send where Config says nothing, as in stripe-go.
	defaultBackOff = 500 * time.Millisecond
	// longestBackOff is the longest wait between two sends, as in stripe-go, also where Stripe or a proxy asks for more:
	// a caller is waiting.
	longestBackOff = 5 * time.Second
	// jitter is the greatest part that is taken off a wait, as in stripe-go.
	jitter = 0.25
	// longerBackOff is how much longer the wait is after a rate limit.
	longerBackOff = 2
)

// backOffAfter is how long to wait after the send number n, counted from 0.
func (g *Gateway) backOffAfter(last attempt, n int) time.Duration {
	wait := g.backOff << n
	if verdicts[last.met].longer {
		wait *= longerBackOff
	}
	wait = min(wait, longestBackOff)
	wait -= time.Duration(g.random() * jitter * float64(wait))
	if last.failure.Stripe != nil {
		wait = max(wait, min(last.failure.Stripe.RetryAfter, longestBackOff))
	}
	return wait
}

// pause waits before the next send. False means that ctx ended first: then nothing more is sent.
func (g *Gateway) pause(ctx context.Context, last attempt, n int) bool {
	timer := time.NewTimer(g.backOffAfter(last, n))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
