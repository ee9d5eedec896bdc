package sandbox_test

import "testing"

// What is typed in behaves as the published card or account with that number (docs.stripe.com/testing).
func TestT01_NumbersBehave(t *testing.T) {
	t.Parallel()
	const expiry = "type=card&card[exp_month]=12&card[exp_year]=2030&card[number]="
	cards := []struct {
		name, form string
		status     int
		code       any
	}{
		{"good", typed + "4242424242424242", 200, nil},
		{"declined", typed + "4000000000009995", 402, "card_declined"},
		{"blocked", typed + "4100000000000019", 402, "card_declined"},
		{"wrong security code", typed + "4000000000000127", 402, "incorrect_cvc"},
		{"security code not asked for", expiry + "4000000000000127", 200, nil},
		{"another decline without a security code", expiry + "4000000000000002", 402, "card_declined"},
	}
	for _, tt := range cards {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			a.pay(t, a.method(t, tt.form), "").want(t, tt.status, map[string]any{"error.code": tt.code})
		})
	}
	t.Run("3D Secure", func(t *testing.T) {
		t.Parallel()
		a := newAPI()
		a.pay(t, a.method(t, typed+"4000000000003220"), "").want(t, 200, map[string]any{"status": "requires_action"})
	})
	t.Run("checks", func(t *testing.T) {
		t.Parallel()
		a := newAPI()
		const checks = "latest_charge.payment_method_details.card.checks."
		a.pay(t, a.method(t, typed+"4242424242424242&billing_details[address][postal_code]=1"), "&expand[]=latest_charge").want(t, 200,
			map[string]any{
				checks + "cvc_check": "pass", checks + "address_postal_code_check": "pass", checks + "address_line1_check": nil,
			})
	})
	for number, status := range map[string]string{
		"DE89370400440532013000": "succeeded", "DE62370400440532013001": "requires_payment_method",
		"AT611904300234573201": "succeeded",
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			got := a.post(t, intentsPath, "amount=2000&currency=eur&confirm=true&payment_method_types[]=sepa_debit"+mandate+
				"&payment_method="+a.method(t, ibanForm+number+owned))
			got.want(t, 200, map[string]any{"status": "processing"})
			a.Advance(settled)
			a.get(t, intentsPath+"/"+got.text("id"), "").want(t, 200, map[string]any{"status": status})
		})
	}
}

// A method may change while its customer takes a step: what is charged then is the method as it stands.
func TestT01_MethodChangesDuringTheStep(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner := a.customer(t, "")
	pm := a.post(t, methodsPath+"/pm_card_threeDSecure2Required/attach", "customer="+owner).text("id")
	id := a.pay(t, pm, "&customer="+owner).text("id")
	a.post(t, methodsPath+"/"+pm, "card[exp_year]=2035&billing_details[name]=New").want(t, 200, nil)
	a.authenticate(t, id, "succeed").want(t, 200, map[string]any{"status": "succeeded"})
	a.chargeOf(t, id).want(t, 200, map[string]any{
		"payment_method_details.card.exp_year": 2035, "billing_details.name": "New", "customer": owner,
	})
}

// A method that was detached or used up during the step pays nothing.
func TestT01_MethodLostDuringTheStep(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner := a.customer(t, "")
	attached := a.post(t, methodsPath+"/pm_card_threeDSecure2Required/attach", "customer="+owner).text("id")
	detached := a.pay(t, attached, "&customer="+owner).text("id")
	a.post(t, methodsPath+"/"+attached+"/detach", "").want(t, 200, nil)

	loose := a.method(t, typed+"4000000000003220")
	first, second := a.pay(t, loose, "").text("id"), a.pay(t, loose, "").text("id")
	a.authenticate(t, first, "succeed").want(t, 200, map[string]any{"status": "succeeded"})
	before := len(a.Ledger())
	for _, id := range []string{detached, second} {
		a.authenticate(t, id, "succeed").want(t, 200, map[string]any{
			"status": "requires_payment_method", "latest_charge": nil,
			"last_payment_error.code": "payment_intent_payment_attempt_failed",
		})
	}
	if len(a.Ledger()) != before {
		t.Error("money moved")
	}
}
