package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Changes of a subscription halfway in a month of 31 days, and what they bill.
func TestT01_SubscriptionUpdate(t *testing.T) {
	t.Parallel()
	half := start.Add(15*day + 12*time.Hour)
	renewal := start.AddDate(0, 1, 0)
	for _, tt := range []struct {
		name   string
		form   string // %s is the item
		price  string // of a new price that replaces the old one
		want   map[string]any
		events []string
		later  map[string]any // after the next renewal
	}{
		{"nothing", "", "", map[string]any{"status": "active"}, []string{"customer.subscription.updated"}, nil},
		{
			"quantity, billed with the next period", "items[0][id]=%s&items[0][quantity]=2", "",
			map[string]any{"quantity": 2, "current_period_end": int(renewal.Unix())},
			[]string{"invoiceitem.created", "invoiceitem.created", "customer.subscription.updated"},
			map[string]any{"latest_invoice.amount_paid": 5000, "latest_invoice.billing_reason": "subscription_cycle"},
		},
		{
			"quantity, billed now", "items[0][id]=%s&items[0][quantity]=2&proration_behavior=always_invoice", "",
			map[string]any{"quantity": 2, "latest_invoice.amount_paid": 1000, "latest_invoice.billing_reason": "subscription_update"},
			[]string{
				"invoiceitem.created", "invoiceitem.created", "invoice.created", "invoice.finalized", "invoice.paid",
				"customer.subscription.updated",
			},
			map[string]any{"latest_invoice.amount_paid": 4000},
		},
		{
			"quantity, not billed", "items[0][id]=%s&items[0][quantity]=2&proration_behavior=none", "",
			map[string]any{"quantity": 2, "latest_invoice.billing_reason": "subscription_create"},
			[]string{"customer.subscription.updated"},
			map[string]any{"latest_invoice.amount_paid": 4000},
		},
		{
			"another price, of one unit", "items[0][id]=%s", "unit_amount=5000&recurring[interval]=month",
			map[string]any{"plan.amount": 5000, "quantity": 1},
			[]string{"invoiceitem.created", "invoiceitem.created", "customer.subscription.updated"},
			nil,
		},
		{
			"downgrade, billed now", "items[0][id]=%s&proration_behavior=always_invoice", "unit_amount=1000&recurring[interval]=month",
			map[string]any{"plan.amount": 1000, "latest_invoice.total": -500, "latest_invoice.status": "paid"},
			nil,
			map[string]any{"latest_invoice.amount_paid": 500},
		},
		{
			"another interval", "items[0][id]=%s", "unit_amount=20000&recurring[interval]=year",
			map[string]any{
				"current_period_start": int(half.Unix()), "current_period_end": int(half.AddDate(1, 0, 0).Unix()),
				"billing_cycle_anchor": int(half.Unix()), "latest_invoice.amount_paid": 19000,
			},
			[]string{
				"invoiceitem.created", "invoice.created", "invoice.finalized", "invoice.paid", "customer.subscription.updated",
			},
			nil,
		},
		{
			"the cycle begins now", "billing_cycle_anchor=now&proration_behavior=none", "",
			map[string]any{"current_period_start": int(half.Unix()), "latest_invoice.amount_paid": 2000},
			nil, nil,
		},
		{
			"to free", "items[0][id]=%s", "unit_amount=0&recurring[interval]=month",
			map[string]any{"current_period_start": int(half.Unix()), "latest_invoice.total": -1000},
			nil, nil,
		},
		{
			"added item", "items[0][quantity]=1", "unit_amount=4000&recurring[interval]=month",
			map[string]any{"plan": nil, "quantity": nil},
			[]string{"invoiceitem.created", "customer.subscription.updated"},
			map[string]any{"latest_invoice.amount_paid": 8000},
		},
		{
			"a trial begins", fmt.Sprintf("trial_end=%d", half.Add(3*day).Unix()), "",
			map[string]any{
				"status": "trialing", "trial_end": int(half.Add(3 * day).Unix()), "current_period_start": int(half.Unix()),
				"billing_cycle_anchor": int(half.Add(3 * day).Unix()), "latest_invoice.total": -1000,
			},
			nil, nil,
		},
		{
			"frozen time of a preview", fmt.Sprintf("items[0][id]=%%s&items[0][quantity]=2&proration_behavior=always_invoice&"+
				"proration_date=%d", start.Unix()), "", map[string]any{"latest_invoice.amount_paid": 2000}, nil, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu, clock := a.subscriber(t, "pm_card_visa")
			sub := a.subscribe(t, cu, "")
			id := sub.text("id")
			form := tt.form
			if tt.price != "" {
				form += "&items[0][price]=" + a.price(t, tt.price)
			}
			if strings.Contains(form, "%s") {
				form = fmt.Sprintf(form, sub.itemOf())
			}
			a.advance(t, clock, half)
			before := len(a.eventTypes(t))
			a.change(t, id, form).want(t, 200, nil)
			a.subscription(t, id).want(t, 200, tt.want)
			if diff := cmp.Diff(tt.events, a.billed(t, before)); tt.events != nil && diff != "" {
				t.Error(diff)
			}
			if tt.later != nil {
				a.advance(t, clock, renewal.Add(2*time.Hour))
				a.subscription(t, id).want(t, 200, tt.later)
			}
		})
	}
}

