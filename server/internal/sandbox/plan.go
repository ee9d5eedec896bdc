package sandbox

import "net/http"

// plan is the legacy view of a recurring price, under the same id, its properties in Stripe's order.
type plan struct {
	ID              string             `json:"id"`
	Object          string             `json:"object"`
	Active          bool               `json:"active"`
	AggregateUsage  nullString         `json:"aggregate_usage"`
	Amount          *int64             `json:"amount"`
	AmountDecimal   nullString         `json:"amount_decimal"`
	BillingScheme   string             `json:"billing_scheme"`
	Created         int64              `json:"created"`
	Currency        string             `json:"currency"`
	Interval        string             `json:"interval"`
	IntervalCount   int64              `json:"interval_count"`
	Livemode        bool               `json:"livemode"`
	Metadata        map[string]string  `json:"metadata"`
	Nickname        nullString         `json:"nickname"`
	Product         ref                `json:"product"`
	Tiers           []priceTier        `json:"tiers,omitempty"`
	TiersMode       nullString         `json:"tiers_mode"`
	TransformUsage  *transformQuantity `json:"transform_usage"`
	TrialPeriodDays *int64             `json:"trial_period_days"`
	UsageType       string             `json:"usage_type"`

	tiers []priceTier // shown as Tiers when that is expanded
}

func (p *plan) identity() string { return p.ID }

// planOf is the plan that a recurring price looks like.
func planOf(p *price) *plan {
	return &plan{
		ID: p.ID, Object: "plan", Active: p.Active, AggregateUsage: p.Recurring.AggregateUsage, Amount: p.UnitAmount,
		AmountDecimal: p.UnitAmountDecimal, BillingScheme: p.BillingScheme, Created: p.Created, Currency: p.Currency,
		Interval: p.Recurring.Interval, IntervalCount: p.Recurring.IntervalCount, Livemode: p.Livemode,
		Metadata: p.Metadata, Nickname: p.Nickname, Product: p.Product, TiersMode: p.TiersMode,
		TransformUsage: p.TransformQuantity, TrialPeriodDays: p.Recurring.TrialPeriodDays,
		UsageType: p.Recurring.UsageType, tiers: p.tiers,
	}
}

// findPlan finds the plan of the path: a recurring price.
func (s *Sandbox) findPlan(c *call) (*price, *failure) {
	found, ok := s.world.prices.get(c.id)
	if !ok || found.Recurring == nil {
		return nil, missing(http.StatusNotFound, "plan", c.id, "plan")
	}
	return found, nil
}

func (s *Sandbox) getPlan(c *call) (any, *failure) {
	found, f := s.findPlan(c)
	if f != nil {
		return nil, f
	}
	return planOf(found), nil
}

func (s *Sandbox) listPlans(c *call) (any, *failure) {
	if f := s.checkProductFilter(c); f != nil {
		return nil, f
	}
	shown, f := pageOf(c, &s.world.prices, "plan", func(p *price) bool {
		return p.Recurring != nil && c.within(p.Created) && c.matches("active", p.Active) &&
			p.has(c, "product", p.Product.id)
	})
	if f != nil {
		return nil, f
	}
	for i, item := range shown.Data {
		if found, ok := item.(*price); ok {
			shown.Data[i] = planOf(found)
		}
	}
	return shown, nil
}
