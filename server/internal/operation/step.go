package operation

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// stepsDone is the key of ErrorInfo's metadata under which a refusal names the steps that were done before it.
const stepsDone = "steps_done"

const (
	errOtherSteps = apierr.ConstError("the gateway answered with other steps than it was given")
	errRanOut     = apierr.ConstError("a step was not sent within the window of the operation")
)

// course is where an operation stands among its steps.
type course struct {
	// now is the step that is being sent, and next are those that follow it.
	now  stripegw.Step
	next []stripegw.Step
	// done names those that were done before.
	done []string
}

// startOf is the course of an operation that begins.
func startOf(steps []stripegw.Step) course {
	return course{now: steps[0], next: steps[1:]}
}

// after is the course once its step is done, with the steps that follow as its answer has made them.
func (c course) after(next []stripegw.Step) course {
	return course{now: next[0], next: next[1:], done: slices.Concat(c.done, []string{c.now.Name})}
}

// goesOn is whether a step was done that is not the last.
func (c course) goesOn(result stripegw.Result) bool {
	return len(c.next) > 0 && result.Verdict == stripegw.Done && result.Err == nil
}

// settled is what a result of the step says of the whole operation. A step that did nothing leaves what was done before:
// only as the first does it leave nothing. What a step makes or changes on the way to the last is no outcome.
func (c course) settled(operationID string, result stripegw.Result) stripegw.Result {
	if len(c.next) > 0 {
		result.Outcome.Resource, result.Outcome.ClientSecret = nil, ""
	}
	if len(c.done) == 0 {
		return result
	}
	if tookKeyBefore(result) {
		// Nothing that is sent under it will ever do the rest.
		result.Verdict = stripegw.Done
	}
	switch result.Verdict {
	case stripegw.NotDone:
		result.Verdict, result.Err = stripegw.Uncertain, apierr.OutcomePending(operationID, result.Err)
		result.Uncertainty = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK
	case stripegw.Done:
		result.Err = c.refusal(result.Err)
	default:
	}
	return result
}

// refusal says also which steps were done before what was refused. Nil of none.
func (c course) refusal(err error) error {
	if err == nil || len(c.done) == 0 {
		return err
	}
	return apierr.From(err).WithMetadata(stepsDone, strings.Join(c.done, ","))
}

// advance writes down that a step is done and what the next one sends, before that is sent. It tries until that stands,
// somebody else has taken the operation over, or the lease is over: recovery then meets the step again, and Stripe has its
// answer.
func (r *Runner) advance(ctx context.Context, held *hold, c course, result stripegw.Result) (course, error) {
	r.crash("step.done")
	if len(result.Next) != len(c.next) {
		return c, errOtherSteps
	}
	c = c.after(result.Next)
	parameters, err := r.sealCourse(held.op.ID, c)
	if err != nil {
		return c, err
	}
	logged := false
	for wait := firstCommitWait; ; wait = min(2*wait, lastCommitWait) {
		err := held.advance(ctx, store.Advance{
			ID: held.op.ID, Attempt: held.op.Attempt, Lease: lease, StepsDone: len(c.done),
			Parameters: parameters, StripeKey: r.identityOf(held.op).stripeKey(c.now.Name),
			StripeRequestIDs: result.StripeRequestIDs,
		})
		switch {
		case err == nil:
			r.crash("step.next")
			return c, nil
		case errors.Is(err, store.ErrFenced), errors.Is(err, errStoodStill):
			return c, err
		case !logged:
			logged = true
			r.logger.LogAttrs(ctx, slog.LevelError, "a step can not be stored; it is kept in memory and tried again",
				append(about(ctx, held.op.ID), apierr.StoreUnavailable(err).LogAttrs()...)...)
		}
		<-time.After(wait)
	}
}

// advance takes a step, and with it another lease for the send that follows. A lease that is over is not taken up again.
func (h *hold) advance(ctx context.Context, a store.Advance) error {
	if !h.valid() {
		return errStoodStill
	}
	ctx, cancel := context.WithTimeout(ctx, holdTimeout)
	defer cancel()
	start := time.Now()
	err := h.runner.store.Advance(ctx, a)
	h.runner.heard(ctx, err)
	if err == nil {
		h.keep(start)
	}
	return err
}

// stepped is the operation as its latest step left it, with nothing sent for the next one yet.
func (h *hold) stepped() store.Operation {
	op := h.op
	since := time.Since(h.start)
	op.Age = min(op.Age, store.MaxAge-since) + since
	op.LastSend = op.UpdateTime.Add(since) // It was taken then.
	op.State, op.Sends, op.LookUps, op.Uncertainty, op.NeverSend = store.Pending, 0, 0, 0, false
	op.Told = nil
	return op
}

// goOn takes the step that follows one which recovery has seen done, if there is still time to send it.
func (r *Runner) goOn(ctx context.Context, op store.Operation, held *hold, c course, result stripegw.Result) {
	c, err := r.advance(ctx, held, c, result)
	if err != nil {
		return // It is not ours any more, or its lease runs out.
	}
	next := held.stepped()
	if !r.maySend(next) {
		next.State = op.State // Who was called once is not called again.
		r.runOut(ctx, next, held)
		return
	}
	if !held.valid() || r.flights.closing() {
		return
	}
	r.sendOnce(ctx, next, held, c)
}

// runOut leaves an operation to look-ups and people whose next step was never sent and may not be sent any more.
func (r *Runner) runOut(ctx context.Context, op store.Operation, held *hold) {
	r.leave(ctx, op, held, store.Postpone{
		State: store.Unknown, After: lookAgainAfter(0), NeverSend: true,
		Uncertainty: int32(paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK),
	})
}
