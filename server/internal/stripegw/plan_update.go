package stripegw

import (
	"net/url"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/price"
	"github.com/stripe/stripe-go/v76/product"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const errNoProduct = apierr.ConstError("the plan was not read before its product is to change")

// planParams is what an update changes: a plan is a price and its product.
type planParams struct {
	price   *stripe.PriceParams
	product *stripe.ProductParams
}

// planUpdates is what an update can change of a plan. Stripe unsets the product's description and the lookup key. Of
// metadata, an empty value removes one pair.
var planUpdates = updates[planParams, *paymentsv1.Plan]{
	"name": {
		params: paramFields{"name": "plan.name"},
		set: func(params planParams, plan *paymentsv1.Plan) error {
			params.product.Name = new(plan.GetName())
			return nil
		},
	},
	"description": {
		params: paramFields{"description": "plan.description"}, clears: true,
		set: func(params planParams, plan *paymentsv1.Plan) error {
			params.product.Description = new(plan.GetDescription())
			return nil
		},
	},
	"active": {
		params: paramFields{"active": "plan.active"}, clears: true,
		set: func(params planParams, plan *paymentsv1.Plan) error {
			params.price.Active = new(plan.GetActive())
			return nil
		},
	},
	"lookup_key": {
		params: paramFields{"lookup_key": "plan.lookup_key"}, clears: true,
		set: func(params planParams, plan *paymentsv1.Plan) error {
			params.price.LookupKey = new(plan.GetLookupKey())
			// What a plan has no more because its owner took it off, it did not lose to a successor.
			params.price.AddMetadata(lookupKeyKey, plan.GetLookupKey())
			return nil
		},
	},
	metadataParam: {
		params: paramFields{metadataParam: "plan.metadata"},
		set: func(params planParams, plan *paymentsv1.Plan) error {
			metadata, err := changedMetadata(plan.GetMetadata(), "plan.metadata")
			if err != nil {
				return err
			}
			if _, ours := metadata[lookupKeyKey]; ours {
				return apierr.InvalidField(`plan.metadata["`+lookupKeyKey+`"]`, "is a key of Tillgate's own")
			}
			for key, value := range metadata {
				params.price.AddMetadata(key, value)
			}
			return nil
		},
	},
}

// fixedInPlans are the fields that no update can ever change, for which a plan has a successor.
var fixedInPlans = []string{
	"amount", "currency_code", "interval", "interval_count", "trial_days", "usage", "scheme", "unit_amount_decimal",
}

// prepareUpdatePlan is POST /v1/prices/{price}, with POST /v1/products/{id} before it where something of the product
// changes. Where nothing else does, the price is sent without a change: its answer is the whole plan.
func prepareUpdatePlan(p *plan, req *paymentsv1.UpdatePlanRequest, on *paymentsv1.Plan, _ string) error {
	if req.GetPlanId() == "" {
		return apierr.InvalidField("plan_id", "is required")
	}
	for _, path := range req.GetUpdateMask().GetPaths() {
		if top, _, _ := strings.Cut(path, "."); slices.Contains(fixedInPlans, top) {
			return apierr.InvalidField(updateMask, "has the path `"+top+"`, which never changes at Stripe: "+
				"create a successor, by CreatePlan with product_id")
		}
	}
	params := planParams{price: &stripe.PriceParams{}, product: &stripe.ProductParams{}}
	if err := planUpdates.prepare(params, req.GetUpdateMask(), req.GetPlan()); err != nil {
		return err
	}
	if req.GetTransferLookupKey() {
		if key := params.price.LookupKey; key == nil || *key == "" {
			return apierr.InvalidField("transfer_lookup_key", "counts with a new plan.lookup_key alone")
		}
		params.price.TransferLookupKey = new(true)
	}
	if params.product.Name != nil || params.product.Description != nil {
		if on.GetProductId() == "" {
			return errNoProduct
		}
		if _, err := (product.Client{B: p.step(productStep)}).Update(on.GetProductId(), params.product); err != nil {
			return err
		}
	}
	params.price.AddExpand(productParam)
	_, err := price.Client{B: p.step(OnlyStep)}.Update(req.GetPlanId(), params.price)
	return err
}

// planStands is stands for a price. That a lookup key was taken from another one stands nowhere in it; and where no
// more than the product was to change, that was a step of its own.
func planStands(form url.Values, body []byte) bool {
	sent := url.Values{}
	for param, values := range form {
		if param != "transfer_lookup_key" && !strings.HasPrefix(param, "expand") {
			sent[param] = values
		}
	}
	return len(sent) == 0 || stands(sent, body)
}
