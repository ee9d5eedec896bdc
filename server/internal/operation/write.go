package operation

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// maxSends is how many times a write is sent while its caller waits; from then on recovery sends it.
	maxSends = 3
	// firstLookUp bounds the look-up that follows at once when Stripe fails in the middle of a write.
	firstLookUp = 5 * time.Second
	// keyMemory is how long Stripe remembers a key at least (https://docs.stripe.com/api/idempotent_requests).
	keyMemory = 24 * time.Hour
)

// write is what one call asks for.
type write struct {
	identity    identity
	operationID string
	// hash is of what the key is bound to, and details of the whole request, where that is more.
	hash, details []byte
	req           Request
	checks        []Check
	look          Look
	// over is the generation of the identity's reference whose object is known to be gone.
	over int64
}

// write begins the operation, sends it and ends it, or finds what became of it. settle is called once it has begun; the
// context counts until then.
func (r *Runner) write(ctx context.Context, w *write, settle func()) end {
	if len(w.checks) > 0 || w.look != nil {
		// What was asked for already is not asked again: neither the checks, nor Stripe.
		op, err := r.store.Get(ctx, w.operationID)
		switch {
		case errors.Is(err, store.ErrNotFound) || err == nil && op.State == store.Abandoned && !op.Erased:
		case err != nil:
			return notBegun(ctx, storeError(ctx, err))
		default:
			return r.known(w, op)
		}
	}
	on, err := w.look.read(ctx)
	if err != nil {
		return notBegun(ctx, err)
	}
	steps, err := r.gateway.Prepare(w.req, on, w.operationID)
	if err != nil {
		return end{err: err}
	}
	c := startOf(steps)
	if err := run(ctx, w.checks); err != nil {
		return notBegun(ctx, err)
	}
	op, held, err := r.begin(ctx, w, c)
	switch {
	case errors.Is(err, store.ErrUncertain):
		// It may have begun, and recovery may send it: nobody may be told that nothing happened.
		return end{err: apierr.OutcomePending(w.operationID, err)}
	case err != nil:
		return notBegun(ctx, storeError(ctx, err))
	case held == nil && op.ID != w.operationID:
		return end{maker: &op}
	case held == nil:
		return r.known(w, op)
	}
	settle()
	e := r.send(context.WithoutCancel(ctx), w, held, c)
	e.began = true
	return e
}

// notBegun is the end of a write that did not come so far. What went wrong with the time of the call that it was made for
// says nothing to another call.
func notBegun(ctx context.Context, err error) end {
	short := false
	switch apierr.From(err).Reason {
	case paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED:
		err, short = tooShort(), true
	case paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT:
		short = true
	default:
	}
	return end{err: err, leftEarly: short || ctx.Err() != nil}
}

// begin writes the operation down. It returns the hold on it if this call began it.
func (r *Runner) begin(ctx context.Context, w *write, c course) (store.Operation, *hold, error) {
	parameters, err := r.sealCourse(w.operationID, c)
	if err != nil {
		return store.Operation{}, nil, err
	}
	token := make([]byte, 16)
	_, _ = rand.Read(token) // It never fails.
	start := time.Now()
	op, begun, err := r.store.Begin(ctx, store.Begin{
		ID: w.operationID, Caller: w.identity.caller, Method: w.identity.method,
		IdempotencyKey: w.identity.idempotencyKey, RequestHash: r.sealHash(w), Parameters: parameters, Token: token, Lease: lease,
		StripeKey: w.firstKey(c), Reference: w.identity.reference, Over: w.over,
	})
	r.heard(ctx, err)
	if err != nil || !begun {
		return op, nil, err
	}
	return op, r.hold(ctx, op, start), nil
}

// firstKey is the key of the first send. For a reference it is not known before it has begun: then no event tells of it.
func (w *write) firstKey(c course) string {
	if w.identity.reference != "" {
		return ""
	}
	return w.identity.stripeKey(c.now.Name)
}

// known answers from what the store remembers of the operation.
func (r *Runner) known(w *write, op store.Operation) end {
	switch {
	case op.Erased:
		return end{err: apierr.KeyExpired()}
	case r.isAnother(op, w.hash):
		return end{err: keyReused(w)}
	case op.State == store.Failed && r.isAnother(op, slices.Concat(w.hash, w.details)):
		return end{err: errOtherDetails}
	case op.State == store.Pending:
		return end{elsewhere: true}
	case op.State == store.Unknown:
		return end{err: apierr.OutcomePending(w.operationID, apierr.ConstError("the outcome is looked for"))}
	}
	outcome, err := r.stored(op)
	return end{outcome: replayed(outcome), err: err}
}

// errOtherDetails is why a refusal is no answer: it was of other details under the key.
const errOtherDetails = apierr.ConstError("another request was refused under the key")

// keyReused says also which operation has the key.
func keyReused(w *write) error {
	return apierr.KeyReused().WithMetadata("operation_id", w.operationID)
}

