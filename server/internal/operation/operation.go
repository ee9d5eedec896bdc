// Package operation runs every write, and is the only way to make one. A write begins on disk, is sent to Stripe, and ends
// on disk, on a context of its own: a caller that hangs up does not cut a charge. What a crash or a lost answer left open,
// recovery brings to its end: it sends again with the same bytes and key while that is safe, and then looks at Stripe for
// what became of it. What a caller was told stays true: nothing that was called undone is ever done later.
//
// It stands between service, which calls it, and store and stripegw, which it calls.
package operation

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/canonical"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// keyField is no part of what a request asks for.
const keyField = "idempotency_key"

// Request is a request of an rpc that changes something.
type Request interface {
	proto.Message
	GetIdempotencyKey() string
}

// Gateway is how a write reaches Stripe, and how it is looked for there.
type Gateway interface {
	// Prepare says what to send, step by step. on is what the write acts on, where that was read.
	Prepare(req, on proto.Message, operationID string) ([]stripegw.Step, error)
	// Write sends a step under its key, up to the given number of times, and says what is known of it then.
	Write(ctx context.Context, s stripegw.Sending) stripegw.Result
	// LookUp looks for what an uncertain write did. It never concludes that one did nothing.
	LookUp(ctx context.Context, s stripegw.Search) (stripegw.Finding, error)
	// ReadResult reads the object that somebody says a write made or changed.
	ReadResult(ctx context.Context, s stripegw.Search, objectID string) (stripegw.Finding, error)
}

// Outcome is how a write ended well: the resource as it is now, and whether this is the answer of an earlier call.
type Outcome = stripegw.Outcome

// Config is what a Runner needs.
type Config struct {
	// Gateway reaches Stripe.
	Gateway Gateway
	// Store remembers.
	Store store.Store
	// Keys seal what is personal before it is stored.
	Keys *seal.Keys
	// Scope is part of every name.
	Scope Scope
	// ResendWindow is how long after its begin an operation of unknown outcome may be sent again; then it is looked up.
	// Stripe forgets keys after a day, and takes what comes later for something new. Default: 15 minutes.
	ResendWindow time.Duration
	// Retention is how long a final operation is remembered. Default: 90 days.
	Retention time.Duration
	// Logger hears of what no caller hears: writes that ended after their caller had left, and operations that need a
	// person.
	Logger *slog.Logger
	// Crash is called at the points of CrashPoints, so that a test can end the process there. Default: nothing.
	Crash func(point string)
}

// Runner runs writes.
type Runner struct {
	gateway   Gateway
	store     store.Store
	keys      *seal.Keys
	scope     Scope
	window    time.Duration
	retention time.Duration
	logger    *slog.Logger
	crash     func(point string)

	flights     flights
	health      health
	claimFailed atomic.Int64 // when it was last said that nothing can be claimed, in nanoseconds
}

// New returns a Runner.
func New(c Config) *Runner {
	if c.ResendWindow == 0 {
		c.ResendWindow = DefaultResendWindow
	}
	if c.Retention == 0 {
		c.Retention = DefaultRetention
	}
	if c.Crash == nil {
		c.Crash = func(string) {}
	}
	return &Runner{
		gateway: c.Gateway, store: c.Store, keys: c.Keys, scope: c.Scope, window: c.ResendWindow, retention: c.Retention,
		logger: c.Logger, crash: c.Crash,
	}
}

// Do runs the write that an rpc asks for, named by its full method, and waits for its outcome until shortly before the
// caller's deadline, or 30 seconds where it has none. A deadline under 500 milliseconds is refused before anything
// begins. What was done under the key already is answered from the store, without Stripe. A caller that leaves, or whose
// deadline passes, gets OUTCOME_PENDING with the operation's id, and whoever waits with it for the same key
// OPERATION_IN_PROGRESS; the write goes on. The checks run within the caller's time, if nothing began under the key yet.
func (r *Runner) Do(ctx context.Context, method string, req Request, checks ...Check) (Outcome, error) {
	w, deadline, err := r.newWrite(ctx, method, req)
	if err != nil {
		return Outcome{}, err
	}
	w.checks = checks
	made, err := r.do(ctx, w, deadline)
	return made.Outcome, err
}

