package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// upgrade is the change that nothing is granted by before it is paid.
const upgrade = "&payment_behavior=pending_if_incomplete&proration_behavior=always_invoice"

// waiting makes a subscription whose upgrade to a price of 50 dollars waits for its payment, halfway in a month.
func waiting(t *testing.T, method string) (a api, cu, id, clock, gold string) {
	t.Helper()
	a = newAPI()
	cu, clock = a.subscriber(t, "pm_card_visa")
	sub := a.subscribe(t, cu, "")
	id, gold = sub.text("id"), a.priceOf(t, 5000)
	a.advance(t, clock, start.Add(15*day+12*time.Hour))
	a.switchMethod(t, cu, method)
	a.change(t, id, "items[0][id]="+sub.itemOf()+"&items[0][price]="+gold+upgrade).want(t, 200, map[string]any{
		"status": "active", "plan.amount": 2000, "pending_update.trial_end": nil,
		"pending_update.expires_at": int(start.Add(16*day + 11*time.Hour).Unix()),
	})
	got := a.subscription(t, id)
	got.want(t, 200, map[string]any{
		"latest_invoice.status": "open", "latest_invoice.amount_due": 1500, "latest_invoice.billing_reason": "subscription_update",
		"latest_invoice.next_payment_attempt": nil,
	})
	return a, cu, id, clock, gold
}

// An upgrade that is paid at once is made at once.
func TestT01_PendingUpdateIsPaidAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu, clock := a.subscriber(t, "pm_card_visa")
	sub := a.subscribe(t, cu, "&items[0][quantity]=2")
	a.advance(t, clock, start.Add(15*day+12*time.Hour))
	before := len(a.eventTypes(t))
	a.change(t, sub.text("id"), "items[0][id]="+sub.itemOf()+"&items[0][quantity]=2&items[0][price]="+
		a.priceOf(t, 5000)+upgrade).want(t, 200, map[string]any{
		"status": "active", "plan.amount": 5000, "quantity": 2, "pending_update": nil,
		"current_period_start": int(start.Unix()),
	})
	a.subscription(t, sub.text("id")).want(t, 200, map[string]any{"latest_invoice.amount_paid": 3000})
	if diff := cmp.Diff([]string{
		"invoiceitem.created", "invoiceitem.created", "invoice.created", "invoice.finalized", "invoice.paid",
		"customer.subscription.updated",
	}, a.billed(t, before)); diff != "" {
		t.Error(diff)
	}
}

// Until its invoice is paid, a pending update grants nothing; then it applies, and only then.
func TestT01_PendingUpdateIsPaidLater(t *testing.T) {
	t.Parallel()
	t.Run("by another method", func(t *testing.T) {
		t.Parallel()
		a, cu, id, clock, _ := waiting(t, "pm_card_chargeCustomerFail")
		a.advance(t, clock, start.Add(15*day+20*time.Hour))
		a.switchMethod(t, cu, "pm_card_visa")
		before := len(a.eventTypes(t))
		a.on(t, a.subscription(t, id).text("latest_invoice", "id"), "pay", "").want(t, 200, nil)
		a.subscription(t, id).want(t, 200, map[string]any{
			"plan.amount": 5000, "pending_update": nil, "latest_invoice.status": "paid", "status": "active",
		})
		if diff := cmp.Diff([]string{
			"invoice.paid", "customer.subscription.updated", "customer.subscription.pending_update_applied",
		}, a.billed(t, before)); diff != "" {
			t.Error(diff)
		}
		a.advance(t, clock, start.AddDate(0, 1, 0).Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"latest_invoice.amount_paid": 5000})
	})
	t.Run("by the customer's step", func(t *testing.T) {
		t.Parallel()
		a, _, id, _, _ := waiting(t, "pm_card_threeDSecureRequired")
		intent := a.subscription(t, id).text("latest_invoice", "payment_intent", "id")
		a.authenticate(t, intent, "fail").want(t, 200, nil)
		a.subscription(t, id).want(t, 200, map[string]any{"plan.amount": 2000})
		a.post(t, intentsPath+"/"+intent+"/confirm", "payment_method=pm_card_threeDSecureRequired").want(t, 200, nil)
		a.authenticate(t, intent, "succeed").want(t, 200, map[string]any{"status": "succeeded"})
		a.subscription(t, id).want(t, 200, map[string]any{"plan.amount": 5000, "pending_update": nil})
	})
}

