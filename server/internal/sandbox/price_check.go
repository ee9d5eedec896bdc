package sandbox

import (
	"fmt"
	"strconv"
	"strings"
)

// longest is how many intervals three years have (stripe-go v76, price.go).
var longest = map[string]int64{intervalDay: 3 * 365, intervalWeek: 156, intervalMonth: 36, intervalYear: 3}

// checkPrice holds the rules across the parameters of a create (texts: recorded at api.stripe.com).
func checkPrice(c *call) *failure {
	switch {
	case c.has("product") && c.has("product_data"):
		return invalid("", "product", "You may only specify one of these parameters: product, product_data.")
	case !c.has("product") && !c.has("product_data"):
		return invalid("", "", "You must specify either `product` or `product_data` when creating a price.")
	case c.text("billing_scheme") == schemeTiered:
		if f := checkTiers(c); f != nil {
			return f
		}
	case c.has("tiers") || c.has("tiers_mode"):
		return invalid("", "tiers", "You may only pass `tiers` and `tiers_mode` with `billing_scheme=tiered`.")
	}
	return checkPriceAmount(c.params, "")
}

// checkPriceAmount holds the rules of an amount and of its interval.
func checkPriceAmount(data *node, prefix string) *failure {
	amount, decimal := data.get("unit_amount"), data.get("unit_amount_decimal")
	tiered := data.get("billing_scheme") != nil && data.get("billing_scheme").text == schemeTiered
	switch {
	case tiered && (amount != nil || decimal != nil):
		return invalid("", nested(prefix, "unit_amount"), "You may not pass `unit_amount` with `billing_scheme=tiered`.")
	case amount != nil && decimal != nil:
		return invalid("parameters_exclusive", nested(prefix, "unit_amount"),
			"You may only specify one of these parameters: unit_amount, unit_amount_decimal.")
	case !tiered && amount == nil && decimal == nil:
		return invalid("", "", "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.")
	}
	for _, given := range []*node{amount, decimal} {
		if given == nil {
			continue
		}
		if strings.HasPrefix(given.text, "-") {
			return invalid("parameter_invalid_integer", nested(prefix, "unit_amount"),
				"This value must be greater than or equal to 0.")
		}
		if whole, _, _ := strings.Cut(given.text, "."); len(whole) > maxAmountDigits {
			return invalid("parameter_invalid_integer", nested(prefix, "unit_amount"), fmt.Sprintf("This value must be less "+
				"than or equal to %s (it currently is '%s').", strings.Repeat("9", maxAmountDigits), given.text))
		}
	}
	return checkRecurring(data.get("recurring"), nested(prefix, "recurring"))
}

// maxAmountDigits is the longest amount that the sandbox takes for a price (docs.stripe.com/currencies: the longest of
// any charge).
const maxAmountDigits = 12

func checkRecurring(data *node, path string) *failure {
	if data == nil {
		return nil
	}
	interval := data.get("interval").text
	if count := data.integer("interval_count"); count != nil && (*count < 1 || *count > longest[interval]) {
		if *count < 1 {
			return invalid("parameter_invalid_integer", path+"[interval_count]",
				"This value must be greater than or equal to 1.")
		}
		return invalid("parameter_invalid_integer", path+"[interval_count]", fmt.Sprintf("The maximum interval for a price is "+
			"three years: interval_count must be at most %d for the interval %s.", longest[interval], interval))
	}
	usage := data.get("usage_type")
	if data.get("aggregate_usage") != nil && (usage == nil || usage.text != usageMetered) {
		return invalid("", path+"[aggregate_usage]", "You may only pass `aggregate_usage` with `usage_type=metered`.")
	}
	const longestTrial = 730 // two years
	if days := data.integer("trial_period_days"); days != nil && (*days < 0 || *days > longestTrial) {
		return invalid("parameter_invalid_integer", path+"[trial_period_days]",
			fmt.Sprintf("This value must be between 0 and %d.", longestTrial))
	}
	return nil
}

// checkTiers wants ranges that follow each other up to infinity.
func checkTiers(c *call) *failure {
	tiers := c.params.get("tiers")
	switch {
	case !c.has("recurring"):
		return invalid("", "interval", "Prices with `type=one_time` are not supported with tiered billing.")
	case tiers == nil || len(tiers.names) == 0:
		return invalid("parameter_missing", "tiers", "Missing required param: tiers.")
	case !c.has("tiers_mode"):
		return invalid("parameter_missing", "tiers_mode", "Missing required param: tiers_mode.")
	case c.has("transform_quantity"):
		return invalid("", "transform_quantity", "You may not pass `transform_quantity` with `tiers`.")
	}
	before := int64(0)
	for i := range tiers.names {
		tier, path := tiers.get(strconv.Itoa(i)), fmt.Sprintf("tiers[%d]", i)
		last, upTo := i == len(tiers.names)-1, tier.get("up_to").text
		end, isNumber := parseInteger(upTo)
		if last && upTo != "inf" {
			return invalid("", path+"[up_to]", "The last tier must have `up_to=inf`.")
		}
		if !last && (!isNumber || end <= before) {
			return invalid("", path+"[up_to]", "Each tier must end above the one before, and only the last may be `inf`.")
		}
		if tier.get("unit_amount") == nil && tier.get("unit_amount_decimal") == nil && tier.get("flat_amount") == nil &&
			tier.get("flat_amount_decimal") == nil {
			return invalid("", path, "Each tier needs a `unit_amount` or a `flat_amount`.")
		}
		before = end
	}
	return nil
}

// tooMany refuses a list that is too long.
func tooMany(param string, most, given int) *failure {
	return invalid("", param, fmt.Sprintf("Array %s exceeded maximum %d allowed elements (%d given).", param, most, given))
}
