package stripegw

import (
	"bytes"
	"context"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/event"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// eventPageSize is how much one page holds that is read in bulk: the most that Stripe gives.
const eventPageSize = 100

// ListedEvent is an event in Stripe's list.
type ListedEvent struct {
	// ID is `evt_...`, and Created Stripe's time of it, in seconds since 1970.
	ID      string
	Created int64
	// Body is the event as Stripe wrote it, fit for DecodeEvent. It is rendered at the version at which it was made,
	// which is the account's and not an endpoint's.
	Body []byte
}

// ListEvents reads one page, up to 100, of what happened at or after a time, in seconds since 1970; the newest first,
// from behind the event with the id `after` on. With 0, it begins as far back as Stripe goes: 30 days. Events share
// seconds, so that it is by `after` that one goes on, and never by time. All types are there, those too that no
// endpoint asks for. Its errors are those of GetPayment, INVALID_FIELD on `after` where there is no such event any
// more.
func (g *Gateway) ListEvents(
	ctx context.Context, since int64, after string,
) (events []ListedEvent, more bool, err error) {
	r, err := listEventsRequest(since, after)
	if err != nil {
		return nil, false, internal(err)
	}
	return readPage(ctx, g, r, paramFields{"starting_after": "after"}, decodeListedEvent)
}

// decodeListedEvent reads as much as is needed to go on behind it: a strange event must not hide the others.
func decodeListedEvent(body []byte) (ListedEvent, error) {
	e, _ := DecodeEvent(body)
	if e.ID == "" {
		return ListedEvent{}, errUnreadable
	}
	return ListedEvent{ID: e.ID, Created: e.Created, Body: bytes.TrimSpace(body)}, nil
}

// listEventsRequest is GET /v1/events.
func listEventsRequest(since int64, after string) (Request, error) {
	params := &stripe.EventListParams{ListParams: listParams(after, eventPageSize)}
	if since > 0 {
		addTime(&params.ListParams, "gte", &timestamppb.Timestamp{Seconds: since})
	}
	rec := &recorder{}
	if err := (event.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}
