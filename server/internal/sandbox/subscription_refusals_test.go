package sandbox_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

const required = "parameter_missing"

// Everything that a subscription can not be. The form stands behind the customer; PRICE is a good one of 20 dollars a
// month, and each other word in capitals is a price that is made for it.
func TestT01_SubscriptionRefusals(t *testing.T) {
	t.Parallel()
	const good = "items[0][price]=PRICE"
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("items[%d][price]=MANY%02d", i, i)
	}
	soon, past := stamp(start.Add(day)), stamp(start.Add(-day))
	for _, tt := range []struct{ name, form, code, param, message string }{
		{"no items", "", required, "items", "Missing required param: items."},
		{"an item of nothing", "items[0][quantity]=1", required, "items[0][price]", ""},
		{"a text for an item", "items[0]=PRICE", "", "items[0]", "Invalid object"},
		{"a price that is not there", "items[0][price]=price_1", "resource_missing", "items[0][price]", "No such price: 'price_1'"},
		{"an inactive price", "items[0][price]=INACTIVE", "resource_missing", "items[0][price]", "The price specified is inactive. " +
			"This field only accepts active prices."},
		{"a price for one time", "items[0][price]=ONCE", "", "items[0][price]", "The price specified is set to `type=one_time` but " +
			"this field only accepts prices with `type=recurring`."},
		{"two currencies", good + "&items[1][price]=EURO", "", "items", "Currency and interval fields must match across all plans " +
			"on this subscription. Found mismatch in currency field."},
		{"two intervals", good + "&items[1][price]=YEARLY", "", "items", "Currency and interval fields must match across all plans " +
			"on this subscription. Found mismatch in interval field."},
		{"two counts of intervals", good + "&items[1][price]=QUARTERLY", "", "items", ""},
		{"a price twice", good + "&items[1][price]=PRICE", "", "items", ""},
		{"too many items", strings.Join(many, "&"), "", "items", "Subscriptions may have up to 20 items, but you passed 21."},
		{"a negative quantity", good + "&items[0][quantity]=-1", "parameter_invalid_integer", "items[0][quantity]", ""},
		{"too large a quantity", good + "&items[0][quantity]=1000000", "parameter_invalid_integer", "items[0][quantity]", ""},
		{"a quantity that is none", good + "&items[0][quantity]=x", "parameter_invalid_integer", "items[0][quantity]", ""},
		{"a quantity of usage", "items[0][price]=METERED&items[0][quantity]=1", "", "items[0][quantity]", "You cannot set the " +
			"quantity for metered plans."},
		{"a trial in the past", good + "&trial_end=" + past, "", "trial_end", "Invalid timestamp: must be an integer Unix timestamp " +
			"in the future."},
		{"a trial of no time", good + "&trial_end=x", "", "trial_end", ""},
		{"too long a trial", good + "&trial_end=" + stamp(start.AddDate(2, 0, 2)), "", "trial_end", ""},
		{"too many trial days", good + "&trial_period_days=731", "parameter_invalid_integer", "trial_period_days", ""},
		{"negative trial days", good + "&trial_period_days=-1", "parameter_invalid_integer", "trial_period_days", ""},
		{"two trials", good + "&trial_from_plan=true&trial_end=" + soon, "parameters_exclusive", "trial_from_plan", ""},
		{"an anchor in the past", good + "&billing_cycle_anchor=" + past, "", "billing_cycle_anchor", ""},
		{"too late an anchor", good + "&billing_cycle_anchor=" + stamp(start.AddDate(0, 1, 1)), "", "billing_cycle_anchor", ""},
		{"an end in the past", good + "&cancel_at=" + past, "", "cancel_at", ""},
		{"two ends", good + "&cancel_at_period_end=true&cancel_at=" + soon, "parameters_exclusive", "cancel_at", ""},
		{"pending", good + "&payment_behavior=pending_if_incomplete", "", "payment_behavior", ""},
		{"an unknown behavior", good + "&payment_behavior=x", "", "payment_behavior", "Invalid payment_behavior: must be one of " +
			"allow_incomplete, default_incomplete, error_if_incomplete, or pending_if_incomplete"},
		{"sent without days", good + "&collection_method=send_invoice", "", "days_until_due", ""},
		{"days without sending", good + "&days_until_due=3", "", "days_until_due", ""},
		{"a method of nobody", good + "&default_payment_method=pm_1", "resource_missing", "default_payment_method", ""},
		{"a method of another", good + "&default_payment_method=METHOD", "resource_missing", "default_payment_method", ""},
		{"another currency", good + "&currency=eur", "", "currency", ""},
		{"a second currency of the customer", "items[0][price]=YEN", "", "", "You cannot combine currencies on a single customer. " +
			"This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency usd"},
		{"a coupon", good + "&coupon=c", "", "coupon", "The sandbox does not imitate the parameter coupon."},
		{"an unknown parameter", good + "&x=1", "parameter_unknown", "x", "Received unknown parameter: x"},
		{"an unknown parameter of an item", good + "&items[0][x]=1", "parameter_unknown", "items[0][x]", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu, _ := a.subscriber(t, "pm_card_visa")
			a.subscribe(t, cu, "").want(t, 200, nil)
			before := a.get(t, subscriptionsPath, "status=all&customer="+cu).raw
			want := map[string]any{"error.type": "invalid_request_error"}
			for name, value := range map[string]string{"error.code": tt.code, "error.param": tt.param} {
				if want[name] = any(value); value == "" {
					want[name] = nil
				}
			}
			if tt.message != "" {
				want["error.message"] = tt.message
			}
			a.post(t, subscriptionsPath, "customer="+cu+"&"+a.named(t, tt.form)).want(t, 400, want)
			if a.get(t, subscriptionsPath, "status=all&customer="+cu).raw != before {
				t.Error("something was made")
			}
		})
	}
}

