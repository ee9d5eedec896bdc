package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

const setupWithoutMethod = "You cannot confirm this SetupIntent because it's missing a payment method. You can either " +
	"update the SetupIntent with a payment method and then confirm it again, or confirm it again directly with a payment " +
	"method or ConfirmationToken."

// setupRefusals are requests for a new setup intent that Stripe refuses.
var setupRefusals = []struct{ name, form, code, param, message string }{
	{"unknown", "foo=1", "parameter_unknown", "foo", "Received unknown parameter: foo"},
	{"usage", "usage=never", "", "usage", "Invalid usage: must be one of off_session or on_session"},
	{"type", "payment_method_types[]=cash", "setup_intent_invalid_parameter", "payment_method_types", ""},
	{"description", "description=" + strings.Repeat("x", 1001), "", "description", ""},
	{"metadata", "metadata=x", "", "metadata", "Invalid object"},
	{"no customer", "customer=cus_x", "resource_missing", "customer", "No such customer: 'cus_x'"},
	{"no method", "payment_method=pm_x", "resource_missing", "payment_method", "No such PaymentMethod: 'pm_x'"},
	{
		"both ways to choose", "automatic_payment_methods[enabled]=true&payment_method_types[]=card", "",
		"automatic_payment_methods", "",
	},
	{
		"a page without confirm", "return_url=https://shop.example", "", "return_url",
		"The parameter `return_url` can only be used with `confirm=true`.",
	},
	{"consent without confirm", mandate[1:], "", "mandate_data", ""},
	{
		"other type", "payment_method_types[]=sepa_debit&payment_method=pm_card_visa", "setup_intent_invalid_parameter",
		"payment_method", "",
	},
	{
		"confirm without a method", "confirm=true&payment_method_types[]=card", "setup_intent_unexpected_state", "",
		setupWithoutMethod,
	},
	{
		"no page to come back to", "confirm=true&payment_method=pm_card_visa", "", "", "This SetupIntent is configured to " +
			"accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your " +
			"customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment " +
			"methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to " +
			"`never` when creating Setup Intents and Payment Intents.",
	},
	{
		"no consent", "confirm=true&payment_method_types[]=us_bank_account&payment_method=pm_usBankAccount_success", "", "",
		"This SetupIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from the customer " +
			"and try again, providing acceptance data in the mandate_data parameter.",
	},
	{
		"empty consent", "confirm=true&payment_method_types[]=sepa_debit&payment_method=pm_success_de&mandate_data=", "", "", "",
	},
	{
		"consent from nowhere", "confirm=true&payment_method_types[]=sepa_debit&payment_method=pm_success_de&" +
			"mandate_data[customer_acceptance][type]=online", "parameter_missing", "mandate_data[customer_acceptance][online]", "",
	},
	{"not imitated", "flow_directions[]=inbound", "", "flow_directions", ""},
	{"not imitated either", "single_use[amount]=1", "", "single_use", ""},
}

func TestT01_SetupRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range setupRefusals {
		a := newAPI()
		got := a.post(t, setupsPath, tt.form)
		got.want(t, 400, map[string]any{"error.type": "invalid_request_error"})
		if got.text("error", "code") != tt.code || got.text("error", "param") != tt.param ||
			tt.message != "" && got.text("error", "message") != tt.message {
			t.Errorf("%s: %s", tt.name, got.raw)
		}
		// A refused confirmation leaves the intent behind, any other refusal leaves nothing.
		confirmed := strings.HasPrefix(tt.form, "confirm") && tt.code != "parameter_missing"
		left := len(a.all(t, setupsPath))
		if confirmed != (left == 1) || confirmed != (got.text("error", "setup_intent", "id") != "") {
			t.Errorf("%s left %d intents: %s", tt.name, left, got.raw)
		}
	}
}

// With redirects switched off, or with the types named, no page is needed.
func TestT01_SetupWithoutAPage(t *testing.T) {
	t.Parallel()
	for _, more := range []string{
		"&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never",
		"&automatic_payment_methods[enabled]=false", "&payment_method_types[]=card", "&return_url=https://shop.example",
	} {
		a := newAPI()
		a.post(t, setupsPath, "confirm=true&payment_method=pm_card_visa"+more).want(t, 200, map[string]any{
			"status": "succeeded",
		})
	}
}

