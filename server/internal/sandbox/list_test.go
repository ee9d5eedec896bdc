package sandbox_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// ids gives the ids of a list.
func (r reply) ids() []string {
	found := []string{}
	items, _ := r.at("data").([]any)
	for _, item := range items {
		object, _ := item.(map[string]any)
		id, _ := object["id"].(string)
		found = append(found, id)
	}
	return found
}

// docs.stripe.com/api/pagination: whatever the size of a page and the direction, a walk gives every object once.
func TestT01_PagingProperty(t *testing.T) {
	t.Parallel()
	a := newAPI()
	const payments = 19
	for range payments {
		id := a.pay(t, "pm_card_visa", "").text("id")
		a.refund(t, id, "&amount=100").want(t, 200, nil)
	}
	for _, path := range []string{intentsPath, chargesPath, refundsPath, eventsPath} {
		all := a.get(t, path, "limit=100").ids()
		if want := payments; path != eventsPath && len(all) != want {
			t.Fatalf("%s: %d objects, want %d", path, len(all), want)
		}
		for _, limit := range []int{1, 2, 7, 10, len(all) - 1, len(all), 100} {
			for _, param := range []string{"starting_after", "ending_before"} {
				t.Run(fmt.Sprintf("%s/%d/%s", path[len("/v1/"):], limit, param), func(t *testing.T) {
					t.Parallel()
					if got := a.walk(t, path, limit, param, all); !slices.Equal(got, all) {
						t.Errorf("the walk gave %d objects, or another order, of %d", len(got), len(all))
					}
				})
			}
		}
	}
}

// walk reads a list page by page, and gives its ids newest first.
func (a api) walk(t *testing.T, path string, limit int, param string, all []string) []string {
	t.Helper()
	query, seen := fmt.Sprintf("limit=%d", limit), []string{}
	if param == "ending_before" {
		seen = append(seen, all[len(all)-1])
		query += "&ending_before=" + seen[0]
	}
	for {
		got := a.get(t, path, query)
		got.want(t, 200, map[string]any{"object": "list", "url": path})
		page := got.ids()
		if len(page) > limit || len(page) < limit && got.at("has_more") == true {
			t.Fatalf("a page of %d at limit %d, has_more %v", len(page), limit, got.at("has_more"))
		}
		var cursor string
		if param == "starting_after" {
			seen = append(seen, page...)
			cursor = seen[len(seen)-1]
		} else {
			seen = append(page, seen...)
			cursor = seen[0]
		}
		if got.at("has_more") != true {
			return seen
		}
		query = fmt.Sprintf("limit=%d&%s=%s", limit, param, cursor)
	}
}

// The filters of each list (spec3.json), and that the newest come first.
func TestT01_ListFilters(t *testing.T) {
	t.Parallel()
	a := newAPI()
	first := a.pay(t, "pm_card_visa", "&transfer_group=g1")
	a.clock.Advance(time.Hour)
	second := a.pay(t, "pm_card_visa_chargeDeclined", "&transfer_group=g2")
	secondIntent, secondCharge := second.text("error", "payment_intent", "id"), second.text("error", "charge")
	a.clock.Advance(time.Hour)
	re := a.refund(t, first.text("id"), "&amount=100").text("id")
	a.clock.Advance(time.Second)
	one, two := first.text("id"), secondIntent
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	tests := []struct {
		path, query string
		want        []string
	}{
		{intentsPath, "", []string{two, one}},
		{intentsPath, fmt.Sprintf("created=%d", at(0)), []string{one}},
		{intentsPath, fmt.Sprintf("created[gt]=%d", at(0)), []string{two}},
		{intentsPath, fmt.Sprintf("created[gte]=%d", at(0)), []string{two, one}},
		{intentsPath, fmt.Sprintf("created[lt]=%d", at(time.Hour)), []string{one}},
		{intentsPath, fmt.Sprintf("created[lte]=%d", at(time.Hour)), []string{two, one}},
		{intentsPath, fmt.Sprintf("created[gte]=%d&created[lt]=%d", at(0), at(time.Minute)), []string{one}},
		{intentsPath, "created=1", []string{}},
		{intentsPath, "starting_after=" + two, []string{one}},
		{intentsPath, "starting_after=" + one, []string{}},
		{intentsPath, "ending_before=" + one, []string{two}},
		{intentsPath, fmt.Sprintf("created=%d&starting_after=%s", at(0), two), []string{one}}, // the cursor is filtered out
		{chargesPath, "", []string{secondCharge, first.text("latest_charge")}},
		{chargesPath, "payment_intent=" + one, []string{first.text("latest_charge")}},
		{chargesPath, "transfer_group=g2", []string{secondCharge}},
		{chargesPath, fmt.Sprintf("created[gt]=%d", at(0)), []string{secondCharge}},
		{refundsPath, "charge=" + first.text("latest_charge"), []string{re}},
		{refundsPath, "payment_intent=" + two, []string{}},
		{refundsPath, fmt.Sprintf("created[lt]=%d", at(time.Hour)), []string{}},
	}
	for _, tt := range tests {
		got := a.get(t, tt.path, tt.query)
		got.want(t, 200, map[string]any{"has_more": false})
		if ids := got.ids(); !slices.Equal(ids, tt.want) {
			t.Errorf("%s?%s: %v, want %v", tt.path, tt.query, ids, tt.want)
		}
		if _, has := got.body["total_count"]; has {
			t.Error("a list tells no total_count")
		}
	}
	for range 11 {
		a.open(t, "")
	}
	got := a.get(t, intentsPath, "")
	if got.want(t, 200, map[string]any{"has_more": true}); len(got.ids()) != 10 {
		t.Errorf("%d objects without a limit, want 10", len(got.ids()))
	}
}

