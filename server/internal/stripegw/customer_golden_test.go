package stripegw_test

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// wallet is what a wallet's card shows.
func wallet(kind string) map[string]any {
	return map[string]any{"type": kind, "dynamic_last4": "4242", kind: map[string]any{}}
}

// TestCustomerGolden: an object of Stripe's on the left, our message in testdata on the right.
func TestCustomerGolden(t *testing.T) {
	whole := map[string]any{
		"line1": "1234 Main Street", "line2": nil, "city": "San Francisco", "state": "CA", "postal_code": "94111",
		"country": "US",
	}
	nothing := map[string]any{"line1": nil, "line2": nil, "city": nil, "state": nil, "postal_code": nil, "country": nil}
	method := func(kind string, details map[string]any) map[string]any {
		m := methodSample(t, map[string]any{"type": kind, kind: details, "billing_details": map[string]any{
			"name": "Jane Doe", "email": nil, "phone": nil, "address": nothing,
		}})
		delete(m, "card")
		return m
	}
	for name, object := range map[string]map[string]any{
		"customer_sample": customerSample(t, nil),
		"customer_full": customerSample(t, map[string]any{
			"name": "Jane Doe", "email": "jane@example.com", "phone": "+14155550123", "description": "From the shop",
			"address": whole, "shipping": map[string]any{"name": "Jim Doe", "phone": nil, "address": whole},
			"preferred_locales": []any{"en", "pt-BR"}, "invoice_settings.default_payment_method": "pm_1", "delinquent": true,
			"metadata":       map[string]any{"user": "4711", "tillgate_operation": operationID},
			"default_source": canary, "invoice_prefix": canary, "test_clock": "clock_1",
		}),
		"customer_expanded": customerSample(t, map[string]any{
			"invoice_settings.default_payment_method": map[string]any{"id": "pm_1", "object": "payment_method"},
		}),
		"customer_empty_address": customerSample(t, map[string]any{
			"address": nothing, "shipping": map[string]any{"name": "Jim Doe", "address": nothing},
		}),
		"customer_deleted": object(t, sample(t, "deleted_customer"), map[string]any{"email": canary, "name": canary}),
		"method_sample":    methodSample(t, nil),
		"method_card": methodSample(t, map[string]any{
			"customer": "cus_1", "card.wallet": wallet("google_pay"), "card.checks.address_postal_code_check": "fail",
			"card.checks.address_line1_check": "unchecked",
			"metadata":                        map[string]any{"tillgate_operation": operationID}, "card.iin": canary,
		}),
		"method_expanded": methodSample(t, map[string]any{
			"customer": map[string]any{"id": "cus_1", "email": canary},
		}),
		"method_us_bank_account": method("us_bank_account", map[string]any{
			"bank_name": "STRIPE TEST BANK", "last4": "6789", "routing_number": "110000000", "fingerprint": "FFDMA0xfhBjWSZLu",
			"account_holder_type": "individual", "account_type": "checking", "status_details": nil,
			"financial_connections_account": canary,
		}),
		"method_blocked": method("us_bank_account", map[string]any{
			"last4": "6789", "status_details": map[string]any{"blocked": map[string]any{
				"network_code": "R03", "reason": "bank_account_closed",
			}},
		}),
		"method_sepa_debit": method("sepa_debit", map[string]any{
			"bank_code": "37040044", "branch_code": "", "country": "DE", "last4": "3000", "fingerprint": "DbIpy1Dm0hfBhvOF",
		}),
		"method_link":  method("link", map[string]any{"email": canary}),
		"method_other": method("klarna", map[string]any{"dob": map[string]any{"year": canary}}),
		"setup_sample": setupSample(t, nil),
		"setup_succeeded": setupSample(t, map[string]any{
			"status": "succeeded", "customer": "cus_1", "payment_method": "pm_1", "mandate": "mandate_1",
			"payment_method_types": []any{"us_bank_account"}, "description": "For the subscription", "usage": "on_session",
			"metadata": map[string]any{"order": "1001", "tillgate_operation": operationID}, "client_secret": canary,
			"latest_attempt": "setatt_1",
		}),
		"setup_expanded": setupSample(t, map[string]any{
			"customer": map[string]any{"id": "cus_1", "email": canary}, "payment_method": map[string]any{"id": "pm_1"},
			"mandate": map[string]any{"id": "mandate_1"},
		}),
		"setup_declined": setupSample(t, map[string]any{"last_setup_error": map[string]any{
			"type": "card_error", "code": "card_declined", "decline_code": "stolen_card", "message": canary,
			"advice_code": "do_not_try_again", "payment_method": map[string]any{"id": "pm_1"}, "setup_intent": canary,
		}}),
		"setup_redirect_to_url": setupSample(t, setupAction("redirect_to_url", map[string]any{
			"url": "https://hooks.stripe.com/redirect", "return_url": "https://example.com/back",
		})),
		"setup_use_stripe_sdk": setupSample(t, setupAction("use_stripe_sdk", map[string]any{"stripe_js": canary})),
		"setup_verify_microdeposits": setupSample(t, setupAction("verify_with_microdeposits", map[string]any{
			"arrival_date": 1700000000, "hosted_verification_url": "https://payments.stripe.com/verify",
			"microdeposit_type": "amounts",
		})),
		"setup_canceled": setupSample(t, map[string]any{"status": "canceled", "cancellation_reason": "abandoned"}),
		"setup_unknown_values": setupSample(t, map[string]any{
			"status": "requires_patience", "usage": "someday", "cancellation_reason": "boredom",
		}),
	} {
		t.Run(name, func(t *testing.T) {
			message, err := readAny(t, object)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name, message)
		})
	}
}

