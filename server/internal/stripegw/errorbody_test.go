package stripegw

import "testing"

// TestDeclinedPaymentHasNoSecret: the payment inside a decline is not for the customer's browser.
func TestDeclinedPaymentHasNoSecret(t *testing.T) {
	const body = `{"error":{"payment_intent":{"object":"payment_intent","id":"pi_1","status":"requires_payment_method",
		"amount":1000,"currency":"usd","client_secret":"pi_1_secret_2"}}}`
	intent := declinedPayment(Answer{Status: 402}, []byte(body))
	if intent == nil || intent.ID != "pi_1" || intent.ClientSecret != "" {
		t.Errorf("the payment is %+v, want pi_1 without a secret", intent)
	}
}