// stamp is a time as a parameter.
func stamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// named makes what a form names in capitals.
func (a api) named(t *testing.T, form string) string {
	t.Helper()
	const monthly = "&recurring[interval]=month"
	for name, of := range map[string]string{
		"INACTIVE": "unit_amount=1&active=false" + monthly, "ONCE": "unit_amount=1", "EURO": "unit_amount=1&currency=eur" + monthly,
		"YEARLY": "unit_amount=1&recurring[interval]=year", "QUARTERLY": "unit_amount=1&recurring[interval_count]=3" + monthly,
		"METERED": "unit_amount=1&recurring[usage_type]=metered" + monthly, "YEN": "unit_amount=1&currency=jpy" + monthly,
		"PRICE": "unit_amount=2000" + monthly,
	} {
		if strings.Contains(form, name) {
			form = strings.ReplaceAll(form, name, a.price(t, of))
		}
	}
	for i := range 21 {
		if name := fmt.Sprintf("MANY%02d", i); strings.Contains(form, name) {
			form = strings.ReplaceAll(form, name, a.priceOf(t, 100+i))
		}
	}
	if strings.Contains(form, "METHOD") {
		other, _ := a.subscriber(t, "pm_card_visa")
		method := a.get(t, customersPath+"/"+other, "").text("invoice_settings", "default_payment_method")
		form = strings.ReplaceAll(form, "METHOD", method)
	}
	return form
}

