package stripegw

import "testing"

// TestDeclinedHasNoSecret: what is inside a decline is not for the customer's browser.
func TestDeclinedHasNoSecret(t *testing.T) {
	const body = `{"error":{"payment_intent":{"object":"payment_intent","id":"pi_1","status":"requires_payment_method",
		"amount":1000,"currency":"usd","client_secret":"pi_1_secret_2"},"setup_intent":{"object":"setup_intent",
		"id":"seti_1","status":"requires_payment_method","client_secret":"seti_1_secret_2"}}}`
	left := decodeDeclined(Answer{Status: 402}, []byte(body))
	if left.payment == nil || left.payment.ID != "pi_1" || left.payment.ClientSecret != "" {
		t.Errorf("the payment is %+v, want pi_1 without a secret", left.payment)
	}
	if left.setup == nil || left.setup.ID != "seti_1" || left.setup.ClientSecret != "" {
		t.Errorf("the setup intent is %+v, want seti_1 without a secret", left.setup)
	}
}
