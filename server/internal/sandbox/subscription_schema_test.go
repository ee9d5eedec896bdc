package sandbox_test

import (
	"fmt"
	"testing"
	"time"
)

// Subscriptions, their items and schedules hold to Stripe's description in every state, and so does each in the events.
func TestT01_SubscriptionsHoldToTheDescription(t *testing.T) {
	t.Parallel()
	all := answers{}
	look := func(a api, id string) {
		t.Helper()
		all.keep(a.get(t, subscriptionsPath+"/"+id, ""), a.get(t, subscriptionsPath+"/"+id,
			"expand[]=customer&expand[]=latest_invoice.payment_intent&expand[]=items.data.price.product&expand[]=schedule&"+
				"expand[]=default_payment_method&expand[]=pending_setup_intent"))
	}
	for _, tt := range []struct{ method, more string }{
		{"pm_card_visa", "&metadata[k]=v&description=d&items[0][metadata][k]=v"},
		{"pm_card_chargeCustomerFail", "&payment_settings[payment_method_types][]=card"},
		{"pm_card_threeDSecureRequired", "&payment_settings[save_default_payment_method]=on_subscription"},
		{"", "&payment_behavior=default_incomplete"},
		{"", "&collection_method=send_invoice&days_until_due=7"},
		{"", "&trial_period_days=14&trial_settings[end_behavior][missing_payment_method]=pause"},
		{"", "&trial_period_days=14&trial_settings[end_behavior][missing_payment_method]=cancel"},
		{"pm_card_visa", "&cancel_at_period_end=true"},
		{"pm_card_visa", fmt.Sprintf("&cancel_at=%d", start.Add(40*day).Unix())},
	} {
		a := newAPI()
		cu, clock := a.subscriber(t, tt.method)
		sub := a.subscribe(t, cu, tt.more)
		all.keep(sub, a.change(t, sub.text("id"), "metadata[x]=y"), a.change(t, sub.text("id"), "cancel_at_period_end=x"))
		for range 3 {
			look(a, sub.text("id"))
			clock = a.later(t, clock)
		}
		all.keep(a.post(t, subscriptionsPath+"/"+sub.text("id")+"/resume", ""))
		all.keep(a.get(t, subscriptionsPath, "status=all&customer="+cu), a.get(t, "/v1/subscription_items", "subscription="+sub.text("id")))
		all.keep(a.do(t, "DELETE", subscriptionsPath+"/"+sub.text("id"), "cancellation_details[comment]=c"))
		all.keepEvents(t, a)
	}
	a, _, id, _, _ := waiting(t, "pm_card_chargeCustomerFail")
	look(a, id)
	all.keep(a.change(t, id, "pause_collection[behavior]=void"))
	all.keepEvents(t, a)
	a, id, schedule, clock, _ := scheduled(t, "&default_settings[description]=d")
	look(a, id)
	for range 3 {
		all.keep(a.get(t, schedulesPath+"/"+schedule, ""), a.get(t, schedulesPath+"/"+schedule,
			"expand[]=subscription&expand[]=customer&expand[]=phases.items.price"))
		clock = a.later(t, clock)
	}
	all.keep(a.get(t, schedulesPath, "customer="+a.subscription(t, id).text("customer")))
	all.keep(a.post(t, schedulesPath+"/"+schedule+"/release", ""), a.post(t, schedulesPath, "from_subscription="+id))
	all.keepEvents(t, a)
	for _, kind := range []string{"subscription", "subscription_item", "subscription_schedule", "error"} {
		if len(all[kind]) < 5 {
			t.Errorf("%d answers of type %s were checked", len(all[kind]), kind)
		}
	}
	all.hold(t, "charge.refunds", "customer.cash_balance")
}

// later moves a clock a month on.
func (a api) later(t *testing.T, clock string) string {
	t.Helper()
	now, _ := a.get(t, clocksPath+"/"+clock, "").at("frozen_time").(float64)
	a.advance(t, clock, time.Unix(int64(now), 0).AddDate(0, 1, 0))
	return clock
}