// DoOn is Do for an rpc of which it depends on an object's state what is sent, and in how many steps: look reads that object.
// The steps are planned once, from what it reads, and stand in the store before the first is sent.
func (r *Runner) DoOn(ctx context.Context, method string, req Request, look Look) (Outcome, error) {
	w, deadline, err := r.newWrite(ctx, method, req)
	if err != nil {
		return Outcome{}, err
	}
	w.look = look
	made, err := r.do(ctx, w, deadline)
	return made.Outcome, err
}

// newWrite is what an rpc asks for, and until when its outcome may be waited for.
func (r *Runner) newWrite(ctx context.Context, method string, req Request) (*write, time.Time, error) {
	caller := call.From(ctx).Caller()
	if caller == "" {
		return nil, time.Time{}, internal("a write without a caller")
	}
	deadline, err := answerBy(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	id := identity{scope: r.scope, caller: caller, method: method, idempotencyKey: req.GetIdempotencyKey()}
	w := &write{identity: id, operationID: id.operationID(), hash: canonical.Hash(req, keyField), req: req}
	call.From(ctx).SetOperationID(w.operationID)
	return w, deadline, nil
}

// do runs a write, or finds what another one made for its reference.
func (r *Runner) do(ctx context.Context, w *write, deadline time.Time) (ensured, error) {
	waiting, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for waiting.Err() == nil {
		f, ours, err := r.flights.join(w)
		if err != nil {
			return ensured{}, err
		}
		if ours {
			go r.fly(waiting, f, w)
		}
		if !f.wait(waiting) {
			return ensured{}, r.late(waiting, f, w, ours)
		}
		switch e := f.end; {
		case e.maker != nil:
			found, err := r.followMaker(waiting, *e.maker)
			if errors.Is(err, errMadeNothing) {
				continue
			}
			return found, err
		case e.elsewhere:
			return made(r.follow(waiting, w))
		case e.leftEarly && !ours:
			continue
		case !ours && e.err != nil && !bytes.Equal(f.details, w.details):
			continue // It was the refusal of another request under the key.
		case e.err != nil:
			return ensured{}, e.err
		case ours && !e.outcome.Replayed:
			return made(e.outcome, nil)
		default:
			return made(replayed(e.outcome), nil)
		}
	}
	return ensured{}, notBegun(waiting, waiting.Err()).err
}

// late is what a caller hears whose time is up. The one whose write it is may be told that nothing happened only once it
// is sure that nothing will; that takes no longer than a commit.
func (r *Runner) late(ctx context.Context, f *flight, w *write, ours bool) error {
	if !ours {
		return r.inProgress(ctx, w.operationID)
	}
	<-f.settled
	switch {
	case !f.ended():
	case f.end.leftEarly:
		return f.end.err
	case f.end.maker != nil:
		return r.inProgress(ctx, f.end.maker.ID)
	}
	return apierr.OutcomePending(w.operationID, ctx.Err())
}

// inProgress is for whoever waited in vain for an operation that another call began.
func (r *Runner) inProgress(ctx context.Context, operationID string) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return apierr.InProgress(operationID)
}

// replayed is what those get who did not begin the write. The secret belongs to the one who did.
func replayed(o Outcome) Outcome {
	o.Replayed, o.ClientSecret = true, ""
	return o
}

// Drain refuses new writes and waits for those under way, until the context ends. It names the operations that it left
// behind: recovery brings them to their end.
func (r *Runner) Drain(ctx context.Context) []string {
	return r.flights.drain(ctx)
}

func internal(why apierr.ConstError) *apierr.Error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_INTERNAL).WithCause(why)
}
