package sandbox_test

import "testing"

// docs.stripe.com/testing: what becomes of each card that is set up while its customer is there.
func TestT01_SetupOfCards(t *testing.T) {
	t.Parallel()
	tests := []struct{ card, more, status, code, declineCode string }{
		{"pm_card_visa", "", "succeeded", "", ""},
		{"pm_card_chargeCustomerFail", "", "succeeded", "", ""},
		{"pm_card_radarBlock", "", "succeeded", "", ""},
		{"pm_card_threeDSecureOptional", "", "succeeded", "", ""},
		{
			"pm_card_threeDSecureOptional", "&payment_method_options[card][request_three_d_secure]=any", "requires_action",
			"", "",
		},
		{"pm_card_amex_threeDSecureNotSupported", "", "succeeded", "", ""},
		{"pm_card_authenticationRequired", "", "requires_action", "", ""},
		{"pm_card_authenticationRequiredOnSetup", "", "requires_action", "", ""},
		{"pm_card_authenticationRequiredSetupForOffSession", "", "requires_action", "", ""},
		{"pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "", "requires_action", "", ""},
		{"pm_card_threeDSecureRequiredProcessingError", "", "", "card_declined", "generic_decline"},
		{
			"pm_card_threeDSecureOptionalProcessingError", "&payment_method_options[card][request_three_d_secure]=challenge",
			"", "card_declined", "generic_decline",
		},
		{"pm_card_visa_chargeDeclined", "", "", "card_declined", "generic_decline"},
		{"pm_card_visa_chargeDeclinedInsufficientFunds", "", "", "card_declined", "insufficient_funds"},
		{"pm_card_visa_chargeDeclinedLostCard", "", "", "card_declined", "lost_card"},
		{"pm_card_chargeDeclinedExpiredCard", "", "", "expired_card", "expired_card"},
		{"pm_card_chargeDeclinedIncorrectCvc", "", "", "incorrect_cvc", "incorrect_cvc"},
		{"pm_card_chargeDeclinedProcessingError", "", "", "processing_error", "processing_error"},
	}
	for _, tt := range tests {
		t.Run(tt.card+tt.more, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			owner := a.customer(t, "")
			got := a.setUp(t, "card", tt.card, tt.more+"&customer="+owner)
			if tt.code == "" {
				got.want(t, 200, map[string]any{"status": tt.status, "mandate": nil})
				return
			}
			got.want(t, 402, map[string]any{
				"error.type": "card_error", "error.code": tt.code, "error.decline_code": tt.declineCode, "error.charge": nil,
				"error.setup_intent.status": "requires_payment_method", "error.setup_intent.payment_method": nil,
				"error.setup_intent.last_setup_error.code": tt.code, "error.payment_method.customer": nil,
			})
			a.get(t, setupsPath+"/"+setupID(got), "").want(t, 200, map[string]any{
				"last_setup_error.decline_code": tt.declineCode, "customer": owner,
			})
		})
	}
}

// docs.stripe.com/testing, 3D Secure: which cards pay off session, before and after a set-up for that.
func TestT01_OffSessionAfterASetup(t *testing.T) {
	t.Parallel()
	const authenticate = "authentication_required"
	tests := []struct{ card, usage, before, after string }{ // decline codes; none: it pays
		{"pm_card_visa", "off_session", "", ""},
		{"pm_card_authenticationRequiredOnSetup", "off_session", authenticate, ""},
		{"pm_card_authenticationRequiredOnSetup", "on_session", authenticate, authenticate},
		{"pm_card_authenticationRequired", "off_session", authenticate, authenticate},
		{"pm_card_authenticationRequiredSetupForOffSession", "off_session", "", ""},
		{
			"pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "off_session", authenticate,
			"insufficient_funds",
		},
		{"pm_card_chargeCustomerFail", "off_session", "generic_decline", "generic_decline"},
	}
	for _, tt := range tests {
		t.Run(tt.card+" "+tt.usage, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			a.wantCharge(t, tt.card, "&off_session=true", tt.before)
			owner := "&customer=" + a.customer(t, "")
			got := a.setUp(t, "card", tt.card, owner+"&usage="+tt.usage)
			got.want(t, 200, nil)
			if got.text("status") == "requires_action" {
				a.authenticateSetup(t, got.text("id"), "succeed").want(t, 200, map[string]any{"status": "succeeded"})
			}
			a.wantCharge(t, got.text("payment_method"), owner+"&off_session=true", tt.after)
		})
	}
}

