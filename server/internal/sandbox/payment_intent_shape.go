package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

var (
	captureMethods = []string{"automatic", "automatic_async", captureManual}
	futureUsages   = []string{"off_session", "on_session"}
)

// expandField may be empty: a library sends an empty list as an empty text.
var expandField = field{name: "expand", kind: kindList, unset: true}

// getShape is what every GET of one object takes.
var getShape = shape{expandField}

var getIntentShape = shape{{name: "client_secret", max: 5000}, expandField}

var createShape = shape{
	{name: "amount", kind: kindInteger, required: true},
	{name: "currency", kind: kindCurrency, required: true},
	{name: "application_fee_amount", kind: kindRefused},
	{name: "automatic_payment_methods", kind: kindHash, fields: shape{
		{name: "enabled", kind: kindBoolean, required: true},
		{name: "allow_redirects", kind: kindEnum, oneOf: []string{redirectsAllow, "never"}},
	}},
	{name: "capture_method", kind: kindEnum, oneOf: captureMethods},
	{name: "confirm", kind: kindBoolean},
	{name: "confirmation_method", kind: kindEnum, oneOf: []string{"automatic", "manual"}},
	{name: "customer", max: 5000},
	{name: "description", max: 1000},
	{name: "error_on_requires_action", kind: kindBoolean},
	expandField,
	{name: "mandate", kind: kindRefused},
	mandateField,
	{name: "metadata", kind: kindMetadata},
	{name: "off_session", kind: kindOffSession},
	{name: "on_behalf_of", kind: kindRefused},
	{name: "payment_method", max: 5000},
	{name: "payment_method_configuration", kind: kindRefused},
	{name: "payment_method_data", kind: kindRefused},
	{name: "payment_method_options", kind: kindHash, fields: methodOptionsShape},
	{name: "payment_method_types", kind: kindList},
	{name: "radar_options", kind: kindHash, fields: shape{{name: "session", max: 5000}}},
	{name: "receipt_email", kind: kindEmail},
	{name: "return_url", kind: kindURL},
	{name: "setup_future_usage", kind: kindEnum, oneOf: futureUsages},
	{name: "shipping", kind: kindHash, fields: shippingShape},
	{name: "statement_descriptor", max: 22},
	{name: "statement_descriptor_suffix", max: 22},
	{name: "transfer_data", kind: kindRefused},
	{name: "transfer_group"},
	{name: "use_stripe_sdk", kind: kindBoolean},
}

var confirmShape = shape{
	{name: "capture_method", kind: kindEnum, oneOf: captureMethods},
	{name: "client_secret", max: 5000},
	{name: "error_on_requires_action", kind: kindBoolean},
	expandField,
	{name: "mandate", kind: kindRefused},
	mandateField,
	{name: "off_session", kind: kindOffSession},
	{name: "payment_method", max: 5000},
	{name: "payment_method_data", kind: kindRefused},
	{name: "payment_method_options", kind: kindHash, fields: methodOptionsShape},
	{name: "payment_method_types", kind: kindList},
	{name: "radar_options", kind: kindHash, fields: shape{{name: "session", max: 5000}}},
	{name: "receipt_email", kind: kindEmail, unset: true},
	{name: "return_url", kind: kindURL},
	{name: "setup_future_usage", kind: kindEnum, oneOf: futureUsages, unset: true},
	{name: "shipping", kind: kindHash, fields: shippingShape, unset: true},
	{name: "use_stripe_sdk", kind: kindBoolean},
}

var shippingShape = shape{
	{name: "address", kind: kindHash, required: true, fields: shape{
		{name: "city", max: 5000, unset: true},
		{name: "country", max: 5000, unset: true},
		{name: "line1", max: 5000, unset: true},
		{name: "line2", max: 5000, unset: true},
		{name: "postal_code", max: 5000, unset: true},
		{name: "state", max: 5000, unset: true},
	}},
	{name: "name", max: 5000, required: true},
	{name: "carrier", max: 5000, unset: true},
	{name: "phone", max: 5000, unset: true},
	{name: "tracking_number", max: 5000, unset: true},
}

