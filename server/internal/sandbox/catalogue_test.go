package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	productsPath = "/v1/products"
	pricesPath   = "/v1/prices"
	plansPath    = "/v1/plans"
)

const fullProduct = "name=Gold&description=d&active=false&images[]=https://shop.example/1.png&features[0][name]=fast&" +
	"features[1][name]=safe&statement_descriptor=GOLD&tax_code=txcd_10000000&unit_label=seat&url=https://shop.example/gold&" +
	"shippable=true&metadata[k]=v"

// product makes a product and gives its id.
func (a api) product(t *testing.T, form string) string {
	t.Helper()
	got := a.post(t, productsPath, form)
	got.want(t, 200, map[string]any{"object": "product"})
	return got.text("id")
}

// price makes a price of a new product: of 20 dollars a month, or of what the form says. A form that names its amount is
// paid once, unless it names its interval too.
func (a api) price(t *testing.T, form string) string {
	t.Helper()
	if !strings.Contains(form, "unit_amount") {
		form += "&unit_amount=2000"
		if !strings.Contains(form, "recurring") {
			form += "&recurring[interval]=month"
		}
	}
	if !strings.Contains(form, "currency") {
		form += "&currency=usd"
	}
	if !strings.Contains(form, "product") {
		form += "&product_data[name]=Gold"
	}
	got := a.post(t, pricesPath, form)
	got.want(t, 200, map[string]any{"object": "price"})
	return got.text("id")
}

