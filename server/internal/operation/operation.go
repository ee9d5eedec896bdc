// Package operation runs every write. It gives the write its names, derived from what the caller sent, and carries it to
// its end on a context of its own: a caller that hangs up does not cut a charge. Until there is a store, Stripe's own
// idempotency is what makes a repetition safe.
//
// It stands between service, which calls it, and stripegw, which it calls.
package operation

import (
	"context"
	"log/slog"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// onlyStep is the step of a write that is one call to Stripe.
const onlyStep = "1"

// Request is a request of an rpc that changes something.
type Request interface {
	proto.Message
	GetIdempotencyKey() string
}

// Gateway is how a write reaches Stripe.
type Gateway interface {
	// Prepare says what to send.
	Prepare(req proto.Message, operationID string) (stripegw.Request, error)
	// Write sends it under the key and reads the answer.
	Write(ctx context.Context, method string, r stripegw.Request, key, operationID string) (Outcome, error)
}

// Outcome is how a write ended well: the resource as it is now, and whether this is the answer of an earlier call.
type Outcome = stripegw.Outcome

// Config is what a Runner needs.
type Config struct {
	// Gateway reaches Stripe.
	Gateway Gateway
	// Scope is part of every name.
	Scope Scope
	// Logger hears of writes that ended after their caller had left.
	Logger *slog.Logger
}

// Runner runs writes.
type Runner struct {
	gateway  Gateway
	scope    Scope
	detached detached
}

// New returns a Runner.
func New(c Config) *Runner {
	return &Runner{gateway: c.Gateway, scope: c.Scope, detached: detached{logger: c.Logger}}
}

// Do runs the write that an rpc asks for, named by its full method, and waits for its outcome until shortly before the
// caller's deadline, or 30 seconds where it has none. A deadline under 500 milliseconds is refused before anything is
// sent. A caller that leaves, or whose deadline passes, gets OUTCOME_PENDING with the operation's id; the write goes on.
// The checks run, within the caller's time, after the request was found to be well formed and before anything is sent.
func (r *Runner) Do(ctx context.Context, method string, req Request, checks ...Check) (Outcome, error) {
	caller := call.From(ctx).Caller()
	if caller == "" {
		return Outcome{}, apierr.New(paymentsv1.ErrorReason_ERROR_REASON_INTERNAL).
			WithCause(apierr.ConstError("a write without a caller"))
	}
	deadline, err := answerBy(ctx)
	if err != nil {
		return Outcome{}, err
	}
	id := identity{scope: r.scope, caller: caller, method: method, idempotencyKey: req.GetIdempotencyKey()}
	operationID := id.operationID()
	call.From(ctx).SetOperationID(operationID)

	prepared, err := r.gateway.Prepare(req, operationID)
	if err != nil {
		return Outcome{}, err
	}
	waiting, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if err := run(waiting, checks); err != nil {
		return Outcome{}, err
	}
	write, err := r.detached.start(ctx, operationID, func(ctx context.Context) (Outcome, error) {
		return r.gateway.Write(ctx, method, prepared, id.stripeKey(onlyStep), operationID)
	})
	if err != nil {
		return Outcome{}, err
	}

	end, ok := write.wait(waiting)
	if !ok {
		return Outcome{}, apierr.OutcomePending(operationID, waiting.Err())
	}
	return end.outcome, end.err
}

// Drain refuses new writes and waits for those under way, until the context ends. It names the operations that it left
// behind.
func (r *Runner) Drain(ctx context.Context) []string {
	return r.detached.drain(ctx)
}