// methodOptionsShape holds the types of the published description; of a card's options, those that change an answer.
var methodOptionsShape = append(shape{
	{name: "card", kind: kindHash, unset: true, fields: shape{
		{name: "capture_method", kind: kindEnum, oneOf: []string{captureManual}, unset: true},
		{name: "cvc_token", kind: kindRefused},
		{name: "installments", kind: kindRefused},
		{name: "mandate_options", kind: kindRefused},
		{name: "network", kind: kindEnum, oneOf: cardNetworks},
		{name: "request_extended_authorization", kind: kindRefused},
		{name: "request_incremental_authorization", kind: kindRefused},
		{name: "request_multicapture", kind: kindRefused},
		{name: "request_overcapture", kind: kindRefused},
		{name: "request_three_d_secure", kind: kindEnum, oneOf: []string{"any", "automatic", "challenge"}},
		{name: "require_cvc_recollection", kind: kindRefused},
		{name: "setup_future_usage", kind: kindEnum, oneOf: []string{"none", "off_session", "on_session"}, unset: true},
		{name: "statement_descriptor_suffix_kana", kind: kindRefused},
		{name: "statement_descriptor_suffix_kanji", kind: kindRefused},
		{name: "three_d_secure", kind: kindRefused},
	}},
	{name: "us_bank_account", kind: kindHash, unset: true, fields: slices.Concat(usDebitsShape, shape{
		{name: "preferred_settlement_speed", kind: kindRefused},
		{name: "setup_future_usage", kind: kindRefused},
	})},
}, refusedOptions()...)

// usDebitsShape holds what the options of a payment and of a setup intent have in common.
var usDebitsShape = shape{
	{name: "financial_connections", kind: kindRefused},
	{name: "mandate_options", kind: kindRefused},
	{name: "networks", kind: kindRefused},
	{name: "verification_method", kind: kindEnum, oneOf: []string{"automatic", verifyInstantly, "microdeposits"}},
}

var cardNetworks = []string{
	"amex", "cartes_bancaires", "diners", "discover", "eftpos_au", "interac", "jcb", "mastercard", "unionpay",
	"unknown", "visa",
}

func refusedOptions() shape {
	var s shape
	for _, name := range methodTypes {
		if name != "card" && name != "us_bank_account" {
			s = append(s, field{name: name, kind: kindRefused})
		}
	}
	return s
}

var methodTypes = []string{
	"acss_debit", "affirm", "afterpay_clearpay", "alipay", "au_becs_debit", "bacs_debit", "bancontact", "blik", "boleto",
	"card", "card_present", "cashapp", "customer_balance", "eps", "fpx", "giropay", "grabpay", "ideal",
	"interac_present", "klarna", "konbini", "link", "oxxo", "p24", "paynow", "paypal", "pix", "promptpay",
	"revolut_pay", "sepa_debit", "sofort", "swish", "us_bank_account", "wechat_pay", "zip",
}

// checkCreate holds the rules across the parameters of a create.
func checkCreate(c *call) *failure {
	amount, _ := parseInteger(c.text("amount"))
	if f := checkAmount(amount, strings.ToLower(c.text("currency"))); f != nil {
		return f
	}
	for _, other := range []string{"confirmation_method", "payment_method_types"} {
		if c.has("automatic_payment_methods") && c.has(other) {
			return invalid("", "automatic_payment_methods",
				fmt.Sprintf("You may only specify one of these parameters: automatic_payment_methods, %s.", other))
		}
	}
	if !c.flag("confirm") {
		for _, name := range []string{"error_on_requires_action", "mandate_data", "off_session", "return_url", "use_stripe_sdk"} {
			if c.has(name) {
				return invalid("", name, fmt.Sprintf("The parameter `%s` can only be used with `confirm=true`.", name))
			}
		}
	}
	return checkMethodTypes(c)
}

func checkConfirm(c *call) *failure { return checkMethodTypes(c) }

func checkMethodTypes(c *call) *failure {
	types := c.params.get("payment_method_types")
	if types == nil {
		return checkMandate(c)
	}
	for _, name := range types.names {
		if word := types.kids[name].text; !slices.Contains(methodTypes, word) {
			return invalid("payment_intent_invalid_parameter", "payment_method_types", unknownType(word))
		}
	}
	return checkMandate(c)
}

func unknownType(word string) string {
	return fmt.Sprintf("The payment method type %q is invalid. Please ensure the provided type is activated in your "+
		"dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview "+
		"features that you are trying to use. See "+
		"https://stripe.com/docs/payments/payment-methods/integration-options for supported payment method, currency, and "+
		"country combinations.", word)
}
