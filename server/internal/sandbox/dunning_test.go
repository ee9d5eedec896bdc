package sandbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// failing makes a subscription whose renewal was just declined, and gives the time of that.
func failing(t *testing.T, method string) (a api, cu, id, clock string, tried time.Time) {
	t.Helper()
	a = newAPI()
	cu, clock = a.subscriber(t, "pm_card_visa")
	id = a.subscribe(t, cu, "").text("id")
	a.switchMethod(t, cu, method)
	tried = start.AddDate(0, 1, 0).Add(time.Hour)
	a.advance(t, clock, tried)
	a.subscription(t, id).want(t, 200, map[string]any{"status": "past_due", "latest_invoice.attempt_count": 1})
	return a, cu, id, clock, tried
}

// What becomes of a subscription when every try has failed is a setting of the account.
func TestT01_DunningEnds(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"canceled", "unpaid", "past_due"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			a, cu, id, clock, tried := failing(t, "pm_card_chargeCustomerFail")
			a.post(t, "/_sandbox/settings", `{"dunning_end":"`+end+`"}`).want(t, 200, map[string]any{"dunning_end": end})
			a.advance(t, clock, tried.Add(16*day))
			a.subscription(t, id).want(t, 200, map[string]any{
				"status": end, "latest_invoice.attempt_count": 4, "latest_invoice.next_payment_attempt": nil,
				"latest_invoice.status": "open",
			})
			if end == "canceled" {
				return
			}
			a.switchMethod(t, cu, "pm_card_visa")
			a.advance(t, clock, start.AddDate(0, 2, 0).Add(2*time.Hour))
			got := a.subscription(t, id)
			if end == "past_due" {
				got.want(t, 200, map[string]any{"status": "active", "latest_invoice.status": "paid"})
				return
			}
			got.want(t, 200, map[string]any{
				"status": "unpaid", "latest_invoice.status": "draft", "latest_invoice.auto_advance": false,
			})
			latest := got.text("latest_invoice", "id")
			a.on(t, latest, "finalize", "").want(t, 200, nil)
			a.on(t, latest, "pay", "").want(t, 200, nil)
			a.subscription(t, id).want(t, 200, map[string]any{"status": "active"})
		})
	}
	for _, body := range []string{`{"dunning_end":"x"}`, `{}`, `{"x":1}`, ``} {
		newAPI().post(t, "/_sandbox/settings", body).want(t, 400, nil)
	}
}

// After a hard decline the tries are counted, and nothing is charged, until there is another method.
func TestT01_HardDeclinesAreNotTriedAgain(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu, clock := a.subscriber(t, "pm_card_visa")
	id := a.subscribe(t, cu, "").text("id")
	a.switchMethod(t, cu, "pm_card_authenticationRequired")
	tried := start.AddDate(0, 1, 0).Add(time.Hour)
	a.advance(t, clock, tried)
	got := a.subscription(t, id)
	got.want(t, 200, map[string]any{
		"status": "past_due", "latest_invoice.payment_intent.status": "requires_action",
	})
	intent := got.text("latest_invoice", "payment_intent", "id")
	a.advance(t, clock, tried.Add(4*day))
	a.subscription(t, id).want(t, 200, map[string]any{
		"latest_invoice.attempt_count": 2, "latest_invoice.next_payment_attempt": int(tried.Add(8 * day).Unix()),
	})
	if n := count(a.eventTypes(t), "payment_intent.requires_action"); n != 1 {
		t.Errorf("%s asked for the customer %d times", intent, n)
	}
	a.switchMethod(t, cu, "pm_card_visa")
	before := len(a.eventTypes(t))
	a.advance(t, clock, tried.Add(9*day))
	a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.attempt_count": 3})
	if diff := cmp.Diff([]string{"invoice.paid", "customer.subscription.updated"}, a.billed(t, before)); diff != "" {
		t.Error(diff)
	}
}

// What settles the latest invoice ends past_due: a payment by hand, one elsewhere, a write-off, or its end.
func TestT01_PastDueEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ action, form string }{
		{"pay", "payment_method=pm_card_visa"}, {"pay", "paid_out_of_band=true"}, {"mark_uncollectible", ""}, {"void", ""},
	} {
		t.Run(tt.action+tt.form, func(t *testing.T) {
			t.Parallel()
			a, cu, id, clock, tried := failing(t, "pm_card_chargeCustomerFail")
			form := tt.form
			if form == "payment_method=pm_card_visa" {
				pm := a.post(t, methodsPath+"/pm_card_visa/attach", "customer="+cu)
				form = "payment_method=" + pm.text("id")
			}
			a.on(t, a.subscription(t, id).text("latest_invoice", "id"), tt.action, form).want(t, 200, nil)
			a.subscription(t, id).want(t, 200, map[string]any{"status": "active"})
			a.advance(t, clock, tried.Add(20*day))
			a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.attempt_count": 1})
		})
	}
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
