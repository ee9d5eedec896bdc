package interceptor

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
)

// recoverPanics turns a panic into INTERNAL and logs where it came from. Without a handler of ours the library would
// send the panic's text and the stack to the caller.
func recoverPanics(logger *slog.Logger) link {
	handler := recovery.WithRecoveryHandlerContext(func(ctx context.Context, value any) error {
		logPanic(ctx, logger, value)
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
	})
	return link{
		name:   "recovery",
		unary:  recovery.UnaryServerInterceptor(handler),
		stream: recovery.StreamServerInterceptor(handler),
	}
}

// logPanic logs the stack, which holds addresses and no data, and the text of the value only where the runtime made it:
// any other text may hold whatever the code was working on.
func logPanic(ctx context.Context, logger *slog.Logger, value any) {
	attrs := []slog.Attr{
		slog.String("request_id", call.From(ctx).RequestID()),
		slog.String("type", fmt.Sprintf("%T", value)),
		slog.String("stack", string(debug.Stack())),
	}
	if err, ok := value.(runtime.Error); ok {
		attrs = append(attrs, slog.String("text", err.Error()))
	}
	logger.LogAttrs(ctx, slog.LevelError, "panic", attrs...)
}
