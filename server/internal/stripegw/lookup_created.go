package stripegw

import (
	"context"
	"net/url"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/refund"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// searchMargin is how far Stripe's clock may be from ours, and what a send took on its way.
	searchMargin = 2 * time.Minute
	// searchPages and searchPageSize bound one look-up: 100 is the most that Stripe puts on a page.
	searchPages    = 50
	searchPageSize = 100

	errTooMany = apierr.ConstError("there is more at Stripe than a look-up reads")
)

// listCreated asks for the page behind the object with the id `after`, the newest first, of what was created in the
// time of params and fits what was sent.
type listCreated func(r *recorder, form url.Values, params stripe.ListParams) error

// created is the rule of a write that makes an object.
func created(list listCreated) lookUp {
	return func(ctx context.Context, g *Gateway, w write, s Search) (Finding, error) {
		form, err := url.ParseQuery(s.Request.Form)
		if err != nil || s.OperationID == "" || s.From.IsZero() || s.To.Before(s.From) {
			return Finding{}, internal(errSearch)
		}
		var found Finding
		after := ""
		for range searchPages {
			r, err := searchRequest(list, form, s, after)
			if err != nil {
				return found, internal(err)
			}
			answer, err := g.exchange(ctx, r, apierr.Subject{})
			found.StripeRequestIDs = named(found.StripeRequestIDs, answer)
			if err != nil {
				return found, err
			}
			items, more, err := decodePage(answer.Body, decodeEnvelope)
			if err != nil {
				answer.Body = nil
				return found, readError(ctx, &SendError{Answer: answer, cause: err}, nil, apierr.Subject{})
			}
			for _, item := range items {
				if item.operation() == s.OperationID {
					return w.found(ctx, g, s, item.ID, found)
				}
				after = item.ID
			}
			if !more {
				return found, nil
			}
		}
		return found, internal(errTooMany)
	}
}

// found reads the object that a create has made, and whether it was declined.
func (w write) found(ctx context.Context, g *Gateway, s Search, id string, f Finding) (Finding, error) {
	answer, err := g.exchange(ctx, w.object.get(id), apierr.Subject{Type: w.object.subject, ID: id})
	f.StripeRequestIDs = named(f.StripeRequestIDs, answer)
	if err != nil {
		return f, err
	}
	outcome, err := w.object.resource(ctx, g, answer)
	if err != nil {
		return f, err
	}
	f.Found, f.Outcome = true, outcome
	if w.confirms == nil || !w.confirms(s.Request) {
		return f, nil
	}
	if declined, ok := declineIn(answer); ok {
		f.Err = apierr.FromStripe(w.fields.named(declined), w.subjectOf(s.Request, s.OperationID))
	}
	return f, nil
}

// declineIn is the 402 that a create must have met whose payment lacks a method after an error.
func declineIn(answer Answer) (apierr.StripeError, bool) {
	intent, err := decodePaymentIntent(answer.Body)
	if err != nil || intent.Status != "requires_payment_method" || intent.LastPaymentError == nil {
		return apierr.StripeError{}, false
	}
	return apierr.StripeError{
		HTTPStatus:          402,
		Type:                "card_error",
		Code:                token(intent.LastPaymentError.Code),
		DeclineCode:         token(intent.LastPaymentError.DeclineCode),
		AdviceCode:          token(intent.LastPaymentError.AdviceCode),
		PaymentIntentID:     token(intent.ID),
		PaymentIntentStatus: token(intent.Status),
		RequestID:           answer.RequestID,
	}, true
}

// searchRequest records the request for one page.
func searchRequest(list listCreated, form url.Values, s Search, after string) (Request, error) {
	params := listParams(after, searchPageSize)
	addTime(&params, "gte", timestamppb.New(s.From.Add(-searchMargin)))
	// Stripe counts whole seconds.
	addTime(&params, "lte", timestamppb.New(s.To.Add(searchMargin+time.Second)))
	rec := &recorder{}
	if err := list(rec, form, params); err != nil {
		return Request{}, err
	}
	return rec.request()
}

// listCreatedPayments is GET /v1/payment_intents. The charges are left out: a page is read for its metadata.
func listCreatedPayments(r *recorder, form url.Values, params stripe.ListParams) error {
	return paymentintent.Client{B: r}.List(&stripe.PaymentIntentListParams{
		ListParams: params, Customer: given(form.Get("customer")),
	}).Err()
}

// listCreatedRefunds is GET /v1/refunds.
func listCreatedRefunds(r *recorder, form url.Values, params stripe.ListParams) error {
	return refund.Client{B: r}.List(&stripe.RefundListParams{
		ListParams: params, PaymentIntent: given(form.Get("payment_intent")),
	}).Err()
}
