package stripegw

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// objectKind is a type of Stripe's objects, as far as all rpcs that make or change one share it.
type objectKind struct {
	// subject is its name in errors, for example `payment`.
	subject string
	// prefixes are what its ids begin with, and others what those of another kind begin with that would fit too.
	prefixes, others []string
	// get is the request that reads one.
	get func(id string) Request
	// decode reads it from an answer of success.
	decode func(g *Gateway, body []byte) (Outcome, error)
}

// noun is its name in sentences, for example `setup intent`.
func (k objectKind) noun() string { return strings.ReplaceAll(k.subject, "_", " ") }

// hasID is whether an id can be one of this kind.
func (k objectKind) hasID(id string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(id, prefix) }
	return token(id) != "" && slices.ContainsFunc(k.prefixes, begins) && !slices.ContainsFunc(k.others, begins)
}

// exchange reads something that is not for the caller of an rpc. Its answer names the exchange also where it fails; its
// errors are those of GetPayment.
func (g *Gateway) exchange(ctx context.Context, r Request, subject apierr.Subject) (Answer, error) {
	answer, err := g.Send(ctx, r, "")
	if err == nil {
		return answer, nil
	}
	return exchanged(err), readError(ctx, err, nil, subject)
}

// exchanged is as much of an answer as a failed exchange has.
func exchanged(err error) Answer {
	if failure, ok := errors.AsType[*SendError](err); ok {
		return failure.Answer
	}
	return Answer{}
}

// resource reads an object from an answer, without its client secret: that is for the first answer to a caller only.
func (k objectKind) resource(ctx context.Context, g *Gateway, answer Answer) (Outcome, error) {
	outcome, err := k.decode(g, answer.Body)
	if err != nil {
		answer.Body = nil
		return Outcome{}, readError(ctx, &SendError{Answer: answer, cause: err}, nil, apierr.Subject{})
	}
	outcome.ClientSecret, outcome.StripeRequestID = "", answer.RequestID
	return outcome, nil
}

// envelope is what tells an object of Stripe's from others.
type envelope struct {
	ID string `json:"id"`
	// Deleted is whether it is all that is left of the object.
	Deleted bool `json:"deleted"`
	// Metadata is a map of texts. As a map of anything it can be read whatever a value in it is.
	Metadata map[string]any `json:"metadata"`
}

// operation is the id of ours by which the object was made, empty where it says none.
func (e envelope) operation() string {
	id, _ := e.Metadata[operationKey].(string)
	return id
}

// decodeEnvelope fails where there is no object, or where it can not be told whose it is.
func decodeEnvelope(body []byte) (envelope, error) {
	var e envelope
	if json.Unmarshal(body, &e) != nil || e.ID == "" {
		return envelope{}, errUnreadable
	}
	return e, nil
}
