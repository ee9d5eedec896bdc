package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// Intervals of a recurring price (spec3.json, recurring).
const (
	intervalDay   = "day"
	intervalWeek  = "week"
	intervalMonth = "month"
	intervalYear  = "year"
)

const (
	schemePerUnit = "per_unit"
	schemeTiered  = "tiered"
	usageLicensed = "licensed"
	usageMetered  = "metered"
	typeOneTime   = "one_time"
	typeRecurring = "recurring"
)

// price is Stripe's object, its properties in Stripe's order. What Stripe shows only when it is expanded stands in
// unexported fields: tiers.
type price struct {
	ID                string             `json:"id"`
	Object            string             `json:"object"`
	Active            bool               `json:"active"`
	BillingScheme     string             `json:"billing_scheme"`
	Created           int64              `json:"created"`
	Currency          string             `json:"currency"`
	CustomUnitAmount  null               `json:"custom_unit_amount"`
	Livemode          bool               `json:"livemode"`
	LookupKey         nullString         `json:"lookup_key"`
	Metadata          map[string]string  `json:"metadata"`
	Nickname          nullString         `json:"nickname"`
	Product           ref                `json:"product"`
	Recurring         *recurring         `json:"recurring"`
	TaxBehavior       string             `json:"tax_behavior"`
	Tiers             []priceTier        `json:"tiers,omitempty"`
	TiersMode         nullString         `json:"tiers_mode"`
	TransformQuantity *transformQuantity `json:"transform_quantity"`
	Type              string             `json:"type"`
	UnitAmount        *int64             `json:"unit_amount"`
	UnitAmountDecimal nullString         `json:"unit_amount_decimal"`

	tiers []priceTier // shown as Tiers when that is expanded
}

// recurring says how often a price is billed.
type recurring struct {
	AggregateUsage  nullString `json:"aggregate_usage"`
	Interval        string     `json:"interval"`
	IntervalCount   int64      `json:"interval_count"`
	TrialPeriodDays *int64     `json:"trial_period_days"`
	UsageType       string     `json:"usage_type"`
}

// priceTier is the price of a range of quantities; the last has no end.
type priceTier struct {
	FlatAmount        *int64     `json:"flat_amount"`
	FlatAmountDecimal nullString `json:"flat_amount_decimal"`
	UnitAmount        *int64     `json:"unit_amount"`
	UnitAmountDecimal nullString `json:"unit_amount_decimal"`
	UpTo              *int64     `json:"up_to"`
}

// transformQuantity divides a quantity before it is priced.
type transformQuantity struct {
	DivideBy int64  `json:"divide_by"`
	Round    string `json:"round"`
}

func (p *price) identity() string { return p.ID }

// priceParam finds the price that a parameter names.
func (s *Sandbox) priceParam(_ *call, id, param string) (*price, *failure) {
	found, ok := s.world.prices.get(id)
	if !ok {
		return nil, missing(http.StatusBadRequest, "price", id, param)
	}
	return found, nil
}

// findPrice finds the price of the path.
func (s *Sandbox) findPrice(c *call) (*price, *failure) {
	found, ok := s.world.prices.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "price", c.id, "price")
	}
	return found, nil
}

func (s *Sandbox) getPrice(c *call) (any, *failure) {
	return s.findPrice(c)
}

// listPrices gives inactive prices too, unless active is a filter (pull request 3717 of
// strangerstudios/paid-memberships-pro).
func (s *Sandbox) listPrices(c *call) (any, *failure) {
	if f := s.checkProductFilter(c); f != nil {
		return nil, f
	}
	keys, every := c.params.get("lookup_keys"), c.params.get("recurring")
	return pageOf(c, &s.world.prices, "price", func(p *price) bool {
		return c.within(p.Created) && c.matches("active", p.Active) && p.has(c, "product", p.Product.id) &&
			p.has(c, "currency", p.Currency) && p.has(c, "type", p.Type) &&
			(keys == nil || p.LookupKey != "" && slices.Contains(listed(keys), string(p.LookupKey))) &&
			(every == nil || p.Recurring.matches(every))
	})
}

// has says whether a filter names what the price has, or nothing.
func (p *price) has(c *call, filter, value string) bool {
	return !c.has(filter) || strings.EqualFold(c.text(filter), value)
}

// matches says whether a price is billed as a filter asks.
func (r *recurring) matches(filter *node) bool {
	if r == nil {
		return false
	}
	interval, usage := filter.get("interval"), filter.get("usage_type")
	return (interval == nil || interval.text == r.Interval) && (usage == nil || usage.text == r.UsageType)
}

// checkProductFilter refuses a list that filters by a product that does not exist.
func (s *Sandbox) checkProductFilter(c *call) *failure {
	if !c.has("product") {
		return nil
	}
	_, f := s.productParam(c.text("product"), "product")
	return f
}
