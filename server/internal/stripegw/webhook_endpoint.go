package stripegw

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhookendpoint"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// endpointSubject is the type of a webhook endpoint in errors, and endpointPath what stands before its id in a
	// path.
	endpointSubject = "webhook_endpoint"
	endpointPath    = "/v1/webhook_endpoints/"
	// endpointDescription is what the dashboard shows of ours.
	endpointDescription = "Tillgate"
)

// ErrEndpointUncertain is why it is not known whether an endpoint was made or deleted: WebhookEndpoints shows it.
const ErrEndpointUncertain = apierr.ConstError(
	"Stripe gave no clear answer: the webhook endpoint may have been changed; list them to see")

// createEndpointFields says what of ours stands behind Stripe's parameters.
var createEndpointFields = paramFields{"url": "url"}

// WebhookEndpoint is an address to which Stripe sends events, https://docs.stripe.com/api/webhook_endpoints/object.
// Printing it leaves the secret out.
type WebhookEndpoint struct {
	// ID is `we_...`.
	ID string
	// URL is where the events go.
	URL string
	// Status is `enabled` or `disabled`. Stripe disables one that has failed for days.
	Status string
	// APIVersion is the one at which events are rendered for it. Empty: the account's own.
	APIVersion string
	// Secret is what Stripe signs with, `whsec_...`: in the answer to the create alone, and never again.
	Secret string
	// Types are the events that it gets; `*` is nearly all.
	Types []string
	// CreateTime is when it was made.
	CreateTime time.Time
}

// String leaves the secret out.
func (w WebhookEndpoint) String() string { return w.ID + " " + w.Status + " " + w.APIVersion }

// GoString leaves the secret out.
func (w WebhookEndpoint) GoString() string { return w.String() }

// LogValue leaves the secret out.
func (w WebhookEndpoint) LogValue() slog.Value { return slog.StringValue(w.String()) }

// CreateWebhookEndpoint makes an endpoint at Stripe for this address, which gets EventTypes at our API version. Its
// secret is in the result, and can not be read again. Its errors are those of GetPayment, but INVALID_FIELD on `url`
// where Stripe refuses the address, and ErrEndpointUncertain.
//
// The idempotency key is random: the one who calls is a person at a terminal, who may want two endpoints with one
// address, and does during a rotation. So a call that gets no clear answer may have made one, of which nobody knows the
// secret: WebhookEndpoints shows it, and it is to be deleted. Until then what it gets is refused.
func (g *Gateway) CreateWebhookEndpoint(ctx context.Context, address string) (WebhookEndpoint, error) {
	r, err := createEndpointRequest(address)
	if err != nil {
		return WebhookEndpoint{}, internal(err)
	}
	endpoint, err := g.changeEndpoint(ctx, r, createEndpointFields, apierr.Subject{Type: endpointSubject})
	if err != nil {
		return WebhookEndpoint{}, err
	}
	if endpoint.Secret == "" {
		return WebhookEndpoint{}, ErrEndpointUncertain
	}
	return endpoint.message(), nil
}

// WebhookEndpoints lists all endpoints of the account, the newest first, without their secrets. Its errors are those of
// GetPayment.
func (g *Gateway) WebhookEndpoints(ctx context.Context) ([]WebhookEndpoint, error) {
	var endpoints []WebhookEndpoint
	after := ""
	for range maxPages {
		r, err := listEndpointsRequest(after)
		if err != nil {
			return nil, internal(err)
		}
		objects, more, err := readPage(ctx, g, r, nil, decodeEndpointObject)
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			endpoints = append(endpoints, object.message())
			after = object.ID
		}
		if !more {
			return endpoints, nil
		}
	}
	return nil, internal(apierr.ConstError("an account with more webhook endpoints than can be"))
}

// DeleteWebhookEndpoint deletes an endpoint, which then gets nothing any more. Its errors are those of GetPayment:
// RESOURCE_MISSING where there is none, or none any more; and ErrEndpointUncertain.
func (g *Gateway) DeleteWebhookEndpoint(ctx context.Context, id string) error {
	r, err := deleteEndpointRequest(id)
	if err != nil {
		return internal(err)
	}
	endpoint, err := g.changeEndpoint(ctx, r, nil, apierr.Subject{Type: endpointSubject, ID: id})
	if err == nil && !endpoint.Deleted {
		return ErrEndpointUncertain
	}
	return err
}

// changeEndpoint sends a write once, under a key that is used for nothing else.
func (g *Gateway) changeEndpoint(
	ctx context.Context, r Request, fields paramFields, subject apierr.Subject,
) (*endpointObject, error) {
	answer, err := g.Send(ctx, r, rand.Text())
	if err != nil {
		failure, ok := errors.AsType[*SendError](err)
		if ok && !failure.NothingSent && (failure.Stripe == nil || failure.Stripe.HTTPStatus >= 500) {
			return nil, ErrEndpointUncertain
		}
		return nil, readError(ctx, err, fields, subject)
	}
	object, err := decodeEndpointObject(answer.Body)
	if err != nil {
		return nil, ErrEndpointUncertain
	}
	return object, nil
}

// endpointObject is what we take from Stripe's webhook endpoint.
type endpointObject struct {
	Object        string   `json:"object"`
	ID            string   `json:"id"`
	APIVersion    string   `json:"api_version"`
	Created       int64    `json:"created"`
	Deleted       bool     `json:"deleted"`
	EnabledEvents []string `json:"enabled_events"`
	Secret        string   `json:"secret"`
	Status        string   `json:"status"`
	URL           string   `json:"url"`
}

// decodeEndpointObject reads an answer that should be a webhook endpoint. Without its type and id it is unreadable; any
// other field may be missing or of another type than expected, as in decodePaymentIntent.
func decodeEndpointObject(body []byte) (*endpointObject, error) {
	object := &endpointObject{}
	if err := json.Unmarshal(body, object); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
	}
	if object.Object != endpointSubject || object.ID == "" {
		return nil, errUnreadable
	}
	return object, nil
}

// message is what is told of an endpoint.
func (o *endpointObject) message() WebhookEndpoint {
	return WebhookEndpoint{
		ID: o.ID, URL: o.URL, Status: o.Status, APIVersion: o.APIVersion, Secret: o.Secret, Types: o.EnabledEvents,
		CreateTime: time.Unix(o.Created, 0).UTC(),
	}
}

// createEndpointRequest is POST /v1/webhook_endpoints.
func createEndpointRequest(address string) (Request, error) {
	rec := &recorder{}
	_, err := webhookendpoint.Client{B: rec}.New(&stripe.WebhookEndpointParams{
		URL: new(address), EnabledEvents: stripe.StringSlice(EventTypes()), APIVersion: new(stripe.APIVersion),
		Description: new(endpointDescription),
	})
	if err != nil {
		return Request{}, err
	}
	return rec.request()
}

// listEndpointsRequest is GET /v1/webhook_endpoints.
func listEndpointsRequest(after string) (Request, error) {
	rec := &recorder{}
	params := &stripe.WebhookEndpointListParams{ListParams: listParams(after, eventPageSize)}
	if err := (webhookendpoint.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}

// deleteEndpointRequest is DELETE /v1/webhook_endpoints/{webhook_endpoint}.
func deleteEndpointRequest(id string) (Request, error) {
	rec := &recorder{}
	if _, err := (webhookendpoint.Client{B: rec}).Del(id, &stripe.WebhookEndpointParams{}); err != nil {
		return Request{}, err
	}
	return rec.request()
}
