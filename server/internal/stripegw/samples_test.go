package stripegw_test

import (
	"encoding/json"
	"testing"

	"github.com/stripe/stripe-mock/embedded"
)

// sample is an object as Stripe documents it, from the description of the API at our version.
func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	var fixtures struct {
		Resources map[string]json.RawMessage `json:"resources"`
	}
	if err := json.Unmarshal(embedded.OpenAPIFixtures, &fixtures); err != nil {
		tb.Fatal(err)
	}
	raw, ok := fixtures.Resources[name]
	if !ok {
		tb.Fatalf("there is no sample of %s", name)
	}
	return raw
}

// paymentSample is Stripe's payment intent with changes.
func paymentSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "payment_intent"), changes)
}

// chargeSample is Stripe's charge with changes.
func chargeSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "charge"), changes)
}

// customerSample, methodSample and setupSample are Stripe's customer, payment method and setup intent with changes.
func customerSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "customer"), changes)
}

func methodSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "payment_method"), changes)
}

func setupSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "setup_intent"), changes)
}

// refundSample is Stripe's refund with changes.
func refundSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "refund"), changes)
}

// priceSample and invoiceSample are Stripe's price and invoice with changes.
func priceSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "price"), changes)
}

func invoiceSample(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "invoice"), changes)
}