// docs.stripe.com/api/products: what was given stands in the answer; the rest is null.
func TestT01_Products(t *testing.T) {
	t.Parallel()
	a := newAPI()
	full := a.post(t, productsPath, fullProduct)
	full.want(t, 200, map[string]any{
		"name": "Gold", "description": "d", "active": false, "statement_descriptor": "GOLD", "tax_code": "txcd_10000000",
		"unit_label": "seat", "url": "https://shop.example/gold", "shippable": true, "metadata.k": "v", "default_price": nil,
	})
	if diff := cmp.Diff([]any{map[string]any{"name": "fast"}, map[string]any{"name": "safe"}}, full.at("features")); diff != "" {
		t.Error(diff)
	}
	lean := a.post(t, productsPath, "name=Lean")
	lean.want(t, 200, map[string]any{
		"active": true, "description": nil, "shippable": nil, "url": nil, "created": int(start.Unix()), "livemode": false,
	})
	a.clock.Advance(time.Minute)
	path := productsPath + "/" + full.text("id")
	a.post(t, path, "name=New&description=&images=&features=&unit_label=&metadata[k]=").want(t, 200, map[string]any{
		"name": "New", "description": nil, "unit_label": nil, "metadata.k": nil, "tax_code": "txcd_10000000",
		"updated": int(start.Add(time.Minute).Unix()), "created": int(start.Unix()),
	})
	own := a.post(t, productsPath, "name=Own&id=own&default_price_data[currency]=EUR&default_price_data[unit_amount]=500&"+
		"default_price_data[recurring][interval]=year&expand[]=default_price.product")
	own.want(t, 200, map[string]any{
		"id": "own", "default_price.currency": "eur", "default_price.recurring.interval": "year",
		"default_price.product.id": "own",
	})
	a.post(t, productsPath, "name=Own&id=own").want(t, 400, map[string]any{"error.code": "resource_already_exists"})
	a.get(t, pricesPath+"/"+own.text("default_price", "id"), "expand[]=product").want(t, 200, map[string]any{
		"product.name": "Own", "product.default_price": own.text("default_price", "id"),
	})
	for query, want := range map[string][]string{
		"":                                   {"own", lean.text("id"), full.text("id")},
		"active=true":                        {"own", lean.text("id")},
		"active=false":                       {full.text("id")},
		"ids[]=own&ids[]=" + full.text("id"): {"own", full.text("id")},
		"url=https://shop.example/gold":      {full.text("id")},
		"shippable=true":                     {full.text("id")},
	} {
		if diff := cmp.Diff(want, a.get(t, productsPath, query).ids()); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	a.do(t, http.MethodDelete, productsPath+"/own", "").want(t, 400, map[string]any{
		"error.message": "This product cannot be deleted because it has one or more user-created prices.",
	})
	gone := a.do(t, http.MethodDelete, path, "")
	if diff := cmp.Diff(map[string]any{"id": full.text("id"), "object": "product", "deleted": true}, gone.body); diff != "" {
		t.Error(diff)
	}
	a.get(t, path, "").want(t, 404, map[string]any{"error.message": "No such product: '" + full.text("id") + "'"})
	a.wantEvents(t, "product.deleted", "price.created", "plan.created", "product.updated", "product.created")
}

// wantEvents fails the test unless an event of each type happened.
func (a api) wantEvents(t *testing.T, types ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range a.events(t) {
		kind, _ := e["type"].(string)
		seen[kind] = true
	}
	for _, kind := range types {
		if !seen[kind] {
			t.Errorf("no event %s", kind)
		}
	}
}

// docs.stripe.com/api/prices: amounts as integers and as decimals, and the plan that a recurring price looks like.
func TestT01_Prices(t *testing.T) {
	t.Parallel()
	a := newAPI()
	product := a.product(t, "name=Gold")
	monthly := a.post(t, pricesPath, "currency=USD&unit_amount=2000&recurring[interval]=month&recurring[interval_count]=3&"+
		"recurring[trial_period_days]=14&nickname=n&lookup_key=gold&metadata[k]=v&tax_behavior=exclusive&product="+product)
	monthly.want(t, 200, map[string]any{
		"active": true, "billing_scheme": "per_unit", "currency": "usd", "unit_amount": 2000, "unit_amount_decimal": "2000",
		"type": "recurring", "recurring.interval": "month", "recurring.interval_count": 3, "recurring.usage_type": "licensed",
		"recurring.trial_period_days": 14, "recurring.aggregate_usage": nil, "lookup_key": "gold", "nickname": "n",
		"tax_behavior": "exclusive", "product": product, "metadata.k": "v", "tiers_mode": nil, "transform_quantity": nil,
	})
	a.get(t, plansPath+"/"+monthly.text("id"), "expand[]=product").want(t, 200, map[string]any{
		"object": "plan", "amount": 2000, "amount_decimal": "2000", "interval": "month", "interval_count": 3,
		"trial_period_days": 14, "usage_type": "licensed", "product.name": "Gold", "active": true, "currency": "usd",
	})
	once := a.post(t, pricesPath, "currency=jpy&unit_amount_decimal=500&product="+product)
	once.want(t, 200, map[string]any{
		"type": "one_time", "recurring": nil, "unit_amount": 500, "unit_amount_decimal": "500", "tax_behavior": "unspecified",
	})
	a.get(t, plansPath+"/"+once.text("id"), "").want(t, 404, map[string]any{"error.code": "resource_missing"})
	a.post(t, pricesPath, "currency=usd&unit_amount_decimal=12.3450&product="+product).want(t, 200, map[string]any{
		"unit_amount": nil, "unit_amount_decimal": "12.345",
	})
	tiered := a.post(t, pricesPath, "currency=eur&billing_scheme=tiered&tiers_mode=graduated&recurring[interval]=week&"+
		"recurring[usage_type]=metered&recurring[aggregate_usage]=max&tiers[0][up_to]=10&tiers[0][unit_amount]=100&"+
		"tiers[1][up_to]=inf&tiers[1][flat_amount]=5&tiers[1][unit_amount_decimal]=0.5&product_data[name]=Metered")
	tiered.want(t, 200, map[string]any{
		"billing_scheme": "tiered", "tiers_mode": "graduated", "unit_amount": nil, "unit_amount_decimal": nil,
		"recurring.usage_type": "metered", "recurring.aggregate_usage": "max", "tiers": nil,
	})
	for _, path := range []string{pricesPath, plansPath} {
		shown := a.get(t, path+"/"+tiered.text("id"), "expand[]=tiers")
		want := []any{
			map[string]any{
				"flat_amount": nil, "flat_amount_decimal": nil, "unit_amount": 100.0, "unit_amount_decimal": "100", "up_to": 10.0,
			},
			map[string]any{
				"flat_amount": 5.0, "flat_amount_decimal": "5", "unit_amount": nil, "unit_amount_decimal": "0.5", "up_to": nil,
			},
		}
		if diff := cmp.Diff(want, shown.at("tiers")); diff != "" {
			t.Error(diff)
		}
	}
	a.post(t, pricesPath+"/"+monthly.text("id"), "active=false&nickname=&metadata[k]=&metadata[l]=w").want(t, 200,
		map[string]any{"active": false, "nickname": nil, "metadata.k": nil, "metadata.l": "w", "unit_amount": 2000})
	a.get(t, plansPath+"/"+monthly.text("id"), "").want(t, 200, map[string]any{"active": false})
	a.wantEvents(t, "price.updated", "plan.updated", "price.created", "plan.created", "product.created")
}

// A lookup key belongs to one price, active or not, until it is transferred (recorded at api.stripe.com).
func TestT01_LookupKeys(t *testing.T) {
	t.Parallel()
	a := newAPI()
	first := a.price(t, "lookup_key=gold")
	a.post(t, pricesPath+"/"+first, "active=false").want(t, 200, nil)
	const more = "currency=usd&unit_amount=1&product_data[name]=n&lookup_key=gold"
	a.post(t, pricesPath, more).want(t, 400, map[string]any{
		"error.param": "lookup_key", "error.message": "A price (`" + first + "`) already uses that lookup key.",
	})
	if n := len(a.all(t, productsPath)); n != 1 {
		t.Errorf("%d products: the refused price left one behind", n)
	}
	second := a.post(t, pricesPath, more+"&transfer_lookup_key=true")
	second.want(t, 200, map[string]any{"lookup_key": "gold"})
	a.get(t, pricesPath+"/"+first, "").want(t, 200, map[string]any{"lookup_key": nil, "active": false})
	moved := a.get(t, eventsPath, "type=price.updated").first(t)
	moved.want(t, 200, map[string]any{"data.object.id": first, "data.previous_attributes.lookup_key": "gold"})
	a.post(t, pricesPath+"/"+first, "lookup_key=gold").want(t, 400, map[string]any{"error.param": "lookup_key"})
	a.post(t, pricesPath+"/"+first, "lookup_key=gold&transfer_lookup_key=true").want(t, 200, map[string]any{
		"lookup_key": "gold",
	})
	a.post(t, pricesPath+"/"+first, "lookup_key=gold").want(t, 200, map[string]any{"lookup_key": "gold"})
	a.get(t, pricesPath+"/"+second.text("id"), "").want(t, 200, map[string]any{"lookup_key": nil})
	a.post(t, pricesPath+"/"+first, "lookup_key=").want(t, 200, map[string]any{"lookup_key": nil})
	a.post(t, pricesPath+"/"+second.text("id"), "lookup_key=gold").want(t, 200, map[string]any{"lookup_key": "gold"})
}

func TestT01_ListPricesAndPlans(t *testing.T) {
	t.Parallel()
	a := newAPI()
	product := a.product(t, "name=Gold")
	month := a.price(t, "lookup_key=month&product="+product)
	a.clock.Advance(time.Minute)
	year := a.price(t, "lookup_key=year&recurring[interval]=year&currency=eur&active=false")
	metered := a.price(t, "recurring[interval]=month&recurring[usage_type]=metered")
	once := a.post(t, pricesPath, "currency=usd&unit_amount=1&product="+product).text("id")
	for query, want := range map[string][]string{
		"":                              {once, metered, year, month},
		"active=true":                   {once, metered, month},
		"active=false":                  {year},
		"currency=EUR":                  {year},
		"product=" + product:            {once, month},
		"type=one_time":                 {once},
		"type=recurring":                {metered, year, month},
		"recurring[interval]=month":     {metered, month},
		"recurring[usage_type]=metered": {metered},
		"lookup_keys[]=month&lookup_keys[]=other": {month},
		"lookup_keys[]=other":                     {},
		"limit=1&starting_after=" + metered:       {year},
		"created[gt]=" + "1773500966":             {once, metered, year},
	} {
		if diff := cmp.Diff(want, a.get(t, pricesPath, query).ids()); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	for query, want := range map[string][]string{
		"": {metered, year, month}, "product=" + product: {month}, "active=false": {year},
	} {
		if diff := cmp.Diff(want, a.get(t, plansPath, query).ids()); diff != "" {
			t.Errorf("plans, %s: %s", query, diff)
		}
	}
	for _, path := range []string{pricesPath, plansPath} {
		a.get(t, path, "product=prod_x").want(t, 400, map[string]any{
			"error.param": "product", "error.message": "No such product: 'prod_x'",
		})
	}
}