// What a list refuses, with Stripe's words.
func TestT01_ListsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	one, two := a.open(t, "").text("id"), a.open(t, "").text("id")
	tests := []struct {
		path, query          string
		code, param, message any
	}{
		{intentsPath, "limit=0", "parameter_invalid_integer", "limit", "This value must be greater than or equal to 1."},
		{intentsPath, "limit=-1", "parameter_invalid_integer", "limit", "This value must be greater than or equal to 1."},
		{
			intentsPath, "limit=101", "parameter_invalid_integer", "limit",
			"This value must be less than or equal to 100 (it currently is '101').",
		},
		{
			refundsPath, "limit=2147483647", "parameter_invalid_integer", "limit",
			"This value must be less than or equal to 100 (it currently is '2147483647').",
		},
		{intentsPath, "limit=ten", "parameter_invalid_integer", "limit", "Invalid integer: ten"},
		{intentsPath, "starting_after=pi_x", "resource_missing", "starting_after", "No such payment_intent: 'pi_x'"},
		{intentsPath, "ending_before=pi_x", "resource_missing", "ending_before", "No such payment_intent: 'pi_x'"},
		{chargesPath, "starting_after=" + one, "resource_missing", "starting_after", "No such charge: '" + one + "'"},
		{refundsPath, "ending_before=re_x", "resource_missing", "ending_before", "No such refund: 're_x'"},
		{eventsPath, "starting_after=evt_x", "resource_missing", "starting_after", "No such event: 'evt_x'"},
		{
			intentsPath, "starting_after=" + one + "&ending_before=" + two, nil, nil,
			"Received both starting_after and ending_before parameters. Please pass in only one.",
		},
		{intentsPath, "customer=cus_x", "resource_missing", "customer", "No such customer: 'cus_x'"},
		{chargesPath, "customer=cus_x", "resource_missing", "customer", "No such customer: 'cus_x'"},
		{chargesPath, "payment_intent=pi_x", "resource_missing", "payment_intent", "No such payment_intent: 'pi_x'"},
		{refundsPath, "charge=ch_x", "resource_missing", "charge", "No such charge: 'ch_x'"},
		{refundsPath, "charge=" + one, "resource_missing", "charge", nil},
		{intentsPath, "created=now", "parameter_invalid_integer", "created", "Invalid integer: now"},
		{intentsPath, "created[gt]=now", "parameter_invalid_integer", "created[gt]", "Invalid integer: now"},
		{intentsPath, "created[since]=1", "parameter_unknown", "created[since]", "Received unknown parameter: created[since]"},
		{intentsPath, "status=succeeded", "parameter_unknown", "status", "Received unknown parameter: status"},
		{
			intentsPath, "expand[]=customer", nil, nil,
			"This property cannot be expanded (customer). You may want to try expanding 'data.customer' instead.",
		},
		{intentsPath, "expand[]=data.foo", nil, nil, "This property cannot be expanded (data.foo)."},
		{intentsPath, "expand[]=data.latest_charge.payment_intent.latest_charge.refunds", "property_expansion_max_depth", nil, nil},
		{eventsPath, "type=a&types[]=b", nil, "types", nil},
		{eventsPath, "types[]=" + strings.Repeat("a&types[]=", 20) + "a", nil, "types", nil},
	}
	for _, tt := range tests {
		got := a.get(t, tt.path, tt.query)
		got.want(t, 400, map[string]any{"error.code": tt.code, "error.param": tt.param})
		if tt.message != nil && got.at("error", "message") != tt.message {
			t.Errorf("%s: message %q, want %q", tt.query, got.at("error", "message"), tt.message)
		}
	}
}

// docs.stripe.com/expand: in a list the paths begin with data, which counts as a level.
func TestT01_ExpandInLists(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_visa", "").text("id")
	re := a.refund(t, id, "&amount=100").text("id")
	a.get(t, intentsPath, "expand[]="+url.QueryEscape("data.latest_charge.balance_transaction.source")+
		"&expand[]=data.payment_method").first(t).want(t, 200, map[string]any{
		"latest_charge.balance_transaction.source.object": "charge", "payment_method.card.last4": "4242",
	})
	a.get(t, refundsPath, "expand[]=data.charge.payment_intent&expand[]=data").first(t).want(t, 200, map[string]any{
		"id": re, "charge.payment_intent.id": id, "payment_intent": id,
	})
	refunds := a.get(t, chargesPath, "expand[]=data.refunds.data.balance_transaction").first(t).at("refunds", "data")
	items, _ := refunds.([]any)
	first, _ := items[0].(map[string]any)
	(reply{status: 200, body: first}).want(t, 200, map[string]any{"id": re, "balance_transaction.amount": -100})
	a.get(t, intentsPath, "").first(t).want(t, 200, map[string]any{"payment_method": a.get(t, intentsPath+"/"+id, "").text("payment_method")})
}
