package operation

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
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

// detached runs writes on contexts of their own, and knows which are under way.
type detached struct {
	logger *slog.Logger

	mu     sync.Mutex
	closed bool
	count  int
	of     map[string]int // by caller
	names  map[string]int // the operations under way, of which a hasty caller may have the same twice
	empty  chan struct{}  // made when the door closes; closed once the last write has left
}

// write is one write under way.
type write struct {
	ended     chan end
	abandoned chan struct{}
}

type end struct {
	outcome Outcome
	err     error
}

// start runs a write that no longer depends on its caller.
func (d *detached) start(
	ctx context.Context, operationID string, send func(context.Context) (Outcome, error),
) (*write, error) {
	caller := call.From(ctx).Caller()
	if err := d.enter(caller, operationID); err != nil {
		return nil, err
	}
	w := &write{ended: make(chan end), abandoned: make(chan struct{})}
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer d.leave(caller, operationID)
		e := d.run(ctx, operationID, send)
		select {
		case w.ended <- e:
		case <-w.abandoned:
			d.logUnheard(ctx, e)
		}
	}()
	return w, nil
}

// wait returns how the write ended, or false once the context ends. It is called once.
func (w *write) wait(ctx context.Context) (end, bool) {
	select {
	case e := <-w.ended:
		return e, true
	case <-ctx.Done():
		close(w.abandoned)
		return end{}, false
	}
}

// run sends. A panic there must neither end the process nor be taken for a failure: the request may have gone out.
func (d *detached) run(
	ctx context.Context, operationID string, send func(context.Context) (Outcome, error),
) (e end) {
	defer func() {
		if value := recover(); value != nil {
			d.logger.LogAttrs(ctx, slog.LevelError, "panic in a write",
				slog.String("request_id", call.From(ctx).RequestID()),
				slog.String("operation_id", operationID),
				slog.String("type", fmt.Sprintf("%T", value)),
				slog.String("stack", string(debug.Stack())))
			e = end{err: apierr.OutcomePending(operationID, apierr.ConstError("panic"))}
		}
	}()
	outcome, err := send(ctx)
	return end{outcome, err}
}

// logUnheard keeps the outcome that no caller waited for where an operator finds it.
func (d *detached) logUnheard(ctx context.Context, e end) {
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
	d.logger.LogAttrs(ctx, level, "write ended after its caller left", append(attrs, slog.String("outcome", outcome))...)
}

func (d *detached) enter(caller, operationID string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return apierr.Unavailable(errDraining, retrySoon)
	case d.count >= maxWrites:
		return apierr.QuotaExceeded("tillgate", "too many writes are under way", retryWhenFull)
	case d.of[caller] >= maxCallerWrites:
		return apierr.QuotaExceeded("caller:"+caller, "too many writes of this caller are under way", retryWhenFull)
	}
	if d.of == nil {
		d.of, d.names = map[string]int{}, map[string]int{}
	}
	d.count++
	d.of[caller]++
	d.names[operationID]++
	return nil
}

func (d *detached) leave(caller, operationID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count--
	if d.of[caller]--; d.of[caller] == 0 {
		delete(d.of, caller)
	}
	if d.names[operationID]--; d.names[operationID] == 0 {
		delete(d.names, operationID)
	}
	if d.closed && d.count == 0 {
		close(d.empty)
	}
}

// drain closes the door and waits until the last write has ended or the context has; it says which operations are left.
func (d *detached) drain(ctx context.Context) []string {
	d.mu.Lock()
	if !d.closed {
		d.closed, d.empty = true, make(chan struct{})
		if d.count == 0 {
			close(d.empty)
		}
	}
	empty := d.empty
	d.mu.Unlock()

	select {
	case <-empty:
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.names))
}
