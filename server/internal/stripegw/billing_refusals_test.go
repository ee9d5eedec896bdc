package stripegw_test

import (
	"maps"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// billingOf is a request of each rpc of plans and invoices, and billingRead what it acts on, where it reads that first.
var (
	billingOf = map[string]proto.Message{
		createPlan: fullCreatePlan(), updatePlan: fullUpdatePlan(), finalizeInvoice: fullFinalize(),
		payInvoice: fullPay(), voidInvoice: fullVoid(),
	}
	billingRead = map[string]proto.Message{updatePlan: planRead()}
)

// refusedAt is what a caller hears of an error of Stripe's in a step of this rpc.
func refusedAt(t *testing.T, method, name string, status int, e map[string]any) error {
	t.Helper()
	said := map[string]any{"type": "invalid_request_error", "message": canary}
	maps.Copy(said, e)
	g := newGateway(t, newStripe(t, answer(status, encode(t, map[string]any{"error": said}))).URL)
	steps, err := g.Prepare(billingOf[method], billingRead[method], operationID)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if step.Name == name {
			_, err := writeOnce(t.Context(), g, method, step.Request)
			checkSilent(t, err)
			return err
		}
	}
	t.Fatalf("%s has no step %s", method, name)
	return nil
}

// TestBillingRefusals: what a caller hears of what Stripe says of plans and invoices.
func TestBillingRefusals(t *testing.T) {
	const missing = "resource_missing"
	type said = map[string]any
	for _, tt := range []struct {
		name, method, step string
		status             int
		said               said
		want               paymentsv1.ErrorReason
		field              string
	}{
		{"no such product", createPlan, "1", 400, said{"code": missing, "param": "product"}, invalidField, "product_id"},
		{
			"an amount", createPlan, "1", 400,
			said{"code": "parameter_invalid_integer", "param": "unit_amount"},
			invalidField, "plan.amount.minor_units",
		},
		{"a currency", createPlan, "1", 400, said{"param": "currency"}, invalidField, "plan.amount.currency_code"},
		{
			"a period of more than a year", createPlan, "1", 400,
			said{"param": "recurring[interval_count]"},
			invalidField, "plan.interval_count",
		},
		{"a trial", createPlan, "1", 400, said{"param": "recurring[trial_period_days]"}, invalidField, "plan.trial_days"},
		{"an interval", createPlan, "1", 400, said{"param": "recurring[interval]"}, invalidField, "plan.interval"},
		{"a lookup key", createPlan, "1", 400, said{"param": "lookup_key"}, invalidField, "plan.lookup_key"},
		{
			"a lookup key, by the text", createPlan, "1", 400,
			said{"message": "A price (`price_1`) already uses that lookup key."},
			invalidField, "plan.lookup_key",
		},
		{
			"a lookup key, by its code", updatePlan, "1", 400,
			said{"code": "resource_already_exists", "param": "lookup_key"},
			invalidField, "plan.lookup_key",
		},
		{"a pair", createPlan, "1", 400, said{"param": "metadata[tier]"}, invalidField, `plan.metadata["tier"]`},
		{"no such plan", updatePlan, "1", 404, said{"code": missing, "param": "price"}, resourceMissing, ""},
		{"no such plan, by id", updatePlan, "1", 404, said{"code": missing, "param": "id"}, resourceMissing, ""},
		{"no such product any more", updatePlan, "product", 404, said{"code": missing, "param": "id"}, resourceMissing, ""},
		{"a name", updatePlan, "product", 400, said{"code": "parameter_invalid_empty", "param": "name"}, invalidField, "plan.name"},
		{"what was not asked", createPlan, "1", 400, said{"param": "tiers"}, stripeContract, ""},

		{"no such invoice", payInvoice, "1", 404, said{"code": missing, "param": "invoice"}, resourceMissing, ""},
		{"no such invoice, by id", voidInvoice, "1", 404, said{"code": missing, "param": "id"}, resourceMissing, ""},
		{"paid already", payInvoice, "1", 400, said{"message": "Invoice is already paid"}, unexpectedState, ""},
		{"voided", payInvoice, "1", 400, said{"message": "Voided invoices cannot be paid."}, unexpectedState, ""},
		{"not open", voidInvoice, "1", 400, said{}, unexpectedState, ""},
		{"finalized already", finalizeInvoice, "1", 400, said{"code": "invoice_not_editable"}, unexpectedState, ""},
		{"finalized already, without a code", finalizeInvoice, "1", 400, said{}, unexpectedState, ""},
		{"nothing to charge", payInvoice, "1", 400, said{"code": missing}, methodRequired, ""},
		{
			"nothing to charge, by the text", payInvoice, "1", 400,
			said{"message": "There is no `default_payment_method` set on this Customer or Invoice."},
			methodRequired, "",
		},
		{
			"nothing to charge, of old", payInvoice, "1", 402,
			said{"type": "card_error", "code": "missing", "message": "Cannot charge a customer that has no active card"},
			methodRequired, "",
		},
		{
			"no such method", payInvoice, "1", 400,
			said{"code": missing, "param": "payment_method"},
			invalidField, "payment_method_id",
		},
		{
			"declined", payInvoice, "1", 402, said{
				"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
				"payment_intent": said{"id": "pi_1", "status": "requires_payment_method", "client_secret": canary},
			}, paymentDeclined, "",
		},
		{
			"the bank wants the customer", payInvoice, "1", 402, said{
				"type": "card_error", "code": "invoice_payment_intent_requires_action",
				"payment_intent": said{"id": "pi_1", "status": "requires_action", "client_secret": canary},
			}, paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED, "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := refusedAt(t, tt.method, tt.step, tt.status, tt.said)
			wantReason(t, err, tt.want)
			if field(err) != tt.field {
				t.Errorf("field = %q, want %q", field(err), tt.field)
			}
			if tt.status == 402 && tt.want != methodRequired && declineOf(err).GetPaymentId() != "pi_1" {
				t.Errorf("the decline is %v, without the payment", declineOf(err))
			}
		})
	}
}
