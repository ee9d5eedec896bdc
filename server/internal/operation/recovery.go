package operation

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// DefaultResendWindow is how long after its begin an operation of unknown outcome is sent again.
	DefaultResendWindow = 15 * time.Minute

	// recoverEvery is how often recovery looks for operations that are due, and maxRecoveries how many it is at.
	recoverEvery  = 500 * time.Millisecond
	maxRecoveries = 16
	// claimTimeout bounds one look.
	claimTimeout = 10 * time.Second

	// firstAgain and lastAgain are how long recovery waits between two sends of one operation, doubling.
	firstAgain = 2 * time.Second
	lastAgain  = 30 * time.Second
	// lastLookUp is how long it waits at most between two look-ups, doubling from firstAgain.
	lastLookUp = time.Hour
	// failureShare is which part of its age an operation waits after a look that failed.
	failureShare = 8
	// claimErrorEvery is how often a failure to look for operations is said.
	claimErrorEvery = time.Minute
)

// Recover brings what a crash or a lost answer left open to its end, until the context ends; it returns when the last
// operation that it was at has ended or has been left to the next. It may run on any number of servers. started is
// called once the operations that were due at first have been taken.
func (r *Runner) Recover(ctx context.Context, started func()) {
	var under sync.WaitGroup
	defer under.Wait()
	free := make(chan struct{}, maxRecoveries)
	for range maxRecoveries {
		free <- struct{}{}
	}
	started = sync.OnceFunc(started)
	tick := time.NewTicker(recoverEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		// More may be due than there was room for: then it looks again as soon as there is.
		for more := true; more && ctx.Err() == nil; {
			start := time.Now()
			operations, room := r.claim(ctx, free)
			for _, op := range operations {
				under.Go(func() {
					defer func() { free <- struct{}{} }()
					r.recoverOne(context.WithoutCancel(ctx), op, start)
				})
			}
			more = len(operations) == room && room > 0
		}
		started()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// claim takes as many operations as there is room for, and at least waits for room for one.
func (r *Runner) claim(ctx context.Context, free chan struct{}) (operations []store.Operation, room int) {
	select {
	case <-free:
		room = 1
	case <-ctx.Done():
		return nil, 0
	}
	for len(free) > 0 {
		<-free
		room++
	}
	claiming, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	operations, err := r.store.Claim(claiming, lease, room)
	r.heard(ctx, err)
	if err != nil {
		operations = nil
		r.sayClaimFailed(ctx, err)
	}
	for range room - len(operations) {
		free <- struct{}{}
	}
	return operations, room
}

// sayClaimFailed tells the operator, now and then, that nothing is recovered.
func (r *Runner) sayClaimFailed(ctx context.Context, err error) {
	now := time.Now().UnixNano()
	if said := r.claimFailed.Load(); ctx.Err() != nil || now-said < int64(claimErrorEvery) && said != 0 {
		return
	}
	r.claimFailed.Store(now)
	r.logger.LogAttrs(ctx, slog.LevelError, "what is open can not be looked for; nothing is recovered meanwhile",
		apierr.StoreUnavailable(err).LogAttrs()...)
}

// recoverOne takes an operation, which was claimed at start or later, one step on: it sends it again while that is safe,
// and looks for it otherwise.
func (r *Runner) recoverOne(ctx context.Context, op store.Operation, start time.Time) {
	defer func() {
		if value := recover(); value != nil {
			r.logPanic(ctx, op.ID, value)
		}
	}()
	r.crash("recover.claimed")
	held := r.hold(ctx, op, start)
	defer held.release()
	c, err := r.openCourse(op)
	if err != nil {
		r.unreadable(ctx, op, held)
		return
	}
	if r.maySend(op) && len(op.Told) == 0 {
		r.sendAgain(ctx, op, held, c)
		return
	}
	r.lookAgain(ctx, op, held, c, store.Postpone{})
}

// unreadable is for an operation whose parameters can not be opened, so that it can be neither sent nor looked for: once
// it is too late to send it, a person must end it.
func (r *Runner) unreadable(ctx context.Context, op store.Operation, held *hold) {
	r.logger.LogAttrs(ctx, slog.LevelError, "the parameters of an operation can not be opened: is its seal key in the file?",
		slog.String("operation_id", op.ID))
	left := store.Postpone{State: op.State, After: afterFailure(op), Uncertainty: op.Uncertainty}
	if !r.maySend(op) {
		left.State, left.NeverSend = store.Unknown, true
	}
	if left.Uncertainty == 0 {
		left.Uncertainty = int32(paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_INTERRUPTED)
	}
	r.leave(ctx, op, held, left)
}

// leave leaves an operation to the next look, and calls a person when it becomes UNKNOWN.
func (r *Runner) leave(ctx context.Context, op store.Operation, held *hold, left store.Postpone) {
	held.release() // A renewal would take it back.
	r.postpone(ctx, op, left)
	if left.State == store.Unknown && op.State != store.Unknown {
		r.alert(ctx, op, left)
	}
}

// maySend is whether it is safe to send an operation again: Stripe surely still knows its key, and does not just keep a
// failure under it.
func (r *Runner) maySend(op store.Operation) bool {
	return op.State == store.Pending && !op.NeverSend && op.Age < r.window
}

// sendAgain sends a step once more, or for the first time after a crash.
func (r *Runner) sendAgain(ctx context.Context, op store.Operation, held *hold, c course) {
	switch err := held.beforeSend(ctx); {
	case errors.Is(err, errTold):
		op.Told = held.told()
		r.lookAgain(ctx, op, held, c, store.Postpone{})
		return
	case err != nil:
		return // It is not ours any more, or the server is stopping: its lease runs out.
	}
	r.sendOnce(ctx, op, held, c)
}

// sendOnce sends a step. What a look-up can tell and a send can not is looked up.
func (r *Runner) sendOnce(ctx context.Context, op store.Operation, held *hold, c course) {
	result := r.gateway.Write(ctx, stripegw.Sending{
		Method: op.Method, Request: c.now.Request, Next: c.next, Key: r.identityOf(op).stripeKey(c.now.Name),
		OperationID: op.ID, MaxSends: 1,
		Repeat: true,
	})
	r.crash("recover.sent")
	if tookKeyBefore(result) && op.Reference != "" {
		result = madeBefore(op, result)
	}
	switch result.Verdict {
	case stripegw.Done:
		r.end(ctx, op, held, c, result)
		return
	case stripegw.NotDone:
		if tookKeyBefore(result) {
			// The key did something else, before a person gave it free: no send of this row did anything, or will.
			r.end(ctx, op, held, c, result)
			return
		}
		// An earlier send may have done what this one did not.
		result.Uncertainty = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK
	default:
	}
	left := store.Postpone{
		Uncertainty: int32(result.Uncertainty), NeverSend: result.KeepsFailing, StripeRequestIDs: result.StripeRequestIDs,
	}
	if failedInside(result) {
		r.lookAgain(ctx, op, held, c, left)
		return
	}
	left.State, left.After = store.Pending, sendAgainAfter(op.Sends+1)
	r.leave(ctx, op, held, left)
}

// lookAgain looks for what an operation did. Where it is not found and may not be sent any more, it is UNKNOWN, and stays
// so until it is found, or until somebody says what became of it: no timer makes a failure of it.
func (r *Runner) lookAgain(
	ctx context.Context, op store.Operation, held *hold, c course, left store.Postpone,
) {
	looking, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	finding, err := r.find(looking, op, c)
	r.crash("recover.looked")
	left.StripeRequestIDs = append(left.StripeRequestIDs, finding.StripeRequestIDs...)
	switch {
	case err == nil && finding.Found:
		r.end(ctx, op, held, c, stripegw.Result{
			Verdict: stripegw.Done, Outcome: finding.Outcome, Err: finding.Err, Next: finding.Next,
			StripeRequestIDs: left.StripeRequestIDs,
		})
		return
	case err == nil:
		left.LookUps, left.ForgetTold = 1, true
	}
	switch {
	case r.maySend(op) && !left.NeverSend:
		left.State, left.After = store.Pending, sendAgainAfter(op.Sends+1)
	case err != nil:
		left.State, left.After, left.NeverSend = store.Unknown, afterFailure(op), true
	default:
		left.State, left.After, left.NeverSend = store.Unknown, lookAgainAfter(op.LookUps), true
	}
	if left.Uncertainty == 0 {
		left.Uncertainty = uncertaintyAfter(op, err)
	}
	r.leave(ctx, op, held, left)
}

// uncertaintyAfter is why the outcome of an operation is not known after a look-up: what the last send met says more than
// that it was not found, where that is known.
func uncertaintyAfter(op store.Operation, lookUp error) int32 {
	switch {
	case op.Uncertainty != 0:
		return op.Uncertainty
	case lookUp == nil:
		return int32(paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NOT_FOUND)
	default:
		return int32(paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_INTERRUPTED)
	}
}

// end ends an operation that no caller waits for, or goes on with its next step.
func (r *Runner) end(ctx context.Context, op store.Operation, held *hold, c course, result stripegw.Result) {
	if c.goesOn(result) {
		r.goOn(ctx, op, held, c, result)
		return
	}
	e := r.finish(ctx, op, r.identityOf(op).stripeKey(c.now.Name), c.settled(op.ID, result))
	outcome := "done"
	if e.err != nil {
		outcome = apierr.ShortReason(apierr.From(e.err).Reason)
	}
	r.logger.LogAttrs(ctx, slog.LevelInfo, "operation recovered",
		slog.String("operation_id", op.ID), slog.String("caller", op.Caller), slog.String("method", op.Method),
		slog.String("outcome", outcome), slog.Int("steps_done", len(c.done)), slog.Int("sends", op.Sends+result.Sends),
		slog.Int("look_ups", op.LookUps))
}

// alert calls a person: nothing that the machine may do is left.
func (r *Runner) alert(ctx context.Context, op store.Operation, left store.Postpone) {
	r.logger.LogAttrs(ctx, slog.LevelError, "operation unknown",
		slog.String("operation_id", op.ID), slog.String("caller", op.Caller), slog.String("method", op.Method),
		slog.String("uncertainty", shortUncertainty(left.Uncertainty)),
		slog.Any("stripe_request_ids", slices.Concat(op.StripeRequestIDs, left.StripeRequestIDs)),
		slog.String("what_to_do", "server operations show "+op.ID))
}

// identityOf is what an operation was derived from.
func (r *Runner) identityOf(op store.Operation) identity {
	return identity{
		scope: r.scope, caller: op.Caller, method: op.Method, idempotencyKey: op.IdempotencyKey,
		reference: op.Reference, generation: op.Generation,
	}
}

// search says what to look for: it can have been made from its begin on, and until the last send was over.
func search(op store.Operation, c course) stripegw.Search {
	last := op.LastSend
	if last.Before(op.BeginTime) { // The clock went back a little in between.
		last = op.BeginTime
	}
	return stripegw.Search{
		Method: op.Method, Request: c.now.Request, Next: c.next, OperationID: op.ID, From: op.BeginTime, To: last.Add(lease),
	}
}

// sendAgainAfter is when to send again what was sent so often.
func sendAgainAfter(sends int) time.Duration {
	return doubled(firstAgain, sends-maxSends, lastAgain)
}

// lookAgainAfter is when to look again for what was looked for so often.
func lookAgainAfter(lookUps int) time.Duration {
	return doubled(firstAgain, lookUps, lastLookUp)
}

// afterFailure is when to look again after a look that failed: ever later as the operation grows old, so that what always
// fails takes no room from what does not.
func afterFailure(op store.Operation) time.Duration {
	return min(max(op.Age/failureShare, firstAgain), lastLookUp)
}

func doubled(first time.Duration, times int, last time.Duration) time.Duration {
	for range times {
		if first *= 2; first >= last {
			return last
		}
	}
	return first
}
