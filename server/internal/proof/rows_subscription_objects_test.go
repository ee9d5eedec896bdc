package proof_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// afterNextYear is a time to come.
var afterNextYear = time.Date(time.Now().Year()+2, time.January, 1, 0, 0, 0, 0, time.UTC)

// payer makes a customer with a default card.
func (s *stripe) payer(t *testing.T) string {
	t.Helper()
	return s.make(t, customers, "payment_method", "pm_card_visa", "invoice_settings[default_payment_method]", "pm_card_visa")
}

// price makes a plan of so many cents a month, at Stripe.
func (s *stripe) price(t *testing.T, cents string) string {
	t.Helper()
	return s.make(t, prices, "currency", "usd", "unit_amount", cents, "recurring[interval]", "month",
		"product_data[name]", "Gold")
}

// subscribed makes a subscription of 20 dollars a month, which is paid.
func (s *stripe) subscribed(t *testing.T) string {
	t.Helper()
	return s.make(t, subscriptions, "customer", s.payer(t), "items[0][price]", s.price(t, "2000"))
}

// changing makes a subscription for whose next period another plan is scheduled.
func (s *stripe) changing(t *testing.T) (id string) {
	t.Helper()
	id = s.subscribed(t)
	schedule := s.make(t, schedules, "from_subscription", id)
	var made struct {
		Phases []struct {
			Start int64 `json:"start_date"`
			End   int64 `json:"end_date"`
			Items []struct{ Price string }
		}
	}
	if err := s.exchange(http.MethodGet, schedules+"/"+schedule, "", nil, &made); err != nil {
		t.Fatal(err)
	}
	phase := made.Phases[0]
	s.make(t, schedules+"/"+schedule, "end_behavior", "release",
		"phases[0][start_date]", strconv.FormatInt(phase.Start, 10), "phases[0][end_date]", strconv.FormatInt(phase.End, 10),
		"phases[0][items][0][price]", phase.Items[0].Price, "phases[0][items][0][quantity]", "1",
		"phases[1][items][0][price]", s.price(t, "3000"), "phases[1][items][0][quantity]", "1", "phases[1][iterations]", "1")
	return id
}

// draft makes an invoice of 20 dollars that can still change.
func (s *stripe) draft(t *testing.T) string {
	t.Helper()
	customer := s.payer(t)
	s.make(t, "/v1/invoiceitems", "customer", customer, "amount", "2000", "currency", "usd")
	return s.make(t, invoices, "customer", customer, "auto_advance", "false", "pending_invoice_items_behavior", "include")
}

// paidFor is what a payment is for: the payment itself, its invoice, and the subscription of that.
func (s *stripe) paidFor(t *testing.T, payment string) []string {
	t.Helper()
	var intent struct {
		Invoice *struct{ ID, Subscription string }
	}
	if err := s.exchange(http.MethodGet, intents+"/"+payment+"?expand[]=invoice", "", nil, &intent); err != nil {
		t.Fatal(err)
	}
	if intent.Invoice == nil {
		return []string{payment}
	}
	return []string{payment, intent.Invoice.ID, intent.Invoice.Subscription}
}
