package sandbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// subscriber makes a customer on a clock of its own, who pays with a method; "" means with none.
func (a api) subscriber(t *testing.T, method string) (customer, clock string) {
	t.Helper()
	clock = a.testClock(t)
	customer = a.customer(t, "test_clock="+clock)
	if method != "" {
		a.switchMethod(t, customer, method)
	}
	return customer, clock
}

// subscribe makes a subscription of 20 dollars a month, unless the form names items.
func (a api) subscribe(t *testing.T, customer, more string) reply {
	t.Helper()
	return a.post(t, subscriptionsPath, "customer="+customer+"&items[0][price]="+a.price(t, "")+more)
}

// priceOf makes a price of so many cents a month.
func (a api) priceOf(t *testing.T, amount int) string {
	t.Helper()
	return a.price(t, fmt.Sprintf("unit_amount=%d&recurring[interval]=month", amount))
}

func (a api) subscription(t *testing.T, id string) reply {
	t.Helper()
	return a.get(t, subscriptionsPath+"/"+id, "expand[]=latest_invoice.payment_intent")
}

func (a api) change(t *testing.T, id, form string) reply {
	t.Helper()
	return a.post(t, subscriptionsPath+"/"+id, form)
}

// itemOf is the id of the first item of a subscription.
func (r reply) itemOf() string {
	items, _ := r.at("items", "data").([]any)
	item, _ := items[0].(map[string]any)
	id, _ := item["id"].(string)
	return id
}

// billing are the types of the events about a subscription and its invoices, without those of payments.
var billing = []string{
	"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
	"customer.subscription.paused", "customer.subscription.resumed", "customer.subscription.trial_will_end",
	"customer.subscription.pending_update_applied", "customer.subscription.pending_update_expired",
	"invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_failed", "invoice.payment_action_required",
	"invoice.voided", "invoice.marked_uncollectible", "invoice.sent", "invoiceitem.created",
	"subscription_schedule.created", "subscription_schedule.updated", "subscription_schedule.released",
	"subscription_schedule.canceled", "subscription_schedule.completed",
}

// billed gives what happened since the first n events, of what billing does.
func (a api) billed(t *testing.T, n int) []string {
	t.Helper()
	return slices.DeleteFunc(a.since(t, n), func(kind string) bool { return !slices.Contains(billing, kind) })
}

// What becomes of a new subscription, by its customer's method and payment_behavior (stripe-go subscription.go).
func TestT01_SubscriptionCreate(t *testing.T) {
	t.Parallel()
	const due, charged = "latest_invoice.status", "latest_invoice.amount_paid"
	tests := []struct {
		name, method, more string
		want               map[string]any
	}{
		{"paid", "pm_card_visa", "", map[string]any{"status": "active", due: "paid", charged: 2000}},
		{"paid or not at all", "pm_card_visa", "&payment_behavior=error_if_incomplete", map[string]any{
			"status": "active", due: "paid", charged: 2000,
		}},
		{"declined", "pm_card_chargeCustomerFail", "", map[string]any{
			"status": "incomplete", due: "open", "latest_invoice.payment_intent.status": "requires_payment_method",
			"latest_invoice.attempted": true, "latest_invoice.next_payment_attempt": nil,
		}},
		{"asks for the customer", "pm_card_threeDSecureRequired", "", map[string]any{
			"status": "incomplete", due: "open", "latest_invoice.payment_intent.status": "requires_action",
		}},
		{"waits for the caller", "pm_card_visa", "&payment_behavior=default_incomplete", map[string]any{
			"status": "incomplete", due: "open", "latest_invoice.payment_intent.status": "requires_confirmation",
			"latest_invoice.attempted": false,
		}},
		{"waits for a method", "", "&payment_behavior=default_incomplete", map[string]any{
			"status": "incomplete", due: "open", "latest_invoice.payment_intent.status": "requires_payment_method",
		}},
		{"is sent", "", "&collection_method=send_invoice&days_until_due=7", map[string]any{
			"status": "active", due: "draft", "days_until_due": 7, "collection_method": "send_invoice",
		}},
		{"on trial", "", "&trial_period_days=14", map[string]any{
			"status": "trialing", due: "paid", charged: 0, "latest_invoice.payment_intent": nil,
			"trial_start": int(start.Unix()), "trial_end": int(start.AddDate(0, 0, 14).Unix()),
			"current_period_end": int(start.AddDate(0, 0, 14).Unix()), "trial_settings.end_behavior.missing_payment_method": "create_invoice",
			"billing_cycle_anchor": int(start.AddDate(0, 0, 14).Unix()),
		}},
		{"no trial", "pm_card_visa", "&trial_end=now", map[string]any{"status": "active", "trial_end": nil, charged: 2000}},
		{"anchored", "pm_card_visa", fmt.Sprintf("&billing_cycle_anchor=%d", start.AddDate(0, 0, 10).Unix()), map[string]any{
			"status": "active", "current_period_end": int(start.AddDate(0, 0, 10).Unix()),
			"billing_cycle_anchor": int(start.AddDate(0, 0, 10).Unix()), charged: 714, // 10 of 28 days of 20 dollars
			"latest_invoice.billing_reason": "subscription_create",
		}},
		{
			"anchored and free until then", "", fmt.Sprintf("&proration_behavior=none&billing_cycle_anchor=%d", start.AddDate(0, 0, 10).Unix()),
			map[string]any{"status": "active", due: "paid", charged: 0},
		},
		{"ends with the period", "pm_card_visa", "&cancel_at_period_end=true", map[string]any{
			"status": "active", "cancel_at_period_end": true, "cancel_at": int(start.AddDate(0, 1, 0).Unix()),
			"canceled_at": int(start.Unix()), "cancellation_details.reason": "cancellation_requested",
		}},
		{"several", "pm_card_visa", "&items[0][quantity]=3&metadata[k]=v&description=d&off_session=true", map[string]any{
			"status": "active", charged: 6000, "metadata.k": "v", "description": "d", "quantity": 3,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu, _ := a.subscriber(t, tt.method)
			got := a.subscribe(t, cu, tt.more)
			got.want(t, 200, map[string]any{"object": "subscription", "customer": cu, "currency": "usd"})
			a.subscription(t, got.text("id")).want(t, 200, tt.want)
		})
	}
}

