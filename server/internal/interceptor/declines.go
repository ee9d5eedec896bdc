package interceptor

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
)

// hideDeclines makes the decline codes that must not be told look like a generic decline, in answers and in errors,
// except to a caller with the scope DECLINES_READ_ALL. It stands here, and not where answers are made, so that no rpc
// can forget it.
func hideDeclines() link {
	return link{
		name: "declines",
		unary: func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			resp, err := handler(ctx, req)
			if mayReadDeclines(ctx) {
				return resp, err
			}
			if err != nil {
				return nil, hideError(err)
			}
			hideMessage(resp)
			return resp, nil
		},
		stream: func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			if mayReadDeclines(ss.Context()) {
				return handler(srv, ss)
			}
			return hideError(handler(srv, &hidingStream{ss}))
		},
	}
}

func mayReadDeclines(ctx context.Context) bool {
	return auth.CallerFrom(ctx).Has(paymentsv1.Scope_SCOPE_DECLINES_READ_ALL)
}

func hideError(err error) error {
	if e, ok := errors.AsType[*apierr.Error](err); ok {
		return e.Hidden()
	}
	return err
}

func hideMessage(m any) {
	if message, ok := m.(proto.Message); ok {
		apierr.HideDeclines(message)
	}
}

// hidingStream hides what it sends.
type hidingStream struct{ grpc.ServerStream }

// SendMsg hides declines in the message, then sends it.
func (s *hidingStream) SendMsg(m any) error {
	hideMessage(m)
	return s.ServerStream.SendMsg(m)
}
