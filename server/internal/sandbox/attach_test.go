package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Attach and detach: stripe-facts 5. A method is one customer's at most, and once in its life.
func TestT01_AttachAndDetach(t *testing.T) {
	t.Parallel()
	a := newAPI()
	first, second := a.customer(t, ""), a.customer(t, "")
	id := a.method(t, typed+"4242424242424242")
	path := methodsPath + "/" + id
	const attached = "The payment method you provided has already been attached to a customer."
	const lost = "The payment method you provided is not attached to a customer so detachment is impossible."
	const gone = "This PaymentMethod was previously used without being attached to a Customer or was detached from a " +
		"Customer, and may not be used again."
	a.post(t, path+"/detach", "").want(t, 400, map[string]any{"error.message": lost})
	a.post(t, path+"/attach", "").want(t, 400, map[string]any{"error.code": "parameter_missing", "error.param": "customer"})
	a.post(t, path+"/attach", "customer=cus_x").want(t, 400, map[string]any{
		"error.code": "resource_missing", "error.param": "customer",
	})
	for range 2 { // once more to the same customer changes nothing
		a.post(t, path+"/attach", "customer="+first+"&expand[]=customer").want(t, 200, map[string]any{
			"id": id, "customer.id": first, "card.checks.cvc_check": "pass",
		})
	}
	a.post(t, path+"/attach", "customer="+second).want(t, 400, map[string]any{"error.message": attached})
	a.post(t, path+"/detach", "").want(t, 200, map[string]any{"id": id, "customer": nil})
	a.post(t, path+"/detach", "").want(t, 400, map[string]any{"error.message": lost})
	for _, owner := range []string{first, second} {
		a.post(t, path+"/attach", "customer="+owner).want(t, 400, map[string]any{"error.message": gone})
	}
	a.pay(t, id, "").want(t, 400, nil)
	a.pay(t, id, "&customer="+first).want(t, 400, nil)
	for _, action := range []string{"/attach", "/detach", ""} {
		a.post(t, methodsPath+"/pm_x"+action, map[string]string{"/attach": "customer=" + first}[action]).want(t, 404,
			map[string]any{
				"error.code": "resource_missing", "error.param": "payment_method", "error.message": "No such PaymentMethod: 'pm_x'",
			})
	}
	used := a.method(t, typed+"4242424242424242")
	a.pay(t, used, "").want(t, 200, nil)
	a.post(t, methodsPath+"/"+used+"/attach", "customer="+first).want(t, 400, map[string]any{"error.message": gone})
}

// docs.stripe.com/testing: cards that decline can not be attached, but for one; those that ask for 3D Secure or trouble
// Radar can. An American account that was given by number must be verified first.
func TestT01_WhatCanBeAttached(t *testing.T) {
	t.Parallel()
	refused := map[string]string{
		"pm_card_visa_chargeDeclined":                      "card_declined generic_decline",
		"pm_card_visa_chargeDeclinedInsufficientFunds":     "card_declined insufficient_funds",
		"pm_card_visa_chargeDeclinedLostCard":              "card_declined lost_card",
		"pm_card_visa_chargeDeclinedStolenCard":            "card_declined stolen_card",
		"pm_card_visa_chargeDeclinedVelocityLimitExceeded": "card_declined card_velocity_exceeded",
		"pm_card_chargeDeclinedExpiredCard":                "expired_card",
		"pm_card_chargeDeclinedIncorrectCvc":               "incorrect_cvc",
		"pm_card_chargeDeclinedProcessingError":            "processing_error",
		"pm_card_chargeDeclinedFraudulent":                 "card_declined fraudulent",
	}
	a := newAPI()
	owner := a.customer(t, "")
	for _, template := range slices.Concat(publishedCards, []string{"pm_card_chargeDeclinedFraudulent"}) {
		got := a.post(t, methodsPath+"/"+template+"/attach", "customer="+owner)
		why := refused[template]
		if why == "" {
			got.want(t, 200, map[string]any{"customer": owner})
			continue
		}
		got.want(t, 402, map[string]any{"error.type": "card_error"})
		if code := strings.TrimSpace(got.text("error", "code") + " " + got.text("error", "decline_code")); code != why {
			t.Errorf("%s: %q, want %q", template, code, why)
		}
	}
	failing := a.post(t, methodsPath+"/pm_card_chargeCustomerFail/attach", "customer="+owner).text("id")
	a.pay(t, failing, "&customer="+owner).want(t, 402, map[string]any{"error.code": "card_declined"})
	for form, status := range map[string]int{achForm + "000123456789": 400, ibanForm + "DE89370400440532013000": 200} {
		a.post(t, methodsPath+"/"+a.method(t, form+owned)+"/attach", "customer="+owner).want(t, status, nil)
	}
}

