package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A token stands for one card, and is used once; the published ones are made anew each time.
func TestT01_Tokens(t *testing.T) {
	t.Parallel()
	a := newAPI()
	made := a.post(t, tokensPath, strings.TrimPrefix(typed, "type=card&")+"4000000760000002&card[name]=Jenny&"+
		"card[address_zip]=1&card[address_country]=br")
	made.want(t, 200, map[string]any{
		"object": "token", "type": "card", "used": false, "card.object": "card", "card.brand": "Visa", "card.last4": "0002",
		"card.country": "BR", "card.name": "Jenny", "card.address_zip": "1", "card.address_zip_check": "unchecked",
		"card.cvc_check": "unchecked", "card.exp_month": 12, "card.dynamic_last4": nil, "card.tokenization_method": nil,
	})
	id := made.text("id")
	if !strings.HasPrefix(id, "tok_1") || len(id) != len("tok_")+24 || !strings.HasPrefix(made.text("card", "id"), "card_1") {
		t.Errorf("%s", made.raw)
	}
	const form = "type=card&card[token]="
	a.post(t, methodsPath, form+id+"&billing_details[name]=Other").want(t, 200, map[string]any{
		"card.last4": "0002", "card.country": "BR", "card.exp_year": 2030, "card.checks.cvc_check": "unchecked",
		"billing_details.name": "Other", "billing_details.address.postal_code": "1",
	})
	a.get(t, tokensPath+"/"+id, "").want(t, 200, map[string]any{"used": true})
	a.post(t, methodsPath, form+id).want(t, 400, map[string]any{
		"error.code": "token_already_used", "error.message": "You cannot use a Stripe token more than once: " + id + ".",
	})
	for range 2 {
		a.post(t, methodsPath, form+"tok_mastercard").want(t, 200, map[string]any{"card.brand": "mastercard"})
	}
	a.get(t, tokensPath+"/tok_amex", "").want(t, 200, map[string]any{"card.brand": "American Express", "used": false})
	a.get(t, tokensPath+"/tok_x", "").want(t, 404, map[string]any{"error.message": "No such token: 'tok_x'"})
	a.post(t, tokensPath, "").want(t, 400, map[string]any{"error.code": "parameter_missing", "error.param": "card"})
	a.post(t, tokensPath, "bank_account[country]=US").want(t, 400, map[string]any{"error.param": "bank_account"})
	// Every template has a token that behaves as it does.
	for _, template := range publishedCards {
		token := "tok_" + strings.TrimPrefix(template, "pm_card_")
		got := a.post(t, methodsPath, form+token)
		want := a.get(t, methodsPath+"/"+template, "")
		if diff := cmp.Diff(want.at("card"), got.at("card")); diff != "" {
			t.Errorf("%s: %s", token, diff)
		}
		byTemplate, byToken := a.pay(t, template, ""), a.pay(t, got.text("id"), "")
		if byTemplate.status != byToken.status || byTemplate.text("error", "code") != byToken.text("error", "code") {
			t.Errorf("%s: %d, %s: %d %s", template, byTemplate.status, token, byToken.status, byToken.raw)
		}
	}
}

// A card with a wallet is a card; the charge shows the wallet too.
func TestT01_Wallets(t *testing.T) {
	t.Parallel()
	for suffix, kind := range map[string]string{"applePay": "apple_pay", "googlePay": "google_pay"} {
		a := newAPI()
		want := map[string]any{"type": kind, "dynamic_last4": "7179", kind: map[string]any{}}
		for _, id := range []string{
			"pm_card_visa_" + suffix, a.method(t, "type=card&card[token]=tok_visa_"+suffix),
		} {
			got := a.pay(t, id, "&expand[]=latest_charge&expand[]=payment_method")
			got.want(t, 200, map[string]any{
				"status": "succeeded", "payment_method.card.last4": "4242", "payment_method.type": "card",
			})
			for _, wallet := range []any{
				got.at("payment_method", "card", "wallet"),
				got.at("latest_charge", "payment_method_details", "card", "wallet"),
			} {
				if diff := cmp.Diff(any(want), wallet); diff != "" {
					t.Error(diff)
				}
			}
		}
		token := a.get(t, tokensPath+"/tok_visa_"+suffix, "")
		if method := token.text("card", "tokenization_method"); !slices.Contains([]string{"apple_pay", "android_pay"}, method) {
			t.Errorf("tokenization_method %q", method)
		}
	}
}
