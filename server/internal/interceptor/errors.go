package interceptor

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
)

// mapErrors turns whatever went wrong into the status that goes over the wire. What is not of our own making becomes
// INTERNAL with a neutral text.
func mapErrors() link {
	return link{
		name: "errors",
		unary: func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			resp, err := handler(ctx, req)
			if err != nil {
				return nil, toWire(ctx, err)
			}
			return resp, nil
		},
		stream: func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			if err := handler(srv, ss); err != nil {
				return toWire(ss.Context(), err)
			}
			return nil
		},
	}
}

// wireError is what grpc-go sends, with what the log may still ask of it.
type wireError struct {
	status *status.Status
	cause  *apierr.Error
}

func toWire(ctx context.Context, err error) error {
	e := apierr.From(err)
	return &wireError{status: apierr.Status(e, call.From(ctx).RequestID()), cause: e}
}

// Error is the text of the status, which is all that may be seen of it.
func (e *wireError) Error() string { return e.status.String() }

// GRPCStatus is what grpc-go asks for.
func (e *wireError) GRPCStatus() *status.Status { return e.status }

// Unwrap leads the log to the reason and the chosen fields of the cause.
func (e *wireError) Unwrap() error { return e.cause }