// wantCharge wants a payment to succeed, or to be declined with a code.
func (a api) wantCharge(t *testing.T, method, more, declineCode string) {
	t.Helper()
	got := a.pay(t, method, more)
	if declineCode == "" {
		got.want(t, 200, map[string]any{"status": "succeeded"})
		return
	}
	got.want(t, 402, map[string]any{"error.decline_code": declineCode})
}

// A payment on session that was to prepare others is a set-up too; the next one on session asks again.
func TestT01_OffSessionAfterAPayment(t *testing.T) {
	t.Parallel()
	const card = "pm_card_authenticationRequiredOnSetup"
	for usage, declineCode := range map[string]string{
		"&setup_future_usage=off_session": "", "&setup_future_usage=on_session": "authentication_required",
	} {
		a := newAPI()
		owner := "&customer=" + a.customer(t, "")
		got := a.pay(t, card, owner+usage)
		got.want(t, 200, map[string]any{"status": "requires_action"})
		a.authenticate(t, got.text("id"), "succeed").want(t, 200, map[string]any{"status": "succeeded"})
		method := a.get(t, intentsPath+"/"+got.text("id"), "").text("payment_method")
		a.wantCharge(t, method, owner+"&off_session=true", declineCode)
		a.pay(t, method, owner).want(t, 200, map[string]any{"status": "requires_action"})
	}
	// To attach a card is no set-up.
	a := newAPI()
	owner := a.customer(t, "")
	method := a.post(t, "/v1/payment_methods/"+card+"/attach", "customer="+owner)
	method.want(t, 200, nil)
	a.wantCharge(t, method.text("id"), "&off_session=true&customer="+owner, "authentication_required")
}

// The step of a set-up, taken in the customer's place.
func TestT01_AuthenticateASetup(t *testing.T) {
	t.Parallel()
	a := newAPI()
	got := a.setUp(t, "card", "pm_card_threeDSecure2Required", "&use_stripe_sdk=true&return_url=https://shop.example")
	got.want(t, 200, map[string]any{"next_action.type": "use_stripe_sdk"})
	id := got.text("id")
	a.authenticateSetup(t, id, "perhaps").want(t, 400, nil)
	a.authenticateSetup(t, "seti_x", "succeed").want(t, 404, nil)
	a.authenticate(t, id, "succeed").want(t, 404, nil)
	a.authenticateSetup(t, id, "succeed").want(t, 200, map[string]any{
		"status": "succeeded", "latest_attempt": got.text("latest_attempt"), "next_action": nil,
	})
	a.authenticateSetup(t, id, "succeed").want(t, 409, nil)
	e := reply{body: a.events(t)[2]}
	e.want(t, 0, map[string]any{
		"type": setupSucceeded, "request.id": nil, "request.idempotency_key": id + "-" + got.text("latest_attempt"),
	})
	// A replay answers with what was answered then.
	first := a.setUp(t, "card", "pm_card_threeDSecure2Required", "")
	again := a.post(t, setupsPath, "confirm=true&payment_method_types[]=card&payment_method=pm_card_visa", key("k"))
	if r := a.post(t, setupsPath, "confirm=true&payment_method_types[]=card&payment_method=pm_card_visa", key("k")); r.raw !=
		again.raw || first.text("id") == again.text("id") {
		t.Errorf("replayed %s, want %s", r.raw, again.raw)
	}
}
