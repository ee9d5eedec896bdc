package sandbox_test

import (
	"strings"
	"testing"
)

// docs.stripe.com/api/payment_intents/update.
func TestT01_Update(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.open(t, "&metadata[a]=1&metadata[b]=2&description=old").text("id")
	path := intentsPath + "/" + id
	a.post(t, path, "amount=2500&currency=eur&description=new&statement_descriptor=ONE&statement_descriptor_suffix=TWO&"+
		"receipt_email=a@b.example&transfer_group=g&capture_method=manual&setup_future_usage=off_session&"+
		"shipping[name]=n&shipping[address][line1]=l&metadata[a]=&metadata[b]=3&metadata[c]=4").want(t, 200, map[string]any{
		"amount": 2500, "currency": "eur", "description": "new", "statement_descriptor": "ONE",
		"statement_descriptor_suffix": "TWO", "receipt_email": "a@b.example", "transfer_group": "g",
		"capture_method": "manual", "setup_future_usage": "off_session", "shipping.name": "n", "metadata.a": nil,
		"metadata.b": "3", "metadata.c": "4", "status": "requires_payment_method",
	})
	a.post(t, path, "receipt_email=&setup_future_usage=&shipping=&metadata=").want(t, 200, map[string]any{
		"receipt_email": nil, "setup_future_usage": nil, "shipping": nil, "metadata.b": nil, "amount": 2500,
	})
	a.post(t, path, "payment_method=pm_card_visa").want(t, 200, map[string]any{"status": "requires_confirmation"})
	a.post(t, path, "payment_method_types[]=card&payment_method_types[]=link").want(t, 200, map[string]any{
		"status": "requires_confirmation",
	})
	a.post(t, path+"/confirm", "").want(t, 200, map[string]any{"status": "requires_capture", "amount_capturable": 2500})
}

// last_payment_error clears when the intent is updated for any reason (docs.stripe.com/api/payment_intents/object).
func TestT01_UpdateClearsTheError(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_visa_chargeDeclined", "").text("error", "payment_intent", "id")
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"last_payment_error.code": "card_declined"})
	a.post(t, intentsPath+"/"+id, "metadata[a]=b").want(t, 200, map[string]any{
		"last_payment_error": nil, "status": "requires_payment_method",
	})
}

// An update is refused as long as it is not sound, and then nothing of it is kept.
func TestT01_UpdateRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.open(t, "").text("id")
	for form, code := range map[string]string{
		"amount=49": "amount_too_small", "amount=100000000": "amount_too_large", "amount=0": "parameter_invalid_integer",
		"currency=kwd&amount=1001": "parameter_invalid_integer", "payment_method=pm_x": "resource_missing",
		"customer=cus_x": "resource_missing", "payment_method=pm_success_de": "payment_intent_incompatible_payment_method",
		"automatic_payment_methods[enabled]=true": "parameter_unknown", "amount=": "parameter_invalid_empty",
	} {
		a.post(t, intentsPath+"/"+id, form+"&description=changed").want(t, 400, map[string]any{
			"error.code": code, "error.payment_intent.id": id,
		})
	}
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"amount": 2000, "currency": "usd", "description": nil})
	a.post(t, intentsPath+"/pi_x", "amount=100").want(t, 404, map[string]any{"error.code": "resource_missing"})
}

// A challenge was for the old price and the old method: after a change the intent must be confirmed again.
func TestT01_UpdateDuringTheStep(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]map[string]any{
		"amount=2100":                 {"status": "requires_confirmation", "next_action": nil, "amount": 2100},
		"payment_method=pm_card_visa": {"status": "requires_confirmation", "next_action": nil},
		"description=tea":             {"status": "requires_action", "description": "tea"},
	} {
		a := newAPI()
		id := a.pay(t, "pm_card_threeDSecure2Required", "").text("id")
		a.post(t, intentsPath+"/"+id, form).want(t, 200, want)
		if want["next_action"] == nil && want["description"] == nil {
			a.authenticate(t, id, "succeed").want(t, 409, nil)
		}
	}
}

// stripe-facts 4.2: after payment only what describes it may change; the error names the parameter and the statuses
// (message: issue 186 of solidusio/solidus_stripe).
func TestT01_UpdateInTheWrongState(t *testing.T) {
	t.Parallel()
	a := newAPI()
	canceled := a.open(t, "").text("id")
	a.cancel(t, canceled, "").want(t, 200, nil)
	for status, id := range map[string]string{
		"succeeded": a.pay(t, "pm_card_visa", "").text("id"), "requires_capture": a.hold(t, "").text("id"),
		"canceled": canceled, "processing": a.debit(t, "pm_usBankAccount_success").text("id"),
	} {
		for _, form := range []string{
			"amount=3000", "currency=eur", "payment_method=pm_card_visa", "receipt_email=a@b.example", "capture_method=manual",
			"setup_future_usage=off_session", "transfer_group=g",
		} {
			param, _, _ := strings.Cut(form, "=")
			a.post(t, intentsPath+"/"+id, form).want(t, 400, map[string]any{
				"error.code": "payment_intent_unexpected_state", "error.param": param, "error.payment_intent.status": status,
				"error.message": "This PaymentIntent's " + param + " could not be updated because it has a status of " + status +
					". You may only update the " + param + " of a PaymentIntent with one of the following statuses: " +
					"requires_payment_method, requires_confirmation, requires_action.",
			})
		}
		a.post(t, intentsPath+"/"+id, "description=d&metadata[k]=v").want(t, 200, map[string]any{
			"description": "d", "metadata.k": "v", "status": status,
		})
	}
}