// A pending update that is not paid in time leaves all as it was.
func TestT01_PendingUpdateExpires(t *testing.T) {
	t.Parallel()
	after := map[string]any{
		"status": "active", "plan.amount": 2000, "pending_update": nil, "latest_invoice.status": "void",
		"latest_invoice.payment_intent.status": "canceled",
	}
	events := []string{
		"invoice.voided", "customer.subscription.updated", "customer.subscription.pending_update_expired",
	}
	t.Run("after 23 hours", func(t *testing.T) {
		t.Parallel()
		a, _, id, clock, _ := waiting(t, "pm_card_chargeCustomerFail")
		before := len(a.eventTypes(t))
		a.advance(t, clock, start.Add(17*day))
		a.subscription(t, id).want(t, 200, after)
		if diff := cmp.Diff(events, a.billed(t, before)); diff != "" {
			t.Error(diff)
		}
		a.advance(t, clock, start.AddDate(0, 1, 0).Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"latest_invoice.amount_due": 2000})
	})
	t.Run("when its invoice is void", func(t *testing.T) {
		t.Parallel()
		a, _, id, _, _ := waiting(t, "pm_card_chargeCustomerFail")
		before := len(a.eventTypes(t))
		a.on(t, a.subscription(t, id).text("latest_invoice", "id"), "void", "").want(t, 200, nil)
		a.subscription(t, id).want(t, 200, after)
		if diff := cmp.Diff(events, a.billed(t, before)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("with the period", func(t *testing.T) {
		t.Parallel()
		a := newAPI()
		cu, clock := a.subscriber(t, "pm_card_visa")
		sub := a.subscribe(t, cu, "")
		end := start.AddDate(0, 1, 0)
		a.advance(t, clock, end.Add(-2*time.Hour))
		a.switchMethod(t, cu, "pm_card_chargeCustomerFail")
		a.change(t, sub.text("id"), "items[0][id]="+sub.itemOf()+"&items[0][price]="+a.priceOf(t, 9000000)+upgrade).
			want(t, 200, map[string]any{"pending_update.expires_at": int(end.Unix())})
		a.advance(t, clock, end.Add(2*time.Hour))
		a.subscription(t, sub.text("id")).want(t, 200, map[string]any{
			"plan.amount": 2000, "pending_update": nil, "latest_invoice.amount_due": 2000, "status": "past_due",
		})
	})
}

// Another change takes the place of one that waits, and a cancel ends it.
func TestT01_PendingUpdateIsReplaced(t *testing.T) {
	t.Parallel()
	t.Run("by another", func(t *testing.T) {
		t.Parallel()
		a, cu, id, clock, _ := waiting(t, "pm_card_chargeCustomerFail")
		got := a.subscription(t, id)
		first := got.text("latest_invoice", "id")
		a.switchMethod(t, cu, "pm_card_visa")
		a.change(t, id, "items[0][id]="+got.itemOf()+"&items[0][price]="+a.priceOf(t, 3000)+upgrade).
			want(t, 200, map[string]any{"plan.amount": 3000, "pending_update": nil})
		a.get(t, invoicesPath+"/"+first, "").want(t, 200, map[string]any{"status": "void"})
		a.subscription(t, id).want(t, 200, map[string]any{"latest_invoice.amount_paid": 500})
		a.on(t, first, "pay", "").want(t, 400, nil)
		a.advance(t, clock, start.Add(17*day))
		a.subscription(t, id).want(t, 200, map[string]any{"plan.amount": 3000})
	})
	t.Run("not by other settings", func(t *testing.T) {
		t.Parallel()
		a, _, id, _, gold := waiting(t, "pm_card_chargeCustomerFail")
		got := a.change(t, id, "metadata[k]=v")
		got.want(t, 200, map[string]any{"metadata.k": "v", "plan.amount": 2000})
		items, _ := got.at("pending_update", "subscription_items").([]any)
		item, _ := items[0].(map[string]any)
		if (reply{body: item}).text("price", "id") != gold {
			t.Errorf("pending items are %v, want one of %s", items, gold)
		}
	})
	t.Run("by a cancel", func(t *testing.T) {
		t.Parallel()
		a, _, id, _, _ := waiting(t, "pm_card_chargeCustomerFail")
		invoice := a.subscription(t, id).text("latest_invoice", "id")
		a.do(t, http.MethodDelete, subscriptionsPath+"/"+id, "").want(t, 200, map[string]any{
			"status": "canceled", "pending_update": nil,
		})
		a.get(t, invoicesPath+"/"+invoice, "").want(t, 200, map[string]any{"status": "void"})
	})
}

// What waits for its payment can not say more than Stripe supports, and not everywhere.
func TestT01_PendingUpdateRefusals(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu, _ := a.subscriber(t, "pm_card_visa")
	sub := a.subscribe(t, cu, "")
	path := subscriptionsPath + "/" + sub.text("id")
	for _, tt := range []struct{ form, param, message string }{
		{"metadata[k]=v", "metadata", "When `payment_behavior` is set to `pending_if_incomplete`, you can only pass supported " +
			"params. `metadata` is not supported."},
		{"items[0][id]=" + sub.itemOf() + "&items[0][metadata][k]=v", "items[0][metadata]", ""},
		{"items[0][id]=" + sub.itemOf() + "&items[0][deleted]=true", "items[0][deleted]", ""},
		{"cancel_at_period_end=true", "cancel_at_period_end", ""},
		{"default_payment_method=pm_1", "default_payment_method", ""},
	} {
		want := map[string]any{"error.param": tt.param, "error.type": "invalid_request_error"}
		if tt.message != "" {
			want["error.message"] = tt.message
		}
		a.post(t, path, "payment_behavior=pending_if_incomplete&"+tt.form).want(t, 400, want)
	}
	sent := a.subscribe(t, cu, "&collection_method=send_invoice&days_until_due=3")
	a.change(t, sent.text("id"), "items[0][id]="+sent.itemOf()+"&items[0][quantity]=2"+upgrade).want(t, 400, map[string]any{
		"error.param": "payment_behavior",
	})
	a.change(t, sub.text("id"), fmt.Sprintf("proration_date=%d&items[0][id]=%s&items[0][quantity]=2%s",
		start.Add(-day).Unix(), sub.itemOf(), upgrade)).want(t, 400, map[string]any{"error.param": "proration_date"})
}
