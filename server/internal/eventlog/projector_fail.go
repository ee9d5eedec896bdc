package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// maxTries is how often something is tried before it is a dead letter.
	maxTries = 5
	// stripePatience is how long something waits for a Stripe that has no answers without a try being counted.
	stripePatience = 24 * time.Hour
)

// errMustFetch is why a group goes to the lane.
var errMustFetch = errors.New("the object must be fetched")

// failure is why a delivery could not be projected.
type failure struct {
	cause paymentsv1.DeadLetterCause
	err   error
	// hopeless is whether another try would end as this one.
	hopeless bool
	// waits is whether it lies with Stripe, and not with the delivery.
	waits bool
}

// Error names the cause.
func (f *failure) Error() string { return shortCause(f.cause) }

// Unwrap returns what led to it.
func (f *failure) Unwrap() error { return f.err }

func internalFailure(err error) *failure {
	return &failure{cause: paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_INTERNAL, err: err}
}

func unreadableFailure(err error) *failure {
	return &failure{cause: paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_UNREADABLE, err: err, hopeless: true}
}

// foreignFailure is for what is not ours.
func foreignFailure(cause paymentsv1.DeadLetterCause) *failure {
	return &failure{cause: cause, err: errForeign, hopeless: true}
}

var (
	errForeign   = errors.New("it is of another mode or account than ours")
	errOtherKind = errors.New("the event holds an object of another type than it is about")
)

// fetchFailure is for an object that Stripe did not give.
func fetchFailure(err error) *failure {
	f := &failure{cause: paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_FETCH_FAILED, err: err, waits: unanswered(err)}
	if unreadable(err) {
		f.cause = paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_OBJECT_UNREADABLE
	}
	return f
}

// guard makes a failure of a panic, and logs where it came from: the stack holds addresses and no data.
func (p *Projector) guard(ctx context.Context, deliveryID string, failed func(*failure)) {
	value := recover()
	if value == nil {
		return
	}
	attrs := []slog.Attr{
		slog.String("delivery_id", deliveryID), slog.String("type", fmt.Sprintf("%T", value)),
		slog.String("stack", string(debug.Stack())),
	}
	if err, ok := value.(runtime.Error); ok { // Any other text may hold what was worked on.
		attrs = append(attrs, slog.String("text", err.Error()))
	}
	p.c.Logger.LogAttrs(ctx, slog.LevelError, "panic in the projector", attrs...)
	failed(internalFailure(errPanic))
}

var errPanic = errors.New("panic")

// fail puts a delivery off, or makes a dead letter of it, which is true then.
func (p *Projector) fail(ctx context.Context, i item, err error) (dead bool) {
	f, ok := errors.AsType[*failure](err)
	switch {
	case ctx.Err() != nil || errors.Is(err, store.ErrFenced):
		return false // Somebody else has it, or will.
	case !ok:
		p.sayStore(ctx, "publish events", err) // Its lease runs out.
		return false
	}
	d := store.Deferral{ID: i.ID, Attempt: i.Attempt, Cause: int32(f.cause)}
	if f.waits && p.c.Now().Sub(i.ReceiveTime) < stripePatience {
		p.sayStripe(ctx, f.err)
		p.metrics.deferred.WithLabelValues("stripe").Inc()
		d.After = p.c.Budget.wait()
		p.put(ctx, d)
		return false
	}
	p.metrics.failed.WithLabelValues(shortCause(f.cause)).Inc()
	d.Counted, d.After = true, p.c.RetryAfter<<min(i.Tries, maxTries)
	d.Dead = f.hopeless || i.Tries+1 >= maxTries
	d.Unbound = f.hopeless // What it says of an object means nothing: the true events of that must not wait for it.
	if !p.put(ctx, d) || !d.Dead {
		return false
	}
	p.metrics.dead.Inc()
	p.c.Logger.LogAttrs(ctx, slog.LevelError, "dead letter", append([]slog.Attr{
		slog.String("delivery_id", i.ID), slog.String("kind", i.Kind), slog.String("object_id", i.ObjectID),
		slog.String("cause", shortCause(f.cause)), slog.Int("tries", i.Tries+1),
		slog.String("what_to_do", "server events dead-letters"),
	}, causeAttrs(f.err)...)...)
	return true
}

// causeAttrs is what may be said of an error: the text of one of ours is fixed, that of another may hold anything.
func causeAttrs(err error) []slog.Attr {
	ours, ok := errors.AsType[*apierr.Error](err)
	if !ok {
		return []slog.Attr{slog.String("error_type", fmt.Sprintf("%T", err))}
	}
	return append([]slog.Attr{slog.String("reason", apierr.ShortReason(ours.Reason))}, ours.LogAttrs()...)
}

// giveBack puts deliveries off that were not tried.
func (p *Projector) giveBack(ctx context.Context, items []item, reason string, after time.Duration) {
	for _, i := range items {
		p.metrics.deferred.WithLabelValues(reason).Inc()
		p.put(ctx, store.Deferral{ID: i.ID, Attempt: i.Attempt, After: after})
	}
}

// put writes a deferral. Where that can not be written, the lease runs out, which comes to nearly the same.
func (p *Projector) put(ctx context.Context, d store.Deferral) bool {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err := p.log.Defer(ctx, d)
	if err != nil && !errors.Is(err, store.ErrFenced) {
		p.sayStore(ctx, "put a delivery off", err)
	}
	return err == nil
}

// shortCause is the name of a cause as logs and metrics have it.
func shortCause(cause paymentsv1.DeadLetterCause) string {
	switch cause {
	case paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_UNREADABLE:
		return "unreadable"
	case paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_OBJECT_UNREADABLE:
		return "object_unreadable"
	case paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_FETCH_FAILED:
		return "fetch_failed"
	case paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE:
		return "wrong_mode"
	case paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT:
		return "wrong_account"
	default:
		return "internal"
	}
}
