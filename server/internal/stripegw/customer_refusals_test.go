package stripegw_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// TestCustomerFieldNames: what Stripe says of its parameters, callers hear of their fields.
func TestCustomerFieldNames(t *testing.T) {
	for _, tt := range []struct{ method, param, want string }{
		{createCustomer, "email", "customer.email"},
		{createCustomer, "address[country]", "customer.address.region_code"},
		{createCustomer, "address", "customer.address"},
		{createCustomer, "shipping[address][country]", "customer.shipping.address.region_code"},
		{createCustomer, "shipping[name]", "customer.shipping.name"},
		{createCustomer, "preferred_locales[1]", "customer.preferred_locales[1]"},
		{createCustomer, "metadata[user id]", `customer.metadata["user id"]`},
		{createCustomer, "metadata[tillgate_operation]", ""},
		{createCustomer, "test_clock", "test_clock_id"},
		{ensureCustomer, "phone", "customer.phone"},
		{updateCustomer, "shipping[phone]", "customer.shipping.phone"},
		{setDefault, "invoice_settings[default_payment_method]", "payment_method_id"},
		{createMethod, "card[token]", "card_token"},
		{createMethod, "us_bank_account[account_number]", "us_bank_account.account_number"},
		{createMethod, "us_bank_account[routing_number]", "us_bank_account.routing_number"},
		{createMethod, "sepa_debit[iban]", "sepa_debit.iban"},
		{createMethod, "billing_details[name]", "billing_details.name"},
		{createMethod, "billing_details[address][country]", "billing_details.address.region_code"},
		{createMethod, "type", ""},
		{updateMethod, "card[exp_month]", "payment_method.details.card.expiry_month"},
		{updateMethod, "card[exp_year]", "payment_method.details.card.expiry_year"},
		{updateMethod, "us_bank_account[account_type]", "payment_method.details.us_bank_account.account_type"},
		{updateMethod, "billing_details[email]", "payment_method.billing_details.email"},
		{attachMethod, "customer", "customer_id"},
		{createSetupIntent, "payment_method", "payment_method_id"},
		{createSetupIntent, "payment_method_options[us_bank_account][verification_method]", "bank_account_verification"},
		{createSetupIntent, "mandate_data[customer_acceptance][online][ip_address]", "mandate_acceptance.online.ip_address"},
		{confirmSetupIntent, "mandate_data", "mandate_acceptance"},
		{createPayment, "mandate_data[customer_acceptance][accepted_at]", "mandate_acceptance.accept_time"},
		{createPayment, "payment_method_options[us_bank_account]", "bank_account_verification"},
		{verifyMicrodeposits, "amounts", "amounts"},
		{verifyMicrodeposits, "amounts[1]", "amounts[1]"},
		{verifyMicrodeposits, "descriptor_code", "descriptor_code"},
	} {
		t.Run(tt.method+" "+tt.param, func(t *testing.T) {
			got := refused(t, tt.method, 400, map[string]any{"code": "parameter_invalid_empty", "param": tt.param})
			if field(got) != tt.want {
				t.Errorf("field = %q, want %q", field(got), tt.want)
			}
		})
	}
}

// refused is what a caller hears of an error of Stripe's in this rpc.
func refused(t *testing.T, method string, status int, e map[string]any) error {
	t.Helper()
	said := map[string]any{"type": "invalid_request_error", "message": canary}
	maps.Copy(said, e)
	g := newGateway(t, newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		answer(status, encode(t, map[string]any{"error": said}))(w, r)
	}).URL)
	r, err := prepareOnly(g, leastOf[method], operationID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = writeOnce(t.Context(), g, method, r)
	checkSilent(t, err)
	if text := visible(err); strings.Contains(text, accountNumber) || strings.Contains(text, iban) {
		t.Errorf("the error repeats the number:\n%s", text)
	}
	return err
}

// leastOf is a request of each rpc.
var leastOf = map[string]proto.Message{
	createPayment: createRequest(), createCustomer: fullCreateCustomer(), ensureCustomer: fullEnsureCustomer(),
	updateCustomer: fullUpdateCustomer(), deleteCustomer: fullDeleteCustomer(), setDefault: fullSetDefault(),
	createMethod: bankMethod(), updateMethod: fullUpdateMethod(), attachMethod: fullAttach(), detachMethod: fullDetach(),
	createSetupIntent: fullCreateSetupIntent(), confirmSetupIntent: fullConfirmSetupIntent(),
	cancelSetupIntent: fullCancelSetupIntent(), verifyMicrodeposits: verifySetup(),
}

