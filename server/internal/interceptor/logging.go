package interceptor

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
)

// logging writes one line a call: what was called, by whom, how it ended and how long it took. Never a payload.
func logging(logger *slog.Logger, now func() time.Time) link {
	return link{
		name: "logging",
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			start := now()
			resp, err := handler(ctx, req)
			logCall(ctx, logger, info.FullMethod, now().Sub(start), err)
			return resp, err
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			start := now()
			err := handler(srv, ss)
			logCall(ss.Context(), logger, info.FullMethod, now().Sub(start), err)
			return err
		},
	}
}

func logCall(ctx context.Context, logger *slog.Logger, method string, took time.Duration, err error) {
	code := status.Code(err)
	level := levelOf(method, code)
	if !logger.Enabled(ctx, level) {
		return
	}
	info := call.From(ctx)
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs,
		slog.String("method", method),
		slog.String("code", code.String()),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.String("request_id", info.RequestID()),
	)
	attrs = appendIfSet(attrs, "caller", info.Caller())
	attrs = appendIfSet(attrs, "operation_id", info.OperationID())
	attrs = appendIfSet(attrs, "stripe_request_id", info.StripeRequestID())
	if err != nil {
		e := apierr.From(err)
		attrs = append(attrs, slog.String("reason", apierr.ShortReason(e.Reason)))
		attrs = append(attrs, e.LogAttrs()...)
	}
	logger.LogAttrs(ctx, level, "call", attrs...)
}

func appendIfSet(attrs []slog.Attr, key, value string) []slog.Attr {
	if value == "" {
		return attrs
	}
	return append(attrs, slog.String(key, value))
}

// levelOf makes an alert of what an operator must look at. Load balancers ask for health every second, and grpcurl for
// reflection before each call: their good answers are noise.
func levelOf(method string, code codes.Code) slog.Level {
	switch code {
	case codes.OK:
		if strings.HasPrefix(method, "/grpc.") {
			return slog.LevelDebug
		}
		return slog.LevelInfo
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.ResourceExhausted:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}
