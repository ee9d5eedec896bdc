package sandbox_test

import (
	"regexp"
	"strings"
	"testing"
)

// docs.stripe.com/payments/paymentintents/lifecycle.
func TestT01_CreateWithoutConfirm(t *testing.T) {
	t.Parallel()
	a := newAPI()
	got := a.post(t, intentsPath, "amount=1099&currency=USD&metadata[order]=7&metadata[empty]=&description=Tea&"+
		"receipt_email=tea@shop.example&shipping[name]=Ann&shipping[address][city]=Bern&transfer_group=g1")
	got.want(t, 200, map[string]any{
		"object": "payment_intent", "amount": 1099, "currency": "usd", "status": "requires_payment_method",
		"capture_method": "automatic", "confirmation_method": "automatic", "livemode": false, "amount_received": 0,
		"created": int(start.Unix()), "metadata.order": "7", "description": "Tea", "receipt_email": "tea@shop.example",
		"shipping.name": "Ann", "shipping.address.city": "Bern", "shipping.phone": nil, "transfer_group": "g1",
		"latest_charge": nil, "payment_method": nil, "next_action": nil, "last_payment_error": nil,
	})
	if _, has := got.at("metadata").(map[string]any)["empty"]; has {
		t.Error("an empty metadata value was kept")
	}
	secret := regexp.MustCompile(`^` + got.text("id") + `_secret_[A-Za-z0-9]{25}$`)
	if !secret.MatchString(got.text("client_secret")) {
		t.Errorf("client_secret %q", got.text("client_secret"))
	}
	again := a.get(t, intentsPath+"/"+got.text("id"), "client_secret="+got.text("client_secret"))
	if again.raw != got.raw {
		t.Errorf("reading gives another object:\n%s", again.raw)
	}
	a.get(t, intentsPath+"/"+got.text("id"), "client_secret=wrong").want(t, 400, map[string]any{"error.param": "client_secret"})
}

var idForms = map[string]*regexp.Regexp{
	"id":             regexp.MustCompile(`^pi_3[A-Za-z0-9]{23}$`),
	"latest_charge":  regexp.MustCompile(`^ch_3[A-Za-z0-9]{23}$`),
	"payment_method": regexp.MustCompile(`^pm_1[A-Za-z0-9]{23}$`),
}

func TestT01_SuccessfulPayment(t *testing.T) {
	t.Parallel()
	a := newAPI()
	got := a.pay(t, "pm_card_visa", "&metadata[order]=7&statement_descriptor_suffix=TEA")
	got.want(t, 200, map[string]any{
		"status": "succeeded", "amount_received": 2000, "amount_capturable": 0, "last_payment_error": nil,
	})
	for name, form := range idForms {
		if !form.MatchString(got.text(name)) {
			t.Errorf("%s %q does not look like Stripe's", name, got.text(name))
		}
	}
	if stem := got.text("id")[3:19]; stem != got.text("latest_charge")[3:19] {
		t.Error("the charge does not share the stem of its payment")
	}
	ch := a.get(t, "/v1/charges/"+got.text("latest_charge"), "expand[]=balance_transaction")
	ch.want(t, 200, map[string]any{
		"status": "succeeded", "paid": true, "captured": true, "amount_captured": 2000, "amount_refunded": 0,
		"refunded": false, "disputed": false, "payment_intent": got.text("id"), "metadata.order": "7",
		"outcome.type": "authorized", "outcome.network_status": "approved_by_network", "outcome.reason": nil,
		"outcome.seller_message": "Payment complete.", "failure_code": nil, "failure_message": nil,
		"payment_method_details.card.amount_authorized": 2000, "payment_method_details.card.three_d_secure": nil,
		"payment_method_details.card.overcapture.maximum_amount_capturable": 2000,
		"balance_transaction.amount":                                        2000, "balance_transaction.fee": 88, "balance_transaction.net": 1912,
		"balance_transaction.status": "pending", "balance_transaction.type": "charge",
		"calculated_statement_descriptor": "TILLGATE* TEA",
	})
	if _, has := ch.body["refunds"]; has {
		t.Error("refunds is there without being expanded") // docs.stripe.com/changelog/2022-11-15
	}
	if _, has := ch.at("payment_method_details", "card").(map[string]any)["capture_before"]; has {
		t.Error("a captured charge has a capture_before")
	}
	// Money becomes available by the clock.
	a.Advance(72 * 60 * 60 * 1e9)
	a.get(t, "/v1/charges/"+got.text("latest_charge"), "expand[]=balance_transaction").want(t, 200,
		map[string]any{"balance_transaction.status": "available"})
}

