package operation

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// Check is a question that a write hangs on and that only a read can answer, for example whether a payment has the
// currency that the request names. Do asks it, and not its caller, so that it comes after all that refuses a write
// without asking Stripe, and not at all where the key has an answer already.
type Check func(ctx context.Context) error

// maxCheckTime bounds what the checks of a write may take, so that it and its write end within the time that a stop waits.
const maxCheckTime = 3 * time.Second

// Look reads what a write acts on, for example a subscription, of which it depends what is sent, and refuses what the state
// of that does not allow. It is asked when a check is, but before the write is prepared, which it may read nil for.
type Look func(ctx context.Context) (on proto.Message, err error)

// read looks, as a check is run.
func (l Look) read(ctx context.Context) (on proto.Message, err error) {
	if l == nil {
		return nil, nil //nolint:nilnil // nothing is read
	}
	err = run(ctx, []Check{func(ctx context.Context) (err error) {
		on, err = l(ctx)
		return err
	}})
	return on, err
}

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