// What each status allows, in the words that were recorded at api.stripe.com.
func TestT01_SetupInTheWrongState(t *testing.T) {
	t.Parallel()
	a := newAPI()
	const other = "payment_method=pm_card_mastercard"
	succeeded := a.setUp(t, "card", "pm_card_visa", "").text("id")
	canceled := a.post(t, setupsPath, cardSetup+"pm_card_visa").text("id")
	a.post(t, setupsPath+"/"+canceled+"/cancel", "").want(t, 200, map[string]any{"cancellation_reason": nil})
	bare := a.post(t, setupsPath, "").text("id")
	a.post(t, setupsPath+"/"+bare+"/cancel", "").want(t, 200, nil)
	for _, tt := range []struct{ id, action, form, message string }{
		{succeeded, "/confirm", "", "You cannot confirm this SetupIntent because it has already succeeded."},
		{succeeded, "/confirm", other, "You cannot confirm this SetupIntent because it has already succeeded."},
		{
			succeeded, "/cancel", "", "You cannot cancel this SetupIntent because it has a status of succeeded. Only a " +
				"SetupIntent with one of the following statuses may be canceled: `requires_payment_method`, " +
				"`requires_confirmation`, or `requires_action`.",
		},
		{succeeded, "", other, "You cannot update this SetupIntent because it has already succeeded."},
		{canceled, "/confirm", "", "You cannot confirm this SetupIntent because it has been canceled."},
		{canceled, "/cancel", "", "You cannot cancel this SetupIntent because it is already canceled."},
		{canceled, "", other, "You cannot update this SetupIntent because it has been canceled."},
		{bare, "/confirm", "", setupWithoutMethod}, // looked at before the status
	} {
		a.post(t, setupsPath+"/"+tt.id+tt.action, tt.form).want(t, 400, map[string]any{
			"error.code": "setup_intent_unexpected_state", "error.message": tt.message, "error.setup_intent.id": tt.id,
			"error.type": "invalid_request_error",
		})
	}
	a.post(t, setupsPath+"/"+succeeded, "description=d&metadata[k]=v").want(t, 200, map[string]any{
		"description": "d", "metadata.k": "v", "status": "succeeded",
	})
	a.post(t, setupsPath+"/"+bare+"/cancel", "cancellation_reason=fraudulent").want(t, 400, map[string]any{
		"error.param": "cancellation_reason",
	})
	for _, action := range []string{"", "/confirm", "/cancel"} {
		a.post(t, setupsPath+"/seti_x"+action, "").want(t, 404, map[string]any{
			"error.code": "resource_missing", "error.param": "intent", "error.message": "No such setupintent: 'seti_x'",
		})
	}
	a.get(t, setupsPath+"/seti_x", "").want(t, 404, map[string]any{"error.param": "intent"})
	a.get(t, setupsPath+"/"+bare, "client_secret=x").want(t, 400, map[string]any{"error.param": "client_secret"})
	for _, query := range []string{"customer=cus_x", "payment_method=pm_x", "starting_after=seti_x", "limit=0"} {
		a.get(t, setupsPath, query).want(t, 400, nil)
	}
}

// A method is set up for the customer to whom it belongs, at every door.
func TestT01_SetupOfAnothersMethod(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner, other := a.customer(t, ""), a.customer(t, "")
	method := a.setUp(t, "card", "pm_card_visa", "&customer="+owner).text("payment_method")
	without := "The payment method supplied (" + method + ") belongs to the Customer " + owner + ". Please include the " +
		"Customer in the `customer` parameter on the SetupIntent."
	wrong := "The PaymentMethod " + method + " does not belong to the Customer you supplied " + other + ". Please use this " +
		"PaymentMethod with the Customer that it belongs to instead."
	for customer, message := range map[string]string{"": without, "&customer=" + other: wrong} {
		refusal := map[string]any{"error.message": message, "error.param": "payment_method", "error.code": nil}
		a.post(t, setupsPath, cardSetup+method+customer).want(t, 400, refusal)
		id := a.post(t, setupsPath, "payment_method_types[]=card"+customer).text("id")
		for _, action := range []string{"", "/confirm"} {
			got := a.post(t, setupsPath+"/"+id+action, "payment_method="+method)
			got.want(t, 400, refusal)
			got.want(t, 400, map[string]any{"error.setup_intent.id": id})
		}
		a.get(t, setupsPath+"/"+id, "").want(t, 200, map[string]any{"payment_method": nil, "latest_attempt": nil})
	}
	mine := a.post(t, setupsPath, cardSetup+method+"&customer="+owner).text("id")
	a.post(t, setupsPath+"/"+mine, "customer="+other).want(t, 400, map[string]any{"error.message": wrong})
	a.post(t, setupsPath+"/"+mine, "customer=cus_x").want(t, 400, map[string]any{"error.code": "resource_missing"})
	a.post(t, setupsPath+"/"+mine+"/confirm", "").want(t, 200, map[string]any{"status": "succeeded", "customer": owner})
}

// Nothing is set up for a customer who was deleted.
func TestT01_SetupForADeletedCustomer(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner := a.customer(t, "")
	id := a.post(t, setupsPath, cardSetup+"pm_card_visa&customer="+owner).text("id")
	a.do(t, http.MethodDelete, customersPath+"/"+owner, "").want(t, 200, nil)
	refusal := map[string]any{"error.code": "resource_missing", "error.param": "customer"}
	a.post(t, setupsPath, "customer="+owner).want(t, 400, refusal)
	a.post(t, setupsPath+"/"+id, "customer="+owner).want(t, 400, refusal)
	a.post(t, setupsPath+"/"+id+"/confirm", "").want(t, 400, refusal)
	a.get(t, setupsPath+"/"+id, "").want(t, 200, map[string]any{"status": "requires_confirmation"})
}

// Without a customer a method is used up by its set-up (recorded at api.stripe.com).
func TestT01_SetupUsesTheMethodUp(t *testing.T) {
	t.Parallel()
	a := newAPI()
	method := a.setUp(t, "card", "pm_card_visa", "").text("payment_method")
	for _, got := range []reply{a.setUp(t, "card", method, ""), a.pay(t, method, "")} {
		got.want(t, 400, nil)
		if !strings.HasPrefix(got.text("error", "message"), "The provided PaymentMethod was previously used") {
			t.Errorf("message %q", got.text("error", "message"))
		}
	}
}
