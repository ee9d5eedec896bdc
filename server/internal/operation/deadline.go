package operation

import (
	"context"
	"errors"
	"strconv"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// MinimumDeadline is what a caller must leave a write. Under it the outcome would nearly always stay unknown.
	MinimumDeadline = 500 * time.Millisecond
	// defaultDeadline is that of a caller who sends none.
	defaultDeadline = 30 * time.Second
	// answerMargin is kept back of a caller's deadline, so that it hears OUTCOME_PENDING with the operation's id from us
	// rather than a bare DEADLINE_EXCEEDED from its own side.
	answerMargin = 100 * time.Millisecond
)

// answerBy says until when a write may be waited for.
func answerBy(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return time.Time{}, err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Now().Add(defaultDeadline), nil
	}
	if time.Until(deadline) < MinimumDeadline {
		return time.Time{}, tooShort()
	}
	return deadline.Add(-answerMargin), nil
}

func tooShort() error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT).
		WithMetadata("minimum_ms", strconv.FormatInt(MinimumDeadline.Milliseconds(), 10))
}
