package stripegw

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/customer"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/price"
	"github.com/stripe/stripe-go/v76/product"
	"github.com/stripe/stripe-go/v76/refund"
	"github.com/stripe/stripe-go/v76/setupintent"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// searchMargin is how far Stripe's clock may be from ours, and what a send took on its way.
	searchMargin = 2 * time.Minute
	// searchPages and searchPageSize bound one look-up: 100 is the most that Stripe puts on a page.
	searchPages = 50
	// firstPages is how many of them are of all the time that it may have been made in.
	firstPages = 10
	// likelyIn is how soon after its begin most is made, and likelyMargin what that looks around it.
	likelyIn       = 30 * time.Second
	likelyMargin   = 5 * time.Second
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
		found, err := w.read(ctx, g, listing{list, form, s, searchMargin, firstPages})
		if !errors.Is(err, errTooMany) {
			return found, err
		}
		// In a busy account much lies behind it. Most are made by the first send, within seconds.
		likely := s
		likely.To = s.From.Add(likelyIn)
		seen := found.StripeRequestIDs
		found, err = w.read(ctx, g, listing{list, form, likely, likelyMargin, searchPages - firstPages})
		found.StripeRequestIDs = append(seen, found.StripeRequestIDs...)
		if err == nil && !found.Found {
			err = internal(errTooMany)
		}
		return found, err
	}
}

// listing is what is read: the pages of what was created in the time of the search and a margin around it.
type listing struct {
	list   listCreated
	form   url.Values
	search Search
	margin time.Duration
	pages  int
}

// read reads page after page until it finds what the operation made.
func (w write) read(ctx context.Context, g *Gateway, l listing) (Finding, error) {
	s := l.search
	var found Finding
	after := ""
	for range l.pages {
		r, err := l.page(after)
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
	f.Outcome, f.answer = outcome, answer
	if w.confirms == nil || !w.confirms(s.Request) {
		f.Found = true
		return f, nil
	}
	latest, err := decodeTry(answer.Body)
	if err != nil {
		return Finding{StripeRequestIDs: f.StripeRequestIDs}, nil //nolint:nilerr // It was read before.
	}
	f.Err = w.refusal(s, latest, answer)
	switch {
	case f.Err != nil:
		f.Found = true
	case latest.untried():
		// It was made and not, or not yet, confirmed: Stripe may still go on with it.
		return Finding{StripeRequestIDs: f.StripeRequestIDs}, nil
	default:
		f.Found = true
	}
	return f, nil
}

// page records the request for one page.
func (l listing) page(after string) (Request, error) {
	params := listParams(after, searchPageSize)
	addTime(&params, "gte", timestamppb.New(l.search.From.Add(-l.margin)))
	// Stripe counts whole seconds.
	addTime(&params, "lte", timestamppb.New(l.search.To.Add(l.margin+time.Second)))
	rec := &recorder{}
	if err := l.list(rec, l.form, params); err != nil {
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

// listCreatedCustomers is GET /v1/customers. Deleted ones are not in it. Of a test clock's, of which plain lists do not
// tell, Stripe has a few at most; they are created in the time of the clock, which may be any.
func listCreatedCustomers(r *recorder, form url.Values, params stripe.ListParams) error {
	clock := given(form.Get(testClockParam))
	if clock != nil {
		params.Filters = stripe.Filters{}
	}
	return customer.Client{B: r}.List(&stripe.CustomerListParams{
		ListParams: params, Email: given(form.Get("email")), TestClock: clock,
	}).Err()
}

// listCreatedProducts is GET /v1/products.
func listCreatedProducts(r *recorder, _ url.Values, params stripe.ListParams) error {
	return product.Client{B: r}.List(&stripe.ProductListParams{ListParams: params}).Err()
}

// listCreatedPrices is GET /v1/prices.
func listCreatedPrices(r *recorder, form url.Values, params stripe.ListParams) error {
	return price.Client{B: r}.List(&stripe.PriceListParams{
		ListParams: params, Product: given(form.Get("product")),
	}).Err()
}

// listCreatedSetupIntents is GET /v1/setup_intents.
func listCreatedSetupIntents(r *recorder, form url.Values, params stripe.ListParams) error {
	return setupintent.Client{B: r}.List(&stripe.SetupIntentListParams{
		ListParams: params, Customer: given(form.Get("customer")),
	}).Err()
}

// listCreatedRefunds is GET /v1/refunds.
func listCreatedRefunds(r *recorder, form url.Values, params stripe.ListParams) error {
	return refund.Client{B: r}.List(&stripe.RefundListParams{
		ListParams: params, PaymentIntent: given(form.Get("payment_intent")),
	}).Err()
}