// A trial that is changed bills nothing before its end, and at once when it ends now.
func TestT01_TrialIsChanged(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu, clock := a.subscriber(t, "pm_card_visa")
	sub := a.subscribe(t, cu, "&trial_period_days=10")
	id, longer := sub.text("id"), start.Add(20*day)
	a.change(t, id, fmt.Sprintf("trial_end=%d", longer.Unix())).want(t, 200, map[string]any{
		"status": "trialing", "trial_start": int(start.Unix()), "current_period_end": int(longer.Unix()),
	})
	a.change(t, id, "items[0][id]="+sub.itemOf()+"&items[0][quantity]=2&proration_behavior=always_invoice").
		want(t, 200, map[string]any{"quantity": 2, "status": "trialing"})
	a.advance(t, clock, start.Add(12*day))
	a.subscription(t, id).want(t, 200, map[string]any{"status": "trialing", "latest_invoice.total": 0})
	now := start.Add(12 * day)
	a.change(t, id, "trial_end=now").want(t, 200, map[string]any{
		"status": "active", "trial_end": int(now.Unix()), "current_period_start": int(now.Unix()),
		"current_period_end": int(now.AddDate(0, 1, 0).Unix()),
	})
	a.subscription(t, id).want(t, 200, map[string]any{
		"latest_invoice.amount_paid": 4000, "latest_invoice.billing_reason": "subscription_update",
	})
	a.change(t, id, "trial_end=now").want(t, 200, map[string]any{"current_period_start": int(now.Unix())})
}

// What payment_behavior makes of a change that can not be paid.
func TestT01_UpdateThatIsNotPaid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, behavior string
		status                 int
		want                   map[string]any
	}{
		{"declined", "pm_card_chargeCustomerFail", "allow_incomplete", 200, map[string]any{
			"status": "past_due", "quantity": 2, "latest_invoice.status": "open", "latest_invoice.attempt_count": 1,
			"latest_invoice.next_payment_attempt": int(start.Add(3 * day).Unix()),
		}},
		{"asks for the customer", "pm_card_threeDSecureRequired", "allow_incomplete", 200, map[string]any{
			"status": "past_due", "quantity": 2, "latest_invoice.payment_intent.status": "requires_action",
		}},
		{"waits for the caller", "pm_card_visa", "default_incomplete", 200, map[string]any{
			"status": "past_due", "quantity": 2, "latest_invoice.attempted": false,
		}},
		{"declined, or not at all", "pm_card_chargeCustomerFail", "error_if_incomplete", 402, map[string]any{
			"status": "active", "quantity": 1, "latest_invoice.billing_reason": "subscription_create",
		}},
		{"asks for the customer, or not at all", "pm_card_threeDSecureRequired", "error_if_incomplete", 402, map[string]any{
			"status": "active", "quantity": 1, "latest_invoice.billing_reason": "subscription_create",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu, clock := a.subscriber(t, "pm_card_visa")
			sub := a.subscribe(t, cu, "")
			id := sub.text("id")
			a.switchMethod(t, cu, tt.method)
			before := a.eventTypes(t)
			a.change(t, id, "items[0][id]="+sub.itemOf()+"&items[0][quantity]=2&proration_behavior=always_invoice&payment_behavior="+
				tt.behavior).want(t, tt.status, nil)
			a.subscription(t, id).want(t, 200, tt.want)
			if tt.status != 200 {
				if diff := cmp.Diff(before, a.eventTypes(t)); diff != "" {
					t.Error(diff)
				}
				return
			}
			a.switchMethod(t, cu, "pm_card_visa")
			if tt.want["latest_invoice.attempt_count"] != nil {
				a.advance(t, clock, start.Add(3*day+time.Hour)) // the next try
			} else {
				a.on(t, a.subscription(t, id).text("latest_invoice", "id"), "pay", "").want(t, 200, nil)
			}
			a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.status": "paid"})
		})
	}
}

// The list leaves out what is canceled, unless it is asked for.
func TestT01_SubscriptionLists(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.payer(t, "pm_card_visa", "")
	other := a.payer(t, "pm_card_visa", "")
	price := a.priceOf(t, 700)
	gone := a.subscribe(t, cu, "").text("id")
	a.do(t, "DELETE", subscriptionsPath+"/"+gone, "").want(t, 200, nil)
	late := a.subscribe(t, cu, "&payment_behavior=default_incomplete").text("id")
	sent := a.subscribe(t, cu, "&collection_method=send_invoice&days_until_due=1").text("id")
	own := a.post(t, subscriptionsPath, "customer="+other+"&items[0][price]="+price).text("id")
	for query, want := range map[string][]string{
		"":                               {own, sent, late},
		"status=all":                     {own, sent, late, gone},
		"status=canceled":                {gone},
		"status=ended":                   {gone},
		"status=incomplete":              {late},
		"status=trialing":                nil,
		"customer=" + other:              {own},
		"price=" + price:                 {own},
		"collection_method=send_invoice": {sent},
		"limit=1&starting_after=" + own:  {sent},
	} {
		if diff := cmp.Diff(want, a.get(t, subscriptionsPath, query).ids()); diff != "" && len(want) > 0 {
			t.Errorf("%s: %s", query, diff)
		}
	}
	sub := a.get(t, subscriptionsPath+"/"+own, "expand[]=items.data.price.product&expand[]=customer&expand[]=latest_invoice.charge")
	sub.want(t, 200, map[string]any{"customer.object": "customer", "latest_invoice.charge.object": "charge"})
	items, _ := sub.at("items", "data").([]any)
	item, _ := items[0].(map[string]any)
	reply{status: 200, body: item}.want(t, 200, map[string]any{"price.product.name": "Gold", "plan.id": price})
	a.get(t, "/v1/subscription_items", "subscription="+own).want(t, 200, map[string]any{"object": "list"})
	a.get(t, "/v1/subscription_items/"+sub.itemOf(), "").want(t, 200, map[string]any{"subscription": own, "quantity": 1})
	a.post(t, pricesPath+"/"+price, "nickname=n").want(t, 200, nil)
	a.get(t, subscriptionsPath+"/"+own, "").want(t, 200, map[string]any{"plan.nickname": "n"})
}
