package sandbox_test

import (
	"strings"
	"testing"
)

const cheap = "currency=usd&unit_amount=1&product=gold"

// catalogueRefusals are refused for what they say (spec3.json; texts with back-ticks are recorded at api.stripe.com). A
// product gold is there.
var catalogueRefusals = []struct{ path, form, code, param, message string }{
	{productsPath, "", "parameter_missing", "name", "Missing required param: name."},
	{productsPath, "name=", "parameter_invalid_empty", "name", ""},
	{productsPath, "name=n&type=good", "", "type", ""},
	{productsPath, "name=n&unit_label=" + strings.Repeat("u", 13), "", "unit_label", ""},
	{productsPath, "name=n&statement_descriptor=" + strings.Repeat("u", 23), "", "statement_descriptor", ""},
	{productsPath, "name=n&features[0][title]=n", "parameter_unknown", "features[0][title]", ""},
	{productsPath, "name=n&features[0][name]=", "parameter_invalid_empty", "features[0][name]", ""},
	{productsPath, "name=n&features[]=n", "", "features[0]", "Invalid object"},
	{productsPath, "name=n" + strings.Repeat("&images[]=https://x.example", 9), "", "images", ""},
	{productsPath, "name=n&url=nothing", "url_invalid", "url", ""},
	{productsPath, "name=n&default_price_data[unit_amount]=1", "parameter_missing", "default_price_data[currency]", ""},
	{productsPath, "name=n&default_price_data[currency]=usd", "", "", ""},
	{productsPath, "name=n&id=gold", "resource_already_exists", "id", "Product already exists."},
	{productsPath + "/gold", "default_price=price_x", "resource_missing", "default_price", "No such price: 'price_x'"},
	{productsPath + "/gold", "name=", "parameter_invalid_empty", "name", ""},
	{pricesPath, "unit_amount=1&product=gold", "parameter_missing", "currency", "Missing required param: currency."},
	{pricesPath, "currency=usd&unit_amount=1", "", "", "You must specify either `product` or `product_data` when creating a " +
		"price."},
	{pricesPath, cheap + "&product_data[name]=n", "", "product", "You may only specify one of these parameters: product, " +
		"product_data."},
	{pricesPath, "currency=usd&unit_amount=1&product=prod_x", "resource_missing", "product", "No such product: 'prod_x'"},
	{pricesPath, "currency=usd&unit_amount=1&product_data[name]=n&product_data[id]=gold", "resource_already_exists", "id", ""},
	{pricesPath, "currency=usd&product=gold", "", "", "Prices require an `unit_amount` or `unit_amount_decimal` parameter to " +
		"be set."},
	{pricesPath, cheap + "&unit_amount_decimal=1", "parameters_exclusive", "unit_amount", ""},
	{pricesPath, "currency=usd&product=gold&unit_amount=-1", "parameter_invalid_integer", "unit_amount", ""},
	{pricesPath, "currency=usd&product=gold&unit_amount=1.5", "parameter_invalid_integer", "unit_amount", ""},
	{pricesPath, "currency=usd&product=gold&unit_amount=1234567890123", "parameter_invalid_integer", "unit_amount", ""},
	{pricesPath, "currency=usd&product=gold&unit_amount_decimal=1e3", "", "unit_amount_decimal", ""},
	{pricesPath, "currency=usd&product=gold&unit_amount_decimal=0.1234567890123", "", "unit_amount_decimal", ""},
	{pricesPath, "currency=xxx&product=gold&unit_amount=1", "", "currency", ""},
	{pricesPath, cheap + "&recurring[interval]=decade", "", "recurring[interval]", ""},
	{pricesPath, cheap + "&recurring[interval_count]=2", "parameter_missing", "recurring[interval]", ""},
	{
		pricesPath, cheap + "&recurring[interval]=month&recurring[interval_count]=0", "parameter_invalid_integer",
		"recurring[interval_count]", "",
	},
	{
		pricesPath, cheap + "&recurring[interval]=month&recurring[interval_count]=37", "parameter_invalid_integer",
		"recurring[interval_count]", "",
	},
	{
		pricesPath, cheap + "&recurring[interval]=year&recurring[interval_count]=4", "parameter_invalid_integer",
		"recurring[interval_count]", "",
	},
	{
		pricesPath, cheap + "&recurring[interval]=month&recurring[trial_period_days]=731", "parameter_invalid_integer",
		"recurring[trial_period_days]", "",
	},
	{pricesPath, cheap + "&recurring[interval]=month&recurring[aggregate_usage]=max", "", "recurring[aggregate_usage]", ""},
	{pricesPath, cheap + "&recurring[interval]=month&recurring[meter]=mtr_1", "", "recurring[meter]", ""},
	{pricesPath, cheap + "&tiers_mode=volume", "", "tiers", ""},
	{pricesPath, "currency=usd&product=gold&billing_scheme=tiered", "", "interval", "Prices with `type=one_time` are not " +
		"supported with tiered billing."},
	{pricesPath, cheap + tieredForm + "&tiers[0][up_to]=inf&tiers[0][unit_amount]=1", "", "unit_amount", ""},
	{pricesPath, uncounted + tieredForm, "parameter_missing", "tiers", ""},
	{pricesPath, uncounted + tieredForm + "&tiers[0][up_to]=5&tiers[0][unit_amount]=1", "", "tiers[0][up_to]", ""},
	{pricesPath, uncounted + tieredForm + "&tiers[0][up_to]=inf", "", "tiers[0]", ""},
	{pricesPath, uncounted + tieredForm + "&tiers[0][unit_amount]=1", "parameter_missing", "tiers[0][up_to]", ""},
	{pricesPath, uncounted + tieredForm + "&tiers[0][up_to]=9&tiers[0][unit_amount]=1&tiers[1][up_to]=9&" +
		"tiers[1][unit_amount]=1&tiers[2][up_to]=inf&tiers[2][unit_amount]=1", "", "tiers[1][up_to]", ""},
	{pricesPath, cheap + "&custom_unit_amount[enabled]=true", "", "custom_unit_amount", ""},
	{pricesPath, cheap + "&lookup_key=" + strings.Repeat("k", 201), "", "lookup_key", ""},
	{pricesPath, cheap + "&expand[]=currency", "", "", ""},
	{pricesPath + "/price_x", "active=false", "resource_missing", "price", "No such price: 'price_x'"},
	{pricesPath + "/" + "{price}", "unit_amount=1", "parameter_unknown", "unit_amount", ""},
	{pricesPath + "/" + "{price}", "recurring[interval]=year", "parameter_unknown", "recurring", ""},
	{pricesPath + "/" + "{price}", "tax_behavior=inclusive", "", "tax_behavior", ""},
}