// What a subscription refuses in its state.
func TestT01_SubscriptionStateRefusals(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu, clock := a.subscriber(t, "pm_card_visa")
	sub := a.subscribe(t, cu, "")
	id, quantity := sub.text("id"), "items[0][id]="+sub.itemOf()+"&items[0][quantity]=2"
	a.change(t, id, "items[0][id]=si_1&items[0][quantity]=2").want(t, 400, map[string]any{
		"error.param": "items[0][id]", "error.code": "resource_missing",
	})
	a.change(t, id, "items[0][id]="+sub.itemOf()+"&items[0][deleted]=true").want(t, 400, map[string]any{"error.param": "items"})
	a.change(t, id, "items[0][price]="+sub.text("plan", "id")).want(t, 400, map[string]any{"error.param": "items"})
	a.change(t, id, "items[0][id]="+sub.itemOf()+"&items[0][price]="+a.price(t, "unit_amount=1&currency=eur&recurring[interval]=month")).
		want(t, 400, map[string]any{"error.param": "items"})
	a.change(t, id, fmt.Sprintf("pause_collection[behavior]=void&pause_collection[resumes_at]=%d", start.Unix())).
		want(t, 400, map[string]any{"error.param": "pause_collection[resumes_at]"})
	a.change(t, id, fmt.Sprintf("proration_date=%d&%s", start.AddDate(0, 2, 0).Unix(), quantity)).want(t, 400, map[string]any{
		"error.param": "proration_date",
	})
	a.change(t, id, fmt.Sprintf("trial_end=%d", start.Add(-time.Hour).Unix())).want(t, 400, map[string]any{"error.param": "trial_end"})
	a.change(t, id, "billing_cycle_anchor="+stamp(start.Add(day))).want(t, 400, map[string]any{
		"error.param": "billing_cycle_anchor",
	})
	a.post(t, subscriptionsPath+"/"+id+"/resume", "").want(t, 400, nil)

	late := a.subscribe(t, cu, "&payment_behavior=default_incomplete")
	a.change(t, late.text("id"), "items[0][id]="+late.itemOf()+"&items[0][quantity]=2").want(t, 400, nil)
	a.change(t, late.text("id"), "cancel_at_period_end=true").want(t, 400, nil)
	a.change(t, late.text("id"), "metadata[k]=v").want(t, 200, map[string]any{"status": "incomplete", "metadata.k": "v"})
	a.advance(t, clock, start.Add(24*time.Hour))
	const over = "A canceled subscription can only update its cancellation_details and metadata."
	a.change(t, late.text("id"), "description=d").want(t, 400, map[string]any{"error.message": over})
	a.do(t, "DELETE", subscriptionsPath+"/"+id, "").want(t, 200, nil)
	a.change(t, id, quantity).want(t, 400, map[string]any{"error.message": over})
	a.change(t, id, "cancel_at_period_end=false").want(t, 400, nil)

	a.get(t, subscriptionsPath+"/sub_1", "").want(t, 404, map[string]any{"error.code": "resource_missing"})
	a.change(t, "sub_1", "").want(t, 404, nil)
	a.do(t, "DELETE", subscriptionsPath+"/sub_1", "").want(t, 404, nil)
	a.post(t, subscriptionsPath, "customer=cus_1&"+a.named(t, "items[0][price]=PRICE")).want(t, 400, map[string]any{
		"error.param": "customer", "error.code": "resource_missing",
	})
	a.get(t, "/v1/subscription_items", "subscription=sub_1").want(t, 400, nil)
	a.get(t, "/v1/subscription_items/si_1", "").want(t, 404, nil)
}

// Each customer can have 500 live subscriptions (spec3.json, POST /v1/subscriptions).
func TestT01_MostSubscriptions(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.customer(t, "")
	price := a.priceOf(t, 0)
	form := "customer=" + cu + "&items[0][price]=" + price
	first := a.post(t, subscriptionsPath, form)
	for range 499 {
		a.post(t, subscriptionsPath, form).want(t, 200, nil)
	}
	a.post(t, subscriptionsPath, form).want(t, 400, map[string]any{"error.code": "customer_max_subscriptions"})
	a.do(t, "DELETE", subscriptionsPath+"/"+first.text("id"), "").want(t, 200, nil)
	a.post(t, subscriptionsPath, form).want(t, 200, nil)
}
