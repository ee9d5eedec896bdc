package sandbox_test

import (
	"strings"
	"testing"
)

const intentsPath = "/v1/payment_intents"

// refusals are requests that Stripe refuses before it executes them, or because an object is missing, with its words.
var refusals = []struct {
	name, method, path, form string
	status                   int
	code, param, message     string
}{
	// docs.stripe.com/error-codes, parameter-missing
	{
		"no amount", "POST", intentsPath, "currency=usd", 400, "parameter_missing", "amount",
		"Missing required param: amount.",
	},
	{
		"no currency", "POST", intentsPath, "amount=100", 400, "parameter_missing", "currency",
		"Missing required param: currency.",
	},
	{"nothing", "POST", intentsPath, "", 400, "parameter_missing", "amount", "Missing required param: amount."},
	{
		"half of a hash", "POST", intentsPath, "amount=100&currency=usd&automatic_payment_methods[allow_redirects]=never",
		400, "parameter_missing", "automatic_payment_methods[enabled]",
		"Missing required param: automatic_payment_methods[enabled].",
	},
	// docs.stripe.com/error-codes, parameter-invalid-integer
	{
		"word for amount", "POST", intentsPath, "amount=ten&currency=usd", 400, "parameter_invalid_integer", "amount",
		"Invalid integer: ten",
	},
	{
		"fraction", "POST", intentsPath, "amount=10.5&currency=usd", 400, "parameter_invalid_integer", "amount",
		"Invalid integer: 10.5",
	},
	{
		"zero", "POST", intentsPath, "amount=0&currency=usd", 400, "parameter_invalid_integer", "amount",
		"This value must be greater than or equal to 1.",
	},
	{
		"negative", "POST", intentsPath, "amount=-5&currency=usd", 400, "parameter_invalid_integer", "amount",
		"This value must be greater than or equal to 1.",
	},
	{
		"empty amount", "POST", intentsPath, "amount=&currency=usd", 400, "parameter_invalid_empty", "amount",
		"You passed an empty string for 'amount'. We assume empty values are an attempt to unset a parameter; however " +
			"'amount' cannot be unset. You should remove 'amount' from your request or supply a non-empty value.",
	},
	// docs.stripe.com/currencies, minimum and maximum charge amounts
	{
		"49 cents", "POST", intentsPath, "amount=49&currency=usd", 400, "amount_too_small", "amount",
		"Amount must be at least $0.50 usd",
	},
	{
		"upper case", "POST", intentsPath, "amount=49&currency=USD", 400, "amount_too_small", "amount",
		"Amount must be at least $0.50 usd",
	},
	{
		"29 pence", "POST", intentsPath, "amount=29&currency=gbp", 400, "amount_too_small", "amount",
		"Amount must be at least £0.30 gbp",
	},
	{
		"49 cents of euro", "POST", intentsPath, "amount=49&currency=eur", 400, "amount_too_small", "amount",
		"Amount must be at least €0.50 eur",
	},
	{
		"299 öre", "POST", intentsPath, "amount=299&currency=sek", 400, "amount_too_small", "amount",
		"Amount must be at least 3.00 kr sek",
	},
	{
		"49 yen", "POST", intentsPath, "amount=49&currency=jpy", 400, "amount_too_small", "amount",
		"Amount must be at least ¥50 jpy",
	},
	{
		"a million dollars", "POST", intentsPath, "amount=100000000&currency=usd", 400, "amount_too_large", "amount",
		"Amount must be no more than $999,999.99",
	},
	{
		"beyond an integer", "POST", intentsPath, "amount=99999999999999999999&currency=usd", 400, "amount_too_large", "amount",
		"Amount must be no more than $999,999.99",
	},
	{
		"too many yen", "POST", intentsPath, "amount=10000000000&currency=jpy", 400, "amount_too_large", "amount",
		"Amount must be no more than ¥9,999,999,999",
	},
	{
		"too many rupees", "POST", intentsPath, "amount=1000000000&currency=inr", 400, "amount_too_large", "amount",
		"Amount must be no more than ₹9,999,999.99",
	},
	{
		"thousandths", "POST", intentsPath, "amount=1001&currency=kwd", 400, "parameter_invalid_integer", "amount",
		"Invalid integer: 1001; amounts in kwd must be a multiple of 10",
	},
	{
		"krona with decimals", "POST", intentsPath, "amount=1001&currency=isk", 400, "parameter_invalid_integer", "amount",
		"Invalid integer: 1001; amounts in isk must be a multiple of 100",
	},
	{
		"shilling with decimals", "POST", intentsPath, "amount=1001&currency=ugx", 400, "parameter_invalid_integer", "amount",
		"Invalid integer: 1001; amounts in ugx must be a multiple of 100",
	},
	{
		"unknown currency", "POST", intentsPath, "amount=100&currency=xyz", 400, "", "currency",
		"Invalid currency: xyz. Stripe currently supports these currencies: usd, aed, afn,...",
	},
	// docs.stripe.com/error-codes, parameter-unknown
	{
		"unknown parameter", "POST", intentsPath, "amount=100&currency=usd&foo=1", 400, "parameter_unknown", "foo",
		"Received unknown parameter: foo",
	},
	{
		"unknown comes first", "POST", intentsPath, "foo=1", 400, "parameter_unknown", "foo",
		"Received unknown parameter: foo",
	},
	{
		"two unknown", "POST", intentsPath, "amount=100&currency=usd&foo=1&bar=2", 400, "parameter_unknown", "foo",
		"Received unknown parameters: foo, bar",
	},
	{
		"unknown in a hash", "POST", intentsPath, "amount=100&currency=usd&shipping[foo]=1", 400, "parameter_unknown", "shipping[foo]",
		"Received unknown parameter: shipping[foo]",
	},
	{
		"unknown in a query", "GET", "/v1/charges/ch_x", "foo=1", 400, "parameter_unknown", "foo",
		"Received unknown parameter: foo",
	},
	{
		"unknown word", "POST", intentsPath, "amount=100&currency=usd&capture_method=later", 400, "", "capture_method",
		"Invalid capture_method: must be one of automatic, automatic_async, or manual",
	},
	{
		"unknown word of two", "POST", intentsPath, "amount=100&currency=usd&setup_future_usage=never", 400, "",
		"setup_future_usage", "Invalid setup_future_usage: must be one of off_session or on_session",
	},
	{
		"no boolean", "POST", intentsPath, "amount=100&currency=usd&confirm=yes", 400, "", "confirm",
		"Invalid boolean: yes",
	},
	{
		"text for a hash", "POST", intentsPath, "amount=100&currency=usd&shipping=home", 400, "", "shipping",
		"Invalid object",
	},
	{
		"text for a list", "POST", intentsPath, "amount=100&currency=usd&expand=customer", 400, "", "expand",
		"Invalid array",
	},
	{
		"list with a gap", "POST", intentsPath, "amount=100&currency=usd&expand[1]=customer", 400, "", "expand",
		"If passing an array with explicit keys (e.g. foo[0]=a&foo[1]=b) instead of as an array (e.g. foo[]=a&foo[]=b), the " +
			"keys must be numeric and sequential starting from 0. You passed the keys `1`, we expected to have a key with the " +
			"value `0`.",
	},
	{
		"unknown method type", "POST", intentsPath, "amount=100&currency=usd&payment_method_types[]=gold", 400,
		"payment_intent_invalid_parameter", "payment_method_types", `The payment method type "gold" is invalid. Please...`,
	},
	{
		"e-mail", "POST", intentsPath, "amount=100&currency=usd&receipt_email=me", 400, "email_invalid", "receipt_email",
		"Invalid email address: me",
	},
	{
		"url", "POST", intentsPath, "amount=100&currency=usd&confirm=true&return_url=home", 400, "url_invalid", "return_url",
		"Not a valid URL",
	},
	// Lengths: spec3.json, maxLength
	{
		"long description", "POST", intentsPath, "amount=100&currency=usd&description=" + strings.Repeat("d", 1001), 400,
		"", "description", "Invalid string: dddd...dddd; must be at most 1000 characters",
	},
	{
		"long descriptor", "POST", intentsPath, "amount=100&currency=usd&statement_descriptor=" + strings.Repeat("d", 23),
		400, "", "statement_descriptor",
		"The statement descriptor must be at most 22 characters. ddddddddddddddddddddddd is 23 characters long.",
	},
	// docs.stripe.com/api/metadata
	{
		"long metadata key", "POST", intentsPath, "amount=100&currency=usd&metadata[" + strings.Repeat("k", 41) + "]=v",
		400, "", "", "Metadata keys can have up to 40 characters, but you passed in a key that is 41 characters. Invalid key: " +
			strings.Repeat("k", 41),
	},
	{
		"long metadata value", "POST", intentsPath, "amount=100&currency=usd&metadata[k]=" + strings.Repeat("v", 501), 400,
		"", "", "Metadata values can have up to 500 characters, but you passed in a value that is 501 characters. Invalid value: " +
			strings.Repeat("v", 501),
	},
	{
		"51 metadata keys", "POST", intentsPath, "amount=100&currency=usd" + manyKeys(51), 400, "", "metadata",
		"You can only specify up to 50 metadata keys, but you passed 51.",
	},
	// docs.stripe.com/api/payment_intents/create: exclusive parameters, and those only for confirm=true
	{
		"two ways to confirm", "POST", intentsPath,
		"amount=100&currency=usd&automatic_payment_methods[enabled]=true&confirmation_method=manual", 400, "",
		"automatic_payment_methods", "You may only specify one of these parameters: automatic_payment_methods, confirmation_method.",
	},
	{
		"two lists of methods", "POST", intentsPath,
		"amount=100&currency=usd&automatic_payment_methods[enabled]=true&payment_method_types[]=card", 400, "",
		"automatic_payment_methods", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
	},
	{
		"off_session alone", "POST", intentsPath, "amount=100&currency=usd&off_session=true", 400, "", "off_session",
		"The parameter `off_session` can only be used with `confirm=true`.",
	},
	{
		"return_url alone", "POST", intentsPath, "amount=100&currency=usd&return_url=https://x.example", 400, "", "return_url",
		"The parameter `return_url` can only be used with `confirm=true`.",
	},
	{
		"error_on_requires_action alone", "POST", intentsPath, "amount=100&currency=usd&error_on_requires_action=true", 400, "", "error_on_requires_action",
		"The parameter `error_on_requires_action` can only be used with `confirm=true`.",
	},
	{
		"not imitated", "POST", intentsPath, "amount=100&currency=usd&transfer_data[destination]=acct_1", 400, "", "transfer_data",
		"The sandbox does not imitate the parameter transfer_data.",
	},
	// docs.stripe.com/error-codes, resource-missing: 400 for a parameter, 404 for the path
	{
		"unknown method", "POST", intentsPath, "amount=100&currency=usd&payment_method=pm_x", 400, "resource_missing", "payment_method",
		"No such PaymentMethod: 'pm_x'",
	},
	{
		"unknown customer", "POST", intentsPath, "amount=100&currency=usd&customer=cus_x", 400, "resource_missing", "customer",
		"No such customer: 'cus_x'",
	},
	{
		"unknown intent", "GET", intentsPath + "/pi_x", "", 404, "resource_missing", "intent",
		"No such payment_intent: 'pi_x'",
	},
	{
		"confirm unknown intent", "POST", intentsPath + "/pi_x/confirm", "", 404, "resource_missing", "intent",
		"No such payment_intent: 'pi_x'",
	},
	{"unknown charge", "GET", "/v1/charges/ch_x", "", 404, "resource_missing", "id", "No such charge: 'ch_x'"},
	{
		"unknown payment method", "GET", "/v1/payment_methods/pm_x", "", 404, "resource_missing", "payment_method",
		"No such PaymentMethod: 'pm_x'",
	},
	// docs.stripe.com/expand
	{
		"expand nothing known", "POST", intentsPath, "amount=100&currency=usd&expand[]=foo", 400, "", "",
		"This property cannot be expanded (foo).",
	},
	{
		"expand a scalar", "GET", "/v1/charges/ch_x", "expand[]=metadata", 400, "", "",
		"This property cannot be expanded (metadata).",
	},
	{
		"expand deep inside", "POST", intentsPath, "amount=100&currency=usd&expand[]=latest_charge.foo", 400, "", "",
		"This property cannot be expanded (latest_charge.foo).",
	},
	{
		"expand too deep", "POST", intentsPath, "amount=100&currency=usd&expand[]=a.b.c.d.e", 400,
		"property_expansion_max_depth", "", "You cannot expand more than 4 levels of a property. Property: a.b.c.d.e",
	},
	{
		"unknown URL", "GET", "/v1/foo", "", 404, "", "", "Unrecognized request URL (GET: /v1/foo). If you are trying to " +
			"list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid " +
			"(non-empty) identifier in your code. Please see https://stripe.com/docs or we can help at https://support.stripe.com/.",
	},
	{
		"wrong method", "DELETE", "/v1/charges/ch_x", "", 404, "", "",
		"Unrecognized request URL (DELETE: /v1/charges/ch_x). If...",
	},
	{
		"trailing slash", "GET", intentsPath + "/", "", 404, "", "",
		"Unrecognized request URL (GET: /v1/payment_intents/). If...",
	},
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("&metadata[k" + strings.Repeat("x", i%30) + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "]=v")
	}
	return b.String()
}

func TestT01_RefusalsUseStripesWords(t *testing.T) {
	t.Parallel()
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := newAPI().do(t, tt.method, tt.path, tt.form)
			if got.status != tt.status || got.text("error", "type") != "invalid_request_error" {
				t.Fatalf("got %d %s", got.status, got.raw)
			}
			if code := got.text("error", "code"); code != tt.code {
				t.Errorf("code %q, want %q", code, tt.code)
			}
			if param := got.text("error", "param"); param != tt.param {
				t.Errorf("param %q, want %q", param, tt.param)
			}
			message := got.text("error", "message")
			if begin, open := strings.CutSuffix(tt.message, "..."); open && strings.HasPrefix(message, begin) {
				return
			}
			if message != tt.message {
				t.Errorf("message %q, want %q", message, tt.message)
			}
		})
	}
}
