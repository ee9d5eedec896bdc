package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/price"
	"github.com/stripe/stripe-go/v76/product"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// productParam is Stripe's parameter for the product of a price, and what is asked to stand in the price as a whole.
	productParam = "product"
	// productStep is the step of an rpc for plans that makes or changes the product.
	productStep = "product"
)

// prepareCreatePlan is POST /v1/prices, with POST /v1/products before it where the plan is of a new product.
func prepareCreatePlan(p *plan, req *paymentsv1.CreatePlanRequest, _ proto.Message, operationID string) error {
	amount, err := priceToStripe(req.GetPlan().GetAmount(), "plan.amount")
	if err != nil {
		return err
	}
	interval, err := enumParam(planIntervals, req.GetPlan().GetInterval(), "plan.interval")
	switch {
	case err != nil:
		return err
	case interval == nil:
		return apierr.InvalidField("plan.interval", "is required")
	case req.GetProductId() == "" && req.GetPlan().GetName() == "":
		return apierr.InvalidField("plan.name", "is required without product_id")
	}
	params := &stripe.PriceParams{
		Product:    given(req.GetProductId()),
		Currency:   &amount.currency,
		UnitAmount: &amount.minorUnits,
		Recurring: &stripe.PriceRecurringParams{
			Interval:        interval,
			IntervalCount:   given(int64(req.GetPlan().GetIntervalCount())),
			TrialPeriodDays: given(int64(req.GetPlan().GetTrialDays())),
		},
		LookupKey:         given(req.GetPlan().GetLookupKey()),
		TransferLookupKey: given(req.GetTransferLookupKey()),
		Metadata:          withOperation(req.GetPlan().GetMetadata(), operationID),
	}
	if key := req.GetPlan().GetLookupKey(); key != "" {
		params.Metadata[lookupKeyKey] = key
	}
	params.AddExpand(productParam)
	var fills []Fill
	if req.GetProductId() == "" {
		if err := createProduct(p.step(productStep), req.GetPlan(), operationID); err != nil {
			return err
		}
		fills = []Fill{{Param: productParam, From: "id"}}
	}
	_, err = price.Client{B: p.step(OnlyStep, fills...)}.New(params)
	return err
}

// createProduct is POST /v1/products.
func createProduct(r *recorder, plan *paymentsv1.Plan, operationID string) error {
	_, err := product.Client{B: r}.New(&stripe.ProductParams{
		Name:        given(plan.GetName()),
		Description: given(plan.GetDescription()),
		Metadata:    withOperation(nil, operationID),
	})
	return err
}