// A payment and its customer: whose method it is, and what becomes of it.
func TestT01_PaymentsOfCustomers(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner, other := a.customer(t, "name=o"), a.customer(t, "")
	pm := a.post(t, methodsPath+"/pm_card_visa/attach", "customer="+owner).text("id")
	for range 2 { // a customer's method pays again and again
		got := a.pay(t, pm, "&customer="+owner+"&expand[]=customer&expand[]=latest_charge.customer&expand[]=payment_method.customer")
		got.want(t, 200, map[string]any{
			"status": "succeeded", "customer.id": owner, "customer.name": "o", "latest_charge.customer.id": owner,
			"payment_method.customer.id": owner, "payment_method.id": pm,
		})
		a.get(t, chargesPath, "customer="+owner).first(t).want(t, 200, map[string]any{"customer": owner})
	}
	if mine, all := len(a.all(t, intentsPath)), a.get(t, intentsPath, "customer="+other); mine != 2 || len(all.at("data").([]any)) != 0 {
		t.Errorf("%d payments; %s", mine, all.raw)
	}
	if got := a.get(t, chargesPath, "customer="+other); got.status != 200 || strings.Contains(got.raw, "ch_") {
		t.Errorf("charges of a customer who paid nothing: %s", got.raw)
	}
	a.get(t, intentsPath, "customer="+owner+"&expand[]=data.customer").first(t).want(t, 200, map[string]any{"customer.name": "o"})

	foreign := "The PaymentMethod " + pm + " does not belong to the Customer you supplied " + other +
		". Please use this PaymentMethod with the Customer that it belongs to instead."
	nobodys := "The `payment_method` parameter supplied " + pm + " belongs to the Customer " + owner +
		". Please include the Customer in the `customer` parameter on the PaymentIntent."
	before := len(a.Ledger())
	for _, how := range []string{"", "&confirm=true"} {
		form := "amount=100&currency=usd&payment_method_types[]=card&payment_method=" + pm + how
		a.post(t, intentsPath, form+"&customer="+other).want(t, 400, map[string]any{
			"error.message": foreign, "error.param": "payment_method", "error.code": nil, "error.payment_intent": nil,
		})
		a.post(t, intentsPath, form).want(t, 400, map[string]any{
			"error.message": nobodys, "error.code": "parameter_missing", "error.payment_intent": nil,
		})
	}
	open, others := a.open(t, "").text("id"), a.open(t, "&customer="+other).text("id")
	for _, action := range []string{"", "/confirm"} {
		a.post(t, intentsPath+"/"+open+action, "payment_method="+pm).want(t, 400, map[string]any{
			"error.message": nobodys, "error.payment_intent.id": open,
		})
		a.post(t, intentsPath+"/"+others+action, "payment_method="+pm).want(t, 400, map[string]any{
			"error.message": foreign, "error.payment_intent.id": others,
		})
	}
	for _, again := range []string{owner, other} {
		a.post(t, intentsPath+"/"+others, "customer="+again).want(t, 400, map[string]any{
			"error.param": "customer", "error.message": "You cannot modify `customer` on a PaymentIntent once it already has " +
				"been set. To fulfill a payment with a different Customer, cancel this PaymentIntent and create a new one.",
		})
	}
	if len(a.Ledger()) != before {
		t.Error("money moved")
	}
	a.post(t, intentsPath+"/"+open, "customer="+owner).want(t, 200, map[string]any{"customer": owner})
	a.post(t, intentsPath+"/"+open+"/confirm", "payment_method="+pm).want(t, 200, map[string]any{"status": "succeeded"})

	chosen := a.post(t, intentsPath, "amount=100&currency=usd&payment_method_types[]=card&payment_method=pm_card_visa")
	a.post(t, methodsPath+"/"+chosen.text("payment_method")+"/attach", "customer="+owner).want(t, 200, nil)
	path := intentsPath + "/" + chosen.text("id")
	a.post(t, path, "customer="+other).want(t, 400, map[string]any{"error.param": "payment_method"})
	a.post(t, path+"/confirm", "").want(t, 400, map[string]any{"error.code": "parameter_missing"})
	a.post(t, path, "customer="+owner).want(t, 200, nil)
	a.do(t, "DELETE", customersPath+"/"+owner, "").want(t, 200, nil)
	a.post(t, path+"/confirm", "payment_method=pm_card_visa").want(t, 400, map[string]any{
		"error.code": "resource_missing", "error.param": "customer",
	})
}

