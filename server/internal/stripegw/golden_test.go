package stripegw_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// TestPaymentGolden: an object of Stripe's on the left, our message in testdata on the right.
func TestPaymentGolden(t *testing.T) {
	for name, intent := range map[string]map[string]any{
		"payment_sample": paymentSample(t, map[string]any{"canceled_at": nil}),
		"payment_succeeded": paymentSample(t, map[string]any{
			"status": "succeeded", "canceled_at": nil, "amount_received": 1099, "customer": "cus_1",
			"payment_method": "pm_1", "description": "Order 1001", "receipt_email": "jane@example.com",
			"statement_descriptor_suffix": "ORDER", "setup_future_usage": "off_session", "invoice": "in_1",
			"metadata": map[string]any{"order": "1001", "tillgate_operation": operationID},
			"latest_charge": chargeSample(t, map[string]any{
				"amount": 1099, "amount_captured": 1099, "amount_refunded": 100, "captured": true,
				"outcome.risk_level": "normal", "calculated_statement_descriptor": "SHOP* ORDER",
				"payment_method_details.card.wallet": map[string]any{"type": "apple_pay", "apple_pay": map[string]any{}},
			}),
		}),
		"payment_unexpanded": paymentSample(t, map[string]any{
			"status": "succeeded", "canceled_at": nil, "latest_charge": "ch_1", "customer": map[string]any{"id": "cus_1"},
		}),
		"payment_requires_capture": paymentSample(t, map[string]any{
			"status": "requires_capture", "canceled_at": nil, "capture_method": "manual", "amount_capturable": 1099,
			"latest_charge": chargeSample(t, map[string]any{"payment_method_details.card.capture_before": 1700000000}),
		}),
		"payment_declined": paymentSample(t, map[string]any{
			"canceled_at": nil,
			"last_payment_error": map[string]any{
				"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "charge": "ch_1",
				"advice_code": "try_again_later", "message": canary, "doc_url": canary,
				"payment_method": map[string]any{"id": "pm_1", "type": "card"},
			},
		}),
		"payment_declined_stolen_card": paymentSample(t, map[string]any{
			"canceled_at": nil,
			"last_payment_error": map[string]any{
				"type": "card_error", "code": "card_declined", "decline_code": "stolen_card", "charge": "ch_1",
			},
		}),
		"payment_redirect_to_url": paymentSample(t, action("redirect_to_url", map[string]any{
			"url": "https://hooks.stripe.com/redirect", "return_url": "https://example.com/back",
		})),
		"payment_use_stripe_sdk": paymentSample(t, action("use_stripe_sdk", map[string]any{
			"type": "three_d_secure_redirect", "stripe_js": canary,
		})),
		"payment_bank_details": paymentSample(t, action("display_bank_transfer_instructions", map[string]any{
			"amount_remaining": 1099, "currency": "usd", "hosted_instructions_url": "https://payments.stripe.com/bank",
			"reference": "ABC123", "type": "us_bank_transfer", "financial_addresses": []any{},
		})),
		"payment_verify_microdeposits": paymentSample(t, action("verify_with_microdeposits", map[string]any{
			"arrival_date": 1700000000, "hosted_verification_url": "https://payments.stripe.com/verify",
			"microdeposit_type": "descriptor_code",
		})),
		"payment_other_action": paymentSample(t, action("oxxo_display_details", map[string]any{"number": canary})),
		"payment_canceled": paymentSample(t, map[string]any{
			"status": "canceled", "canceled_at": 1700000000, "cancellation_reason": "abandoned",
		}),
		"payment_processing": paymentSample(t, map[string]any{
			"status": "processing", "canceled_at": nil, "payment_method_types": []any{"us_bank_account"},
			"latest_charge": chargeSample(t, map[string]any{
				"status": "pending", "payment_method_details": map[string]any{
					"type": "us_bank_account",
					"us_bank_account": map[string]any{
						"bank_name": "STRIPE TEST BANK", "last4": "6789", "routing_number": "110000000",
						"fingerprint": "FFDMA0xfhBjWSZLu", "account_type": "checking",
					},
				},
			}),
		}),
		"payment_sepa_debit": paymentSample(t, map[string]any{
			"status": "processing", "canceled_at": nil, "currency": "eur",
			"latest_charge": chargeSample(t, map[string]any{
				"status": "pending", "currency": "eur", "payment_method_details": map[string]any{
					"type": "sepa_debit",
					"sepa_debit": map[string]any{
						"bank_code": "37040044", "country": "DE", "last4": "3000", "fingerprint": "DbIpy1Dm0hfBhvOF",
					},
				},
			}),
		}),
		"payment_link": paymentSample(t, map[string]any{
			"status": "succeeded", "canceled_at": nil, "latest_charge": chargeSample(t, map[string]any{
				"payment_method_details": map[string]any{"type": "link", "link": map[string]any{"country": "US"}},
			}),
		}),
		"payment_other_method": paymentSample(t, map[string]any{
			"status": "succeeded", "canceled_at": nil, "latest_charge": chargeSample(t, map[string]any{
				"payment_method_details": map[string]any{"type": "klarna", "klarna": map[string]any{}},
			}),
		}),
		"payment_unknown_values": paymentSample(t, map[string]any{
			"status": "requires_patience", "capture_method": "automatic_later", "cancellation_reason": "boredom",
			"setup_future_usage": "someday",
		}),
	} {
		t.Run(name, func(t *testing.T) {
			stripe := newStripe(t, answer(200, encode(t, intent)))
			payment, err := newGateway(t, stripe.URL).GetPayment(t.Context(), "pi_1")
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name, payment)
		})
	}
}

// action is what changes when the customer must take a step.
func action(typ string, details map[string]any) map[string]any {
	return map[string]any{
		"status": "requires_action", "canceled_at": nil, "next_action": map[string]any{"type": typ, typ: details},
	}
}

// checkGolden compares a message with its golden file.
func checkGolden(t *testing.T, name string, message proto.Message) {
	t.Helper()
	data, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	// protojson varies its spaces from build to build on purpose.
	var got bytes.Buffer
	if err := json.Indent(&got, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	if bytes.Contains(got.Bytes(), []byte(canary)) {
		t.Error("the message holds what must not leave the answer")
	}
	path := filepath.Join("testdata", name+".golden.json")
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("golden files are not written in CI")
		}
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs (write it with -update); got:\n%s", path, got.Bytes())
	}
}
