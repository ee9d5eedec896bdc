package sandbox

// Names, enums and lengths of what products take: spec3.json at 2023-10-16.
var (
	productCreateShape = append(shape{
		{name: "default_price_data", kind: kindHash, fields: shape{
			{name: "currency", kind: kindCurrency, required: true},
			{name: "currency_options", kind: kindRefused},
			recurringField(false),
			taxBehaviorField,
			{name: "unit_amount", kind: kindInteger},
			{name: "unit_amount_decimal", kind: kindDecimal},
		}},
		{name: "id", max: 5000},
		{name: "name", max: 5000, required: true},
	}, productFields(false)...)
	productUpdateShape = append(shape{
		{name: "default_price", max: 5000},
		{name: "name", max: 5000},
	}, productFields(true)...)
	productListShape = listShape(
		field{name: "active", kind: kindBoolean}, field{name: "ids", kind: kindList},
		field{name: "shippable", kind: kindBoolean}, field{name: "url", max: 5000},
	)
)

// productFields are what a create and an update share. An update may empty what a create can only leave out.
func productFields(unset bool) shape {
	return shape{
		{name: "active", kind: kindBoolean},
		{name: "description", max: 40000, unset: unset},
		expandField,
		{name: "features", kind: kindHashes, unset: unset, fields: shape{{name: "name", max: 5000, required: true}}},
		{name: "images", kind: kindList, unset: unset},
		metadataField,
		{name: "package_dimensions", kind: kindRefused},
		{name: "shippable", kind: kindBoolean},
		{name: "statement_descriptor", max: 22},
		{name: "tax_code", max: 5000, unset: unset},
		{name: "type", kind: kindRefused},
		{name: "unit_label", max: 12, unset: unset},
		{name: "url", max: 5000, kind: kindURL, unset: unset},
	}
}

// Limits of the lists of a product (spec3.json, product).
const (
	maxFeatures = 15
	maxImages   = 8
)

func checkProduct(c *call) *failure {
	for name, most := range map[string]int{"features": maxFeatures, "images": maxImages} {
		if list := c.params.get(name); list != nil && len(list.names) > most {
			return tooMany(name, most, len(list.names))
		}
	}
	if c.has("default_price_data") {
		return checkPriceAmount(c.params.get("default_price_data"), "default_price_data")
	}
	return nil
}
