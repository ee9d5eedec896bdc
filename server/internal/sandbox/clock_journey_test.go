package sandbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const subscriptionsPath = "/v1/subscriptions"

// member makes a customer on a clock, who pays with a card, and gives its id.
func (a api) member(t *testing.T, clock string) string {
	t.Helper()
	return a.customer(t, "email=a@b.example&payment_method=pm_card_visa&"+
		"invoice_settings[default_payment_method]=pm_card_visa&test_clock="+clock)
}

// switchMethod gives a customer another method to pay with.
func (a api) switchMethod(t *testing.T, customer, method string) {
	t.Helper()
	pm := a.post(t, methodsPath+"/"+method+"/attach", "customer="+customer)
	pm.want(t, 200, nil)
	a.post(t, customersPath+"/"+customer, "invoice_settings[default_payment_method]="+pm.text("id")).want(t, 200, nil)
}

// frozenAt makes a clock that stands at a time.
func (a api) frozenAt(t *testing.T, at time.Time) string {
	t.Helper()
	return a.post(t, clocksPath, fmt.Sprintf("frozen_time=%d", at.Unix())).text("id")
}

// A year of renewals: each month's last day ends a period, and each invoice is paid an hour after its period began.
func TestT01_AYearOfRenewals(t *testing.T) {
	t.Parallel()
	a := newAPI()
	begin := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	clock := a.frozenAt(t, begin)
	cu := a.member(t, clock)
	sub := a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+a.price(t, ""))
	sub.want(t, 200, map[string]any{
		"status": "active", "test_clock": clock, "current_period_start": int(begin.Unix()), "created": int(begin.Unix()),
	})
	a.get(t, customersPath+"/"+cu, "").want(t, 200, map[string]any{"currency": "usd", "delinquent": false})
	path := subscriptionsPath + "/" + sub.text("id")
	from := begin
	lastDays := []int{28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31}
	for i, day := range lastDays {
		end := time.Date(2026, time.February+time.Month(i), day, 10, 0, 0, 0, time.UTC)
		a.get(t, path, "").want(t, 200, map[string]any{
			"status": "active", "current_period_start": int(from.Unix()), "current_period_end": int(end.Unix()),
		})
		a.advance(t, clock, end.Add(time.Minute))
		a.get(t, path, "expand[]=latest_invoice").want(t, 200, map[string]any{
			"status": "active", "latest_invoice.status": "draft", "latest_invoice.billing_reason": "subscription_cycle",
			"latest_invoice.period_start": int(from.Unix()), "latest_invoice.period_end": int(end.Unix()),
			"latest_invoice.number": nil, "latest_invoice.payment_intent": nil,
		})
		a.advance(t, clock, end.Add(2*time.Hour))
		a.get(t, path, "expand[]=latest_invoice.payment_intent").want(t, 200, map[string]any{
			"status": "active", "latest_invoice.status": "paid", "latest_invoice.amount_paid": 2000,
			"latest_invoice.payment_intent.status":      "succeeded",
			"latest_invoice.status_transitions.paid_at": int(end.Add(time.Hour).Unix()),
		})
		from = end
	}
	invoices := a.get(t, invoicesPath, "limit=100&subscription="+sub.text("id")).ids()
	if len(invoices) != 1+len(lastDays) {
		t.Errorf("%d invoices", len(invoices))
	}
	var taken int64
	for _, entry := range a.Ledger() {
		taken += entry.Paid()
	}
	if want := int64(2000 * (1 + len(lastDays))); taken != want {
		t.Errorf("%d was taken, want %d", taken, want)
	}
	for _, list := range []string{subscriptionsPath, invoicesPath, customersPath} {
		if got := a.get(t, list, "").ids(); len(got) != 0 {
			t.Errorf("%s shows %v, which are on a test clock", list, got)
		}
	}
	if diff := cmp.Diff([]string{sub.text("id")}, a.get(t, subscriptionsPath, "test_clock="+clock).ids()); diff != "" {
		t.Error(diff)
	}
	a.do(t, "DELETE", clocksPath+"/"+clock, "").want(t, 200, nil)
	a.get(t, path, "").want(t, 404, nil)
	a.get(t, invoicesPath+"/"+invoices[0], "").want(t, 404, nil)
}

