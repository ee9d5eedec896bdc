package stripegw

import (
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	planSubject    = "plan"
	planPath       = "/v1/prices/"
	productSubject = "product"
	productPath    = "/v1/products/"
)

var (
	// What is older than prices, and what was made by hand, has an id of any form.
	planKind = objectKind{
		subject: planSubject, prefixes: []string{""}, get: getPlanRequest, decode: decodePlan,
	}
	productKind = objectKind{
		subject: productSubject, prefixes: []string{""}, get: getProductRequest, decode: decodeProduct,
	}
)

// planWrites are the rpcs that make and change plans. A plan is a price and its product, so that they have a row for
// each. That of the plan comes first: it is what the rpc answers with.
func planWrites() []write {
	create := newSteps(paymentsv1.SubscriptionService_CreatePlan_FullMethodName, prepareCreatePlan,
		write{
			fits:   posts("/v1/prices"),
			object: planKind,
			lookUp: created(listCreatedPrices),
			fields: paramFields{
				"product":                      "product_id",
				"unit_amount":                  "plan.amount.minor_units",
				"currency":                     "plan.amount.currency_code",
				"recurring":                    "plan.interval",
				"recurring[interval]":          "plan.interval",
				"recurring[interval_count]":    "plan.interval_count",
				"recurring[trial_period_days]": "plan.trial_days",
				"lookup_key":                   "plan.lookup_key",
				"transfer_lookup_key":          "transfer_lookup_key",
				metadataParam:                  "plan.metadata",
			},
		},
		write{
			fits:   posts("/v1/products"),
			object: productKind,
			lookUp: created(listCreatedProducts),
			fields: paramFields{"name": "plan.name", "description": "plan.description"},
		})
	update := newSteps(paymentsv1.SubscriptionService_UpdatePlan_FullMethodName, prepareUpdatePlan,
		write{
			object: planKind,
			lookUp: changed(planStands),
			fields: planUpdates.fields(paramFields{
				"price": "plan_id", "transfer_lookup_key": "transfer_lookup_key",
			}),
			subject:     planSubject,
			subjectPath: planPath,
		},
		write{
			object:      productKind,
			lookUp:      changed(stands),
			fields:      planUpdates.fields(paramFields{}),
			subject:     productSubject,
			subjectPath: productPath,
		})
	return append(create, update...)
}

// posts is whether a recorded request is a create at this path.
func posts(path string) func(Request) bool {
	return func(r Request) bool { return r.Path == path }
}
