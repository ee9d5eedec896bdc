package operation

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/canonical"
	"github.com/tillgate/tillgate/server/internal/store"
)

// Ensured is what stands for a reference.
type Ensured struct {
	// Outcome is what this call made just now. Empty where it was there before.
	Outcome Outcome
	// Made is whether the call's key made it, now or earlier.
	Made bool
	// ObjectID names what was there before, and Generation which maker of the reference made it. Empty where this call made
	// it just now.
	ObjectID   string
	Generation int64
}

// maxOfKey is how many operations one key can have for a reference: one for each object, after the one before is gone, and
// one for each request that was refused. Then it is worn out.
const maxOfKey = 100

// errMadeNothing is why a maker can not be followed: it made nothing, so that another one may take its place.
const errMadeNothing = apierr.ConstError("the maker of the reference made nothing")

// Ensure runs the write that an rpc asks for if nobody else has made, or is making, what it makes for the reference: of
// all callers and servers that ask for one reference, one makes it, and the others find what it made, whatever their
// requests hold. It waits for whoever is making it as Do waits for a write in other hands: OPERATION_IN_PROGRESS, or
// OUTCOME_PENDING, then names the maker's operation. One that finds what another made does not begin, so that its key
// is not used up. Where the object that it found is gone, the caller asks again and says that its generation is over;
// 0 says so of none.
//
// A key belongs to its reference, not to what else the request holds: it can be used for as long as the reference is, and
// finds what stands for it then. A refusal is the answer to its own request only.
func (r *Runner) Ensure(
	ctx context.Context, method string, req Request, reference string, over int64,
) (Ensured, error) {
	if reference == "" {
		return Ensured{}, internal("a write for a reference that is empty")
	}
	w, deadline, err := r.newWrite(ctx, method, req)
	if err != nil {
		return Ensured{}, err
	}
	w.details, w.hash = w.hash, canonical.Hash(wrapperspb.String(reference))
	w.identity.reference, w.over = reference, over
	var own []string
	for range maxOfKey {
		e, err := r.do(ctx, w, deadline)
		expired := err != nil && apierr.From(err).Reason == paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_EXPIRED
		switch {
		case expired, errors.Is(err, errOtherDetails), err == nil && e.Made && e.Outcome.Replayed:
			// The key has done something before: the reference tells whether that still stands.
			own = append(own, w.operationID)
			w = w.anew(len(own))
			call.From(ctx).SetOperationID(w.operationID)
		case err != nil:
			return Ensured{}, err
		default:
			if !e.Made {
				call.From(ctx).SetOperationID(e.maker)
				e.Made = slices.Contains(own, e.maker)
			}
			return e.Ensured, nil
		}
	}
	return Ensured{}, apierr.KeyExpired()
}

// ensured is what a write found, and whose it is.
type ensured struct {
	Ensured

	// maker is the operation that made what was there before.
	maker string
}

// anew is another operation under the same key, after so many.
func (w *write) anew(earlier int) *write {
	next := *w
	next.identity.earlier = earlier
	next.operationID = next.identity.operationID()
	return &next
}

// made is what the call's own operation made.
func made(outcome Outcome, err error) (ensured, error) {
	if err != nil {
		return ensured{}, err
	}
	return ensured{Ensured: Ensured{Outcome: outcome, Made: true}}, nil
}

// followMaker waits for the maker of a reference. errMadeNothing: it is none any more.
func (r *Runner) followMaker(ctx context.Context, maker store.Operation) (ensured, error) {
	op := maker
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		switch {
		case op.Reference != maker.Reference || op.Generation != maker.Generation:
			return ensured{}, errMadeNothing // It is at something else, or forgotten: the reference tells.
		case op.State == store.Succeeded:
			return ensured{Ensured{ObjectID: op.ObjectID, Generation: op.Generation}, op.ID}, nil
		case op.State == store.Unknown:
			return ensured{}, apierr.OutcomePending(op.ID, apierr.ConstError("the outcome is looked for"))
		case op.State != store.Pending:
			return ensured{}, errMadeNothing
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ensured{}, r.inProgress(ctx, maker.ID)
		}
		now, err := r.store.Get(ctx, maker.ID)
		switch {
		case err == nil:
			op = now
		case ctx.Err() == nil:
			r.heard(ctx, err) // It is pending still, as far as anybody knows.
		}
	}
}