// setupAction is what changes in a setup intent when the customer must take a step.
func setupAction(kind string, details map[string]any) map[string]any {
	return map[string]any{"status": "requires_action", "next_action": map[string]any{"type": kind, kind: details}}
}

// readAny reads an object that Stripe answers, by its type.
func readAny(t *testing.T, object map[string]any) (proto.Message, error) {
	t.Helper()
	return readBody(t, object["object"], encode(t, object))
}

func readBody(t *testing.T, kind any, body string) (proto.Message, error) {
	t.Helper()
	g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(body) })
	switch kind {
	case "customer":
		return g.GetCustomer(t.Context(), "cus_1")
	case "payment_method":
		return g.GetPaymentMethod(t.Context(), "pm_1")
	default:
		return g.GetSetupIntent(t.Context(), "seti_1")
	}
}

// TestCustomerOfOtherTypes: Stripe sends another type than expected in any one field. The answer is read all the same,
// but for the fields without which it says nothing.
func TestCustomerOfOtherTypes(t *testing.T) {
	for kind, object := range map[string]map[string]any{
		"customer":       customerSample(t, map[string]any{"metadata": map[string]any{"user": "4711"}, "email": "jane@example.com"}),
		"payment_method": methodSample(t, map[string]any{"customer": "cus_1"}),
		"setup_intent":   setupSample(t, map[string]any{"customer": "cus_1", "mandate": "mandate_1"}),
	} {
		id, _ := object["id"].(string)
		for key, original := range object {
			for _, other := range []any{"text", 12345, 1.5, true, []any{1}, map[string]any{"a": "b"}, nil} {
				object[key] = other
				message, err := readBody(t, kind, encode(t, object))
				essential := key == "object" || key == "id" || key == "status" && kind == "setup_intent"
				switch {
				case essential: // a text that is no known id or state is one all the same
				case err != nil:
					t.Errorf("%s: %s = %v: %v", kind, key, other, err)
				case message.(interface{ GetId() string }).GetId() != id:
					t.Errorf("%s: %s = %v: the id is lost", kind, key, other)
				}
			}
			object[key] = original
		}
	}
}

// TestCustomerUnreadable: a read can be asked again, and nothing of the body is told.
func TestCustomerUnreadable(t *testing.T) {
	for _, kind := range []string{"customer", "payment_method", "setup_intent"} {
		for name, body := range map[string]string{
			"empty": "", "HTML": "<html>" + canary, "a list": "[]", "an empty object": "{}",
			"no id": `{"object":"` + kind + `","status":"succeeded"}`, "another object": `{"object":"charge","id":"x","status":"x"}`,
			"truncated": `{"object":"` + kind + `","id":"x","status":"x","email":"` + canary,
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				_, err := readBody(t, kind, body)
				wantReason(t, err, unavailable)
				checkSilent(t, err)
			})
		}
	}
}