// What can not be paid at once leaves nothing behind: no subscription, invoice, payment or event.
func TestT01_SubscriptionOrNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, more, code string
		status                   int
	}{
		{"declined", "pm_card_chargeCustomerFail", "&payment_behavior=error_if_incomplete", "card_declined", 402},
		{
			"asks for the customer", "pm_card_threeDSecureRequired", "&payment_behavior=error_if_incomplete",
			"subscription_payment_intent_requires_action", 402,
		},
		{"no method", "", "", "resource_missing", 400},
		{"no method and an error", "", "&payment_behavior=error_if_incomplete", "resource_missing", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu, _ := a.subscriber(t, tt.method)
			price := a.price(t, "")
			before := a.eventTypes(t)
			a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+price+tt.more).want(t, tt.status, map[string]any{
				"error.code": tt.code, "error.payment_intent": nil,
			})
			if diff := cmp.Diff(before, a.eventTypes(t)); diff != "" {
				t.Errorf("events: %s", diff)
			}
			for _, list := range []string{subscriptionsPath, invoicesPath, intentsPath} {
				if got := a.get(t, list, "customer="+cu).ids(); len(got) != 0 {
					t.Errorf("%s has %v", list, got)
				}
			}
			a.get(t, customersPath+"/"+cu, "").want(t, 200, map[string]any{"currency": nil, "next_invoice_sequence": 1})
		})
	}
}

