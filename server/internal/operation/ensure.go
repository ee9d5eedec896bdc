package operation

import (
	"context"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

// Ensured is what stands for a reference: what the call's own operation made, or what another one has.
type Ensured struct {
	// Outcome is that of the call's own operation, as Do returns it. Empty where another one made the object.
	Outcome Outcome
	// Made is whether the call's own operation made it, now or earlier.
	Made bool
	// ObjectID names what another operation made, and Generation which maker of the reference that is. Empty where the own
	// one made it.
	ObjectID   string
	Generation int64
}

// errMadeNothing is why a maker can not be followed: it made nothing, so that another one may take its place.
const errMadeNothing = apierr.ConstError("the maker of the reference made nothing")

// Ensure runs the write that an rpc asks for if nobody else has made, or is making, what it makes for the reference: of
// all callers and servers that ask for one reference, one makes it, and the others find what it made, whatever their
// requests hold. It waits for whoever is making it as Do waits for a write in other hands: OPERATION_IN_PROGRESS, or
// OUTCOME_PENDING, then names the maker's operation. One that finds what another made does not begin, so that its key
// is not used up. Where the object that it found is gone, the caller asks again and says that its generation is over;
// 0 says so of none.
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
	w.identity.reference, w.over = reference, over
	return r.do(ctx, w, deadline)
}

// made is what the call's own operation made.
func made(outcome Outcome, err error) (Ensured, error) {
	if err != nil {
		return Ensured{}, err
	}
	return Ensured{Outcome: outcome, Made: true}, nil
}

// followMaker waits for the maker of a reference. errMadeNothing: it is none any more.
func (r *Runner) followMaker(ctx context.Context, maker store.Operation) (Ensured, error) {
	op := maker
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		switch {
		case op.Reference != maker.Reference || op.Generation != maker.Generation:
			return Ensured{}, errMadeNothing // It is at something else, or forgotten: the reference tells.
		case op.State == store.Succeeded:
			return Ensured{ObjectID: op.ObjectID, Generation: op.Generation}, nil
		case op.State == store.Unknown:
			return Ensured{}, apierr.OutcomePending(op.ID, apierr.ConstError("the outcome is looked for"))
		case op.State != store.Pending:
			return Ensured{}, errMadeNothing
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return Ensured{}, r.inProgress(ctx, maker.ID)
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