// send sends what was begun, step by step, and ends it with what Stripe says, whatever its caller does meanwhile.
func (r *Runner) send(ctx context.Context, w *write, held *hold, c course) end {
	defer held.release()
	for op := held.op; ; {
		r.crash("send.before")
		if !held.valid() {
			// The process stood still for longer than the lease: the operation is recovery's, and its key may be old.
			return end{err: apierr.OutcomePending(w.operationID, errStoodStill)}
		}
		result, lookUps := r.sendStep(ctx, op, held, c)
		if !c.goesOn(result) {
			return r.settle(ctx, op, held, c, c.settled(op.ID, result), lookUps)
		}
		var err error
		if c, err = r.advance(ctx, held, c, result); errors.Is(err, store.ErrFenced) {
			return r.overtaken(ctx, op)
		} else if err != nil {
			return end{err: apierr.OutcomePending(w.operationID, err)} // The lease runs out.
		}
		if op = held.stepped(); !r.maySend(op) {
			// The steps before have taken all the time that there is.
			r.runOut(ctx, op, held)
			return end{err: apierr.OutcomePending(w.operationID, errRanOut)}
		}
	}
}

// sendStep sends one step, and looks for what it did where that can be known at once. It says how many look-ups found
// nothing.
func (r *Runner) sendStep(
	ctx context.Context, op store.Operation, held *hold, c course,
) (result stripegw.Result, lookUps int) {
	result = r.gateway.Write(ctx, stripegw.Sending{
		Method: op.Method, Request: c.now.Request, Next: c.next, Key: r.identityOf(op).stripeKey(c.now.Name),
		OperationID: op.ID, MaxSends: maxSends, BeforeSend: held.beforeSend,
	})
	r.crash("send.after")
	switch {
	case result.Verdict == stripegw.Uncertain && (failedInside(result) || len(held.told()) > 0):
		op.Told = held.told()
		lookUps = r.lookAtOnce(ctx, op, c, &result)
	case tookKeyBefore(result) && op.Attempt == 1:
		// Never begun here, and yet sent: by us, with other bytes, before the store was lost.
		before := op
		before.BeginTime = before.BeginTime.Add(-keyMemory)
		r.lookAtOnce(ctx, before, c, &result)
	}
	if tookKeyBefore(result) && op.Reference != "" {
		result = madeBefore(op, result)
	}
	return result, lookUps
}

// settle ends an operation with what its last step, or one that was refused, has met; or leaves it to recovery.
func (r *Runner) settle(
	ctx context.Context, op store.Operation, held *hold, c course, result stripegw.Result, lookUps int,
) end {
	switch result.Verdict {
	case stripegw.Done, stripegw.NotDone:
		return r.finish(ctx, op, r.identityOf(op).stripeKey(c.now.Name), result)
	default:
		held.release() // A renewal would take it back.
		r.postpone(ctx, op, store.Postpone{
			State: store.Pending, After: sendAgainAfter(result.Sends), Uncertainty: int32(result.Uncertainty),
			NeverSend: result.KeepsFailing, LookUps: lookUps, StripeRequestIDs: result.StripeRequestIDs,
		})
		return end{err: result.Err}
	}
}

// failedInside is whether Stripe itself failed: it keeps such a failure under the key, so that to ask again with it tells
// nothing.
func failedInside(result stripegw.Result) bool {
	return result.KeepsFailing ||
		result.Uncertainty == paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_STRIPE_FAILURE
}

// tookKeyBefore is whether Stripe knows the key from another request.
func tookKeyBefore(result stripegw.Result) bool {
	return result.Verdict == stripegw.NotDone &&
		apierr.From(result.Err).Reason == paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_REUSED
}

// madeBefore is what becomes of a write for a reference whose key Stripe knows from another request: somebody made one before
// the store was lost, which does not say so. Nobody may make another.
func madeBefore(op store.Operation, result stripegw.Result) stripegw.Result {
	result.Verdict, result.Uncertainty = stripegw.Uncertain, paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK
	result.KeepsFailing, result.Err = true, apierr.OutcomePending(op.ID, result.Err)
	return result
}

// lookAtOnce looks for what an uncertain write did while its caller still waits. It says how many look-ups found nothing.
func (r *Runner) lookAtOnce(
	ctx context.Context, op store.Operation, c course, result *stripegw.Result,
) (inVain int) {
	ctx, cancel := context.WithTimeout(ctx, firstLookUp)
	defer cancel()
	finding, err := r.find(ctx, op, c)
	result.StripeRequestIDs = append(result.StripeRequestIDs, finding.StripeRequestIDs...)
	switch {
	case err != nil:
		return 0
	case !finding.Found:
		return 1
	}
	result.Verdict, result.Outcome, result.Err = stripegw.Done, finding.Outcome, finding.Err
	result.Next = finding.Next
	return 0
}

// follow waits for a write that is pending in other hands.
func (r *Runner) follow(ctx context.Context, w *write) (Outcome, error) {
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return Outcome{}, r.inProgress(ctx, w.operationID)
		}
		op, err := r.store.Get(ctx, w.operationID)
		if err != nil {
			if ctx.Err() != nil {
				return Outcome{}, r.inProgress(ctx, w.operationID)
			}
			// It is pending still, as far as anybody knows.
			r.heard(ctx, err)
			continue
		}
		if op.State == store.Abandoned {
			// Whoever had it was told that nothing was done; to do it now takes a new call.
			return Outcome{}, r.inProgress(ctx, w.operationID)
		}
		if e := r.known(w, op); !e.elsewhere {
			return e.outcome, e.err
		}
	}
}

const (
	// firstLook and lastLook are how long a call waits between two looks at an operation that is in other hands.
	firstLook = 20 * time.Millisecond
	lastLook  = 500 * time.Millisecond
)
