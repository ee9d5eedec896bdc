package stripegw

import (
	"context"
	"net/http"
	"net/url"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/subscription"
	"github.com/stripe/stripe-go/v76/subscriptionitem"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

var (
	// readSubscriptionFields are those of GetSubscriptionRequest.
	readSubscriptionFields = paramFields{
		"subscription": "subscription_id", "subscription_exposed_id": "subscription_id",
	}
	// listSubscriptionsFields are those of ListSubscriptionsRequest.
	listSubscriptionsFields = paramFields{
		"customer": "customer_id", "price": "plan_id", "status": "state",
		"created[gte]": "start_time", "created[lt]": "end_time", "starting_after": "page_token",
	}
)

// GetSubscription reads a subscription, `sub_...`, as Stripe has it now, with all of its items. Its errors are those of
// GetPayment.
func (g *Gateway) GetSubscription(ctx context.Context, id string) (*paymentsv1.Subscription, error) {
	subject := apierr.Subject{Type: subscriptionSubject, ID: id}
	object, err := readObject(
		ctx, g, getSubscriptionRequest(id), readSubscriptionFields, subject, decodeSubscriptionObject)
	if err != nil {
		return nil, err
	}
	if object.Items.HasMore {
		// What hangs on it names all items: a plan that was left out would be dropped.
		if object.Items.Data, err = g.allItems(ctx, id, subject); err != nil {
			return nil, err
		}
	}
	return g.subscription(object), nil
}

// allItems reads the items of a subscription, of which there are fewer than one page holds.
func (g *Gateway) allItems(ctx context.Context, id string, subject apierr.Subject) ([]subscriptionItemObject, error) {
	rec := &recorder{}
	params := &stripe.SubscriptionItemListParams{ListParams: listParams("", searchPageSize), Subscription: new(id)}
	if err := (subscriptionitem.Client{B: rec}).List(params).Err(); err != nil {
		return nil, internal(err)
	}
	r, err := rec.request()
	if err != nil {
		return nil, internal(err)
	}
	page, more, err := readPage(ctx, g, r, readSubscriptionFields, decodeSubscriptionItem)
	switch {
	case err != nil:
		return nil, err
	case more:
		return nil, readError(ctx, &SendError{Answer: Answer{Status: http.StatusOK}, cause: errUnreadable}, nil, subject)
	}
	items := make([]subscriptionItemObject, 0, len(page))
	for _, item := range page {
		items = append(items, *item)
	}
	return items, nil
}

// SubscriptionPage reads one of Stripe's pages of subscriptions, as PaymentPage does of payments, each with its first
// items. Customer, plan, state and time are Stripe's to filter by; without a state it leaves out those that are canceled,
// unless the request wants them.
func (g *Gateway) SubscriptionPage(
	ctx context.Context, req *paymentsv1.ListSubscriptionsRequest, after string, limit int,
) (subscriptions []*paymentsv1.Subscription, more bool, err error) {
	r, err := listSubscriptionsRequest(req, after, limit)
	if err != nil {
		return nil, false, err
	}
	objects, more, err := readPage(ctx, g, r, listSubscriptionsFields, decodeSubscriptionObject)
	if err != nil {
		return nil, false, err
	}
	for _, object := range objects {
		subscriptions = append(subscriptions, g.subscription(object))
	}
	return subscriptions, more, nil
}

// getSubscriptionRequest is GET /v1/subscriptions/{subscription}.
func getSubscriptionRequest(id string) Request {
	return Request{
		Method: http.MethodGet, Path: subscriptionPath + url.QueryEscape(id), Form: expandForm(expandSubscription("")),
	}
}

// listSubscriptionsRequest is GET /v1/subscriptions. Its errors are apierr.Error.
func listSubscriptionsRequest(req *paymentsv1.ListSubscriptionsRequest, after string, limit int) (Request, error) {
	status, err := enumParam(subscriptionStates, req.GetState(), "state")
	if err != nil {
		return Request{}, err
	}
	if status == nil && req.GetIncludeCanceled() {
		status = new(allStatuses)
	}
	params := &stripe.SubscriptionListParams{
		ListParams: listParams(after, limit), Customer: given(req.GetCustomerId()), Price: given(req.GetPlanId()),
		Status: status, Expand: expandSubscription("data."),
	}
	addTime(&params.ListParams, "gte", req.GetStartTime())
	addTime(&params.ListParams, "lt", req.GetEndTime())
	r, err := listSubscriptions(params)
	if err != nil {
		return Request{}, internal(err)
	}
	return r, nil
}

// listSubscriptions is the request for one page.
func listSubscriptions(params *stripe.SubscriptionListParams) (Request, error) {
	rec := &recorder{}
	if err := (subscription.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}
