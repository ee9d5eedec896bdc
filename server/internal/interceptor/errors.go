package interceptor

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
)

// mapErrors turns whatever went wrong into the status that goes over the wire. What is not of our own making becomes
// INTERNAL with a neutral text. The public services, health and reflection, have protocols with statuses of their own.
func mapErrors(public []string) link {
	return link{
		name: "errors",
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			resp, err := handler(ctx, req)
			if err == nil || isForeign(info.FullMethod, public, err) {
				return resp, err
			}
			return nil, toWire(ctx, err)
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			err := handler(srv, ss)
			if err == nil || isForeign(info.FullMethod, public, err) {
				return err
			}
			return toWire(ss.Context(), err)
		},
	}
}

// isForeign is whether an error is the answer of a public service, and not of the chain in front of it.
func isForeign(method string, public []string, err error) bool {
	var ours *apierr.Error
	return IsPublic(method, public) && !errors.As(err, &ours)
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