// setup_future_usage attaches the method of a payment that went well to the customer; without it, or without a
// customer, the method is used up (docs.stripe.com/api/payment_intents/create, setup_future_usage).
func TestT01_SetupFutureUsage(t *testing.T) {
	t.Parallel()
	const option = "&payment_method_options[card][setup_future_usage]="
	tests := []struct {
		name, card, more string
		customer, kept   bool
	}{
		{"with a customer", "pm_card_visa", "&setup_future_usage=off_session", true, true},
		{"on session", "pm_card_visa", "&setup_future_usage=on_session", true, true},
		{"held", "pm_card_visa", "&setup_future_usage=off_session&capture_method=manual", true, true},
		{"by the card's option", "pm_card_visa", option + "off_session", true, true},
		{"not by the card's option", "pm_card_visa", "&setup_future_usage=off_session" + option + "none", true, false},
		{"without it", "pm_card_visa", "", true, false},
		{"without a customer", "pm_card_visa", "&setup_future_usage=off_session", false, false},
		{"with neither", "pm_card_visa", "", false, false},
		{"after the step", "pm_card_threeDSecure2Required", "&setup_future_usage=off_session", true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			owner, form := a.customer(t, ""), tt.more
			if tt.customer {
				form += "&customer=" + owner
			}
			paid := a.pay(t, tt.card, form)
			pm := paid.text("payment_method")
			if paid.text("status") == "requires_action" {
				a.get(t, methodsPath+"/"+pm, "").want(t, 200, map[string]any{"customer": nil})
				a.authenticate(t, paid.text("id"), "succeed").want(t, 200, map[string]any{"status": "succeeded"})
			}
			if !tt.kept {
				a.get(t, methodsPath+"/"+pm, "").want(t, 200, map[string]any{"customer": nil})
				a.pay(t, pm, form).want(t, 400, map[string]any{"error.payment_intent.status": "requires_payment_method"})
				return
			}
			a.get(t, methodsPath+"/"+pm, "").want(t, 200, map[string]any{"customer": owner, "card.checks.cvc_check": "pass"})
			again := a.pay(t, pm, "&customer="+owner)
			if again.status != 200 {
				t.Error(again.raw)
			}
		})
	}
	a := newAPI()
	owner := a.customer(t, "")
	declined := a.pay(t, "pm_card_visa_chargeDeclined", "&setup_future_usage=off_session&customer="+owner)
	declined.want(t, 402, map[string]any{"error.payment_intent.customer": owner, "error.payment_method.customer": nil})
	if items, _ := a.get(t, methodsPath, "customer="+owner).at("data").([]any); len(items) != 0 {
		t.Error("a declined card was attached")
	}
}