// A clock goes at most two periods of the shortest live subscription at once.
func TestT01_TheShortestSubscriptionLimitsAClock(t *testing.T) {
	t.Parallel()
	a := newAPI()
	begin := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	clock := a.frozenAt(t, begin)
	cu := a.member(t, clock)
	try := func(to time.Time) reply {
		return a.post(t, clocksPath+"/"+clock+"/advance", fmt.Sprintf("frozen_time=%d", to.Unix()))
	}
	a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+a.price(t, "recurring[interval]=year")).want(t, 200, nil)
	weekly := a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+a.price(t, "recurring[interval]=week"))
	weekly.want(t, 200, nil)
	try(begin.AddDate(0, 0, 14).Add(time.Second)).want(t, 400, map[string]any{"error.param": "frozen_time"})
	a.advance(t, clock, begin.AddDate(0, 0, 14))
	a.do(t, "DELETE", subscriptionsPath+"/"+weekly.text("id"), "").want(t, 200, map[string]any{"status": "canceled"})
	try(begin.AddDate(2, 0, 14).Add(time.Second)).want(t, 400, map[string]any{"error.param": "frozen_time"})
	a.advance(t, clock, begin.AddDate(2, 0, 0))
}

// A card that fails: the tries of the set schedule, a new card in time, and the next year without one.
func TestT01_DunningOnATestClock(t *testing.T) {
	t.Parallel()
	a := newAPI()
	clock := a.testClock(t)
	cu := a.member(t, clock)
	sub := a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+a.price(t, ""))
	path := subscriptionsPath + "/" + sub.text("id")
	a.switchMethod(t, cu, "pm_card_chargeCustomerFail")
	renewal := start.AddDate(0, 1, 0)
	first := renewal.Add(time.Hour)
	const day = 24 * time.Hour
	look := func(at time.Time, status string, tries int, next any) reply {
		t.Helper()
		a.advance(t, clock, at.Add(time.Minute))
		got := a.get(t, path, "expand[]=latest_invoice")
		got.want(t, 200, map[string]any{
			"status": status, "latest_invoice.attempt_count": tries, "latest_invoice.next_payment_attempt": next,
		})
		return got
	}
	look(first, "past_due", 1, int(first.Add(3*day).Unix()))
	look(first.Add(3*day), "past_due", 2, int(first.Add(8*day).Unix()))
	a.switchMethod(t, cu, "pm_card_visa")
	look(first.Add(8*day), "active", 3, nil).want(t, 200, map[string]any{"latest_invoice.status": "paid"})
	a.switchMethod(t, cu, "pm_card_chargeCustomerFail")
	first = first.AddDate(0, 1, 0)
	look(first, "past_due", 1, int(first.Add(3*day).Unix()))
	look(first.Add(3*day), "past_due", 2, int(first.Add(8*day).Unix()))
	look(first.Add(8*day), "past_due", 3, int(first.Add(15*day).Unix()))
	look(first.Add(15*day), "canceled", 4, nil).want(t, 200, map[string]any{
		"cancellation_details.reason": "payment_failed", "latest_invoice.status": "open",
	})
	var taken int64
	for _, entry := range a.Ledger() {
		taken += entry.Paid()
	}
	if taken != 4000 {
		t.Errorf("%d was taken, want 4000", taken)
	}
}

// Without a test clock the sandbox's own clock drives the same.
func TestT01_RenewalsInTheSandboxsOwnTime(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.customer(t, "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa")
	sub := a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+a.price(t, "recurring[interval]=week"))
	sub.want(t, 200, map[string]any{"status": "active", "test_clock": nil})
	a.Advance(3*7*24*time.Hour + 2*time.Hour)
	if got := a.get(t, invoicesPath, "").ids(); len(got) != 4 {
		t.Errorf("%d invoices", len(got))
	}
	if diff := cmp.Diff([]string{sub.text("id")}, a.get(t, subscriptionsPath, "").ids()); diff != "" {
		t.Error(diff)
	}
	a.do(t, "DELETE", customersPath+"/"+cu, "").want(t, 200, nil)
	a.get(t, subscriptionsPath+"/"+sub.text("id"), "").want(t, 200, map[string]any{"status": "canceled"})
	a.Advance(30 * 24 * time.Hour)
	if got := a.get(t, invoicesPath, "").ids(); len(got) != 4 {
		t.Errorf("%d invoices after the customer was deleted", len(got))
	}
}
