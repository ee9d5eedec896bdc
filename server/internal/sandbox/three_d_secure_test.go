package sandbox_test

import (
	"strings"
	"testing"
)

// docs.stripe.com/testing, 3D Secure: what each card does on and off session.
func TestT01_ThreeDSecure(t *testing.T) {
	t.Parallel()
	const (
		paid     = "succeeded"
		action   = "requires_action"
		required = "authentication_required"
		declined = "card_declined"
		demand   = "&payment_method_options[card][request_three_d_secure]=any"
	)
	tests := []struct{ template, onSession, offSession, demanded string }{
		{"pm_card_visa", paid, paid, paid},
		{"pm_card_authenticationRequiredOnSetup", action, required, action},
		{"pm_card_authenticationRequired", action, required, action},
		{"pm_card_authenticationRequiredSetupForOffSession", action, paid, action},
		{"pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", action, required, action},
		{"pm_card_threeDSecure2Required", action, required, action},
		{"pm_card_threeDSecureRequired", action, required, action},
		{"pm_card_threeDSecureRequiredChargeDeclined", action, required, action},
		{"pm_card_threeDSecureRequiredProcessingError", declined, declined, declined},
		{"pm_card_threeDSecureOptional", paid, paid, action},
		{"pm_card_threeDSecureOptionalProcessingError", paid, paid, declined},
		{"pm_card_amex_threeDSecureNotSupported", paid, paid, paid},
	}
	for _, tt := range tests {
		for more, want := range map[string]string{"": tt.onSession, "&off_session=true": tt.offSession, demand: tt.demanded} {
			t.Run(tt.template+more, func(t *testing.T) {
				t.Parallel()
				got := newAPI().pay(t, tt.template, more)
				result := got.text("status")
				if got.status != 200 {
					result = got.text("error", "code")
				}
				if result != want {
					t.Errorf("%d %s, want %s", got.status, result, want)
				}
			})
		}
	}
}

// A step of the customer's is no error: 200, and next_action says where it is taken
// (docs.stripe.com/payments/3d-secure/authentication-flow).
func TestT01_ActionOnSession(t *testing.T) {
	t.Parallel()
	a := newAPI()
	got := a.pay(t, "pm_card_threeDSecure2Required", "")
	got.want(t, 200, map[string]any{
		"status": "requires_action", "next_action.type": "use_stripe_sdk", "latest_charge": nil, "amount_received": 0,
		"next_action.use_stripe_sdk.type": "stripe_3ds2_fingerprint", "last_payment_error": nil,
	})
	if !strings.HasPrefix(got.text("payment_method"), "pm_1") {
		t.Errorf("payment_method %v", got.at("payment_method"))
	}
	got = a.pay(t, "pm_card_threeDSecure2Required", "&return_url=https://shop.example/back")
	got.want(t, 200, map[string]any{
		"status": "requires_action", "next_action.type": "redirect_to_url",
		"next_action.redirect_to_url.return_url": "https://shop.example/back",
	})
	if page := got.text("next_action", "redirect_to_url", "url"); !strings.HasPrefix(page, "https://hooks.stripe.com/") {
		t.Errorf("url %q", page)
	}
	if n := len(a.Ledger()); n != 0 {
		t.Errorf("%d movements of money before the customer agreed", n)
	}
}

// Off session nobody can take the step, so the bank's wish for it is a decline
// (docs.stripe.com/declines/codes, authentication_required).
func TestT01_AuthenticationRequiredOffSession(t *testing.T) {
	t.Parallel()
	const words = "Your card was declined. This transaction requires authentication."
	a := newAPI()
	got := a.pay(t, "pm_card_authenticationRequired", "&off_session=true")
	got.want(t, 402, map[string]any{
		"error.type": "card_error", "error.code": "authentication_required",
		"error.decline_code": "authentication_required", "error.message": words,
		"error.payment_intent.status": "requires_payment_method", "error.payment_intent.payment_method": nil,
	})
	a.get(t, "/v1/charges/"+got.text("error", "charge"), "").want(t, 200, map[string]any{
		"status": "failed", "outcome.reason": "authentication_required", "outcome.type": "issuer_declined",
	})
	// The same intent can be paid on session.
	id := got.text("error", "payment_intent", "id")
	a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_authenticationRequired").want(t, 200,
		map[string]any{"status": "requires_action"})
}

// error_on_requires_action turns the step into a failure without a charge
// (docs.stripe.com/payments/without-card-authentication).
func TestT01_ErrorOnRequiresAction(t *testing.T) {
	t.Parallel()
	got := newAPI().pay(t, "pm_card_threeDSecure2Required", "&error_on_requires_action=true")
	got.want(t, 402, map[string]any{
		"error.type": "card_error", "error.code": "authentication_required", "error.charge": nil,
		"error.decline_code":          "authentication_not_handled",
		"error.payment_intent.status": "requires_payment_method", "error.payment_intent.latest_charge": nil,
	})
}
