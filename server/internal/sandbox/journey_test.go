package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

const (
	refundsPath = "/v1/refunds"
	chargesPath = "/v1/charges"
	eventsPath  = "/v1/events"

	// mandate is the customer's consent to a debit.
	mandate = "&mandate_data[customer_acceptance][type]=online&mandate_data[customer_acceptance][online][ip_address]=127.0.0.1" +
		"&mandate_data[customer_acceptance][online][user_agent]=test"
)

// hold makes a payment of 20 dollars that waits for its capture.
func (a api) hold(t *testing.T, more string) reply {
	t.Helper()
	got := a.pay(t, "pm_card_visa", "&capture_method=manual"+more)
	got.want(t, 200, map[string]any{"status": "requires_capture"})
	return got
}

// open makes an intent of 20 dollars and attempts nothing.
func (a api) open(t *testing.T, more string) reply {
	t.Helper()
	return a.post(t, intentsPath, "amount=2000&currency=usd&payment_method_types[]=card"+more)
}

// debit starts a payment from a bank account.
func (a api) debit(t *testing.T, method string) reply {
	t.Helper()
	kind, currency := "us_bank_account", "usd"
	if method[len(method)-3:] == "_de" {
		kind, currency = "sepa_debit", "eur"
	}
	return a.post(t, intentsPath, "amount=2000&currency="+currency+"&confirm=true&payment_method_types[]="+kind+
		"&payment_method="+method+mandate)
}

func (a api) capture(t *testing.T, id, form string, headers ...pair) reply {
	t.Helper()
	return a.post(t, intentsPath+"/"+id+"/capture", form, headers...)
}

func (a api) cancel(t *testing.T, id, form string, headers ...pair) reply {
	t.Helper()
	return a.post(t, intentsPath+"/"+id+"/cancel", form, headers...)
}

func (a api) refund(t *testing.T, intent, more string, headers ...pair) reply {
	t.Helper()
	return a.post(t, refundsPath, "payment_intent="+intent+more, headers...)
}

func (a api) authenticate(t *testing.T, id, outcome string) reply {
	t.Helper()
	return a.post(t, "/_sandbox/payment_intents/"+id+"/authenticate", `{"outcome":"`+outcome+`"}`)
}

// chargeOf reads the latest charge of an intent.
func (a api) chargeOf(t *testing.T, intent string) reply {
	t.Helper()
	id := a.get(t, intentsPath+"/"+intent, "").text("latest_charge")
	return a.get(t, chargesPath+"/"+id, "expand[]=refunds&expand[]=balance_transaction")
}

const (
	wait    = 5 * time.Minute    // longer than what refunds take
	settled = 6 * 24 * time.Hour // longer than what banks take
)

// events gives all events, oldest first.
func (a api) events(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	after := ""
	for {
		got := a.get(t, eventsPath, "limit=100"+after)
		if got.status != http.StatusOK {
			t.Fatalf("events: %s", got.raw)
		}
		items, _ := got.at("data").([]any)
		for _, item := range items {
			e, _ := item.(map[string]any)
			all = append([]map[string]any{e}, all...)
		}
		if got.at("has_more") != true {
			return all
		}
		last, _ := items[len(items)-1].(map[string]any)
		id, _ := last["id"].(string)
		after = "&starting_after=" + id
	}
}

// eventTypes gives the types of all events, oldest first.
func (a api) eventTypes(t *testing.T) []string {
	t.Helper()
	types := []string{}
	for _, e := range a.events(t) {
		kind, _ := e["type"].(string)
		types = append(types, kind)
	}
	return types
}

// movements gives what the ledger says of one intent: type and amount.
func (a api) movements(intent string) []sandbox.LedgerEntry {
	var found []sandbox.LedgerEntry
	for _, e := range a.Ledger() {
		if e.PaymentIntent == intent {
			found = append(found, sandbox.LedgerEntry{Type: e.Type, Amount: e.Amount})
		}
	}
	return found
}

// paidFor is what the customer has paid for one intent, as a judge computes it.
func (a api) paidFor(intent string) int64 {
	sum := int64(0)
	for _, e := range a.Ledger() {
		if e.PaymentIntent == intent {
			sum += e.Paid()
		}
	}
	return sum
}
