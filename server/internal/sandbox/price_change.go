package sandbox

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// createPrice makes a price and, where its data is given, the product that it is of.
func (s *Sandbox) createPrice(c *call) (any, *failure) {
	var made *product
	productID := c.text("product")
	if data := c.params.get("product_data"); data != nil {
		p, f := s.newProduct(c, data)
		if f != nil {
			return nil, f
		}
		made, productID = p, p.ID
	} else if _, f := s.productParam(productID, "product"); f != nil {
		return nil, f
	}
	p := s.newPrice(c, c.params, productID)
	if f := s.takeLookupKey(c, p); f != nil {
		return nil, f
	}
	if made != nil {
		s.world.products.put(made.ID, made)
		s.emit(c, "product.created", made, nil)
	}
	s.putPrice(c, p)
	return p, nil
}

// putPrice keeps a new price and tells of it, also by its old name.
func (s *Sandbox) putPrice(c *call, p *price) {
	s.world.prices.put(p.ID, p)
	if p.Recurring != nil {
		s.emit(c, "plan.created", planOf(p), nil)
	}
	s.emit(c, "price.created", p, nil)
}

// newPrice makes a price of its data: the parameters of a create, or default_price_data of a product. The caller keeps
// it.
func (s *Sandbox) newPrice(c *call, data *node, productID string) *price {
	text := func(name, otherwise string) string {
		if found := data.get(name); found != nil {
			return found.text
		}
		return otherwise
	}
	p := &price{
		ID: s.ids.object("price_", c.at), Object: "price", Active: text("active", "true") == "true",
		BillingScheme: text("billing_scheme", schemePerUnit), Created: c.at.Unix(), Currency: strings.ToLower(text("currency", "")),
		LookupKey: nullString(text("lookup_key", "")), Metadata: data.merged(map[string]string{}),
		Nickname: nullString(text("nickname", "")), Product: ref{id: productID},
		Recurring: readRecurring(data.get("recurring")), TaxBehavior: text("tax_behavior", taxUnspecified),
		TiersMode: nullString(text("tiers_mode", "")), Type: typeOneTime,
	}
	if p.Recurring != nil {
		p.Type = typeRecurring
	}
	p.UnitAmount, p.UnitAmountDecimal = amounts(data.get("unit_amount"), data.get("unit_amount_decimal"))
	if divide := data.integer("transform_quantity", "divide_by"); divide != nil {
		p.TransformQuantity = &transformQuantity{DivideBy: *divide, Round: data.get("transform_quantity", "round").text}
	}
	if tiers := data.get("tiers"); tiers != nil {
		for i := range tiers.names {
			given := tiers.get(strconv.Itoa(i))
			tier := priceTier{}
			tier.FlatAmount, tier.FlatAmountDecimal = amounts(given.get("flat_amount"), given.get("flat_amount_decimal"))
			tier.UnitAmount, tier.UnitAmountDecimal = amounts(given.get("unit_amount"), given.get("unit_amount_decimal"))
			if given.get("up_to").text != "inf" {
				tier.UpTo = given.integer("up_to")
			}
			p.tiers = append(p.tiers, tier)
		}
	}
	return p
}

func readRecurring(data *node) *recurring {
	if data == nil {
		return nil
	}
	r := &recurring{
		Interval: data.get("interval").text, IntervalCount: 1, TrialPeriodDays: data.integer("trial_period_days"),
		UsageType: usageLicensed,
	}
	if count := data.integer("interval_count"); count != nil {
		r.IntervalCount = *count
	}
	if usage := data.get("usage_type"); usage != nil {
		r.UsageType = usage.text
	}
	if r.UsageType == usageMetered {
		r.AggregateUsage = "sum"
		data.change(&r.AggregateUsage, "aggregate_usage")
	}
	return r
}

// takeLookupKey refuses a lookup key that another price has, active or not, or takes it from that price (both: recorded
// at api.stripe.com).
func (s *Sandbox) takeLookupKey(c *call, p *price) *failure {
	if p.LookupKey == "" {
		return nil
	}
	for _, holder := range s.world.prices.rows {
		if holder.ID == p.ID || holder.LookupKey != p.LookupKey {
			continue
		}
		if !c.flag("transfer_lookup_key") {
			return invalid("", "lookup_key", fmt.Sprintf("A price (`%s`) already uses that lookup key.", holder.ID))
		}
		next := *holder
		next.LookupKey = ""
		s.replacePrice(c, &next, holder)
		return nil
	}
	return nil
}

// replacePrice keeps a change of a price and tells of it, also by its old name. What a plan does not show is no change
// of the plan.
func (s *Sandbox) replacePrice(c *call, next, old *price) {
	s.world.prices.put(next.ID, next)
	if next.Recurring != nil {
		now, was := planOf(next), planOf(old)
		if len(previous(compact(was), compact(now))) > 0 {
			s.emit(c, "plan.updated", now, was)
		}
	}
	s.emit(c, "price.updated", next, old)
}

// updatePrice changes what can be changed of a price; its amount, currency and interval stay for good.
func (s *Sandbox) updatePrice(c *call) (any, *failure) {
	old, f := s.findPrice(c)
	if f != nil {
		return nil, f
	}
	next := *old
	if c.has("active") {
		next.Active = c.flag("active")
	}
	c.params.change(&next.Nickname, "nickname")
	c.params.change(&next.LookupKey, "lookup_key")
	next.Metadata = c.merged(old.Metadata)
	if behavior := c.text("tax_behavior"); behavior != "" && behavior != old.TaxBehavior {
		if old.TaxBehavior != taxUnspecified {
			return nil, invalid("", "tax_behavior", "You cannot change `tax_behavior` once it has been set to `exclusive` or "+
				"`inclusive`.")
		}
		next.TaxBehavior = behavior
	}
	if f := s.takeLookupKey(c, &next); f != nil {
		return nil, f
	}
	s.replacePrice(c, &next, old)
	return &next, nil
}

// amounts reads an amount that may be an integer or a decimal: the integer is null where there is a fraction, and the
// decimal has no zeros behind (recorded at api.stripe.com).
func amounts(whole, decimal *node) (*int64, nullString) {
	var text string
	switch {
	case whole != nil:
		text = whole.text
	case decimal != nil:
		text = decimal.text
	default:
		return nil, ""
	}
	exact, _ := new(big.Rat).SetString(text)
	if exact.IsInt() && exact.Num().IsInt64() {
		return new(exact.Num().Int64()), nullString(exact.Num().String())
	}
	return nil, nullString(strings.TrimRight(exact.FloatString(maxDecimals), "0"))
}
