package sandbox_test

import (
	"strings"
	"testing"
)

// publishedCards are the card templates of docs.stripe.com/testing.
var publishedCards = []string{
	"pm_card_visa", "pm_card_visa_debit", "pm_card_mastercard", "pm_card_mastercard_debit", "pm_card_mastercard_prepaid",
	"pm_card_amex", "pm_card_discover", "pm_card_diners", "pm_card_jcb", "pm_card_unionpay", "pm_card_us", "pm_card_br",
	"pm_card_ca", "pm_card_mx", "pm_card_de", "pm_card_gb", "pm_card_in",
	"pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_visa_chargeDeclinedLostCard",
	"pm_card_visa_chargeDeclinedStolenCard", "pm_card_chargeDeclinedExpiredCard", "pm_card_chargeDeclinedIncorrectCvc",
	"pm_card_chargeDeclinedProcessingError", "pm_card_visa_chargeDeclinedVelocityLimitExceeded", "pm_card_chargeCustomerFail",
	"pm_card_radarBlock", "pm_card_riskLevelHighest", "pm_card_riskLevelElevated", "pm_card_cvcCheckFail",
	"pm_card_avsZipFail", "pm_card_avsLine1Fail", "pm_card_avsFail", "pm_card_avsUnchecked",
	"pm_card_authenticationRequired", "pm_card_authenticationRequiredOnSetup",
	"pm_card_authenticationRequiredSetupForOffSession", "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
	"pm_card_threeDSecure2Required", "pm_card_threeDSecureRequiredChargeDeclined",
	"pm_card_threeDSecureRequiredProcessingError", "pm_card_threeDSecureOptional",
	"pm_card_threeDSecureOptionalProcessingError", "pm_card_amex_threeDSecureNotSupported",
	"pm_card_createDispute", "pm_card_createDisputeProductNotReceived", "pm_card_createDisputeInquiry",
}

// Each use of a template makes a new payment method (docs.stripe.com/testing), with an expiry that is still to come.
func TestT01_TemplatesMakeFreshMethods(t *testing.T) {
	t.Parallel()
	a := newAPI()
	seen := map[string]bool{}
	for _, template := range publishedCards {
		for range 2 {
			got := a.post(t, intentsPath, "amount=100&currency=usd&payment_method="+template)
			got.want(t, 200, map[string]any{"status": "requires_confirmation", "latest_charge": nil})
			id := got.text("payment_method")
			if !strings.HasPrefix(id, "pm_1") || len(id) != len("pm_")+24 || seen[id] {
				t.Errorf("%s: %q is no fresh payment method", template, id)
			}
			seen[id] = true
			a.get(t, "/v1/payment_methods/"+id, "").want(t, 200, map[string]any{
				"card.exp_month": 3, "card.exp_year": 2027, "customer": nil, "type": "card",
			})
		}
	}
}

// Reading a template makes a method too: callers do that to get one.
func TestT01_ReadingATemplate(t *testing.T) {
	t.Parallel()
	a := newAPI()
	got := a.get(t, "/v1/payment_methods/pm_card_visa", "")
	got.want(t, 200, map[string]any{"card.last4": "4242"})
	a.pay(t, got.text("id"), "").want(t, 200, map[string]any{"payment_method": got.text("id")})
	again := a.get(t, "/v1/payment_methods/pm_card_visa", "").text("id")
	if again == got.text("id") || !strings.HasPrefix(again, "pm_1") {
		t.Errorf("the second reading gave %q", again)
	}
}

// docs.stripe.com/testing, cards by brand and by country.
func TestT01_CardsByBrandAndCountry(t *testing.T) {
	t.Parallel()
	tests := []struct{ template, brand, last4, country, funding string }{
		{"pm_card_visa", "visa", "4242", "US", "credit"},
		{"pm_card_visa_debit", "visa", "5556", "US", "debit"},
		{"pm_card_mastercard", "mastercard", "4444", "US", "credit"},
		{"pm_card_mastercard_debit", "mastercard", "8210", "US", "debit"},
		{"pm_card_mastercard_prepaid", "mastercard", "5100", "US", "prepaid"},
		{"pm_card_amex", "amex", "8431", "US", "credit"},
		{"pm_card_discover", "discover", "1117", "US", "credit"},
		{"pm_card_diners", "diners", "0004", "US", "credit"},
		{"pm_card_jcb", "jcb", "0505", "JP", "credit"},
		{"pm_card_unionpay", "unionpay", "0005", "CN", "credit"},
		{"pm_card_br", "visa", "0002", "BR", "credit"},
		{"pm_card_ca", "visa", "0000", "CA", "credit"},
		{"pm_card_mx", "visa", "8001", "MX", "credit"},
	}
	for _, tt := range tests {
		t.Run(tt.template, func(t *testing.T) {
			t.Parallel()
			newAPI().pay(t, tt.template, "&expand[]=latest_charge&expand[]=payment_method").want(t, 200, map[string]any{
				"status": "succeeded", "payment_method.card.brand": tt.brand, "payment_method.card.last4": tt.last4,
				"payment_method.card.country": tt.country, "payment_method.card.funding": tt.funding,
				"latest_charge.payment_method_details.card.brand":   tt.brand,
				"latest_charge.payment_method_details.card.network": tt.brand,
				"latest_charge.payment_method_details.card.last4":   tt.last4,
			})
		})
	}
}

