package apierr

import (
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// storeRetry is when a store that restarts, or fails over, may be back.
const storeRetry = time.Second

// maxViolations bounds the status, which travels in a header: the usual limit is 8 KiB.
const maxViolations = 30

// InvalidField refuses one field, by its name in our request, for example `amount.minor_units`. The description never
// repeats the value.
func InvalidField(field, description string) *Error {
	return InvalidFields(&errdetails.BadRequest_FieldViolation{Field: field, Description: description})
}

// InvalidFields refuses several fields. More than 30 are counted in the metadata `more_violations`.
func InvalidFields(violations ...*errdetails.BadRequest_FieldViolation) *Error {
	e := New(paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD)
	if len(violations) == 0 {
		return e
	}
	if more := len(violations) - maxViolations; more > 0 {
		violations = violations[:maxViolations]
		e = e.WithMetadata("more_violations", strconv.Itoa(more))
	}
	return e.WithMetadata("field", violations[0].GetField()).
		WithDetail(&errdetails.BadRequest{FieldViolations: violations})
}

// KeyReused says that the idempotency key was used with another request.
func KeyReused() *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_REUSED).
		WithDetail(&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
			Field: "idempotency_key", Description: "was used with another request",
		}}})
}

// KeyExpired says that the idempotency key was used so long ago that what it did is forgotten.
func KeyExpired() *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_EXPIRED)
}

// InProgress says that a call with the same key is still running, or being recovered.
func InProgress(operationID string) *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_OPERATION_IN_PROGRESS).
		WithRetry(inProgressRetry).WithMetadata("operation_id", operationID)
}

// ResourceMissing says that the subject of the rpc does not exist.
func ResourceMissing(resourceType, id string) *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING).
		WithDetail(&errdetails.ResourceInfo{ResourceType: resourceType, ResourceName: id})
}

// Unavailable says that Stripe could not be reached: on a read, or on a write of which surely nothing was sent.
func Unavailable(cause error, after time.Duration) *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE).WithCause(cause).WithRetry(after)
}

// StoreUnavailable says that our own store could not be reached or written: on a read, or on a write that surely did not
// begin.
func StoreUnavailable(cause error) *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE).WithCause(cause).WithRetry(storeRetry)
}

// OutcomePending says that a write was sent and nobody knows yet what became of it.
func OutcomePending(operationID string, cause error) *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING).
		WithCause(cause).WithMetadata("operation_id", operationID)
}

// QuotaExceeded says whose limit was reached, and when to ask again. Nothing was done.
func QuotaExceeded(subject, description string, after time.Duration) *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_RATE_LIMITED).WithRetry(after).
		WithDetail(&errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{
			Subject: subject, Description: description,
		}}})
}

// ScopeMissing says which scope the caller lacks.
func ScopeMissing(scope paymentsv1.Scope) *Error {
	return New(paymentsv1.ErrorReason_ERROR_REASON_SCOPE_MISSING).WithMetadata("scope", ShortScope(scope))
}
