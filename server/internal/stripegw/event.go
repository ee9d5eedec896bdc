package stripegw

import (
	"encoding/json"
	"time"

	"github.com/stripe/stripe-go/v76"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// Why something is no event that can be read. The texts say no more: those of the JSON decoder quote the body.
const (
	// ErrMalformed is for what is no JSON object, or an object of Stripe's of another type.
	ErrMalformed = apierr.ConstError("it is not an event of Stripe's")
	// ErrThin is for an event that names its object and does not hold it. API v2 has those alone; we ask for none.
	ErrThin = apierr.ConstError("it is a thin event, which does not hold its object")
	// ErrNoEventID is for an event without a usable id.
	ErrNoEventID = apierr.ConstError("the event has no id")
	// ErrNoEventType is for an event that does not say what happened.
	ErrNoEventType = apierr.ConstError("the event has no type")
	// ErrNoEventObject is for an event that does not say what it happened to.
	ErrNoEventObject = apierr.ConstError("the event holds no object")
)

// thinObject is the type of an event of API v2 (https://docs.stripe.com/event-destinations#thin-events).
const thinObject = "v2.core.event"

// UnreadableAccount is the account of an event that names one in a way that can not be read. No account has this id.
const UnreadableAccount = "unreadable"

// StripeEvent is what we take from an event of Stripe's, https://docs.stripe.com/api/events/object, before its object
// is read. A text that is not fit to be kept is empty.
type StripeEvent struct {
	// ID is `evt_...`: letters, digits and `_`, which is all that a dead letter can be named by.
	ID string
	// Type is what happened, in Stripe's words: `payment_intent.succeeded`. It has the form of a token.
	Type string
	// APIVersion is the one that the object is rendered at, and never changes.
	APIVersion string
	// Account is the connected account, `acct_...`; empty for our own. What is there and is no id of one is
	// UnreadableAccount: it must not pass for ours.
	Account string
	// Livemode is whether it is about real money.
	Livemode bool
	// Created is Stripe's time of it, in seconds since 1970, of which several events may share one. 0 where it has
	// none.
	Created int64
	// IdempotencyKey is that of the request which caused it, whoever sent that. Empty where no request did, or it had
	// none.
	IdempotencyKey string
	// ObjectKind is Stripe's name of the object's type, `payment_intent`, and ObjectID its id: both have the form of a
	// token, since they are not sealed. Some objects have none, such as a balance, or an invoice that is yet to be.
	ObjectKind, ObjectID string

	// object is the object as it was then: a part of the body, and not a copy.
	object json.RawMessage
}

// String names the event, and leaves the object out, which holds personal data.
func (e StripeEvent) String() string { return e.Type + " " + e.ID }

// GoString names the event only.
func (e StripeEvent) GoString() string { return e.String() }

// DecodeEvent reads the body of a webhook, or of an event in a list. It goes over all of it once to see that it is
// JSON, and then finds its few fields; the object is not decoded, which EventResource does. The event shares the memory
// of the body, which must not change.
//
// It fails with one of the errors above where this is no event whose object could be read. What could be read is
// returned beside the error.
func DecodeEvent(body []byte) (StripeEvent, error) {
	var e StripeEvent
	if !json.Valid(body) {
		return e, ErrMalformed
	}
	var object string
	for name, value := range fieldsOf(body) {
		switch string(name) {
		case `"id"`:
			e.ID = eventID(value)
		case `"object"`:
			object = eventText(value)
		case `"type"`:
			e.Type = eventToken(value)
		case `"api_version"`:
			e.APIVersion = versionText(value)
		case `"account"`:
			e.Account = accountID(value)
		case `"livemode"`:
			e.Livemode = string(value) == "true"
		case `"created"`:
			e.Created = createdAt(value)
		case `"request"`:
			e.readRequest(value)
		case `"data"`:
			e.readData(value)
		case `"related_object"`:
			e.readRelated(value)
		}
	}
	return e, e.fault(object)
}

// fault is why it can not be worked on, where object is the type that it says it has.
func (e *StripeEvent) fault(object string) error {
	switch {
	case object == thinObject:
		return ErrThin
	case object != "event":
		return ErrMalformed
	case e.ID == "":
		return ErrNoEventID
	case e.Type == "":
		return ErrNoEventType
	case e.object == nil:
		return ErrNoEventObject
	}
	return nil
}

// readRequest reads who caused it. In versions before 2017-05-25 it is the id alone.
func (e *StripeEvent) readRequest(request []byte) {
	e.IdempotencyKey = eventText(fieldOf(request, `"idempotency_key"`))
}

// readData finds the object, and reads what it is.
func (e *StripeEvent) readData(data []byte) {
	object := fieldOf(data, `"object"`)
	if !isObject(object) {
		return
	}
	e.object, e.ObjectKind, e.ObjectID = object, "", ""
	for name, value := range fieldsOf(object) {
		switch string(name) {
		case `"object"`:
			e.ObjectKind = eventToken(value)
		case `"id"`:
			e.ObjectID = objectID(value)
		}
	}
}

// readRelated reads the object that a thin event names.
func (e *StripeEvent) readRelated(related []byte) {
	if e.object == nil {
		e.ObjectKind, e.ObjectID = eventToken(fieldOf(related, `"type"`)), objectID(fieldOf(related, `"id"`))
	}
}

// versionText is the version without a copy where it is ours, as nearly all are.
func versionText(value []byte) string {
	if n := len(value); n == len(stripe.APIVersion)+2 && string(value[1:n-1]) == stripe.APIVersion {
		return stripe.APIVersion
	}
	return eventText(value)
}

// createdAt is when it happened. API v2 writes times as texts (RFC 3339).
func createdAt(value []byte) int64 {
	if len(value) > 0 && value[0] == '"' {
		at, err := time.Parse(time.RFC3339Nano, eventText(value))
		if err != nil || at.Unix() < 0 {
			return 0
		}
		return at.Unix()
	}
	return eventTime(value)
}