const (
	tieredForm = "&billing_scheme=tiered&tiers_mode=volume&recurring[interval]=month"
	uncounted  = "currency=usd&product=gold"
)

func TestT01_CatalogueRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.product(t, "name=Gold&id=gold")
	price := a.price(t, "product=gold&tax_behavior=exclusive")
	before := len(a.events(t))
	for _, tt := range catalogueRefusals {
		got := a.post(t, strings.ReplaceAll(tt.path, "{price}", price), tt.form)
		status := 400
		if strings.HasSuffix(tt.path, "price_x") {
			status = 404
		}
		got.want(t, status, map[string]any{"error.type": "invalid_request_error"})
		if got.text("error", "code") != tt.code || got.text("error", "param") != tt.param ||
			tt.message != "" && got.text("error", "message") != tt.message {
			t.Errorf("%s?%.80s: %s", tt.path, tt.form, got.raw)
		}
	}
	if products, prices := a.all(t, productsPath), a.all(t, pricesPath); len(products) != 1 || len(prices) != 1 {
		t.Errorf("%d products and %d prices: a refused request left a trace", len(products), len(prices))
	}
	if after := len(a.events(t)); after != before {
		t.Errorf("%d events, %d before", after, before)
	}
	for _, path := range []string{productsPath + "/prod_x", pricesPath + "/price_x", plansPath + "/plan_x"} {
		a.get(t, path, "").want(t, 404, map[string]any{"error.code": "resource_missing"})
	}
	a.do(t, "DELETE", pricesPath+"/"+price, "").want(t, 404, map[string]any{"error.type": "invalid_request_error"})
	a.get(t, productsPath, "ids[]=gold&starting_after=gold").want(t, 400, map[string]any{"error.param": "ids"})
}
