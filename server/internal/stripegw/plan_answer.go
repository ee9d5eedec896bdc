package stripegw

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// lookupKeyKey is the pair of ours in the metadata of a price that says which lookup key it was last given. Stripe
// forgets it once a successor takes the key.
const lookupKeyKey = "tillgate_lookup_key"

// The tables from Stripe's strings to our enums. A test holds them against the constants of stripe-go.
var (
	planIntervals = map[string]paymentsv1.PlanInterval{
		"day":   paymentsv1.PlanInterval_PLAN_INTERVAL_DAY,
		"week":  paymentsv1.PlanInterval_PLAN_INTERVAL_WEEK,
		"month": paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH,
		"year":  paymentsv1.PlanInterval_PLAN_INTERVAL_YEAR,
	}
	planUsages = map[string]paymentsv1.PlanUsage{
		"licensed": paymentsv1.PlanUsage_PLAN_USAGE_LICENSED,
		"metered":  paymentsv1.PlanUsage_PLAN_USAGE_METERED,
	}
	planSchemes = map[string]paymentsv1.PlanScheme{
		"per_unit": paymentsv1.PlanScheme_PLAN_SCHEME_PER_UNIT,
		"tiered":   paymentsv1.PlanScheme_PLAN_SCHEME_TIERED,
	}
)

// priceObject is what we take from Stripe's price, https://docs.stripe.com/api/prices/object.
type priceObject struct {
	Object            string                     `json:"object"`
	ID                string                     `json:"id"`
	Active            bool                       `json:"active"`
	BillingScheme     string                     `json:"billing_scheme"`
	Created           int64                      `json:"created"`
	Currency          string                     `json:"currency"`
	Livemode          bool                       `json:"livemode"`
	LookupKey         string                     `json:"lookup_key"`
	Metadata          map[string]string          `json:"metadata"`
	Product           expandable[*productObject] `json:"product"`
	Recurring         *recurrence                `json:"recurring"`
	UnitAmount        *int64                     `json:"unit_amount"`
	UnitAmountDecimal string                     `json:"unit_amount_decimal"`
}

// recurrence is how often a price is charged. A price of something that is sold once has none.
type recurrence struct {
	Interval        string `json:"interval"`
	IntervalCount   int32  `json:"interval_count"`
	TrialPeriodDays int32  `json:"trial_period_days"`
	UsageType       string `json:"usage_type"`
}

// productObject is what we take from Stripe's product, https://docs.stripe.com/api/products/object. What is left of a
// deleted one has an id, and says so.
type productObject struct {
	Object      string `json:"object"`
	ID          string `json:"id"`
	Active      bool   `json:"active"`
	Deleted     bool   `json:"deleted"`
	Description string `json:"description"`
	Name        string `json:"name"`
}

// decodePriceObject reads an answer that should be a price. Without its type, id and currency it is unreadable; any
// other field may be missing or of another type than expected, as in decodePaymentIntent.
func decodePriceObject(body []byte) (*priceObject, error) {
	object := &priceObject{}
	if err := json.Unmarshal(body, object); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
	}
	if object.Object != "price" || object.ID == "" || object.Currency == "" {
		return nil, errUnreadable
	}
	return object, nil
}

// decodePlan reads the answer of a write that makes or changes a price.
func decodePlan(g *Gateway, body []byte) (Outcome, error) {
	object, err := decodePriceObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: g.plan(object)}, nil
}

// decodeProduct reads the answer of a step that makes or changes a product. The rpc answers with the plan, which a
// later step gives: of the product, its id alone is told.
func decodeProduct(_ *Gateway, body []byte) (Outcome, error) {
	object := &productObject{}
	err := json.Unmarshal(body, object)
	if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !mismatch {
		return Outcome{}, errUnreadable
	}
	if object.Object != "product" || object.ID == "" {
		return Outcome{}, errUnreadable
	}
	return Outcome{Resource: &paymentsv1.Plan{ProductId: object.ID}}, nil
}

// plan is the message for a price. Name and description are there where the product is expanded.
func (g *Gateway) plan(o *priceObject) *paymentsv1.Plan {
	p := &paymentsv1.Plan{
		Id:                o.ID,
		ProductId:         o.Product.ID,
		LookupKey:         o.LookupKey,
		Active:            o.Active,
		Metadata:          visiblePlanMetadata(o.Metadata),
		UnitAmountDecimal: o.UnitAmountDecimal,
		CurrencyCode:      strings.ToUpper(o.Currency),
		CreateTime:        timestamp(o.Created),
		Livemode:          o.Livemode,
	}
	if o.UnitAmount != nil {
		p.Amount = fromStripe(*o.UnitAmount, o.Currency)
	}
	if product := o.Product.Object; product != nil {
		p.Name, p.Description = product.Name, product.Description
		p.Active = o.Active && product.Active && !product.Deleted
	}
	if r := o.Recurring; r != nil {
		p.Interval, p.RawInterval = enumValue(g, planIntervals, "plan.interval", r.Interval)
		p.IntervalCount, p.TrialDays = r.IntervalCount, r.TrialPeriodDays
		p.Usage, _ = enumValue(g, planUsages, "plan.usage_type", r.UsageType)
	}
	p.Scheme, _ = enumValue(g, planSchemes, "plan.billing_scheme", o.BillingScheme)
	return p
}

// hasLookupKey is whether a price has the lookup key, or was made here and had it until a successor took it.
func (o *priceObject) hasLookupKey(key string) bool {
	return key != "" && (o.LookupKey == key || o.Metadata[lookupKeyKey] == key)
}

// visiblePlanMetadata hides both pairs of ours, and leaves the map as it is.
func visiblePlanMetadata(metadata map[string]string) map[string]string {
	visible := maps.Clone(metadata)
	delete(visible, lookupKeyKey)
	return visibleMetadata(visible)
}
