package operation

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/store"
)

// retrySoon is when a caller may try again whose write was not begun, because this server is about to stop or Stripe is
// slow: by then it talks to another server, or Stripe has caught its breath.
const retrySoon = time.Second

const errDraining = apierr.ConstError("the server is stopping")

const (
	// maxWrites is how many writes may be under way. Each holds a connection to Stripe, and outlives its caller.
	maxWrites = 1024
	// maxCallerWrites is how many of them may be of one caller, so that none takes all.
	maxCallerWrites = 512
	// retryWhenFull is when a caller that found no room may try again: most writes take less than a second.
	retryWhenFull = time.Second
)

// flights are the writes under way in this process, by operation id: two calls with one key share one flight, and its
// answer.
type flights struct {
	mu     sync.Mutex
	closed bool
	of     map[string]int // by caller
	byID   map[string]*flight
	empty  chan struct{} // made when the door closes; closed once the last write has left
}

// flight is one write under way, on a context of its own.
type flight struct {
	caller        string
	hash, details []byte
	// settled is closed once it is known whether the write begins: it has begun, or ended.
	settled chan struct{}
	// done is closed once end stands.
	done chan struct{}
	end  end

	// waiting is how many calls wait for it.
	waiting atomic.Int64
}

// end is how a flight came to its end.
type end struct {
	outcome Outcome
	err     error
	// began is whether it began here, so that there is something to tell of.
	began bool
	// leftEarly is whether nothing had begun when the caller that the flight was started for left, or ran out of time.
	leftEarly bool
	// elsewhere is whether the operation is pending in other hands: another server's, or recovery's.
	elsewhere bool
	// maker is the operation to which it left its reference, so that it did not begin.
	maker *store.Operation
}

// join returns the flight of an operation, and whether it is a new one, which the caller must then fly. It refuses
// another request, or reference, under the key of a flight, and new flights where there are too many.
func (s *flights) join(w *write) (f *flight, ours bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	caller := w.identity.caller
	if f := s.byID[w.operationID]; f != nil {
		if !bytes.Equal(f.hash, w.hash) {
			return nil, false, keyReused(w)
		}
		f.waiting.Add(1)
		return f, false, nil
	}
	switch {
	case s.closed:
		return nil, false, apierr.Unavailable(errDraining, retrySoon)
	case len(s.byID) >= maxWrites:
		return nil, false, apierr.QuotaExceeded("tillgate", "too many writes are under way", retryWhenFull)
	case s.of[caller] >= maxCallerWrites:
		return nil, false, apierr.QuotaExceeded("caller:"+caller, "too many writes of this caller are under way", retryWhenFull)
	}
	if s.of == nil {
		s.of, s.byID = map[string]int{}, map[string]*flight{}
	}
	f = &flight{caller: caller, hash: w.hash, details: w.details, settled: make(chan struct{}), done: make(chan struct{})}
	f.waiting.Add(1)
	s.of[caller]++
	s.byID[w.operationID] = f
	return f, true, nil
}

// land ends a flight.
func (s *flights) land(operationID string, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, operationID)
	if s.of[f.caller]--; s.of[f.caller] == 0 {
		delete(s.of, f.caller)
	}
	if s.closed && len(s.byID) == 0 {
		close(s.empty)
	}
}

// closing is whether no new flight may start.
func (s *flights) closing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// drain closes the door and waits until the last write has ended or the context has; it says which operations are left.
func (s *flights) drain(ctx context.Context) []string {
	s.mu.Lock()
	if !s.closed {
		s.closed, s.empty = true, make(chan struct{})
		if len(s.byID) == 0 {
			close(s.empty)
		}
	}
	empty := s.empty
	s.mu.Unlock()

	select {
	case <-empty:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.byID))
}

// wait is whether the flight came to its end before the context ended. Who joined calls it once.
func (f *flight) wait(ctx context.Context) bool {
	select {
	case <-f.done:
		return true
	case <-ctx.Done():
		f.waiting.Add(-1)
		return f.ended()
	}
}

func (f *flight) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// fly carries a write to its end. The context is that of the call that it is made for, and no longer counts once the
// operation has begun.
func (r *Runner) fly(ctx context.Context, f *flight, w *write) {
	settle := sync.OnceFunc(func() { close(f.settled) })
	f.end = r.run(ctx, w, settle)
	if f.end.began && f.waiting.Load() == 0 {
		r.logUnheard(ctx, f.end)
	}
	r.flights.land(w.operationID, f)
	close(f.done)
	settle()
}

// run writes. A panic there must neither end the process nor be taken for a failure: the request may have gone out. The
// operation is recovered when its lease is over.
func (r *Runner) run(ctx context.Context, w *write, settle func()) (e end) {
	defer func() {
		if value := recover(); value != nil {
			r.logPanic(ctx, w.operationID, value)
			e = end{err: apierr.OutcomePending(w.operationID, apierr.ConstError("panic"))}
		}
	}()
	return r.write(ctx, w, settle)
}

func (r *Runner) logPanic(ctx context.Context, operationID string, value any) {
	r.logger.LogAttrs(ctx, slog.LevelError, "panic in a write",
		slog.String("request_id", call.From(ctx).RequestID()),
		slog.String("operation_id", operationID),
		slog.String("type", fmt.Sprintf("%T", value)),
		slog.String("stack", string(debug.Stack())))
}

// logUnheard keeps the outcome that no caller waited for where an operator finds it.
func (r *Runner) logUnheard(ctx context.Context, e end) {
	info := call.From(ctx)
	attrs := []slog.Attr{
		slog.String("request_id", info.RequestID()),
		slog.String("caller", info.Caller()),
		slog.String("operation_id", info.OperationID()),
		slog.String("stripe_request_id", info.StripeRequestID()),
	}
	level, outcome := slog.LevelInfo, "done"
	if e.err != nil {
		failure := apierr.From(e.err)
		level, outcome = slog.LevelWarn, apierr.ShortReason(failure.Reason)
		attrs = append(attrs, failure.LogAttrs()...)
	}
	r.logger.LogAttrs(ctx, level, "write ended after its caller left", append(attrs, slog.String("outcome", outcome))...)
}