// TestCustomerRefusals: what a caller hears of what Stripe says.
func TestCustomerRefusals(t *testing.T) {
	const (
		unexpectedState = paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE
		missing         = "resource_missing"
	)
	for _, tt := range []struct {
		name, method string
		status       int
		code, param  string
		want         paymentsv1.ErrorReason
		field        string
	}{
		{"an unknown customer", updateCustomer, 404, missing, "customer", resourceMissing, ""},
		{"an unknown customer, by id", setDefault, 404, missing, "id", resourceMissing, ""},
		{
			"a default that is not the customer's", setDefault, 400, missing, "invoice_settings[default_payment_method]",
			invalidField, "payment_method_id",
		},
		{"no such token", createMethod, 400, missing, "card[token]", invalidField, "card_token"},
		{"a used token", createMethod, 400, "token_already_used", "", invalidField, "card_token"},
		{"a bad account number", createMethod, 400, "account_number_invalid", "", invalidField, "us_bank_account.account_number"},
		{"a bad routing number", createMethod, 400, "routing_number_invalid", "", invalidField, "us_bank_account.routing_number"},
		{"a refused card", createMethod, 402, "card_declined", "", paymentDeclined, ""},
		{"an unknown method", updateMethod, 404, missing, "payment_method", resourceMissing, ""},
		{"a method without a customer", updateMethod, 400, "", "", invalidField, ""},
		{"an unknown method to attach", attachMethod, 404, missing, "payment_method", resourceMissing, ""},
		{"an unknown customer to attach to", attachMethod, 400, missing, "customer", invalidField, "customer_id"},
		{"another customer's", attachMethod, 400, "", "", unexpectedState, ""},
		{"another customer's, by its parameter", attachMethod, 400, "", "payment_method", unexpectedState, ""},
		{"another customer's, by its code", attachMethod, 400, "payment_method_unexpected_state", "", unexpectedState, ""},
		{"a refused card attached", attachMethod, 402, "card_declined", "", paymentDeclined, ""},
		{"one that is not attached", detachMethod, 400, "", "", unexpectedState, ""},
		{"an unknown setup intent", confirmSetupIntent, 404, missing, "intent", resourceMissing, ""},
		{"an unknown method to save", createSetupIntent, 400, missing, "payment_method", invalidField, "payment_method_id"},
		{"an unknown method to confirm", confirmSetupIntent, 400, missing, "payment_method", invalidField, "payment_method_id"},
		{"nothing to save", createSetupIntent, 400, "parameter_missing", "payment_method", methodRequired, ""},
		{"nothing to save, by the state", createSetupIntent, 400, "setup_intent_unexpected_state", "", methodRequired, ""},
		{"under way", cancelSetupIntent, 400, "setup_intent_unexpected_state", "", unexpectedState, ""},
		{"wrong amounts", verifyMicrodeposits, 400, mismatch, "", paymentDeclined, ""},
		{
			"no amounts at all", verifyMicrodeposits, 400, "payment_method_microdeposit_verification_amounts_invalid", "",
			invalidField, "amounts",
		},
		{
			"verified already", verifyMicrodeposits, 400, "payment_method_bank_account_already_verified", "",
			unexpectedState, "",
		},
		{"nothing to verify", verifyMicrodeposits, 400, "", "intent", unexpectedState, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := map[string]any{"code": tt.code, "param": tt.param}
			if tt.status == 402 {
				e["type"] = "card_error"
			}
			err := refused(t, tt.method, tt.status, e)
			wantReason(t, err, tt.want)
			if field(err) != tt.field {
				t.Errorf("field = %q, want %q", field(err), tt.field)
			}
			if _, says, _ := strings.Cut(err.Error(), ": "); tt.want == paymentDeclined && says != "the payment method was declined" {
				t.Errorf("it says %q", says)
			}
			if d := declineOf(err); tt.want == paymentDeclined && (d.GetPaymentId() != "" || d.GetSetupIntentId() != "") {
				t.Errorf("the decline names %v", d)
			}
		})
	}
}

const mismatch = "payment_method_microdeposit_verification_amounts_mismatch"