// docs.stripe.com/payments/place-a-hold-on-a-payment-method.
func TestT01_ManualCaptureHolds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, card, more string
		window           int
	}{
		{"the intent says so", "pm_card_visa", "&capture_method=manual", 7 * 86400},
		{"the card's option says so", "pm_card_visa", "&payment_method_options[card][capture_method]=manual", 7 * 86400},
		{"Visa by the merchant", "pm_card_visa", "&capture_method=manual&off_session=true", 4*86400 + 18*3600},
		{"Mastercard by the merchant", "pm_card_mastercard", "&capture_method=manual&off_session=true", 7 * 86400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			a.pay(t, tt.card, tt.more+"&expand[]=latest_charge").want(t, 200, map[string]any{
				"status": "requires_capture", "amount_capturable": 2000, "amount_received": 0, "latest_charge.captured": false,
				"latest_charge.paid": true, "latest_charge.status": "succeeded", "latest_charge.amount_captured": 0,
				"latest_charge.balance_transaction":                        nil,
				"latest_charge.payment_method_details.card.capture_before": int(start.Unix()) + tt.window,
			})
			if l := a.Ledger(); len(l) != 1 || l[0].Type != "authorize" {
				t.Errorf("ledger %+v", l)
			}
		})
	}
}

// Since 2023-08-16 a create without method types takes those of the Dashboard, some of which redirect: confirming one
// needs a return_url, or off_session, or allow_redirects=never (docs.stripe.com/changelog/2023-08-16).
func TestT01_DynamicMethodsNeedAReturnURL(t *testing.T) {
	t.Parallel()
	const bare = "amount=2000&currency=usd&confirm=true&payment_method=pm_card_visa"
	tests := []struct {
		name, more string
		status     int
	}{
		{"bare", "", 400},
		{"enabled", "&automatic_payment_methods[enabled]=true", 400},
		{"always", "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=always", 400},
		{"never", "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never", 200},
		{"return_url", "&return_url=https://shop.example", 200},
		{"off_session", "&off_session=true", 200},
		{"off_session=false", "&off_session=false", 400},
		{"types", "&payment_method_types[]=card", 200},
		{"disabled", "&automatic_payment_methods[enabled]=false", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			got := a.post(t, intentsPath, bare+tt.more)
			got.want(t, tt.status, nil)
			if tt.status == 200 {
				return
			}
			if !strings.Contains(got.text("error", "message"), "you must provide a `return_url`") {
				t.Errorf("message %q does not name return_url", got.text("error", "message"))
			}
			got.want(t, 400, map[string]any{
				"error.type": "invalid_request_error", "error.code": nil,
				"error.payment_intent.automatic_payment_methods.allow_redirects": "always",
				"error.payment_intent.status":                                    "requires_payment_method",
			})
			id := got.text("error", "payment_intent", "id")
			a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_visa").want(t, 400, nil)
			a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_visa&return_url=https://x.example").want(t, 200, nil)
			if n := len(a.Ledger()); n != 1 {
				t.Errorf("%d movements of money, want 1", n)
			}
		})
	}
}