// TestCustomerMissing: the subject of a read that does not exist is named.
func TestCustomerMissing(t *testing.T) {
	for kind, param := range map[string]string{"customer": "id", "payment_method": "payment_method", "setup_intent": "intent"} {
		body := encode(t, map[string]any{"error": map[string]any{
			"type": "invalid_request_error", "code": "resource_missing", "param": param, "message": canary,
		}})
		g := newGateway(t, newStripe(t, answer(404, body)).URL)
		var err error
		switch kind {
		case "customer":
			_, err = g.GetCustomer(t.Context(), "cus_1")
		case "payment_method":
			_, err = g.GetPaymentMethod(t.Context(), "pm_1")
		default:
			_, err = g.SetupIntentClientSecret(t.Context(), "seti_1")
		}
		wantReason(t, err, resourceMissing)
		checkSilent(t, err)
		if text := visible(err); !strings.Contains(text, `"`+kind+`"`) {
			t.Errorf("the %s is not named:\n%s", kind, text)
		}
	}
}

// TestCustomerPages: what Stripe refuses of a list names the field of ours.
func TestCustomerPages(t *testing.T) {
	for _, tt := range []struct{ code, param, customers, methods string }{
		{"resource_missing", "customer", "", "customer_id"},
		{"resource_missing", "id", "", "customer_id"},
		{"resource_missing", "", "", "customer_id"},
		{"resource_missing", "starting_after", "page_token", "page_token"},
		{"", "type", "", "type"},
		{"", "created[lt]", "end_time", ""},
		{"email_invalid", "email", "email", ""},
	} {
		body := encode(t, map[string]any{"error": map[string]any{
			"type": "invalid_request_error", "code": tt.code, "param": tt.param,
		}})
		g := newGateway(t, newStripe(t, func(w http.ResponseWriter, r *http.Request) { answer(404, body)(w, r) }).URL)
		_, _, err := g.CustomerPage(t.Context(), &paymentsv1.ListCustomersRequest{}, "", 10)
		if field(err) != tt.customers {
			t.Errorf("customers, %s %s: field %q, want %q", tt.code, tt.param, field(err), tt.customers)
		}
		_, _, err = g.PaymentMethodPage(t.Context(), &paymentsv1.ListPaymentMethodsRequest{CustomerId: "cus_1"}, "", 10)
		if field(err) != tt.methods {
			t.Errorf("methods, %s %s: field %q, want %q", tt.code, tt.param, field(err), tt.methods)
		}
	}
}

// TestSetupIntentSecret: the secret is given out while there is something to do with it, and by its own read always.
func TestSetupIntentSecret(t *testing.T) {
	for state, given := range map[string]bool{
		"requires_payment_method": true, "requires_confirmation": true, "requires_action": true,
		"processing": false, "succeeded": false, "canceled": false,
	} {
		body := encode(t, setupSample(t, map[string]any{"status": state}))
		g := newGateway(t, newStripe(t, answer(200, body)).URL)
		r, err := prepareOnly(g, fullCreateSetupIntent(), operationID)
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := writeOnce(t.Context(), g, createSetupIntent, r)
		if err != nil || (outcome.ClientSecret != "") != given {
			t.Errorf("%s: secret given %t, %v; want %t", state, outcome.ClientSecret != "", err, given)
		}
		if secret, err := g.SetupIntentClientSecret(t.Context(), "seti_1"); err != nil || !strings.Contains(secret, "_secret_") {
			t.Errorf("%s: %v", state, err)
		}
	}
	const without = `{"object":"setup_intent","id":"seti_1","status":"succeeded"}`
	g := newGateway(t, newStripe(t, answer(200, without)).URL)
	_, err := g.SetupIntentClientSecret(t.Context(), "seti_1")
	wantReason(t, err, unavailable)
}
