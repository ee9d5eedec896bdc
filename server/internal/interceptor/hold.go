package interceptor

import (
	"context"
	"errors"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
)

// holdStreams ends a stream whose caller loses what let it in: its credential expires or is taken away, or its scope is.
// The context of the stream ends then, and its cause is what the caller hears, unless the handler says more. A unary call
// is over before that matters.
func holdStreams(tokens *auth.Tokens, policy *auth.Policy, public []string) link {
	return link{
		name: "hold",
		unary: func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			return handler(ctx, req)
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			scope, known := policy.Required(info.FullMethod)
			if !known || IsPublic(info.FullMethod, public) {
				return handler(srv, ss)
			}
			ctx, leave := holdAll(ss.Context(), tokens, scope)
			defer leave()
			held := middleware.WrapServerStream(ss)
			held.WrappedContext = ctx
			return causeOf(ctx, handler(srv, held))
		},
	}
}

// holdAll holds the scope that the rpc requires, and the one that widens what it tells.
func holdAll(ctx context.Context, tokens *auth.Tokens, scope paymentsv1.Scope) (context.Context, func()) {
	authorization := metadata.ValueFromIncomingContext(ctx, "authorization")
	seesDeclines := mayReadDeclines(ctx)
	ctx, leave := tokens.Hold(ctx, authorization, scope)
	if !seesDeclines {
		return ctx, leave
	}
	ctx, leaveDeclines := tokens.Hold(ctx, authorization, paymentsv1.Scope_SCOPE_DECLINES_READ_ALL)
	return ctx, func() {
		leaveDeclines()
		leave()
	}
}

// causeOf is why a stream ended: where that is only that its context did, why that did.
func causeOf(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if _, said := errors.AsType[*apierr.Error](err); said {
		return err
	}
	if cause, ok := errors.AsType[*apierr.Error](context.Cause(ctx)); ok {
		return cause
	}
	return err
}
