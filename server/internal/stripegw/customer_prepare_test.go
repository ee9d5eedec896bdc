package stripegw_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// addressForm is what is sent for home().
func addressForm(param string) []string {
	return []string{
		param + "[line1]=1234 Main Street", param + "[line2]=Floor 2", param + "[city]=San Francisco", param + "[state]=CA",
		param + "[postal_code]=94111", param + "[country]=US",
	}
}

// janeForm is what is sent for jane().
var janeForm = slices.Concat(addressForm("address"), addressForm("shipping[address]"), []string{
	"name=Jane Doe", "email=jane@example.com", "phone=+14155550123", "description=From the shop",
	"shipping[name]=Jim Doe", "shipping[phone]=+14155550124", "preferred_locales[0]=en", "preferred_locales[1]=pt-BR",
	"metadata[user]=4711",
})

// billingForm is what is sent for billing().
var billingForm = append(addressForm("billing_details[address]"),
	"billing_details[name]=Jane Doe", "billing_details[email]=jane@example.com", "billing_details[phone]=+14155550123")

const ours = "metadata[tillgate_operation]=" + operationID

func TestPrepareCustomers(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	unset := func(param string, parts ...string) (form []string) {
		for _, part := range parts {
			form = append(form, param+"["+part+"]=")
		}
		return form
	}
	for _, tt := range []struct {
		name, method, path string
		req                proto.Message
		form               []string
	}{
		{"the least customer", "POST", "/v1/customers", &paymentsv1.CreateCustomerRequest{}, []string{ours}},
		{"a customer of empty parts", "POST", "/v1/customers", &paymentsv1.CreateCustomerRequest{Customer: &paymentsv1.Customer{
			Address: &paymentsv1.Address{}, Shipping: &paymentsv1.ShippingDetails{Address: &paymentsv1.Address{}},
		}}, []string{ours}},
		{
			"a whole customer", "POST", "/v1/customers", fullCreateCustomer(),
			append(slices.Clone(janeForm), ours, "test_clock=clock_1"),
		},
		{"a customer of a reference", "POST", "/v1/customers", fullEnsureCustomer(), append(slices.Clone(janeForm), ours)},
		{"output only", "POST", "/v1/customers", &paymentsv1.CreateCustomerRequest{Customer: &paymentsv1.Customer{
			Id: "cus_7", DefaultPaymentMethodId: "pm_1", Deleted: true, Livemode: true, Delinquent: true,
		}}, []string{ours}},
		{"an update of all", "POST", "/v1/customers/cus_1", fullUpdateCustomer(), janeForm},
		{"an update of all that is set", "POST", "/v1/customers/cus_1", customerUpdateOf(jane()), janeForm},
		{
			"a customer cleared", "POST", "/v1/customers/cus_1", customerUpdateOf(&paymentsv1.Customer{}, clearablePaths...),
			[]string{"name=", "email=", "phone=", "description=", "address=", "shipping=", "preferred_locales="},
		},
		{
			"an address replaced", "POST", "/v1/customers/cus_1",
			customerUpdateOf(&paymentsv1.Customer{Address: &paymentsv1.Address{City: "Bonn"}}, "address"),
			append(unset("address", "line1", "line2", "state", "postal_code", "country"), "address[city]=Bonn"),
		},
		{
			"shipping replaced", "POST", "/v1/customers/cus_1",
			customerUpdateOf(&paymentsv1.Customer{Shipping: &paymentsv1.ShippingDetails{Name: "Jim"}}),
			slices.Concat(
				unset("shipping[address]", "line1", "line2", "city", "state", "postal_code", "country"),
				[]string{"shipping[name]=Jim", "shipping[phone]="}),
		},
		{
			"a deletion", "DELETE", "/v1/customers/cus_1", fullDeleteCustomer(), nil,
		},
		{
			"a default", "POST", "/v1/customers/cus_1", fullSetDefault(),
			[]string{"invoice_settings[default_payment_method]=pm_1"},
		},
		{
			"no default", "POST", "/v1/customers/cus_1", &paymentsv1.SetDefaultPaymentMethodRequest{CustomerId: "cus_1"},
			[]string{"invoice_settings[default_payment_method]="},
		},
		{"the least card", "POST", "/v1/payment_methods", cardMethod("tok_visa"), []string{
			ours, "type=card", "card[token]=tok_visa",
		}},
		{"a whole card", "POST", "/v1/payment_methods", fullCreateMethod(), append(slices.Clone(billingForm),
			ours, "type=card", "card[token]=tok_visa", "metadata[card]=1")},
		{"an American account", "POST", "/v1/payment_methods", bankMethod(), []string{
			ours, "type=us_bank_account", "us_bank_account[account_number]=" + accountNumber,
			"us_bank_account[routing_number]=110000000", "us_bank_account[account_holder_type]=company",
			"us_bank_account[account_type]=savings", "billing_details[name]=Jane Doe",
		}},
		{"a SEPA account", "POST", "/v1/payment_methods", sepaMethod(), []string{
			ours, "type=sepa_debit", "sepa_debit[iban]=" + iban, "billing_details[name]=Jane Doe",
			"billing_details[email]=jane@example.com",
		}},
		{"a card changed", "POST", "/v1/payment_methods/pm_1", fullUpdateMethod(), append(slices.Clone(billingForm),
			"card[exp_month]=8", "card[exp_year]=2034", "metadata[card]=1", "metadata[old]=")},
		{"a card's year", "POST", "/v1/payment_methods/pm_1", methodUpdateOf(
			&paymentsv1.PaymentMethod{Details: cardDetails(), BillingDetails: billing()}, "details.card.expiry_year",
		), []string{"card[exp_year]=2034"}},
		{"a card as it was read", "POST", "/v1/payment_methods/pm_1", methodUpdateOf(
			&paymentsv1.PaymentMethod{Id: "pm_1", CustomerId: "cus_1", Details: cardDetails(), Livemode: true},
		), []string{"card[exp_month]=8", "card[exp_year]=2034"}},
		{"an account changed", "POST", "/v1/payment_methods/pm_1", bankUpdate(), []string{
			"us_bank_account[account_holder_type]=company", "us_bank_account[account_type]=savings",
		}},
		{
			"billing details cleared", "POST", "/v1/payment_methods/pm_1",
			methodUpdateOf(&paymentsv1.PaymentMethod{}, "billing_details"),
			append(unset("billing_details", "name", "email", "phone"),
				unset("billing_details[address]", "line1", "line2", "city", "state", "postal_code", "country")...),
		},
		{"attached", "POST", "/v1/payment_methods/pm_1/attach", fullAttach(), []string{"customer=cus_1"}},
		{"detached", "POST", "/v1/payment_methods/pm_1/detach", fullDetach(), nil},
		{"the least setup intent", "POST", "/v1/setup_intents", &paymentsv1.CreateSetupIntentRequest{}, []string{
			ours, "automatic_payment_methods[enabled]=true", "automatic_payment_methods[allow_redirects]=never",
		}},
		{"one of some kinds", "POST", "/v1/setup_intents", &paymentsv1.CreateSetupIntentRequest{
			PaymentMethodTypes: []string{"card"},
			Usage:              paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_OFF_SESSION,
		}, []string{ours, "payment_method_types[0]=card", "usage=off_session"}},
		{"one that may redirect", "POST", "/v1/setup_intents", &paymentsv1.CreateSetupIntentRequest{
			PaymentMethodId: "pm_1", Confirm: true, ReturnUrl: "https://example.com/back",
		}, []string{ours, "payment_method=pm_1", "confirm=true", "return_url=https://example.com/back"}},
		{"a whole setup intent", "POST", "/v1/setup_intents", fullCreateSetupIntent(), append(acceptedOnline,
			ours, "metadata[order]=1001", "customer=cus_1", "payment_method=pm_1",
			"payment_method_types[0]=us_bank_account", "confirm=true", "usage=on_session",
			"return_url=https://example.com/back", "description=For the subscription",
			"payment_method_options[us_bank_account][verification_method]=microdeposits")},
		{
			"the least confirmation", "POST", "/v1/setup_intents/seti_1/confirm",
			&paymentsv1.ConfirmSetupIntentRequest{SetupIntentId: "seti_1"}, nil,
		},
		{"a whole confirmation", "POST", "/v1/setup_intents/seti_1/confirm", fullConfirmSetupIntent(), append(
			acceptedOnline, "payment_method=pm_1", "return_url=https://example.com/back")},
		{
			"agreed on paper", "POST", "/v1/setup_intents/seti_1/confirm",
			&paymentsv1.ConfirmSetupIntentRequest{SetupIntentId: "seti_1", MandateAcceptance: offline()},
			[]string{"mandate_data[customer_acceptance][type]=offline"},
		},
		{
			"a cancellation", "POST", "/v1/setup_intents/seti_1/cancel", fullCancelSetupIntent(),
			[]string{"cancellation_reason=abandoned"},
		},
		{
			"verified by amounts", "POST", "/v1/setup_intents/seti_1/verify_microdeposits", verifySetup(),
			[]string{"amounts[0]=32", "amounts[1]=45"},
		},
		{
			"a payment verified", "POST", "/v1/payment_intents/pi_1/verify_microdeposits", verifyPayment(),
			[]string{"amounts[0]=32", "amounts[1]=45", "expand[0]=latest_charge"},
		},
		{
			"verified by the code", "POST", "/v1/setup_intents/seti_1/verify_microdeposits",
			&paymentsv1.VerifyMicrodepositsRequest{Subject: setupSubject, DescriptorCode: "SM11AA"},
			[]string{"descriptor_code=SM11AA"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkPrepared(t, g, tt.req, stripegw.Request{Method: tt.method, Path: tt.path}, tt.form)
		})
	}
}

