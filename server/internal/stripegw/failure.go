package stripegw

import (
	"context"
	"errors"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// unavailableAfter is when a caller should ask again after Stripe could not be reached.
const unavailableAfter = time.Second

// SendError is why a Send has no answer of success. Its text names neither Stripe's words nor an address.
type SendError struct {
	// NothingSent is whether no byte of the request can have reached Stripe. False means that it is not known.
	NothingSent bool
	// Stripe is what Stripe answered; nil where no complete answer came. Its Field is empty.
	Stripe *apierr.StripeError
	// Answer is as much as came, without a body; its status is 0 where nothing came.
	Answer Answer

	cause error
	// kept is whether not even the transport got the request.
	kept bool
	// shouldRetry is Stripe's header of that name: `true`, `false` or nothing.
	shouldRetry string
	declined    declined
}

// Error is one of four constant sentences.
func (f *SendError) Error() string {
	switch {
	case f.Stripe != nil:
		return "Stripe refused the request"
	case f.NothingSent:
		return "the request was not sent to Stripe"
	case f.Answer.Status != 0:
		return "Stripe's answer could not be read"
	default:
		return "no answer from Stripe"
	}
}

// Unwrap returns the error of the transport, for errors.Is; nil where Stripe answered.
func (f *SendError) Unwrap() error { return f.cause }

// readError tells a caller how a read went wrong. ctx is the caller's: where it has ended, that is the reason.
func readError(ctx context.Context, err error, fields paramFields, subject apierr.Subject) error {
	var failure *SendError
	switch {
	case !errors.As(err, &failure):
		return err
	case failure.Stripe != nil:
		return apierr.FromStripe(fields.named(*failure.Stripe), subject)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED).WithCause(failure)
	case ctx.Err() != nil:
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_CANCELLED).WithCause(failure)
	default:
		return apierr.Unavailable(failure, unavailableAfter)
	}
}