// docs.stripe.com/error-codes, payment_intent_unexpected_state: the error carries the intent.
func TestT01_ConfirmInTheWrongState(t *testing.T) {
	t.Parallel()
	a := newAPI()
	tests := []struct{ name, id, more, message string }{
		{
			"succeeded", a.pay(t, "pm_card_visa", "").text("id"), "",
			"You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
		},
		{
			"held", a.pay(t, "pm_card_visa", "&capture_method=manual").text("id"), "",
			"You cannot confirm this PaymentIntent because it has a status of requires_capture. Only a PaymentIntent with one of " +
				"the following statuses may be confirmed: requires_confirmation, requires_payment_method, requires_action.",
		},
		{
			"no method", a.post(t, intentsPath, "amount=100&currency=usd&payment_method_types[]=card").text("id"), "",
			"You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the " +
				"PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method " +
				"or ConfirmationToken.",
		},
	}
	for _, tt := range tests {
		got := a.post(t, intentsPath+"/"+tt.id+"/confirm", tt.more)
		got.want(t, 400, map[string]any{
			"error.code": "payment_intent_unexpected_state", "error.message": tt.message, "error.payment_intent.id": tt.id,
			"error.type": "invalid_request_error",
		})
	}
	if n := len(a.Ledger()); n != 2 {
		t.Errorf("%d movements of money, want 2", n)
	}
}

// A method that paid without a customer can not pay again (docs.stripe.com/api/payment_methods).
func TestT01_MethodsPayOnce(t *testing.T) {
	t.Parallel()
	a := newAPI()
	method := a.pay(t, "pm_card_visa", "").text("payment_method")
	got := a.pay(t, method, "")
	got.want(t, 400, map[string]any{"error.code": nil, "error.payment_intent.status": "requires_payment_method"})
	if !strings.HasPrefix(got.text("error", "message"), "The provided PaymentMethod was previously used with a PaymentIntent") {
		t.Errorf("message %q", got.text("error", "message"))
	}
}

// A declined confirm takes the method away, keeps the error until the next attempt, and changes what it was told to.
func TestT01_DeclinedConfirmKeepsItsResult(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.post(t, intentsPath, "amount=2000&currency=usd&payment_method_types[]=card&payment_method="+
		"pm_card_visa_chargeDeclined").text("id")
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "requires_confirmation"})
	got := a.post(t, intentsPath+"/"+id+"/confirm", "receipt_email=a@b.example")
	got.want(t, 402, map[string]any{"error.payment_intent.payment_method": nil})
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_payment_error.code": "card_declined",
		"latest_charge": got.text("error", "charge"), "receipt_email": "a@b.example",
	})
	a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_threeDSecure2Required").want(t, 200, map[string]any{
		"status": "requires_action", "last_payment_error": nil,
	})
	// An intent that waits for its customer may be confirmed again with another method.
	a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_visa").want(t, 200, map[string]any{
		"status": "succeeded", "next_action": nil, "last_payment_error": nil,
	})
}

// Parameters of a confirm that change the intent; a refused one changes nothing.
func TestT01_ConfirmChangesTheIntent(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.post(t, intentsPath, "amount=2000&currency=usd&payment_method=pm_card_visa").text("id")
	const more = "capture_method=manual&receipt_email=a@b.example&shipping[name]=n&shipping[address][line1]=l"
	a.post(t, intentsPath+"/"+id+"/confirm", more).want(t, 400, nil) // no return_url
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"capture_method": "automatic", "receipt_email": nil})
	a.post(t, intentsPath+"/"+id+"/confirm", more+"&return_url=https://x.example").want(t, 200, map[string]any{
		"status": "requires_capture", "capture_method": "manual", "receipt_email": "a@b.example", "shipping.name": "n",
	})
	a.post(t, intentsPath+"/"+id+"/confirm", "foo=1").want(t, 400, map[string]any{
		"error.code": "parameter_unknown", "error.payment_intent.id": id,
	})
	other := a.post(t, intentsPath, "amount=2000&currency=usd&payment_method_types[]=us_bank_account").text("id")
	a.post(t, intentsPath+"/"+other+"/confirm", "payment_method=pm_card_visa").want(t, 400, map[string]any{
		"error.code": "payment_intent_incompatible_payment_method",
	})
	a.post(t, intentsPath, "amount=2000&currency=usd&confirm=true&payment_method=pm_card_visa&off_session=true&"+
		"setup_future_usage=off_session").want(t, 400, map[string]any{"error.code": nil})
}