// docs.stripe.com/testing, declined payments and fraud prevention.
func TestT01_Declines(t *testing.T) {
	t.Parallel()
	const words = "Your card was declined."
	tests := []struct {
		template, code, declineCode, message, param, reason, seller string
	}{
		{
			"pm_card_visa_chargeDeclined", "card_declined", "generic_decline",
			words, "",
			"generic_decline", "The bank did not return any further details with this decline.",
		},
		{
			"pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds",
			"Your card has insufficient funds.", "",
			"insufficient_funds", "",
		},
		{"pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card", words, "", "lost_card", ""},
		{"pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", words, "", "stolen_card", ""},
		{
			"pm_card_chargeDeclinedExpiredCard", "expired_card", "",
			"Your card has expired.", "exp_month",
			"expired_card", "",
		},
		{
			"pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "",
			"Your card's security code is incorrect.", "cvc",
			"incorrect_cvc", "",
		},
		{
			"pm_card_chargeDeclinedProcessingError", "processing_error", "",
			"An error occurred while processing your card. Try again in a little bit.", "",
			"processing_error", "",
		},
		{
			"pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded",
			"Your card was declined for making repeated attempts too frequently or exceeding its amount limit.", "",
			"card_velocity_exceeded", "",
		},
		{
			"pm_card_chargeCustomerFail", "card_declined", "generic_decline",
			words, "",
			"generic_decline", "The bank did not return any further details with this decline.",
		},
		{"pm_card_chargeDeclinedFraudulent", "card_declined", "fraudulent", words, "", "fraudulent", ""},
		{
			"pm_card_radarBlock", "card_declined", "fraudulent",
			words, "",
			"highest_risk_level", "Stripe blocked this payment as too risky.",
		},
		{
			"pm_card_riskLevelHighest", "card_declined", "fraudulent",
			words, "",
			"highest_risk_level", "Stripe blocked this payment as too risky.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.template, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			got := a.pay(t, tt.template, "&metadata[order]=7")
			got.want(t, 402, map[string]any{
				"error.type": "card_error", "error.code": tt.code, "error.message": tt.message,
				"error.doc_url":                                             "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(tt.code, "_", "-"),
				"error.payment_intent.status":                               "requires_payment_method",
				"error.payment_intent.payment_method":                       nil,
				"error.payment_intent.next_action":                          nil,
				"error.payment_intent.amount_received":                      0,
				"error.payment_intent.last_payment_error.code":              tt.code,
				"error.payment_intent.latest_charge":                        got.text("error", "charge"),
				"error.payment_intent.last_payment_error.payment_method.id": got.text("error", "payment_method", "id"),
			})
			if got.text("error", "decline_code") != tt.declineCode || got.text("error", "param") != tt.param {
				t.Errorf("decline_code %q, param %q", got.text("error", "decline_code"), got.text("error", "param"))
			}
			if log := got.text("error", "request_log_url"); !strings.Contains(log, got.header.Get("Request-Id")) {
				t.Errorf("request_log_url %q does not name the request", log)
			}
			seller := tt.seller
			if seller == "" {
				seller = "The bank returned the decline code `" + tt.reason + "`."
			}
			a.get(t, "/v1/charges/"+got.text("error", "charge"), "").want(t, 200, map[string]any{
				"status": "failed", "paid": false, "captured": false, "failure_code": tt.code, "failure_message": tt.message,
				"outcome.reason": tt.reason, "outcome.seller_message": seller, "balance_transaction": nil, "receipt_url": nil,
				"amount_captured": 0, "metadata.order": "7", "payment_method_details.card.amount_authorized": nil,
			})
			// The intent stays, and another card can pay it.
			id := got.text("error", "payment_intent", "id")
			a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "requires_payment_method"})
			a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_visa").want(t, 200, map[string]any{
				"status": "succeeded", "last_payment_error": nil, "amount_received": 2000,
			})
			if n := len(a.Ledger()); n != 1 {
				t.Errorf("%d movements of money, want 1", n)
			}
		})
	}
}

// Cards that Radar looks at but lets pass (docs.stripe.com/testing, fraud prevention).
func TestT01_ChecksAndRisk(t *testing.T) {
	t.Parallel()
	const checks = "latest_charge.payment_method_details.card.checks."
	tests := []struct {
		template string
		want     map[string]any
	}{
		{"pm_card_visa", map[string]any{checks + "cvc_check": "pass", "latest_charge.outcome.risk_level": "normal"}},
		{"pm_card_riskLevelElevated", map[string]any{"latest_charge.outcome.risk_level": "elevated"}},
		{"pm_card_cvcCheckFail", map[string]any{checks + "cvc_check": "fail"}},
		{"pm_card_avsZipFail", map[string]any{checks + "address_postal_code_check": "fail", checks + "address_line1_check": "pass"}},
		{"pm_card_avsLine1Fail", map[string]any{checks + "address_line1_check": "fail", checks + "address_postal_code_check": "pass"}},
		{"pm_card_avsFail", map[string]any{checks + "address_line1_check": "fail", checks + "address_postal_code_check": "fail"}},
		{"pm_card_avsUnchecked", map[string]any{checks + "address_line1_check": "unavailable"}},
	}
	for _, tt := range tests {
		t.Run(tt.template, func(t *testing.T) {
			t.Parallel()
			newAPI().pay(t, tt.template, "&expand[]=latest_charge").want(t, 200, tt.want)
		})
	}
}
