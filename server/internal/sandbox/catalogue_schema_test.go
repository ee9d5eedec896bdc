package sandbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-mock/spec"
)

// answers sorts replies by the schema that each must hold to. What an event is about, and what stands in a list, is an
// answer of its own.
type answers map[string][]reply

func (all answers) keep(replies ...reply) {
	for _, r := range replies {
		kind := r.text("object")
		switch {
		case r.status != http.StatusOK:
			kind = "error"
		case r.at("deleted") == true && strings.HasPrefix(kind, "test_helpers."):
			kind = "deleted_test_helpers.test_clock"
		case r.at("deleted") == true:
			kind = "deleted_" + kind
		case kind == "list":
			items, _ := r.at("data").([]any)
			for _, item := range items {
				object, _ := item.(map[string]any)
				all.object(object)
			}
			continue
		}
		all[kind] = append(all[kind], r)
	}
}

func (all answers) object(object map[string]any) {
	raw, _ := json.Marshal(object)
	all.keep(reply{status: http.StatusOK, raw: string(raw), body: object})
}

// keepEvents adds every event that happened, and the object in each.
func (all answers) keepEvents(t *testing.T, a api) {
	t.Helper()
	for _, e := range a.events(t) {
		all.object(e)
		if object, ok := (reply{body: e}).at("data", "object").(map[string]any); ok {
			all.object(object)
		}
	}
}

// hold fails the test unless every answer holds to Stripe's description, and at least 97 % of the properties that may
// be null are there. What is left out on purpose is allowed by name.
func (all answers) hold(t *testing.T, allowed ...string) {
	t.Helper()
	c := newContract(t)
	count := 0
	for name, replies := range all {
		for _, r := range replies {
			count++
			var body any
			if err := json.Unmarshal([]byte(r.raw), &body); err != nil {
				t.Fatalf("%s: %v in %s", name, err, r.raw)
			}
			if err := c.violation(name, body); err != nil {
				t.Errorf("%s violates the description: %v\n%s", name, err, r.raw)
			}
			c.count(name, &spec.Schema{Ref: "#/components/schemas/" + name}, body)
		}
	}
	share := 100 * float64(c.present) / float64(max(1, c.nullable))
	t.Logf("%d answers; %d of %d nullable properties present: %.2f %%; absent: %v", count, c.present, c.nullable, share,
		c.absent)
	if share < 97 {
		t.Errorf("%.2f %% of the nullable properties are present, want at least 97 %%", share)
	}
	for name := range c.absent {
		if !slices.Contains(allowed, name) {
			t.Errorf("%s may be null but was left out %d times", name, c.absent[name])
		}
	}
}

// The catalogue and the test clocks, from the leanest to the fullest.
func TestT01_CatalogueHoldsToTheDescription(t *testing.T) {
	t.Parallel()
	a, all := newAPI(), answers{}
	for _, form := range []string{
		fullProduct, "name=Lean",
		"name=Own&id=own&default_price_data[currency]=EUR&default_price_data[unit_amount]=500&expand[]=default_price",
	} {
		got := a.post(t, productsPath, form)
		path := productsPath + "/" + got.text("id")
		all.keep(got, a.get(t, path, "expand[]=default_price"), a.post(t, path, fullProduct[len("name=Gold&"):]))
	}
	for _, form := range []string{
		"currency=usd&unit_amount=0&product=own", "currency=kwd&unit_amount_decimal=10.5&product=own&nickname=n",
		"currency=jpy&unit_amount=500&recurring[interval]=day&product=own&lookup_key=k&tax_behavior=inclusive&metadata[k]=v",
		"currency=usd&unit_amount=500&recurring[interval]=year&recurring[interval_count]=3&product=own&" +
			"transform_quantity[divide_by]=5&transform_quantity[round]=up&recurring[trial_period_days]=7",
		"product=own&currency=usd" + tieredForm + "&tiers[0][up_to]=1&tiers[0][unit_amount]=1&tiers[1][up_to]=inf&" +
			"tiers[1][flat_amount_decimal]=0.5&recurring[usage_type]=metered",
	} {
		got := a.post(t, pricesPath, form)
		path := pricesPath + "/" + got.text("id")
		all.keep(got, a.get(t, path, "expand[]=product&expand[]=tiers"), a.post(t, path, "nickname=new&active=false"))
		plan := a.get(t, plansPath+"/"+got.text("id"), "expand[]=product&expand[]=tiers")
		all.keep(plan)
	}
	clock := a.testClock(t)
	a.advance(t, clock, start.AddDate(0, 1, 0))
	all.keep(a.get(t, clocksPath+"/"+clock, ""), a.post(t, clocksPath, "frozen_time=0"))
	all.keep(a.post(t, customersPath, "expand[]=test_clock&test_clock="+clock), a.get(t, customersPath, "test_clock="+clock))
	for path, query := range map[string]string{
		productsPath: "expand[]=data.default_price", pricesPath: "expand[]=data.product&expand[]=data.tiers",
		plansPath: "expand[]=data.product", clocksPath: "",
	} {
		got := a.get(t, path, query)
		got.first(t)
		if err := newContract(t).listViolation(path, any(got.body)); err != nil {
			t.Errorf("%s violates the description: %v\n%s", path, err, got.raw)
		}
		all.keep(got)
	}
	loose := a.product(t, "name=Loose")
	all.keep(a.do(t, http.MethodDelete, productsPath+"/"+loose, ""), a.do(t, http.MethodDelete, clocksPath+"/"+clock, ""))
	for _, tt := range catalogueRefusals {
		all.keep(a.post(t, tt.path, tt.form))
	}
	all.keepEvents(t, a)
	for _, kind := range []string{"product", "price", "plan", "test_helpers.test_clock", "customer", "event", "error"} {
		if len(all[kind]) < 3 {
			t.Errorf("%d answers of type %s were checked", len(all[kind]), kind)
		}
	}
	all.hold(t, "customer.cash_balance") // there only when expanded (spec3.json)
}
