package apierr

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// From returns the Error of any error. What is not ours is known by what it is, never by its text, and the rest is
// INTERNAL. It never returns nil.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if e = fromValidation(err); e != nil {
		return e
	}
	switch {
	case errors.Is(err, context.Canceled):
		return New(paymentsv1.ErrorReason_ERROR_REASON_CANCELLED).WithCause(err)
	case errors.Is(err, context.DeadlineExceeded):
		return New(paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED).WithCause(err)
	}
	if s, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		switch s.GRPCStatus().Code() {
		case codes.Unimplemented: // of the generated code, for an rpc that the service does not have
			return New(paymentsv1.ErrorReason_ERROR_REASON_NOT_IMPLEMENTED)
		case codes.Canceled: // of grpc-go, for a stream whose caller left
			return New(paymentsv1.ErrorReason_ERROR_REASON_CANCELLED).WithCause(context.Canceled)
		case codes.DeadlineExceeded:
			return New(paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED).WithCause(context.DeadlineExceeded)
		default: // of something that is not ours
		}
	}
	return New(paymentsv1.ErrorReason_ERROR_REASON_INTERNAL).WithCause(err)
}

// Status returns what goes over the wire for any error: code, sentence, ErrorInfo, the error's own details, and
// RequestInfo with our request id.
func Status(err error, requestID string) *status.Status {
	e := From(err)
	details := make([]protoadapt.MessageV1, 0, 2+len(e.Details))
	details = append(details, &errdetails.ErrorInfo{Reason: ShortReason(e.Reason), Domain: Domain, Metadata: e.Metadata})
	for _, d := range e.Details {
		details = append(details, protoadapt.MessageV1Of(d))
	}
	if requestID != "" {
		details = append(details, &errdetails.RequestInfo{RequestId: requestID})
	}
	s := status.New(e.Code, e.Message)
	// It fails only for the code OK, which no reason has.
	if detailed, err := s.WithDetails(details...); err == nil {
		s = detailed
	}
	return s
}