// Which events customers and their methods make, in causal order: stripe-facts 6.7. What changed is told where
// something did.
func TestT01_EventsOfCustomers(t *testing.T) {
	t.Parallel()
	a := newAPI()
	seen := 0
	step := func(name string, got reply, want ...string) []map[string]any {
		t.Helper()
		if got.status != 200 {
			t.Fatalf("%s: %s", name, got.raw)
		}
		events := a.events(t)
		var kinds []string
		for _, e := range events[seen:] {
			kind, _ := e["type"].(string)
			kinds = append(kinds, kind)
		}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		fresh := events[seen:]
		seen = len(events)
		return fresh
	}
	change := func(e map[string]any, want map[string]any) {
		t.Helper()
		if diff := cmp.Diff(any(want), reply{body: e}.at("data", "previous_attributes")); diff != "" {
			t.Errorf("%v: %s", e["type"], diff)
		}
	}
	made := a.post(t, customersPath, "name=a")
	id := made.text("id")
	path := customersPath + "/" + id
	step("create", made, "customer.created")
	change(step("update", a.post(t, path, "name=b&metadata[k]=v"), "customer.updated")[0], map[string]any{
		"name": "a", "metadata": map[string]any{"k": nil},
	})
	step("method", a.post(t, methodsPath, typed+"4242424242424242"))
	attached := a.post(t, methodsPath+"/pm_card_visa/attach", "customer="+id)
	pm := attached.text("id")
	e := step("attach", attached, "payment_method.attached")[0]
	reply{status: 200, body: e}.want(t, 200, map[string]any{
		"data.object.id": pm, "data.object.customer": id, "data.previous_attributes": nil,
	})
	step("attach again", a.post(t, methodsPath+"/"+pm+"/attach", "customer="+id))
	change(step("method changed", a.post(t, methodsPath+"/"+pm, "card[exp_year]=2031"), "payment_method.updated")[0],
		map[string]any{"card": map[string]any{"exp_year": 2027.0}})
	change(step("default", a.post(t, path, "invoice_settings[default_payment_method]="+pm), "customer.updated")[0],
		map[string]any{"invoice_settings": map[string]any{"default_payment_method": nil}})
	detached := step("detach", a.post(t, methodsPath+"/"+pm+"/detach", ""), "payment_method.detached", "customer.updated")
	change(detached[0], map[string]any{"customer": id})
	change(detached[1], map[string]any{"invoice_settings": map[string]any{"default_payment_method": pm}})
	step("payment", a.pay(t, "pm_card_visa", "&setup_future_usage=off_session&customer="+id),
		"payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "payment_method.attached")
	kept := a.get(t, methodsPath, "customer="+id).first(t).text("id")
	step("payment with a method that is kept", a.pay(t, kept, "&setup_future_usage=off_session&customer="+id),
		"payment_intent.created", "charge.succeeded", "payment_intent.succeeded")
	gone := step("delete", a.do(t, "DELETE", path, ""), "payment_method.detached", "customer.deleted")
	reply{status: 200, body: gone[1]}.want(t, 200, map[string]any{
		"data.object.id": id, "data.object.name": "b", "data.object.deleted": nil, "data.previous_attributes": nil,
	})
	step("create with a method", a.post(t, customersPath, "payment_method=pm_card_visa"), "payment_method.attached",
		"customer.created")
	// What an event says stays, whatever becomes of its method.
	now := a.get(t, eventsPath+"/"+reply{body: e}.text("id"), "")
	if diff := cmp.Diff(e, now.body); diff != "" {
		t.Error(diff)
	}
}
