package eventlog

import (
	"context"
	"errors"
	"slices"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// item is a delivery that was read.
type item struct {
	store.ClaimedDelivery
	event   stripegw.StripeEvent
	changes []stripegw.Change
	// failure is why it could not be read.
	failure *failure
}

// subject is the object that it is about.
func (i item) subject() string {
	if len(i.changes) > 0 && i.changes[0].ObjectID != "" {
		return i.changes[0].ObjectID
	}
	if i.ObjectID != "" {
		return i.ObjectID
	}
	return i.ID
}

// group is what was claimed of one object: one after the other, so that they need not wait for each other's commits,
// and an object is fetched once for all of them.
type group struct {
	items []item
}

// readAll opens what was claimed.
func (p *Projector) readAll(ctx context.Context, claimed []store.ClaimedDelivery) []item {
	items := make([]item, 0, len(claimed))
	for _, d := range claimed {
		items = append(items, p.readOne(ctx, d))
	}
	return items
}

// readOne opens one delivery. A panic in it is a failure of this one.
func (p *Projector) readOne(ctx context.Context, d store.ClaimedDelivery) (i item) {
	i.ClaimedDelivery = d
	defer p.guard(ctx, d.ID, func(f *failure) { i.failure = f })
	body, err := p.c.Keys.Open(bodyPurpose, d.ID, d.Body)
	if err != nil {
		i.failure = internalFailure(err)
		return i
	}
	i.Body = nil
	event, err := stripegw.DecodeEvent(body)
	if err != nil {
		i.failure = unreadableFailure(err)
		return i
	}
	i.event, i.changes = event, stripegw.ChangesOf(event)
	if f := p.unfit(event, i.changes); f != nil {
		i.failure, i.changes = f, nil
	}
	return i
}

// unfit is why an event that can be read is not applied; nil where it is. The intake has looked at the same: but what it
// could not read then comes here as well when it is tried again, and may be read by now.
func (p *Projector) unfit(e stripegw.StripeEvent, changes []stripegw.Change) *failure {
	switch {
	case e.Livemode != p.c.Live:
		return foreignFailure(paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE)
	case e.Account != "" && e.Account != p.c.Account:
		return foreignFailure(paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT)
	}
	for _, c := range changes {
		about := !c.Opaque && !c.Refresh && c.ChargeID == "" // the object that the event holds
		if about && c.ObjectKind != e.ObjectKind {
			return unreadableFailure(errOtherKind)
		}
	}
	return nil
}

// grouped keeps the order of receipt among the objects, and puts those of one object in the order of Stripe's times:
// that is no truth, but saves most of the doubts.
func grouped(items []item) []group {
	var groups []group
	places := make(map[string]int, len(items))
	for _, i := range items {
		subject := i.subject()
		place, ok := places[subject]
		if !ok {
			place = len(groups)
			places[subject] = place
			groups = append(groups, group{})
		}
		groups[place].items = append(groups[place].items, i)
	}
	for _, g := range groups {
		slices.SortStableFunc(g.items, func(a, b item) int { return int(a.event.Created - b.event.Created) })
	}
	return groups
}

// work projects a group. One that Stripe must be asked about goes to the lane from there on, unless this is the lane.
func (p *Projector) work(ctx context.Context, g group, mayFetch bool) {
	known := &fetches{may: mayFetch, byID: map[string]*fetched{}}
	for n, i := range g.items {
		if ctx.Err() != nil {
			p.leave(ctx, g.items[n:])
			return
		}
		err := p.project(ctx, i, known)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			p.leave(ctx, g.items[n:])
			return
		case errors.Is(err, errMustFetch):
			p.ask(ctx, group{items: g.items[n:]})
			return
		case p.fail(ctx, i, err):
			p.giveBack(ctx, g.items[n+1:], "blocked", 0)
			return
		}
	}
}

// ask hands a group over to those who ask Stripe. Where they have enough, it comes again later.
func (p *Projector) ask(ctx context.Context, g group) {
	if p.c.Budget.left() == 0 {
		select {
		case p.lane <- g:
			return
		default:
		}
	}
	p.giveBack(ctx, g.items, "busy", p.c.Budget.wait())
}
