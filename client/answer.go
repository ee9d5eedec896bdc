package client

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	pending    = paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING
	inProgress = paymentsv1.ErrorReason_ERROR_REASON_OPERATION_IN_PROGRESS
)

// answer is what decides about repetition, of the error of one try.
type answer struct {
	err  error
	code codes.Code
	// reason is UNSPECIFIED where Tillgate did not answer: the connection broke, or something on the way refused.
	reason     paymentsv1.ErrorReason
	retryAfter time.Duration
	retryInfo  bool
}

func answerOf(err error) answer {
	a := answer{err: err, code: status.Code(err), reason: ReasonOf(err)}
	a.retryAfter, a.retryInfo = RetryAfterOf(err)
	return a
}

// repeatable is whether the same request may be sent again. What a rate limit refused is not: a write that comes again
// by itself would crowd out others, and its caller knows better whether it still matters; a read has RetryInfo to obey.
func (a answer) repeatable(k kind) bool {
	if k == kindOther {
		return false
	}
	switch a.code {
	case codes.Unavailable, codes.Aborted:
		return true
	case codes.ResourceExhausted:
		return k == kindRead && a.retryInfo
	case codes.Unknown:
		return k == kindKeyed && a.reason == pending
	default:
		return false
	}
}

// settles is whether Tillgate answered what became of the request, rather than of this try only.
func (a answer) settles() bool {
	if a.reason == paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return false
	}
	switch a.code {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound, codes.AlreadyExists, codes.OutOfRange:
		return true
	default:
		return a.reason == paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CONTRACT
	}
}