// The first payment moves an incomplete subscription; without one in 23 hours it is over.
func TestT01_IncompleteSubscription(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, method string) (a api, id, intent, clock string) {
		t.Helper()
		a = newAPI()
		cu, clock := a.subscriber(t, method)
		sub := a.subscribe(t, cu, "&payment_settings[save_default_payment_method]=on_subscription")
		sub.want(t, 200, map[string]any{"status": "incomplete"})
		return a, sub.text("id"), a.subscription(t, sub.text("id")).text("latest_invoice", "payment_intent", "id"), clock
	}
	t.Run("authenticated", func(t *testing.T) {
		t.Parallel()
		a, id, intent, _ := open(t, "pm_card_threeDSecureRequired")
		a.authenticate(t, intent, "fail").want(t, 200, nil)
		a.subscription(t, id).want(t, 200, map[string]any{"status": "incomplete", "latest_invoice.status": "open"})
		a.post(t, intentsPath+"/"+intent+"/confirm", "payment_method=pm_card_visa").want(t, 200, nil)
		got := a.subscription(t, id)
		got.want(t, 200, map[string]any{"status": "active", "latest_invoice.status": "paid"})
		if method := got.text("default_payment_method"); method == "" || method != got.text("latest_invoice", "payment_intent", "payment_method") {
			t.Errorf("default_payment_method is %q", method)
		}
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		a, id, intent, clock := open(t, "pm_card_chargeCustomerFail")
		a.advance(t, clock, start.Add(22*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "incomplete"})
		before := len(a.eventTypes(t))
		a.advance(t, clock, start.Add(24*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{
			"status": "incomplete_expired", "latest_invoice.status": "void", "latest_invoice.payment_intent.status": "canceled",
			"ended_at": int(start.Add(23 * time.Hour).Unix()),
		})
		if diff := cmp.Diff([]string{"customer.subscription.updated", "invoice.voided"}, a.billed(t, before)); diff != "" {
			t.Error(diff)
		}
		a.post(t, intentsPath+"/"+intent+"/confirm", "payment_method=pm_card_visa").want(t, 400, nil)
	})
	t.Run("voided", func(t *testing.T) {
		t.Parallel()
		a, id, _, _ := open(t, "pm_card_chargeCustomerFail")
		a.on(t, a.subscription(t, id).text("latest_invoice", "id"), "void", "").want(t, 200, nil)
		a.subscription(t, id).want(t, 200, map[string]any{"status": "incomplete_expired"})
	})
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		a, id, _, clock := open(t, "pm_card_chargeCustomerFail")
		a.do(t, http.MethodDelete, subscriptionsPath+"/"+id, "").want(t, 200, map[string]any{"status": "canceled"})
		a.advance(t, clock, start.Add(48*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "canceled"})
	})
}

// The events of a new subscription, in a causal order: a payment before what it makes of the invoice.
func TestT01_SubscriptionEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, more string
		want               []string
	}{
		{"paid", "pm_card_visa", "", []string{
			"customer.updated", "invoice.created", "invoice.finalized", "payment_intent.created", "charge.succeeded",
			"payment_intent.succeeded", "invoice.updated", "invoice.paid", "invoice.payment_succeeded",
			"customer.subscription.created",
		}},
		{"declined", "pm_card_chargeCustomerFail", "", []string{
			"customer.subscription.created", "customer.updated", "invoice.created", "invoice.finalized",
			"payment_intent.created", "charge.failed", "payment_intent.payment_failed", "invoice.updated",
			"invoice.payment_failed",
		}},
		{"waits", "pm_card_visa", "&payment_behavior=default_incomplete", []string{
			"customer.subscription.created", "customer.updated", "invoice.created", "invoice.finalized",
			"payment_intent.created",
		}},
		{"on trial", "", "&trial_period_days=2", []string{
			"customer.updated", "invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded",
			"setup_intent.created", "customer.subscription.created", "customer.subscription.trial_will_end",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu, _ := a.subscriber(t, tt.method)
			price := a.price(t, "")
			before := len(a.eventTypes(t))
			a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+price+tt.more).want(t, 200, nil)
			if diff := cmp.Diff(tt.want, a.since(t, before)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A trial asks for a method with a setup intent; what is set up is the subscription's own, where it is set so.
func TestT01_PendingSetupIntent(t *testing.T) {
	t.Parallel()
	for _, saved := range []bool{true, false} {
		a := newAPI()
		cu, clock := a.subscriber(t, "")
		more := ""
		if saved {
			more = "&payment_settings[save_default_payment_method]=on_subscription"
		}
		sub := a.subscribe(t, cu, "&trial_period_days=5&expand[]=pending_setup_intent"+more)
		sub.want(t, 200, map[string]any{
			"status": "trialing", "pending_setup_intent.status": "requires_payment_method",
			"pending_setup_intent.customer": cu, "pending_setup_intent.usage": "off_session",
		})
		setup := sub.text("pending_setup_intent", "id")
		a.post(t, setupsPath+"/"+setup+"/confirm", "payment_method=pm_card_visa").want(t, 200, map[string]any{"status": "succeeded"})
		got := a.subscription(t, sub.text("id"))
		got.want(t, 200, map[string]any{"pending_setup_intent": nil})
		if (got.text("default_payment_method") != "") != saved {
			t.Errorf("default_payment_method is %q", got.text("default_payment_method"))
		}
		a.advance(t, clock, start.Add(5*day+2*time.Hour))
		want := map[bool]string{true: "active", false: "past_due"}
		a.subscription(t, sub.text("id")).want(t, 200, map[string]any{"status": want[saved]})
	}
	a := newAPI()
	cu, _ := a.subscriber(t, "pm_card_visa")
	a.subscribe(t, cu, "&trial_period_days=5").want(t, 200, map[string]any{"pending_setup_intent": nil})
}
