package eventlog

import (
	"context"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// decision is what becomes of an object.
type decision struct {
	// next is the object as it is to stand; nil where it is not known and nothing is to be had of it.
	next *store.Object
	// message is told where there is no object.
	message proto.Message
	// changed is whether next is another state than the one that stood.
	changed bool
}

// weigh decides what becomes of an object by a change, and fetches it where that can not be told otherwise.
func (p *Projector) weigh(
	ctx context.Context, i item, c change, row store.Object, known *fetches,
) (decision, error) {
	n := news{
		created: i.event.Created, kind: c.Kind, cause: c.cause, begins: c.Begins,
	}
	var snapshot stripegw.Resource
	if c.Snapshot {
		// One that can not be read is fetched, which is as good.
		if r, err := p.c.Gateway.EventResource(i.event); err == nil && c.holds(r) {
			snapshot, n.readable, n.state, n.ended = r, true, r.State, r.Ended
		}
	}
	v := decide(row, n)
	if v == compare {
		v = fetch
		if p.objects.same(row, snapshot.Message) {
			v = keep
			row.Created = max(row.Created, n.created)
		}
	}
	switch v {
	case take:
		return p.objects.taken(row, snapshot, n, store.BasisEvent)
	case joined:
		row.Basis, row.Created = store.BasisEvent, max(row.Created, n.created)
		return decision{next: &row}, nil
	case fetch:
		return p.fetchAndWeigh(ctx, i, c, row, n, snapshot, known)
	default:
		return decision{next: &row}, nil
	}
}

// fetchAndWeigh decides by what Stripe says now. What it says of an object that has ended can fill it out, and not
// more.
func (p *Projector) fetchAndWeigh(
	ctx context.Context, i item, c change, row store.Object, n news, snapshot stripegw.Resource, known *fetches,
) (decision, error) {
	f, err := p.fetched(ctx, c, row, known)
	if err != nil {
		return decision{}, err
	}
	if f.gone {
		return p.weighGone(i, c, row, n)
	}
	r := f.After(c.Kind)
	if row.Ended && (!r.Ended || r.State != row.State) {
		return decision{next: &row}, nil
	}
	basis := store.BasisRead
	if n.readable && sameMessage(snapshot.Message, r.Message) {
		basis = store.BasisEvent
	}
	standing := p.objects.standing(row)
	if standing != nil && row.State == r.State && row.Ended == r.Ended && proto.Equal(standing, r.Message) {
		row.Basis, row.Created = basis, max(row.Created, n.created)
		return decision{next: &row}, nil
	}
	return p.objects.taken(row, r, n, basis)
}

// fetched is the object as it was read for this change, or else as it is read now.
func (p *Projector) fetched(ctx context.Context, c change, row store.Object, known *fetches) (*fetched, error) {
	if c.now != nil {
		return c.now, nil
	}
	return p.fetch(ctx, c.ObjectKind, c.ObjectID, row.Version, known)
}

// weighGone is for an object that Stripe has no more. What was known of it stays. Of one that was not known the event
// has the last that is to be had, whatever its version; otherwise only its name.
func (p *Projector) weighGone(i item, c change, row store.Object, n news) (decision, error) {
	r, err := p.c.Gateway.EventResource(i.event)
	readable := err == nil && c.holds(r)
	switch {
	case readable && (row.Version == 0 || r.Ended && !row.Ended):
		return p.objects.taken(row, r, n, store.BasisEvent)
	case row.Version > 0:
		return decision{next: &row}, nil
	default:
		return decision{message: referenceTo(c.ObjectKind, c.ObjectID)}, nil
	}
}

// refresh reads an object again that has changed, of which nothing is told.
func (p *Projector) refresh(ctx context.Context, row store.Object, c change, known *fetches) (store.Ingest, error) {
	f, err := p.fetch(ctx, c.ObjectKind, c.ObjectID, row.Version, known)
	if err != nil {
		return store.Ingest{}, err
	}
	if f.gone || row.Ended && (!f.Ended || f.State != row.State) {
		return store.Ingest{}, nil
	}
	// Which events it covers is not known; and none is its cause.
	d, err := p.objects.taken(row, f.Resource, news{cause: row.Cause}, store.BasisRead)
	return store.Ingest{Object: d.next}, err
}

// ofRefunds are the changes that the refund of a charge tells of: each refund of it began, if that was not told yet.
// The key of the request is the cause of the newest that there was then.
func ofRefunds(e stripegw.StripeEvent, c stripegw.Change, cause string, refunds []stripegw.Resource) []change {
	var changes []change
	caused := false
	for _, r := range refunds {
		one := change{Change: c, cause: e.ID, now: &fetched{Resource: r}}
		one.ObjectID, one.ChargeID = r.ID, ""
		if m, ok := r.Message.(*paymentsv1.Refund); ok && !caused && m.GetCreateTime().GetSeconds() <= e.Created {
			one.cause, caused = cause, true
		}
		changes = append(changes, one)
	}
	return changes
}
