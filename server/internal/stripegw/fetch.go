package stripegw

import (
	"context"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/refund"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// maxPages bounds how many pages one call reads: a charge has fewer refunds than these hold, and a list that goes on
// for ever must end.
const maxPages = 100

// FetchObject reads an object as Stripe has it now, with all that is told of it. kind is one of those in Resource.
//
// Its errors are those of GetPayment: RESOURCE_MISSING where it is gone, or is the price of something that is not
// subscribed to. A customer that was deleted is no error: it has ended, and its message says so. Of a payment method
// that has no customer it is not said whether it was detached: see Resource.After.
func (g *Gateway) FetchObject(ctx context.Context, kind, id string) (Resource, error) {
	read, ok := fetches[kind]
	if !ok || id == "" {
		return Resource{}, internal(errNoKind)
	}
	message, err := read(ctx, g, id)
	if err != nil {
		return Resource{}, err
	}
	r, ok := NewResource(message)
	if !ok {
		return Resource{}, internal(errNoKind)
	}
	return r, nil
}

// fetches are the reads by the type of the object.
var fetches = map[string]func(ctx context.Context, g *Gateway, id string) (proto.Message, error){
	kindPayment:       fetching((*Gateway).GetPayment),
	kindRefund:        fetching((*Gateway).GetRefund),
	kindCustomer:      fetching((*Gateway).GetCustomer),
	kindPaymentMethod: fetching((*Gateway).GetPaymentMethod),
	kindSetupIntent:   fetching((*Gateway).GetSetupIntent),
	kindSubscription:  fetching((*Gateway).GetSubscription),
	kindInvoice:       fetching((*Gateway).GetInvoice),
	kindPrice:         fetching((*Gateway).GetPlan),
	kindDispute:       fetching((*Gateway).GetDispute),
}

// fetching is a read of one type as a read of any.
func fetching[M proto.Message](
	read func(g *Gateway, ctx context.Context, id string) (M, error),
) func(ctx context.Context, g *Gateway, id string) (proto.Message, error) {
	return func(ctx context.Context, g *Gateway, id string) (proto.Message, error) {
		m, err := read(g, ctx, id)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// RefundsOfCharge reads all refunds of a charge, `ch_...` or `py_...`, the newest first. Its errors are those of
// GetPayment; INVALID_FIELD where there is no such charge.
func (g *Gateway) RefundsOfCharge(ctx context.Context, chargeID string) ([]Resource, error) {
	var resources []Resource
	after := ""
	for range maxPages {
		r, err := refundsOfChargeRequest(chargeID, after)
		if err != nil {
			return nil, internal(err)
		}
		objects, more, err := readPage(ctx, g, r, paramFields{"charge": "charge_id"}, decodeRefundObject)
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			resource, _ := NewResource(g.refund(object))
			resources = append(resources, resource)
			after = object.ID
		}
		if !more {
			return resources, nil
		}
	}
	return nil, internal(apierr.ConstError("a charge with more refunds than can be"))
}

// refundsOfChargeRequest is GET /v1/refunds.
func refundsOfChargeRequest(chargeID, after string) (Request, error) {
	rec := &recorder{}
	params := &stripe.RefundListParams{ListParams: listParams(after, eventPageSize), Charge: new(chargeID)}
	if err := (refund.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}
