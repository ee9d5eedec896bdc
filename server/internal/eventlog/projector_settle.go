package eventlog

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// maxConflicts is how often an object is read again that somebody else changes at the same time.
	maxConflicts = 10
	// maxUncertain is how often something is written again of which it is not known whether it was.
	maxUncertain = 3
)

// errConflicts is why something is tried again later: others change the object all the time.
var errConflicts = errors.New("the object is changed by others all the time")

// project brings a delivery into the log. A panic is a failure of this one.
func (p *Projector) project(ctx context.Context, i item, known *fetches) (err error) {
	if i.failure != nil {
		return i.failure
	}
	defer p.guard(ctx, i.ID, func(f *failure) { err = f })
	changes, err := p.expand(ctx, i, known)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return p.end(ctx, i, "ignored")
	}
	told := false
	for n, c := range changes {
		// What is of several objects is in several transactions: each can be repeated, and the last one ends the
		// delivery.
		published, err := p.settle(ctx, i, c, n == len(changes)-1, known)
		if err != nil {
			return err
		}
		told = told || published
	}
	result := "known"
	if told {
		result = "published"
	}
	p.metrics.projected.WithLabelValues(result).Inc()
	return nil
}

// end ends a delivery that tells nothing.
func (p *Projector) end(ctx context.Context, i item, result string) error {
	if _, err := p.objects.ingest(ctx, store.Ingest{ID: i.ID, Attempt: i.Attempt}); err != nil {
		return err
	}
	p.metrics.projected.WithLabelValues(result).Inc()
	return nil
}

// change is one change of one object.
type change struct {
	stripegw.Change
	// cause is what caused it.
	cause string
	// now is the object as it was fetched just now, where it was.
	now *fetched
}

// holds is whether this is the object that changes.
func (c change) holds(r stripegw.Resource) bool { return r.ID == c.ObjectID && r.Kind == c.ObjectKind }

// expand says what a delivery tells of which objects. A change of all refunds of a charge is one of each.
func (p *Projector) expand(ctx context.Context, i item, known *fetches) ([]change, error) {
	cause := causeOf(i.event)
	var changes []change
	for _, c := range i.changes {
		if c.ChargeID == "" || c.ObjectID != "" {
			changes = append(changes, change{Change: c, cause: cause})
			continue
		}
		refunds, err := p.refundsOf(ctx, c.ChargeID, known)
		if err != nil {
			return nil, err
		}
		changes = append(changes, ofRefunds(i.event, c, cause, refunds)...)
	}
	return changes, nil
}

// causeOf is the key that we sent, where we caused it; else the event. What has no id has nothing else to tell two
// changes apart.
func causeOf(e stripegw.StripeEvent) string {
	n := news{cause: e.IdempotencyKey}
	if n.own() && e.ObjectID != "" {
		return e.IdempotencyKey
	}
	return e.ID
}

// settle decides on one change and writes it, and decides anew whenever somebody else has changed the object meanwhile.
func (p *Projector) settle(
	ctx context.Context, i item, c change, last bool, known *fetches,
) (published bool, err error) {
	for range maxConflicts {
		in, err := p.plan(ctx, i, c, known)
		if err != nil {
			return false, err
		}
		if last {
			in.ID, in.Attempt = i.ID, i.Attempt
		} else if in.Object == nil && len(in.Events) == 0 {
			return false, nil
		}
		published, err = p.objects.ingest(ctx, in)
		switch {
		case errors.Is(err, store.ErrConflict):
			known.forget(c.ObjectID)
			continue
		case err == nil && in.Object != nil:
			known.wrote(in.Object.ID, in.Object.Version+1)
		}
		return published, err
	}
	return false, internalFailure(errConflicts)
}

// plan is what to write for a change, without the delivery.
func (p *Projector) plan(ctx context.Context, i item, c change, known *fetches) (store.Ingest, error) {
	e := store.Event{
		ObjectID: c.ObjectID, ObjectKind: c.ObjectKind, Kind: c.Kind, Cause: c.cause, StripeEventID: i.event.ID,
	}
	if i.event.Created > 0 { // The store has a time for what has none.
		e.Occurred = time.Unix(i.event.Created, 0)
	}
	if c.Opaque || c.ObjectID == "" {
		return p.told(nil, e, referenceTo(c.ObjectKind, c.ObjectID))
	}
	row, err := p.objects.read(ctx, c.ObjectID)
	if err != nil {
		return store.Ingest{}, err
	}
	if c.Refresh {
		return p.refresh(ctx, row, c, known)
	}
	d, err := p.weigh(ctx, i, c, row, known)
	if err != nil {
		return store.Ingest{}, err
	}
	if d.changed && (news{cause: c.cause}).own() {
		if e.Cause, err = p.untold(ctx, e); err != nil {
			return store.Ingest{}, err
		}
	}
	if d.next == nil {
		return p.told(nil, e, d.message)
	}
	e.Resource = d.next.Public
	return store.Ingest{Object: d.next, Events: []store.Event{e}}, nil
}

// told is an event about something that is not kept.
func (p *Projector) told(next *store.Object, e store.Event, m proto.Message) (store.Ingest, error) {
	public, err := sealMessage(p.c.Keys, publicPurpose, e.ObjectID, m)
	if err != nil {
		return store.Ingest{}, internalFailure(err)
	}
	e.Resource = public
	return store.Ingest{Object: next, Events: []store.Event{e}}, nil
}

// untold is the cause under which a change can be told. One request of ours may change an object twice in the same way:
// the second change would be taken for the first one, and its state told to nobody.
func (p *Projector) untold(ctx context.Context, e store.Event) (cause string, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	_, err = p.log.EventByID(ctx, store.EventID(e.ObjectID, e.Kind, e.Cause))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return e.Cause, nil
	case err != nil:
		return "", err
	default:
		return e.StripeEventID, nil
	}
}
