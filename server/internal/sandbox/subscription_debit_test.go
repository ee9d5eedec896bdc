package sandbox_test

import (
	"testing"
	"time"
)

// debtor makes a customer on a clock who pays from a bank account, under a mandate.
func (a api) debtor(t *testing.T, account string) (customer, clock string) {
	t.Helper()
	customer, clock = a.subscriber(t, "")
	a.debitFrom(t, customer, account)
	return customer, clock
}

func (a api) debitFrom(t *testing.T, customer, account string) {
	t.Helper()
	set := a.setUp(t, "us_bank_account", account, mandate+"&customer="+customer)
	set.want(t, 200, map[string]any{"status": "succeeded"})
	a.post(t, customersPath+"/"+customer, "invoice_settings[default_payment_method]="+set.text("payment_method")).want(t, 200, nil)
}

// A debit that is on its way counts as paid, until the bank says otherwise.
func TestT01_SubscriptionByDebit(t *testing.T) {
	t.Parallel()
	t.Run("settles", func(t *testing.T) {
		t.Parallel()
		a := newAPI()
		cu, clock := a.debtor(t, "pm_usBankAccount_success")
		id := a.subscribe(t, cu, "").text("id")
		a.subscription(t, id).want(t, 200, map[string]any{
			"status": "active", "latest_invoice.status": "open", "latest_invoice.payment_intent.status": "processing",
		})
		a.advance(t, clock, start.Add(settled))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.status": "paid"})
		a.advance(t, clock, start.AddDate(0, 1, 0).Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{
			"status": "active", "latest_invoice.payment_intent.status": "processing", "latest_invoice.attempt_count": 1,
		})
		a.advance(t, clock, start.AddDate(0, 1, 0).Add(settled))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.status": "paid"})
	})
	t.Run("bounces", func(t *testing.T) {
		t.Parallel()
		a := newAPI()
		cu, clock := a.debtor(t, "pm_usBankAccount_insufficientFunds")
		id := a.subscribe(t, cu, "").text("id")
		a.subscription(t, id).want(t, 200, map[string]any{"status": "active"})
		a.advance(t, clock, start.Add(settled))
		a.subscription(t, id).want(t, 200, map[string]any{
			"status": "past_due", "latest_invoice.status": "open",
			"latest_invoice.payment_intent.status": "requires_payment_method",
		})
		a.switchMethod(t, cu, "pm_card_visa")
		a.on(t, a.subscription(t, id).text("latest_invoice", "id"), "pay", "").want(t, 200, nil)
		a.subscription(t, id).want(t, 200, map[string]any{"status": "active"})
	})
	t.Run("bounces at a renewal, and again, and ends", func(t *testing.T) {
		t.Parallel()
		a := newAPI()
		cu, clock := a.subscriber(t, "pm_card_visa")
		id := a.subscribe(t, cu, "").text("id")
		a.debitFrom(t, cu, "pm_usBankAccount_insufficientFunds")
		renewal := start.AddDate(0, 1, 0)
		a.advance(t, clock, renewal.Add(day))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.next_payment_attempt": nil})
		a.advance(t, clock, renewal.Add(settled))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "past_due", "latest_invoice.attempt_count": 1})
		a.advance(t, clock, renewal.AddDate(0, 1, 10))
		a.subscription(t, id).want(t, 200, map[string]any{
			"status": "canceled", "cancellation_details.reason": "payment_failed",
		})
	})
	t.Run("can not make a change wait", func(t *testing.T) {
		t.Parallel()
		a := newAPI()
		cu, _ := a.debtor(t, "pm_usBankAccount_success")
		sub := a.subscribe(t, cu, "")
		a.change(t, sub.text("id"), "items[0][id]="+sub.itemOf()+"&items[0][quantity]=2"+upgrade).want(t, 400, map[string]any{
			"error.param": "payment_behavior",
		})
	})
}
