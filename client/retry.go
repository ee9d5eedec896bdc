package client

import (
	"context"
	"time"

	"google.golang.org/grpc"
)

// minimumWrite is the least time in which the server begins a write. With less to go it is not asked again: it would
// only answer DEADLINE_TOO_SHORT.
const minimumWrite = 500 * time.Millisecond

// retrier repeats calls. It is the only part that does, but for grpc-go, which sends a call again that surely did not
// reach a server.
type retrier struct {
	methods     map[string]method
	maxAttempts int
	// jitter returns a wait of at most so much.
	jitter  func(limit time.Duration) time.Duration
	onRetry func(method string, attempt int, err error, wait time.Duration)
}

// intercept sends the same request until an answer ends the call.
func (r *retrier) intercept(
	ctx context.Context, name string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker,
	opts ...grpc.CallOption,
) error {
	m := r.methods[name]
	var doubts doubts
	refusals := 0
	for attempt := 1; ; attempt++ {
		err := invoker(ctx, name, req, reply, cc, opts...)
		if err == nil {
			return nil
		}
		a := answerOf(err)
		if m.kind == kindKeyed {
			doubts.note(a)
		}
		if a.reason != pending {
			refusals++
		}
		if !a.repeatable(m.kind) || refusals >= r.maxAttempts || r.maxAttempts == 1 {
			return doubts.resolve(a)
		}
		wait := a.retryAfter + r.jitter(backoffLimit(attempt))
		if !fits(ctx, m.kind, wait) {
			return doubts.resolve(a)
		}
		if r.onRetry != nil {
			r.onRetry(name, attempt, err, wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return &standingError{said: doubts.resolve(a), since: err}
		}
	}
}

// fits is whether another try after the wait can still be answered.
func fits(ctx context.Context, k kind, wait time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return true
	}
	left := time.Until(deadline)
	if k == kindKeyed {
		left -= minimumWrite
	}
	return wait < left
}
