package operation

import (
	"context"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// Check is a question that a write hangs on and that only a read can answer, for example whether a payment has the
// currency that the request names. Do asks it, and not its caller, so that it comes after all that refuses a write
// without asking Stripe, and not at all where the key has an answer already.
type Check func(ctx context.Context) error

// maxCheckTime bounds what the checks of a write may take, so that it and its write end within the time that a stop waits.
const maxCheckTime = 3 * time.Second

// run asks the checks, and wants as much time left afterwards as a write must have. The context ends when the answer is
// due.
func run(ctx context.Context, checks []Check) error {
	if len(checks) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, maxCheckTime)
	defer cancel()
	for _, check := range checks {
		err := check(limited)
		switch late := apierr.From(err).Reason == paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED; {
		case err == nil:
		case late && ctx.Err() == nil: // Stripe is slow, not the caller in a hurry
			return apierr.Unavailable(err, retrySoon)
		default:
			return err
		}
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < MinimumDeadline-answerMargin {
		return tooShort()
	}
	return nil
}
