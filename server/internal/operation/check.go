package operation

import (
	"context"
	"errors"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// Check is a question that a write hangs on and that only a read can answer, for example whether a payment has the
// currency that the request names. Do asks it, and not its caller, so that it comes after all that refuses a write
// without asking Stripe, and never before the answer of a write that is done.
type Check func(ctx context.Context) error

// run asks the checks, and wants as much time left afterwards as a write must have. The context ends when the answer is
// due.
func run(ctx context.Context, checks []Check) error {
	for _, check := range checks {
		if err := check(ctx); err != nil {
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				// It was a read that came too late; the write was not sent.
				return apierr.Unavailable(err, retryElsewhere)
			}
			return err
		}
	}
	if deadline, ok := ctx.Deadline(); ok && len(checks) > 0 && time.Until(deadline) < MinimumDeadline-answerMargin {
		return tooShort()
	}
	return nil
}
