package sandbox_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Which events each operation makes, in causal order: stripe-facts 6.7.
func TestT01_EventsPerOperation(t *testing.T) {
	t.Parallel()
	const created = "payment_intent.created"
	paid := []string{created, "charge.succeeded", "payment_intent.succeeded"}
	held := []string{created, "charge.succeeded", "payment_intent.amount_capturable_updated"}
	debited := []string{created, "payment_intent.processing", "charge.pending"}
	action := []string{created, "payment_intent.requires_action"}
	changed := []string{"charge.refund.updated", "refund.updated"}
	tests := []struct {
		name string
		do   func(t *testing.T, a api)
		want []string
	}{
		{"create", func(t *testing.T, a api) { t.Helper(); a.open(t, "") }, []string{created}},
		{"update", func(t *testing.T, a api) {
			t.Helper()
			a.post(t, intentsPath+"/"+a.open(t, "").text("id"), "amount=100")
		}, []string{created}},
		{"confirm", func(t *testing.T, a api) { t.Helper(); a.pay(t, "pm_card_visa", "") }, paid},
		{
			"decline", func(t *testing.T, a api) { t.Helper(); a.pay(t, "pm_card_visa_chargeDeclined", "") },
			[]string{created, "charge.failed", "payment_intent.payment_failed"},
		},
		{"refusal", func(t *testing.T, a api) {
			t.Helper()
			a.post(t, intentsPath, "amount=100&currency=usd&confirm=true&payment_method=pm_card_visa").want(t, 400, nil)
		}, []string{created}},
		{"3DS", func(t *testing.T, a api) { t.Helper(); a.pay(t, "pm_card_threeDSecure2Required", "") }, action},
		{"3DS passed", func(t *testing.T, a api) {
			t.Helper()
			a.authenticate(t, a.pay(t, "pm_card_threeDSecure2Required", "").text("id"), "succeed")
		}, slices.Concat(action, paid[1:])},
		{"3DS failed", func(t *testing.T, a api) {
			t.Helper()
			a.authenticate(t, a.pay(t, "pm_card_threeDSecure2Required", "").text("id"), "fail")
		}, slices.Concat(action, []string{"payment_intent.payment_failed"})},
		{"hold", func(t *testing.T, a api) { t.Helper(); a.hold(t, "") }, held},
		{
			"capture", func(t *testing.T, a api) { t.Helper(); a.capture(t, a.hold(t, "").text("id"), "amount_to_capture=100") },
			slices.Concat(held, []string{"charge.captured", "payment_intent.succeeded"}),
		},
		{
			"cancel", func(t *testing.T, a api) { t.Helper(); a.cancel(t, a.open(t, "").text("id"), "") },
			[]string{created, "payment_intent.canceled"},
		},
		{
			"cancel a hold", func(t *testing.T, a api) { t.Helper(); a.cancel(t, a.hold(t, "").text("id"), "") },
			slices.Concat(held, []string{"charge.refunded", "payment_intent.canceled"}),
		},
		{
			"expiry", func(t *testing.T, a api) { t.Helper(); a.hold(t, ""); a.Advance(8 * 24 * time.Hour) },
			slices.Concat(held, []string{"charge.expired", "payment_intent.canceled"}),
		},
		{
			"refund", func(t *testing.T, a api) { t.Helper(); a.refund(t, a.pay(t, "pm_card_visa", "").text("id"), "") },
			slices.Concat(paid, []string{"refund.created", "charge.refunded"}),
		},
		{"refund that pends", func(t *testing.T, a api) {
			t.Helper()
			a.refund(t, a.pay(t, "pm_card_pendingRefund", "").text("id"), "")
			a.Advance(wait)
		}, slices.Concat(paid, []string{"refund.created", "charge.refunded"}, changed)},
		{"refund that fails", func(t *testing.T, a api) {
			t.Helper()
			a.refund(t, a.pay(t, "pm_card_refundFail", "").text("id"), "")
			a.Advance(wait)
		}, slices.Concat(paid, []string{"refund.created", "charge.refunded"}, changed)},
		{"debit", func(t *testing.T, a api) { t.Helper(); a.debit(t, "pm_success_de") }, debited},
		{
			"debit settled", func(t *testing.T, a api) { t.Helper(); a.debit(t, "pm_success_de"); a.Advance(settled) },
			slices.Concat(debited, paid[1:]),
		},
		{
			"debit bounced", func(t *testing.T, a api) { t.Helper(); a.debit(t, "pm_failed_de"); a.Advance(settled) },
			slices.Concat(debited, []string{"charge.failed", "payment_intent.payment_failed"}),
		},
		{"replay", func(t *testing.T, a api) {
			t.Helper()
			a.pay(t, "pm_card_visa", "", key("k"))
			a.pay(t, "pm_card_visa", "", key("k"))
		}, paid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			tt.do(t, a)
			if diff := cmp.Diff(tt.want, a.eventTypes(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The shape of an event (stripe-facts 7; captured: evt_3Pc5u6BpqKPTmGHq2tq5M6qU). Its data is the object at that moment.
func TestT01_EventShape(t *testing.T) {
	t.Parallel()
	a := newAPI()
	paid := a.pay(t, "pm_card_visa", "&description=then&metadata[is]=then", key("k1"))
	id := paid.text("id")
	a.post(t, intentsPath+"/"+id, "description=now&metadata[is]=now", key("k0")).want(t, 200, nil)
	a.refund(t, id, "&amount=500", key("k2"))
	form := regexp.MustCompile(`^evt_3[A-Za-z0-9]{23}$`)
	for _, e := range a.events(t) {
		got := reply{status: 200, body: e}
		got.want(t, 200, map[string]any{
			"object": "event", "api_version": "2023-10-16", "livemode": false, "pending_webhooks": 0,
			"created": int(start.Unix()),
		})
		if !form.MatchString(got.text("id")) || got.text("id")[4:21] != id[3:20] {
			t.Errorf("id %q", got.text("id"))
		}
		if !strings.HasPrefix(got.text("request", "id"), "req_") || !strings.HasPrefix(got.text("request", "idempotency_key"), "k") {
			t.Errorf("request %v", got.at("request"))
		}
		again := a.get(t, eventsPath+"/"+got.text("id"), "")
		if diff := cmp.Diff(got.body, again.body); diff != "" {
			t.Error(diff)
		}
	}
	succeeded := a.get(t, eventsPath, "type=payment_intent.succeeded").first(t)
	succeeded.want(t, 200, map[string]any{
		"data.object.id": id, "data.object.description": "then", "data.object.metadata.is": "then", "data.object.latest_charge": paid.text("latest_charge"),
		"data.previous_attributes": nil, "request.id": paid.header.Get("Request-Id"), "request.idempotency_key": "k1",
	})
	refunded := a.get(t, eventsPath, "type=charge.refunded").first(t)
	refunded.want(t, 200, map[string]any{
		"data.object.amount_refunded": 500, "data.previous_attributes.amount_refunded": 0, "request.idempotency_key": "k2",
	})
	if before, _ := refunded.at("data", "previous_attributes").(map[string]any); len(before) != 2 || before["receipt_url"] == nil {
		t.Errorf("previous_attributes %v, want amount_refunded and receipt_url", before)
	}
	a.get(t, eventsPath+"/evt_x", "").want(t, 404, map[string]any{"error.message": "No such event: 'evt_x'"})
}

// What no request caused has no request; what the customer's browser caused has only a key (captured).
func TestT01_EventsWithoutARequest(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_refundFail", "").text("id")
	a.refund(t, id, "").want(t, 200, nil)
	a.clock.Advance(wait)
	failed := a.get(t, eventsPath, "type=charge.refund.updated").first(t)
	failed.want(t, 200, map[string]any{
		"request.id": nil, "request.idempotency_key": nil, "created": int(start.Add(3 * time.Minute).Unix()),
		"data.object.status": "failed", "data.previous_attributes.status": "succeeded",
	})
	before, _ := failed.at("data", "previous_attributes").(map[string]any)
	for _, name := range []string{"failure_balance_transaction", "failure_reason"} { // captured: null, although not there before
		if was, has := before[name]; !has || was != nil {
			t.Errorf("previous_attributes %v", before)
		}
	}
	id = a.pay(t, "pm_card_threeDSecure2Required", "").text("id")
	a.authenticate(t, id, "succeed").want(t, 200, nil)
	browser := a.get(t, eventsPath, "type=payment_intent.succeeded").first(t)
	browser.want(t, 200, map[string]any{"request.id": nil})
	if k := browser.text("request", "idempotency_key"); !strings.HasPrefix(k, id+"-payatt_3") {
		t.Errorf("idempotency_key %q", k)
	}
}

// The filters of GET /v1/events, and that events live for 30 days.
func TestT01_EventFilters(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.pay(t, "pm_card_visa", "")
	a.clock.Advance(time.Hour)
	a.pay(t, "pm_card_visa_chargeDeclined", "")
	for query, want := range map[string]int{
		"": 6, "type=charge.failed": 1, "type=charge.*": 2, "type=payment_intent.*": 4, "types[]=charge.failed": 1,
		"types[]=charge.failed&types[]=charge.succeeded": 2, "type=nothing": 0, "delivery_success=true": 6,
		"delivery_success=false": 0, "created[gt]=0": 6,
	} {
		if got := a.get(t, eventsPath, query); len(got.ids()) != want || got.status != 200 {
			t.Errorf("%s: %d events, want %d: %s", query, len(got.ids()), want, got.raw)
		}
	}
	old := a.get(t, eventsPath, "type=charge.succeeded").first(t).text("id")
	a.Advance(30*24*time.Hour - time.Minute)
	if n := len(a.get(t, eventsPath, "").ids()); n != 3 {
		t.Errorf("%d events after 30 days, want the 3 younger ones", n)
	}
	a.get(t, eventsPath+"/"+old, "").want(t, 404, nil)
	a.get(t, eventsPath, "starting_after="+old).want(t, 400, nil)
}

// What is deleted is told too, as it was.
func TestT01_EventsOfDeletions(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.customer(t, "")
	draft := a.post(t, invoicesPath, "customer="+cu).text("id")
	item := a.post(t, itemsPath, "customer="+cu+"&amount=100&currency=usd").text("id")
	product := a.product(t, "name=Gold")
	for _, tt := range []struct{ path, id, kind string }{
		{invoicesPath, draft, "invoice.deleted"},
		{itemsPath, item, "invoiceitem.deleted"},
		{productsPath, product, "product.deleted"},
		{customersPath, cu, "customer.deleted"},
	} {
		a.do(t, "DELETE", tt.path+"/"+tt.id, "").want(t, 200, map[string]any{"deleted": true})
		a.get(t, eventsPath, "type="+tt.kind).first(t).want(t, 200, map[string]any{
			"data.object.id": tt.id, "data.object.deleted": nil,
		})
	}
}
