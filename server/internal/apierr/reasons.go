package apierr

import (
	"strings"

	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// reasons says, for each reason of the contract, its code and its sentence. A code that generic middleware retries
// (UNAVAILABLE, ABORTED, RESOURCE_EXHAUSTED) stands only where the same request with the same key is safe to repeat and
// may end otherwise. UNKNOWN is OUTCOME_PENDING and nothing else.
var reasons = map[paymentsv1.ErrorReason]struct {
	code    codes.Code
	message string
}{
	paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD: {
		codes.InvalidArgument, "the request has a field that can not be accepted",
	},
	paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_REUSED: {
		codes.InvalidArgument, "the idempotency key was used with another request; use a new key for a new request",
	},
	paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_EXPIRED: {
		codes.FailedPrecondition, "the idempotency key is too old to know what it did; look the object up",
	},
	paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING: {
		codes.NotFound, "it does not exist",
	},
	paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_EXISTS: {
		codes.AlreadyExists, "it exists already",
	},
	paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE: {
		codes.FailedPrecondition, "the object's state does not allow this",
	},
	paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_METHOD_REQUIRED: {
		codes.FailedPrecondition, "there is nothing to charge; give a payment method",
	},
	paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED: {
		codes.FailedPrecondition, "the payment was declined",
	},
	paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED: {
		codes.FailedPrecondition, "the bank wants the customer to authenticate; bring them on session",
	},
	paymentsv1.ErrorReason_ERROR_REASON_OPERATION_IN_PROGRESS: {
		codes.Aborted, "a call with this idempotency key is still running; ask again with the same key",
	},
	paymentsv1.ErrorReason_ERROR_REASON_LOCK_TIMEOUT: {
		codes.Aborted, "another change of the same object was under way; ask again with the same key",
	},
	paymentsv1.ErrorReason_ERROR_REASON_RATE_LIMITED: {
		codes.ResourceExhausted, "a rate limit was reached; ask again later with the same key",
	},
	paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE: {
		codes.Unavailable, "Stripe can not be reached, and this call did nothing; ask again with the same key",
	},
	paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED: {
		codes.DeadlineExceeded, "the deadline passed before Stripe answered",
	},
	paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT: {
		codes.DeadlineExceeded, "the deadline is too short for a write; this call did nothing",
	},
	paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING: {
		codes.Unknown, "it was sent to Stripe and its outcome is not known; ask again with the same key, never with a new one",
	},
	paymentsv1.ErrorReason_ERROR_REASON_POSITION_EXPIRED: {
		codes.OutOfRange, "the position is older than the event log",
	},
	paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CREDENTIALS: {
		codes.Internal, "Tillgate's access to Stripe is not in order; the operator must act",
	},
	paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CONTRACT: {
		codes.Internal, "Stripe refused something that Tillgate got wrong; the operator must act",
	},
	paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID: {
		codes.Unauthenticated, "send the metadata authorization: Bearer TOKEN with a token that is known and has not expired",
	},
	paymentsv1.ErrorReason_ERROR_REASON_SCOPE_MISSING: {
		codes.PermissionDenied, "the caller lacks the scope that the rpc requires",
	},
	paymentsv1.ErrorReason_ERROR_REASON_NOT_IMPLEMENTED: {
		codes.Unimplemented, "there is no such rpc here",
	},
	paymentsv1.ErrorReason_ERROR_REASON_CANCELLED: {
		codes.Canceled, "the caller cancelled the call",
	},
	paymentsv1.ErrorReason_ERROR_REASON_INTERNAL: {
		codes.Internal, "something went wrong inside Tillgate; quote the request id to the operator",
	},
	paymentsv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE: {
		codes.Unavailable,
		"Tillgate's store can not be reached or written, and this call did nothing; ask again with the same key",
	},
	paymentsv1.ErrorReason_ERROR_REASON_UPGRADE_NOT_SECURED: {
		codes.FailedPrecondition,
		"something would be due at once, and Stripe can not hold the change back until it is paid; " +
			"make it at the period's end, or allow it unpaid",
	},
	paymentsv1.ErrorReason_ERROR_REASON_CHANGE_PENDING: {
		codes.FailedPrecondition, "an earlier change of plans waits for its payment; pay or void its invoice",
	},
	paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE: {
		codes.FailedPrecondition, "what the preview said does not hold any more; preview again",
	},
	paymentsv1.ErrorReason_ERROR_REASON_STREAM_ENDED: {
		codes.Unavailable, "the stream ended and can go on; open another with the resume token",
	},
	paymentsv1.ErrorReason_ERROR_REASON_CONSUMER_TAKEN_OVER: {
		codes.Aborted, "another stream has the consumer now, or it was moved or deleted",
	},
}

// methodDeclined is what PAYMENT_DECLINED says where nothing was to be paid: a method was to be saved, or attached.
const methodDeclined = "the payment method was declined"

// otherSentence returns the sentence if it is one that the reason may have in place of its usual one, else the usual one.
func otherSentence(reason paymentsv1.ErrorReason, sentence string) string {
	if reason == paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED && sentence == methodDeclined {
		return sentence
	}
	return reasons[reason].message
}

// ShortReason is a reason as ErrorInfo and the log have it: without the prefix of the enum.
func ShortReason(reason paymentsv1.ErrorReason) string {
	return strings.TrimPrefix(reason.String(), "ERROR_REASON_")
}

// ShortScope is a scope as the callers file, ErrorInfo and the log have it: without the prefix of the enum.
func ShortScope(scope paymentsv1.Scope) string {
	return strings.TrimPrefix(scope.String(), "SCOPE_")
}

// ParseScope reads a scope in its short form.
func ParseScope(short string) (paymentsv1.Scope, bool) {
	number, ok := paymentsv1.Scope_value["SCOPE_"+short]
	return paymentsv1.Scope(number), ok
}
