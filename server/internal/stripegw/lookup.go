package stripegw

import (
	"context"
	"errors"
	"net/url"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// ErrNoLookUp is the cause where the outcome of an rpc can not be looked up, however often one asks.
const ErrNoLookUp = apierr.ConstError("Stripe has no way to look this up")

const errSearch = apierr.ConstError("a search that says too little")

// Search is an uncertain write to be looked for at Stripe.
type Search struct {
	// Method is the full name of the rpc.
	Method string
	// Request is what was sent.
	Request Request
	// Next are the steps that follow it.
	Next []Step
	// OperationID is the operation's, which everything that we create carries.
	OperationID string
	// From and To are when it can have been sent: from before the first send to after the end of the last.
	From, To time.Time
	// Told is whether an event named the object for ReadResult, rather than a person.
	Told bool
}

// Finding is what a look-up found. What was not found may have been done all the same, or may yet be.
type Finding struct {
	// Found is whether Stripe's objects say that the write was done, or declined.
	Found bool
	// Outcome is the object as it is now, without a client secret; empty if not Found.
	Outcome Outcome
	// Err is the refusal, an *apierr.Error, where what was found says that it was declined; otherwise nil.
	Err error
	// Next are the steps that follow what was found, with what the first of them takes from the object as it is now.
	Next []Step
	// StripeRequestIDs are Stripe's names for the exchanges, the oldest first.
	StripeRequestIDs []string

	// answer is the one in which the object was found, until the steps have been filled from it.
	answer Answer
}

// lookUp finds out what an uncertain write did. It only reads. Of what it finds it says in which answer: the steps that
// follow may need more of it.
type lookUp func(ctx context.Context, g *Gateway, w write, s Search) (Finding, error)

// noLookUp is the rule of a write that can not be looked up: Stripe has neither a list that names it nor a state that
// shows it.
func noLookUp(context.Context, *Gateway, write, Search) (Finding, error) {
	return Finding{}, internal(ErrNoLookUp)
}

// LookUp looks for a write whose outcome is not known. What an rpc creates is found by our pair in its metadata, in
// Stripe's lists, which know it at once, and never by Search, which lags. What it does to an object is judged by the
// object's state. No look-up ever concludes that something was not done.
//
// An error says that the look-up itself failed, or could not see everything: those of GetPayment, and INTERNAL. The
// names of its exchanges are returned also then.
func (g *Gateway) LookUp(ctx context.Context, s Search) (Finding, error) {
	w, ok := g.rowOf(s.Method, s.Request)
	switch {
	case !ok:
		return Finding{}, internal(apierr.ConstError("no write is " + s.Method))
	case !s.Request.valid() || !s.Request.isWrite():
		return Finding{}, internal(errRequest)
	}
	return g.look(ctx, w, s)
}

// look looks for a write by the rule of its row, and prepares the step that follows what is found.
func (g *Gateway) look(ctx context.Context, w write, s Search) (Finding, error) {
	found, err := w.lookUp(ctx, g, w, s)
	answer := found.answer
	found.answer = Answer{}
	if err != nil || !found.Found || found.Err != nil {
		return found, err
	}
	switch found.Next, err = filled(s.Next, answer.Body); {
	case errors.Is(err, errMeanwhile):
		found.Err = meanwhile()
	case err != nil:
		answer.Body = nil
		return Finding{StripeRequestIDs: found.StripeRequestIDs},
			readError(ctx, &SendError{Answer: answer, cause: err}, nil, apierr.Subject{})
	}
	return found, nil
}

// changed is the rule of a write to an object that exists. shows says, of what was sent and the object as it is now,
// whether the object shows that it was done.
func changed(shows func(form url.Values, body []byte) bool) lookUp {
	return func(ctx context.Context, g *Gateway, w write, s Search) (Finding, error) {
		subject := w.subjectOf(s.Request, s.OperationID)
		form, err := url.ParseQuery(s.Request.Form)
		if err != nil || subject.ID == "" {
			return Finding{}, internal(errRequest)
		}
		answer, err := g.exchange(ctx, w.object.get(subject.ID), apierr.Subject{Type: subject.Type, ID: subject.ID})
		found := Finding{StripeRequestIDs: named(nil, answer)}
		if err != nil {
			if apierr.From(err).Reason == paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING {
				return found, nil
			}
			return found, err
		}
		outcome, err := w.object.resource(ctx, g, answer)
		if err != nil {
			return found, err
		}
		if shows(form, answer.Body) {
			found.Found, found.Outcome, found.answer = true, outcome, answer
		}
		return found, nil
	}
}

// named adds Stripe's name for an exchange, where it gave one.
func named(ids []string, answer Answer) []string {
	if answer.RequestID == "" {
		return ids
	}
	return append(ids, answer.RequestID)
}