// acceptedOnline is what is sent for online().
var acceptedOnline = []string{
	"mandate_data[customer_acceptance][type]=online", "mandate_data[customer_acceptance][accepted_at]=1700000000",
	"mandate_data[customer_acceptance][online][ip_address]=203.0.113.7",
	"mandate_data[customer_acceptance][online][user_agent]=Mozilla/5.0",
}

// TestPrepareCustomersRefuses: what Stripe would surely refuse names the field, and repeats no number.
func TestPrepareCustomersRefuses(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name  string
		req   proto.Message
		field string
		says  string
	}{
		{"no customer to update", &paymentsv1.UpdateCustomerRequest{}, "customer_id", "required"},
		{"no customer to delete", &paymentsv1.DeleteCustomerRequest{}, "customer_id", "required"},
		{"no customer of a default", &paymentsv1.SetDefaultPaymentMethodRequest{}, "customer_id", "required"},
		{"nothing to make a method of", &paymentsv1.CreatePaymentMethodRequest{}, "source", "required"},
		{"no method to update", &paymentsv1.UpdatePaymentMethodRequest{}, "payment_method_id", "required"},
		{"no method to attach", &paymentsv1.AttachPaymentMethodRequest{}, "payment_method_id", "required"},
		{"nobody to attach to", &paymentsv1.AttachPaymentMethodRequest{PaymentMethodId: "pm_1"}, "customer_id", "required"},
		{"no method to detach", &paymentsv1.DetachPaymentMethodRequest{}, "payment_method_id", "required"},
		{"nothing to confirm", &paymentsv1.ConfirmSetupIntentRequest{}, "setup_intent_id", "required"},
		{"nothing to cancel", &paymentsv1.CancelSetupIntentRequest{}, "setup_intent_id", "required"},
		{"nothing to verify", &paymentsv1.VerifyMicrodepositsRequest{Amounts: []int32{1, 2}}, "subject", "required"},
		{"unknown usage", &paymentsv1.CreateSetupIntentRequest{Usage: 99}, "usage", "SetupFutureUsage"},
		{
			"unknown verification", &paymentsv1.CreateSetupIntentRequest{BankAccountVerification: 99},
			"bank_account_verification", "BankAccountVerification",
		},
		{
			"a verification of no bank account", &paymentsv1.CreateSetupIntentRequest{
				PaymentMethodTypes: []string{"card"}, BankAccountVerification: 2,
			}, "bank_account_verification", "payment_method_types",
		},
		{
			"agreed nowhere", &paymentsv1.ConfirmSetupIntentRequest{
				SetupIntentId: "seti_1", MandateAcceptance: &paymentsv1.MandateAcceptance{},
			}, "mandate_acceptance", "neither",
		},
		{
			"unknown reason", &paymentsv1.CancelSetupIntentRequest{SetupIntentId: "seti_1", CancellationReason: 99},
			"cancellation_reason", "CancellationReason",
		},
		{"nothing changed", customerUpdateOf(&paymentsv1.Customer{Id: "cus_1"}), "update_mask", "the customer has no field set"},
		{"all of it", customerUpdateOf(jane(), "*"), "update_mask", "`*`"},
		{"output only", customerUpdateOf(jane(), "default_payment_method_id"), "update_mask", "output only"},
		{"a part", customerUpdateOf(jane(), "address.city"), "update_mask", "name `address`"},
		{"unknown", customerUpdateOf(jane(), "balance"), "update_mask", "no field of a customer"},
		{"no pair", customerUpdateOf(&paymentsv1.Customer{}, "metadata"), "update_mask", "with an empty value"},
		{"M-59 our own pair", customerUpdateOf(&paymentsv1.Customer{Metadata: map[string]string{
			"tillgate_operation": "",
		}}), `customer.metadata["tillgate_operation"]`, "Tillgate's own"},
		{"details as a whole", methodUpdateOf(fullUpdateMethod().GetPaymentMethod(), "details"), "update_mask", "name each"},
		{"a card as a whole", methodUpdateOf(fullUpdateMethod().GetPaymentMethod(), "details.card"), "update_mask", "name each"},
		{
			"a brand", methodUpdateOf(fullUpdateMethod().GetPaymentMethod(), "details.card.brand"),
			"update_mask", "`details.card.brand`, which is output only",
		},
		{
			"no such detail", methodUpdateOf(fullUpdateMethod().GetPaymentMethod(), "details.card.colour"),
			"update_mask", "no field of a payment method",
		},
		{
			"an account of a card", methodUpdateOf(
				fullUpdateMethod().GetPaymentMethod(), "details.us_bank_account.account_type"),
			"update_mask", "not set and can not be cleared",
		},
		{
			"a name within", methodUpdateOf(fullUpdateMethod().GetPaymentMethod(), "billing_details.name"),
			"update_mask", "name `billing_details`",
		},
		{"a method's pair of ours", methodUpdateOf(&paymentsv1.PaymentMethod{Metadata: map[string]string{
			"tillgate_operation": "x",
		}}), `payment_method.metadata["tillgate_operation"]`, "Tillgate's own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := prepareOnly(g, tt.req, operationID)
			wantReason(t, err, invalidField)
			if field(err) != tt.field || !strings.Contains(description(err), tt.says) {
				t.Errorf("field %q, %q; want %q, %q", field(err), description(err), tt.field, tt.says)
			}
		})
	}
}

// TestCustomerUpdatesKnowEveryField: a field of Customer and of PaymentMethod is one that an update can name, or its
// comment says that it is output only; never both. `details` is neither: of it, parts can be named.
func TestCustomerUpdatesKnowEveryField(t *testing.T) {
	for message, paths := range map[string][]string{
		"Customer": stripegw.CustomerUpdatePaths(), "PaymentMethod": stripegw.PaymentMethodUpdatePaths(),
	} {
		updatable := map[string]bool{}
		for _, path := range paths {
			updatable[strings.Split(path, ".")[0]] = true
		}
		for name, comment := range fieldComments(t, message) {
			if outputOnly := strings.HasPrefix(strings.TrimSpace(comment), "Output only."); updatable[name] == outputOnly {
				t.Errorf("%s.%s: in the table %t, output only %t", message, name, updatable[name], outputOnly)
			}
			delete(updatable, name)
		}
		if len(updatable) != 0 {
			t.Errorf("%v are in the table and no fields of %s", slices.Sorted(maps.Keys(updatable)), message)
		}
	}
}
