// Package apierr holds the one error type of the API, and the one table from Stripe's errors to ours. Nothing else
// makes a gRPC status. It does no I/O and knows neither stripe-go nor the transport: stripegw decodes what Stripe said
// into a StripeError, the errors interceptor asks Status for what goes over the wire.
package apierr

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Domain is that of every google.rpc.ErrorInfo.
const Domain = "payments.tillgate.dev"

// Error is what a call fails with. Message, Metadata and Details are for the caller; the cause is for the log, which
// takes chosen fields of it and never its text.
type Error struct {
	// Code follows from Reason.
	Code codes.Code
	// Reason is never UNSPECIFIED.
	Reason paymentsv1.ErrorReason
	// Message is a constant sentence: what varies stands in Metadata and Details.
	Message string
	// Metadata goes into ErrorInfo.
	Metadata map[string]string
	// Details are google.rpc messages and Decline, each type at most once.
	Details []proto.Message

	cause error
}

// New returns the error of a reason, with the code and the sentence that always come with it. A reason that the table
// does not have is a fault of ours, and becomes INTERNAL.
func New(reason paymentsv1.ErrorReason) *Error {
	row, ok := reasons[reason]
	if !ok {
		reason = paymentsv1.ErrorReason_ERROR_REASON_INTERNAL
		row = reasons[reason]
	}
	return &Error{Code: row.code, Reason: reason, Message: row.message}
}

// Error shows the reason and the sentence, never the cause.
func (e *Error) Error() string { return ShortReason(e.Reason) + ": " + e.Message }

// Unwrap returns the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.cause }

// WithCause sets what led to the error.
func (e *Error) WithCause(cause error) *Error {
	e.cause = cause
	return e
}

// WithMetadata adds an entry to ErrorInfo. An empty value adds nothing.
func (e *Error) WithMetadata(key, value string) *Error {
	if value == "" {
		return e
	}
	if e.Metadata == nil {
		e.Metadata = map[string]string{}
	}
	e.Metadata[key] = value
	return e
}

// WithRetry adds google.rpc.RetryInfo: when to ask again.
func (e *Error) WithRetry(after time.Duration) *Error {
	return e.WithDetail(&errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
}

// WithDetail adds a detail, in place of an earlier one of the same type.
func (e *Error) WithDetail(detail proto.Message) *Error {
	name := detail.ProtoReflect().Descriptor().FullName()
	e.Details = slices.DeleteFunc(e.Details, func(d proto.Message) bool {
		return d.ProtoReflect().Descriptor().FullName() == name
	})
	e.Details = append(e.Details, detail)
	return e
}

// clone copies the error as deep as it can be changed.
func (e *Error) clone() *Error {
	c := *e
	c.Metadata = maps.Clone(e.Metadata)
	c.Details = make([]proto.Message, len(e.Details))
	for i, d := range e.Details {
		c.Details[i] = proto.Clone(d)
	}
	return &c
}
