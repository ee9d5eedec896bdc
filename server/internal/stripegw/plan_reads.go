package stripegw

import (
	"context"
	"net/http"
	"net/url"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/price"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

var (
	// readPlanFields are those of GetPlanRequest.
	readPlanFields = paramFields{"price": "plan_id"}
	// listPlansFields are those of ListPlansRequest.
	listPlansFields = paramFields{
		"product": "product_id", "lookup_keys": "lookup_keys", "active": "active", "starting_after": "page_token",
	}
)

// GetPlan reads a plan, `price_...`, with its product as Stripe has them now. The price of something that is sold once
// is none. Its errors are those of GetPayment.
func (g *Gateway) GetPlan(ctx context.Context, id string) (*paymentsv1.Plan, error) {
	subject := apierr.Subject{Type: planSubject, ID: id}
	object, err := readObject(ctx, g, getPlanRequest(id), readPlanFields, subject, decodePriceObject)
	if err != nil {
		return nil, err
	}
	if object.Recurring == nil {
		return nil, apierr.ResourceMissing(planSubject, id)
	}
	return g.plan(object), nil
}

// PlanPage reads one of Stripe's pages of recurring prices, as PaymentPage does of payments. All filters are Stripe's.
func (g *Gateway) PlanPage(
	ctx context.Context, req *paymentsv1.ListPlansRequest, after string, limit int,
) (plans []*paymentsv1.Plan, more bool, err error) {
	r, err := listPlansRequest(req, after, limit)
	if err != nil {
		return nil, false, internal(err)
	}
	objects, more, err := readPage(ctx, g, r, listPlansFields, decodePriceObject)
	if err != nil {
		return nil, false, err
	}
	for _, object := range objects {
		plans = append(plans, g.plan(object))
	}
	return plans, more, nil
}

// getPlanRequest is GET /v1/prices/{price}.
func getPlanRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: planPath + url.QueryEscape(id), Form: "expand[0]=" + productParam}
}

// getProductRequest is GET /v1/products/{id}.
func getProductRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: productPath + url.QueryEscape(id)}
}

// listPlansRequest is GET /v1/prices.
func listPlansRequest(req *paymentsv1.ListPlansRequest, after string, limit int) (Request, error) {
	params := &stripe.PriceListParams{
		ListParams: listParams(after, limit),
		Active:     req.Active,
		LookupKeys: givenAll(req.GetLookupKeys()),
		Product:    given(req.GetProductId()),
		Type:       new(string(stripe.PriceTypeRecurring)),
	}
	params.AddExpand("data." + productParam)
	rec := &recorder{}
	if err := (price.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}
