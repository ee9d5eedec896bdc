package sandbox_test

import (
	"testing"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// docs.stripe.com/testing, 3D Secure: what becomes of each card behind the challenge.
func TestT01_AfterTheChallenge(t *testing.T) {
	t.Parallel()
	tests := []struct{ card, status, code, declineCode string }{
		{"pm_card_authenticationRequired", "succeeded", "", ""},
		{"pm_card_authenticationRequiredOnSetup", "succeeded", "", ""},
		{"pm_card_authenticationRequiredSetupForOffSession", "succeeded", "", ""},
		{"pm_card_threeDSecure2Required", "succeeded", "", ""},
		{"pm_card_threeDSecureRequired", "succeeded", "", ""},
		{
			"pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "requires_payment_method", "card_declined",
			"insufficient_funds",
		},
		{"pm_card_threeDSecureRequiredChargeDeclined", "requires_payment_method", "card_declined", "generic_decline"},
	}
	for _, tt := range tests {
		t.Run(tt.card, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			id := a.pay(t, tt.card, "").text("id")
			got := a.authenticate(t, id, "succeed")
			got.want(t, 200, map[string]any{"status": tt.status, "next_action": nil})
			if got.text("last_payment_error", "code") != tt.code ||
				got.text("last_payment_error", "decline_code") != tt.declineCode {
				t.Errorf("last_payment_error %v", got.at("last_payment_error"))
			}
			a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": tt.status})
			paid := int64(0)
			if tt.status == "succeeded" {
				paid = 2000
			}
			if sum := a.paidFor(id); sum != paid {
				t.Errorf("the customer paid %d, want %d", sum, paid)
			}
		})
	}
}

// The customer fails the step: no charge, another method may pay (docs.stripe.com/error-codes,
// payment_intent_authentication_failure).
func TestT01_FailedChallenge(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_threeDSecure2Required", "").text("id")
	a.authenticate(t, id, "fail").want(t, 200, map[string]any{
		"status": "requires_payment_method", "latest_charge": nil, "payment_method": nil,
		"last_payment_error.code":    "payment_intent_authentication_failure",
		"last_payment_error.doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
		"last_payment_error.message": "The provided PaymentMethod has failed authentication. You can provide " +
			"payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
	})
	a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_visa").want(t, 200, map[string]any{
		"status": "succeeded", "last_payment_error": nil,
	})
}

// With manual confirmation the caller's server confirms once more, and is not challenged again
// (docs.stripe.com/payments/accept-a-payment-synchronously).
func TestT01_ManualConfirmation(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_threeDSecure2Required", "&confirmation_method=manual").text("id")
	a.authenticate(t, id, "succeed").want(t, 200, map[string]any{
		"status": "requires_confirmation", "next_action": nil, "latest_charge": nil,
	})
	if sum := a.paidFor(id); sum != 0 {
		t.Errorf("%d paid before the second confirmation", sum)
	}
	a.post(t, intentsPath+"/"+id+"/confirm", "").want(t, 200, map[string]any{"status": "succeeded"})
	a.chargeOf(t, id).want(t, 200, map[string]any{
		"payment_method_details.card.three_d_secure.result":                        "authenticated",
		"payment_method_details.card.three_d_secure.electronic_commerce_indicator": "05",
	})
	// Another method than the one that passed is challenged again.
	id = a.pay(t, "pm_card_threeDSecure2Required", "&confirmation_method=manual").text("id")
	a.authenticate(t, id, "succeed").want(t, 200, nil)
	a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_threeDSecureRequired").want(t, 200, map[string]any{
		"status": "requires_action",
	})
}

// What the customer did for one card does not count for the next.
func TestT01_AuthenticationBelongsToItsCard(t *testing.T) {
	t.Parallel()
	a := newAPI()
	declined := a.pay(t, "pm_card_threeDSecureRequiredChargeDeclined", "").text("id")
	manual := a.pay(t, "pm_card_threeDSecure2Required", "&confirmation_method=manual").text("id")
	for _, id := range []string{declined, manual} {
		a.authenticate(t, id, "succeed").want(t, 200, nil)
		a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_visa").want(t, 200, map[string]any{"status": "succeeded"})
		a.chargeOf(t, id).want(t, 200, map[string]any{"payment_method_details.card.three_d_secure": nil})
	}
}

func TestT01_AuthenticateRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	waiting := a.pay(t, "pm_card_threeDSecure2Required", "").text("id")
	done := a.pay(t, "pm_card_visa", "").text("id")
	path := "/_sandbox/payment_intents/"
	a.authenticate(t, done, "succeed").want(t, 409, map[string]any{
		"error.message": "payment intent " + done + " is succeeded, not requires_action",
	})
	a.authenticate(t, "pi_x", "succeed").want(t, 404, nil)
	for _, body := range []string{`{}`, `{"outcome":"maybe"}`, `{"result":"succeed"}`, ``, `outcome=fail`} {
		a.post(t, path+waiting+"/authenticate", body).want(t, 400, nil)
	}
	a.get(t, path+waiting+"/authenticate", "").want(t, 404, nil)
	a.post(t, path+waiting+"/other", `{"outcome":"fail"}`).want(t, 404, nil)
	a.authenticate(t, waiting, "succeed").want(t, 200, nil)
	a.authenticate(t, waiting, "succeed").want(t, 409, nil)
	if l := a.movements(waiting); len(l) != 1 || l[0].Type != sandbox.MovementCharge {
		t.Errorf("movements %+v", l)
	}
}
