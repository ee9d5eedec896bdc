package sandbox_test

import (
	"errors"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// Stripe's library understands products, prices, plans and test clocks.
func TestT01_StripeLibraryOfTheCatalogue(t *testing.T) {
	t.Parallel()
	c := newClient(t, newAPI())
	product := &stripe.ProductParams{Name: new("Gold"), Features: []*stripe.ProductFeatureParams{{Name: new("fast")}}}
	product.Context = t.Context()
	made, err := c.Products.New(product)
	if err != nil || made.Name != "Gold" || len(made.Features) != 1 || !made.Active {
		t.Fatalf("%+v %v", made, err)
	}
	price := &stripe.PriceParams{
		Currency: new("usd"), UnitAmount: new(int64(2000)), Product: new(made.ID), LookupKey: new("gold"),
		Recurring: &stripe.PriceRecurringParams{
			Interval: new("month"), IntervalCount: new(int64(3)), TrialPeriodDays: new(int64(7)),
		},
	}
	price.Context = t.Context()
	price.AddExpand("product")
	p, err := c.Prices.New(price)
	if err != nil || p.UnitAmountDecimal != 2000 || p.Recurring.TrialPeriodDays != 7 || p.Product.Name != "Gold" {
		t.Fatalf("%+v %v", p, err)
	}
	list := &stripe.PriceListParams{
		LookupKeys: []*string{new("gold")}, Recurring: &stripe.PriceListRecurringParams{Interval: new("month")},
	}
	list.Context = t.Context()
	prices := c.Prices.List(list)
	if !prices.Next() || prices.Price().ID != p.ID || prices.Next() || prices.Err() != nil {
		t.Errorf("the list by lookup key: %v", prices.Err())
	}
	successor := &stripe.PriceParams{
		Currency: new("usd"), UnitAmountDecimal: new(2550.5), LookupKey: new("gold"), TransferLookupKey: new(true),
		ProductData: &stripe.PriceProductDataParams{Name: new("Platinum")},
	}
	successor.Context = t.Context()
	next, err := c.Prices.New(successor)
	if err != nil || next.UnitAmountDecimal != 2550.5 || next.Type != stripe.PriceTypeOneTime {
		t.Fatalf("%+v %v", next, err)
	}
	change := &stripe.PriceParams{Active: new(false), LookupKey: new("gold")}
	change.Context = t.Context()
	_, err = c.Prices.Update(p.ID, change)
	if refused, is := errors.AsType[*stripe.Error](err); !is || refused.Param != "lookup_key" {
		t.Errorf("a lookup key that another price has: %v", err)
	}
	get := &stripe.PlanParams{}
	get.Context = t.Context()
	plan, err := c.Plans.Get(p.ID, get)
	if err != nil || plan.Amount != 2000 || plan.Interval != stripe.PlanIntervalMonth || plan.TrialPeriodDays != 7 {
		t.Errorf("%+v %v", plan, err)
	}
	gone := &stripe.ProductParams{}
	gone.Context = t.Context()
	if _, err := c.Products.Del(made.ID, gone); err == nil {
		t.Error("a product with a price was deleted")
	}
}

// Stripe's library understands test clocks, and the customers on them.
func TestT01_StripeLibraryOfTestClocks(t *testing.T) {
	t.Parallel()
	c := newClient(t, newAPI())
	params := &stripe.TestHelpersTestClockParams{FrozenTime: new(start.Unix()), Name: new("year")}
	params.Context = t.Context()
	clock, err := c.TestHelpersTestClocks.New(params)
	if err != nil || clock.Status != stripe.TestHelpersTestClockStatusReady || clock.Name != "year" {
		t.Fatalf("%+v %v", clock, err)
	}
	cu := &stripe.CustomerParams{TestClock: new(clock.ID)}
	cu.Context = t.Context()
	cu.AddExpand("test_clock")
	member, err := c.Customers.New(cu)
	if err != nil || member.TestClock.FrozenTime != start.Unix() {
		t.Fatalf("%+v %v", member, err)
	}
	to := start.AddDate(1, 0, 0).Unix()
	step := &stripe.TestHelpersTestClockAdvanceParams{FrozenTime: new(to)}
	step.Context = t.Context()
	clock, err = c.TestHelpersTestClocks.Advance(clock.ID, step)
	if err != nil || clock.Status != stripe.TestHelpersTestClockStatusAdvancing {
		t.Fatalf("%+v %v", clock, err)
	}
	get := &stripe.TestHelpersTestClockParams{}
	get.Context = t.Context()
	clock, err = c.TestHelpersTestClocks.Get(clock.ID, get)
	if err != nil || clock.Status != stripe.TestHelpersTestClockStatusReady || clock.FrozenTime != to {
		t.Fatalf("%+v %v", clock, err)
	}
	list := &stripe.CustomerListParams{TestClock: new(clock.ID)}
	list.Context = t.Context()
	members := c.Customers.List(list)
	if !members.Next() || members.Customer().ID != member.ID || members.Next() || members.Err() != nil {
		t.Errorf("the customers of the clock: %v", members.Err())
	}
	end := &stripe.TestHelpersTestClockParams{}
	end.Context = t.Context()
	if gone, err := c.TestHelpersTestClocks.Del(clock.ID, end); err != nil || !gone.Deleted {
		t.Errorf("%+v %v", gone, err)
	}
}
