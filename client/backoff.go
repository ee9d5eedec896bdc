package client

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// backoffBase bounds the first wait where the server does not say how long to wait; each later bound is twice the
	// one before, up to backoffCap.
	backoffBase = 200 * time.Millisecond
	backoffCap  = 2 * time.Second
)

// backoffLimit bounds the wait after the attempt of this number, which begins at 1.
func backoffLimit(attempt int) time.Duration {
	limit := backoffBase
	for range attempt - 1 {
		if limit *= 2; limit >= backoffCap {
			return backoffCap
		}
	}
	return limit
}

// fullJitter returns a wait between 0 and the limit, each as likely as the others, so that callers whom one outage hit
// at the same time do not come back at the same time.
func fullJitter(limit time.Duration) time.Duration {
	return rand.N(limit + 1) //nolint:gosec // G404: it spreads load and protects nothing
}

// sleep waits, or returns the context's error once the context ends.
func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
