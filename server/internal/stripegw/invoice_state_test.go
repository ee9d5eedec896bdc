package stripegw

import (
	"net/url"
	"testing"
)

// TestInvoiceStates: what a lost answer left behind, in the invoice as it is now.
func TestInvoiceStates(t *testing.T) {
	for _, tt := range []struct {
		name, form, body string
		shows            func(form url.Values, body []byte) bool
		want             bool
	}{
		{"finalized", "", `{"status":"open"}`, finalized, true},
		{"finalized, and paid since", "auto_advance=true", `{"status":"paid","auto_advance":false}`, finalized, true},
		{"finalized as asked", "auto_advance=false", `{"status":"open","auto_advance":false}`, finalized, true},
		{"finalized otherwise", "auto_advance=false", `{"status":"open","auto_advance":true}`, finalized, false},
		{"still a draft", "", `{"status":"draft"}`, finalized, false},
		{"of an unknown state", "", `{"status":"lost"}`, finalized, false},
		{"no JSON", "", `<html>`, finalized, false},

		{"paid", "off_session=true", `{"status":"paid","payment_intent":{"status":"succeeded","payment_method":"pm_1A"}}`, paid, true},
		{"nothing was due", "off_session=true", `{"status":"paid","payment_intent":null}`, paid, true},
		{
			"paid with the method", "payment_method=pm_1A",
			`{"status":"paid","payment_intent":{"status":"succeeded","payment_method":"pm_1A"}}`, paid, true,
		},
		{
			"paid with another method", "payment_method=pm_1A",
			`{"status":"paid","payment_intent":{"status":"succeeded","payment_method":"pm_1B"}}`, paid, false,
		},
		{"a debit", "", `{"status":"open","payment_intent":{"status":"processing","payment_method":"pm_1A"}}`, paid, true},
		{
			"another debit", "payment_method=pm_1A",
			`{"status":"open","payment_intent":{"status":"processing","payment_method":"pm_1B"}}`, paid, false,
		},
		{"declined", "", `{"status":"open","payment_intent":{"status":"requires_payment_method"}}`, paid, false},
		{"waits for the customer", "", `{"status":"open","payment_intent":{"status":"requires_action"}}`, paid, false},
		{"open, and no payment", "", `{"status":"open","payment_intent":null}`, paid, false},
		{"not expanded", "", `{"status":"paid","payment_intent":"pi_1"}`, paid, false},
		{"given up, and paid since", "", `{"status":"uncollectible","payment_intent":{"status":"succeeded"}}`, paid, false},
		{
			"paid elsewhere", "paid_out_of_band=true", `{"status":"paid","paid_out_of_band":true,"payment_intent":{"status":"canceled"}}`,
			paid, true,
		},
		{"paid elsewhere, by another call", "", `{"status":"paid","paid_out_of_band":true,"payment_intent":null}`, paid, false},
		{
			"charged, and not paid elsewhere", "paid_out_of_band=true",
			`{"status":"paid","paid_out_of_band":false,"payment_intent":{"status":"succeeded"}}`, paid, false,
		},
		{
			"a debit, and not paid elsewhere", "paid_out_of_band=true",
			`{"status":"open","paid_out_of_band":false,"payment_intent":{"status":"processing"}}`, paid, false,
		},
		{"no JSON of a payment", "", `<html>`, paid, false},

		{"a plan that stands", "active=true&expand[0]=product", `{"active":true}`, planStands, true},
		{"a plan that does not", "active=true&expand[0]=product", `{"active":false}`, planStands, false},
		{
			"a lookup key that was taken over", "lookup_key=gold&metadata[tillgate_lookup_key]=gold&transfer_lookup_key=true",
			`{"lookup_key":"gold","metadata":{"tillgate_lookup_key":"gold"}}`, planStands, true,
		},
		{
			"a lookup key that went on", "lookup_key=gold&metadata[tillgate_lookup_key]=gold",
			`{"lookup_key":null,"metadata":{"tillgate_lookup_key":"gold"}}`, planStands, false,
		},
		{"a plan that was not to change", "expand[0]=product", `{"active":false}`, planStands, true},
	} {
		form, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.shows(form, []byte(tt.body)); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}
