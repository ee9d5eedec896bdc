package interceptor

import (
	"context"
	"errors"
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
func logging(logger *slog.Logger, now func() time.Time, known func(method string) bool) link {
	return link{
		name: "logging",
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			start := now()
			resp, err := handler(ctx, req)
			logCall(ctx, logger, shown(info.FullMethod, known), now().Sub(start), err)
			return resp, err
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			start := now()
			err := handler(srv, ss)
			logCall(ss.Context(), logger, shown(info.FullMethod, known), now().Sub(start), err)
			return err
		},
	}
}

func logCall(ctx context.Context, logger *slog.Logger, method string, took time.Duration, err error) {
	code := status.Code(err)
	level := levelOf(method, code, err)
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
	if e, ok := errors.AsType[*apierr.Error](err); ok {
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

// shown keeps what is no rpc of ours out of the log: anybody can send any path, with anything in it.
func shown(method string, known func(string) bool) string {
	if known(method) {
		return method
	}
	return "unknown"
}

// levelOf makes an alert of what an operator must look at. Load balancers ask for health every second, and grpcurl for
// reflection before each call: their good answers are noise.
func levelOf(method string, code codes.Code, err error) slog.Level {
	switch code {
	case codes.OK:
		if strings.HasPrefix(method, "/grpc.") {
			return slog.LevelDebug
		}
		return slog.LevelInfo
	case codes.Unknown:
		// That a caller left is no alert: how its write ended is logged when it has.
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return slog.LevelWarn
		}
		return slog.LevelError
	case codes.Internal, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.ResourceExhausted:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}
