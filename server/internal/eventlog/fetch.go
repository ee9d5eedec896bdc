package eventlog

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// lastPause is how long nothing is asked of Stripe at most after it could not answer, doubling from RetryAfter.
const lastPause = time.Minute

// pacer keeps what we ask of Stripe in the background to a share of its budget, and stands back while it has no
// answers. One is shared by all that reads in the background.
type pacer struct {
	limiter *rate.Limiter
	first   time.Duration

	mu    sync.Mutex
	pause time.Duration
	until time.Time
}

func newPacer(limit rate.Limit, first time.Duration) *pacer {
	return &pacer{limiter: rate.NewLimiter(limit, max(1, int(min(limit, 1000)))), first: first}
}

// errPaused is why nothing was asked: Stripe had no answers a moment ago.
var errPaused = errors.New("stripe had no answer a moment ago")

// do asks Stripe for something when there is room for it; errPaused where it should not be asked now.
func (p *pacer) do(ctx context.Context, ask func(ctx context.Context) error) error {
	if p.left() > 0 {
		return errPaused
	}
	if err := p.limiter.Wait(ctx); err != nil {
		return err
	}
	err := ask(ctx)
	p.heard(ctx, err)
	return err
}

// heard makes the next one wait after Stripe could not answer.
func (p *pacer) heard(ctx context.Context, err error) {
	if err != nil && ctx.Err() != nil {
		return // It was cut from here.
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !unanswered(err) {
		p.pause = 0
		return
	}
	if now := time.Now(); now.After(p.until) { // Of several that failed together one counts.
		p.pause = min(max(2*p.pause, p.first), lastPause)
		p.until = now.Add(p.pause)
	}
}

// left is how long nothing is to be asked.
func (p *pacer) left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, time.Until(p.until))
}

// wait is left with a little more, at random, so that those who wait do not come back together.
func (p *pacer) wait() time.Duration {
	left := max(p.left(), p.first)
	return left + time.Duration(rand.Float64()*float64(left)) //nolint:gosec // not a secret: it spreads waits
}

// unanswered is whether Stripe is what failed: it can not be reached, it has had enough, or does not take our key now.
// It is no fault of what was asked.
func unanswered(err error) bool {
	ours, ok := errors.AsType[*apierr.Error](err)
	if !ok || unreadable(err) {
		return errors.Is(err, errPaused)
	}
	switch ours.Reason {
	case paymentsv1.ErrorReason_ERROR_REASON_RATE_LIMITED, paymentsv1.ErrorReason_ERROR_REASON_LOCK_TIMEOUT,
		paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE, paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED,
		paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CREDENTIALS, paymentsv1.ErrorReason_ERROR_REASON_CANCELLED:
		return true
	default:
		return false
	}
}

// unreadable is whether Stripe answered with success, and with something that can not be read.
func unreadable(err error) bool {
	failure, ok := errors.AsType[*stripegw.SendError](err)
	return ok && failure.Stripe == nil && failure.Answer.Status/100 == 2
}

// gone is whether Stripe says that there is no such object.
func gone(err error) bool {
	ours, ok := errors.AsType[*apierr.Error](err)
	return ok && ours.Reason == paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING
}

// missingArgument is whether Stripe says that what was asked about does not exist.
func missingArgument(err error) bool {
	ours, ok := errors.AsType[*apierr.Error](err)
	return ok && ours.Reason == paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD
}
