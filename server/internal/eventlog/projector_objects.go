package eventlog

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// objects are the last known states, as the parts that write them see them.
type objects struct {
	log  store.Log
	keys *seal.Keys
}

// read reads what is known of an object.
func (o objects) read(ctx context.Context, id string) (store.Object, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return o.log.Object(ctx, id)
}

// standing is the message of an object that is known; nil where there is none, or it can not be opened any more: it is
// fetched then.
func (o objects) standing(row store.Object) proto.Message {
	if row.Version == 0 {
		return nil
	}
	m, err := openMessage(o.keys, objectPurpose, row.ID, row.Resource)
	if err != nil {
		return nil
	}
	return m
}

// ingest writes, again where it is not known whether that was done. It is ErrConflict, too, where the first try did it
// and it is of no delivery: what is decided anew then comes to the same.
func (o objects) ingest(ctx context.Context, in store.Ingest) (published bool, err error) {
	for range maxUncertain {
		published, err = func() (bool, error) {
			ctx, cancel := context.WithTimeout(ctx, storeTimeout)
			defer cancel()
			return o.log.Ingest(ctx, in)
		}()
		if !errors.Is(err, store.ErrUncertain) {
			break
		}
	}
	return published, err
}

// taken is the decision for a state of Stripe's.
func (o objects) taken(row store.Object, r stripegw.Resource, n news, basis store.Basis) (decision, error) {
	whole, err := sealMessage(o.keys, objectPurpose, r.ID, r.Message)
	if err != nil {
		return decision{}, internalFailure(err)
	}
	public, err := sealPublic(o.keys, r.ID, r.Message)
	if err != nil {
		return decision{}, internalFailure(err)
	}
	return decision{changed: row.Version > 0, next: &store.Object{
		ID: r.ID, Kind: r.Kind, Version: row.Version, Basis: basis, Created: max(row.Created, n.created), Cause: n.cause,
		State: r.State, Ended: r.Ended, Resource: whole, Public: public,
	}}, nil
}

// same is whether a snapshot says of an object what is known of it.
func (o objects) same(row store.Object, snapshot proto.Message) bool {
	standing := o.standing(row)
	return standing != nil && sameMessage(snapshot, standing)
}
