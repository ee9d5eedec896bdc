package sandbox

// Names, enums and lengths of what prices take: spec3.json at 2023-10-16. The trial days of a recurring price stand in
// stripe-go v76 only.
var (
	priceCreateShape = shape{
		{name: "active", kind: kindBoolean},
		{name: "billing_scheme", kind: kindEnum, oneOf: []string{schemePerUnit, schemeTiered}},
		{name: "currency", kind: kindCurrency, required: true},
		{name: "currency_options", kind: kindRefused},
		{name: "custom_unit_amount", kind: kindRefused},
		expandField,
		{name: "lookup_key", max: 200},
		metadataField,
		{name: "nickname", max: 5000},
		{name: "product", max: 5000},
		{name: "product_data", kind: kindHash, fields: shape{
			{name: "active", kind: kindBoolean},
			{name: "id", max: 5000},
			metadataField,
			{name: "name", max: 5000, required: true},
			{name: "statement_descriptor", max: 22},
			{name: "tax_code", max: 5000},
			{name: "unit_label", max: 12},
		}},
		recurringField(true),
		taxBehaviorField,
		{name: "tiers", kind: kindHashes, fields: shape{
			{name: "flat_amount", kind: kindInteger},
			{name: "flat_amount_decimal", kind: kindDecimal},
			{name: "unit_amount", kind: kindInteger},
			{name: "unit_amount_decimal", kind: kindDecimal},
			{name: "up_to", required: true},
		}},
		{name: "tiers_mode", kind: kindEnum, oneOf: []string{"graduated", "volume"}},
		{name: "transfer_lookup_key", kind: kindBoolean},
		{name: "transform_quantity", kind: kindHash, fields: shape{
			{name: "divide_by", kind: kindInteger, required: true},
			{name: "round", kind: kindEnum, oneOf: []string{"down", "up"}, required: true},
		}},
		{name: "unit_amount", kind: kindInteger},
		{name: "unit_amount_decimal", kind: kindDecimal},
	}
	priceUpdateShape = shape{
		{name: "active", kind: kindBoolean},
		{name: "currency_options", kind: kindRefused},
		expandField,
		{name: "lookup_key", max: 200, unset: true},
		metadataField,
		{name: "nickname", max: 5000, unset: true},
		taxBehaviorField,
		{name: "transfer_lookup_key", kind: kindBoolean},
	}
	priceListShape = listShape(
		field{name: "active", kind: kindBoolean}, field{name: "currency", kind: kindCurrency},
		field{name: "lookup_keys", kind: kindList}, field{name: "product", max: 5000},
		field{name: "recurring", kind: kindHash, fields: shape{
			{name: "interval", kind: kindEnum, oneOf: intervals}, usageField,
		}},
		field{name: "type", kind: kindEnum, oneOf: []string{typeOneTime, typeRecurring}},
	)
	planListShape = listShape(field{name: "active", kind: kindBoolean}, field{name: "product", max: 5000})

	taxBehaviorField = field{name: "tax_behavior", kind: kindEnum, oneOf: []string{"exclusive", "inclusive", taxUnspecified}}
	usageField       = field{name: "usage_type", kind: kindEnum, oneOf: []string{usageLicensed, usageMetered}}
)

const taxUnspecified = "unspecified"

var intervals = []string{intervalDay, intervalMonth, intervalWeek, intervalYear}

// recurringField is how often a price is billed. The default price of a product takes less.
func recurringField(whole bool) field {
	f := field{name: "recurring", kind: kindHash, fields: shape{
		{name: "interval", kind: kindEnum, oneOf: intervals, required: true},
		{name: "interval_count", kind: kindInteger},
	}}
	if whole {
		f.fields = append(f.fields,
			field{
				name: "aggregate_usage", kind: kindEnum,
				oneOf: []string{"last_during_period", "last_ever", "max", "sum"},
			},
			field{name: "meter", kind: kindRefused},
			field{name: "trial_period_days", kind: kindInteger}, usageField,
		)
	}
	return f
}
