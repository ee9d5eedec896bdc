package eventlog

import (
	"context"
	"errors"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// fetched is an object as Stripe had it a moment ago.
type fetched struct {
	stripegw.Resource
	// gone is whether Stripe has it no more.
	gone bool
	// version is that of the object here which it is known to be as new as: the one that stood before it was fetched,
	// or the one that was written with it.
	version int64
}

// fetches are the objects that were read at Stripe for one group. All of the group was received before, so that each of
// them covers all that the group tells of it.
type fetches struct {
	// may is whether Stripe may be asked at all here.
	may  bool
	byID map[string]*fetched
}

// forget has an object fetched anew that somebody else has changed.
func (f *fetches) forget(id string) { delete(f.byID, id) }

// wrote remembers that an object was written here, under this version.
func (f *fetches) wrote(id string, version int64) {
	if known := f.byID[id]; known != nil {
		known.version = version
	}
}

// fetch reads an object at Stripe, of which a version stands here. errMustFetch where this is not the place to ask.
func (p *Projector) fetch(ctx context.Context, kind, id string, version int64, known *fetches) (*fetched, error) {
	if f := known.byID[id]; f != nil && f.version == version {
		return f, nil
	}
	if !known.may {
		return nil, errMustFetch
	}
	f := &fetched{version: version}
	err := p.askStripe(ctx, func(ctx context.Context) (err error) {
		f.Resource, err = p.c.Gateway.FetchObject(ctx, kind, id)
		return err
	})
	switch {
	case gone(err):
		f.gone = true
	case err != nil:
		return nil, err
	}
	known.byID[id] = f
	return f, nil
}

// refundsOf reads the refunds of a charge at Stripe.
func (p *Projector) refundsOf(
	ctx context.Context, chargeID string, known *fetches,
) (refunds []stripegw.Resource, err error) {
	if !known.may {
		return nil, errMustFetch
	}
	err = p.askStripe(ctx, func(ctx context.Context) (err error) {
		refunds, err = p.c.Gateway.RefundsOfCharge(ctx, chargeID)
		return err
	})
	if gone(err) || missingArgument(err) {
		return nil, nil
	}
	return refunds, err
}

// askStripe asks Stripe one thing, within our share of its budget. What it returns is a failure, but where the object
// is gone.
func (p *Projector) askStripe(ctx context.Context, ask func(ctx context.Context) error) error {
	err := p.c.Budget.do(ctx, ask)
	switch {
	case err == nil:
		p.metrics.fetches.WithLabelValues("ok").Inc()
		return nil
	case gone(err), missingArgument(err):
		p.metrics.fetches.WithLabelValues("gone").Inc()
		return err
	case errors.Is(err, errPaused):
	case unanswered(err):
		p.metrics.fetches.WithLabelValues("no_answer").Inc()
	default:
		p.metrics.fetches.WithLabelValues("failed").Inc()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fetchFailure(err)
}
