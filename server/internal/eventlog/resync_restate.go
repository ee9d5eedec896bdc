package eventlog

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// restate lets the state of an object stand that Stripe has now, and tells it where it differs from what was known.
// listed is the object as a list has shown it, if one did.
func (r *Repair) restate(ctx context.Context, id, kind string, listed *stripegw.Resource, s resyncState) error {
	for range maxConflicts {
		row, err := r.objects.read(ctx, id)
		if err != nil {
			return err
		}
		standing := r.objects.standing(row)
		resource := listed
		// What has changed here since all this began may have done so after the list was read.
		changed := row.Version > 0 && row.UpdateTime.After(s.begun())
		if resource == nil || changed && !proto.Equal(standing, listed.Message) {
			if resource, err = r.reread(ctx, id, kind, standing); err != nil || resource == nil {
				return err
			}
		}
		in, differs, err := r.restatement(row, standing, *resource, s)
		if err != nil || in.Object == nil {
			return err
		}
		_, err = r.objects.ingest(ctx, in)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err == nil && differs {
			r.metrics.resynced.Inc()
		}
		return err
	}
	return nil // Events of it are coming in all the time: those tell of it.
}

// reread reads one object at Stripe. One that is gone was deleted; nil where nothing is known of it here either.
func (r *Repair) reread(ctx context.Context, id, kind string, standing proto.Message) (*stripegw.Resource, error) {
	found, _, err := page(ctx, r, func(ctx context.Context) ([]stripegw.Resource, bool, error) {
		resource, err := r.c.Gateway.FetchObject(ctx, kind, id)
		return []stripegw.Resource{resource}, false, err
	})
	if err != nil && !gone(err) {
		return nil, err
	}
	var resource stripegw.Resource
	if err == nil {
		resource = found[0]
	} else {
		known, ok := stripegw.NewResource(standing)
		if !ok {
			return nil, nil
		}
		resource = known.After(endingKind(kind))
	}
	// A method without a customer has ended if it had one.
	if m, ok := standing.(*paymentsv1.PaymentMethod); ok && m.GetCustomerId() != "" {
		resource = resource.After(endingKind(kind))
	}
	return &resource, nil
}

// restatement is what to write of an object: nothing where it has ended otherwise, and no event where it is as it was.
func (r *Repair) restatement(
	row store.Object, standing proto.Message, resource stripegw.Resource, s resyncState,
) (in store.Ingest, differs bool, err error) {
	if row.Ended && (!resource.Ended || resource.State != row.State) {
		return store.Ingest{}, false, nil
	}
	d, err := r.objects.taken(row, resource, news{cause: s.cause()}, store.BasisRead)
	if err != nil {
		return store.Ingest{}, false, err
	}
	unended := row.Ended == resource.Ended
	switch {
	case standing != nil && unended && proto.Equal(standing, resource.Message):
		if !swept(resource.Kind) {
			return store.Ingest{}, false, nil
		}
		// It is written as it is, so that the sweep sees that a list has shown it.
		d.next.Basis, d.next.Cause = row.Basis, row.Cause
		return store.Ingest{Object: d.next}, false, nil
	case standing != nil && unended && sameMessage(standing, resource.Message):
		return store.Ingest{Object: d.next}, false, nil
	}
	in.Object = d.next
	for _, kind := range restatedKinds(row, resource) {
		in.Events = append(in.Events, store.Event{
			ObjectID: resource.ID, ObjectKind: resource.Kind, Kind: kind, Cause: s.cause(), Resource: d.next.Public,
		})
	}
	return in, true, nil
}
