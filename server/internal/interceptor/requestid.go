package interceptor

import (
	"context"
	"crypto/rand"
	"regexp"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/pan"
)

// RequestIDHeader carries our request id in the answer, and may carry the caller's own in the request.
const RequestIDHeader = "x-request-id"

var (
	wellFormedRequestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{8,64}$`)
	// secret is what a key or a secret of Stripe's looks like. Whoever mixes them up must not find it in the log.
	secret = regexp.MustCompile(`(sk|rk)_(test|live)_|whsec_|_secret_`)
)

// requestID gives every call an id: the caller's, where it sent a well-formed one, or a new one. It goes back in the
// header of the answer.
func requestID() link {
	return link{
		name: "requestid",
		unary: func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			ctx, info := call.New(ctx, requestIDOf(ctx))
			// It fails only where the header is already sent, which no one did before us.
			_ = grpc.SetHeader(ctx, metadata.Pairs(RequestIDHeader, info.RequestID()))
			return handler(ctx, req)
		},
		stream: func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			ctx, info := call.New(ss.Context(), requestIDOf(ss.Context()))
			_ = ss.SetHeader(metadata.Pairs(RequestIDHeader, info.RequestID()))
			wrapped := middleware.WrapServerStream(ss)
			wrapped.WrappedContext = ctx
			return handler(srv, wrapped)
		},
	}
}

func requestIDOf(ctx context.Context) string {
	if values := metadata.ValueFromIncomingContext(ctx, RequestIDHeader); len(values) == 1 &&
		wellFormedRequestID.MatchString(values[0]) && !secret.MatchString(values[0]) && !pan.Contains(values[0]) {
		return values[0]
	}
	return rand.Text()
}
