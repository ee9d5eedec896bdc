package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// setupRoutes are those of setup intents, of the verification of bank accounts, and of mandates.
var setupRoutes = []route{
	{
		http.MethodPost, "/v1/setup_intents", "setup_intent", setupCreateShape, checkSetupCreate,
		(*Sandbox).createSetupIntent,
	},
	{
		http.MethodGet, "/v1/setup_intents", "list of setup_intent", setupListShape, checkList,
		(*Sandbox).listSetupIntents,
	},
	{http.MethodGet, "/v1/setup_intents/{id}", "setup_intent", getIntentShape, nil, (*Sandbox).getSetupIntent},
	{
		http.MethodPost, "/v1/setup_intents/{id}", "setup_intent", setupUpdateShape, checkSetupTypes,
		(*Sandbox).updateSetupIntent,
	},
	{
		http.MethodPost, "/v1/setup_intents/{id}/confirm", "setup_intent", setupConfirmShape, checkMandate,
		(*Sandbox).confirmSetupIntent,
	},
	{
		http.MethodPost, "/v1/setup_intents/{id}/cancel", "setup_intent", setupCancelShape, nil,
		(*Sandbox).cancelSetupIntent,
	},
	{
		http.MethodPost, "/v1/setup_intents/{id}/verify_microdeposits", "setup_intent", depositsShape, checkDeposits,
		(*Sandbox).verifySetupIntent,
	},
	{
		http.MethodPost, "/v1/payment_intents/{id}/verify_microdeposits", "payment_intent", depositsShape, checkDeposits,
		(*Sandbox).verifyPaymentIntent,
	},
	{http.MethodGet, "/v1/mandates/{id}", "mandate", getShape, nil, (*Sandbox).getMandate},
}

// Names and lengths: spec3.json at 2023-10-16.
var (
	setupOptionsField = field{name: "payment_method_options", kind: kindHash, fields: shape{
		{name: "card", kind: kindHash, fields: shape{
			{name: "mandate_options", kind: kindRefused},
			{name: "network", kind: kindEnum, oneOf: cardNetworks},
			{name: "request_three_d_secure", kind: kindEnum, oneOf: []string{"any", "automatic", "challenge"}},
			{name: "three_d_secure", kind: kindRefused},
		}},
		{name: "us_bank_account", kind: kindHash, fields: usDebitsShape},
		{name: "acss_debit", kind: kindRefused},
		{name: "link", kind: kindRefused},
		{name: "paypal", kind: kindRefused},
		{name: "sepa_debit", kind: kindRefused},
	}}

	setupCreateShape = shape{
		{name: "attach_to_self", kind: kindRefused},
		{name: "automatic_payment_methods", kind: kindHash, fields: shape{
			{name: "enabled", kind: kindBoolean, required: true},
			{name: "allow_redirects", kind: kindEnum, oneOf: []string{redirectsAllow, "never"}},
		}},
		{name: "confirm", kind: kindBoolean},
		{name: "customer", max: 5000},
		{name: "description", max: 1000},
		expandField,
		{name: "flow_directions", kind: kindRefused},
		mandateField,
		{name: "metadata", kind: kindMetadata},
		{name: "on_behalf_of", kind: kindRefused},
		{name: "payment_method", max: 5000},
		{name: "payment_method_configuration", kind: kindRefused},
		{name: "payment_method_data", kind: kindRefused},
		setupOptionsField,
		{name: "payment_method_types", kind: kindList},
		{name: "return_url", kind: kindURL},
		{name: "single_use", kind: kindRefused},
		{name: "usage", kind: kindEnum, oneOf: futureUsages},
		{name: "use_stripe_sdk", kind: kindBoolean},
	}

	setupUpdateShape = shape{
		{name: "attach_to_self", kind: kindRefused},
		{name: "customer", max: 5000},
		{name: "description", max: 1000, unset: true},
		expandField,
		{name: "flow_directions", kind: kindRefused},
		metadataField,
		{name: "payment_method", max: 5000},
		{name: "payment_method_configuration", kind: kindRefused},
		{name: "payment_method_data", kind: kindRefused},
		setupOptionsField,
		{name: "payment_method_types", kind: kindList},
	}

	setupConfirmShape = shape{
		{name: "client_secret", max: 5000},
		expandField,
		mandateField,
		{name: "payment_method", max: 5000},
		{name: "payment_method_data", kind: kindRefused},
		setupOptionsField,
		{name: "return_url", kind: kindURL},
		{name: "use_stripe_sdk", kind: kindBoolean},
	}

	setupCancelShape = shape{
		{
			name: "cancellation_reason", kind: kindEnum, max: 5000,
			oneOf: []string{"abandoned", "duplicate", "requested_by_customer"},
		},
		expandField,
	}

	setupListShape = listShape(
		field{name: "attach_to_self", kind: kindRefused}, field{name: "customer", max: 5000},
		field{name: "payment_method", max: 5000},
	)
)

// checkSetupCreate holds the rules across the parameters of a create.
func checkSetupCreate(c *call) *failure {
	if c.has("automatic_payment_methods") && c.has("payment_method_types") {
		return invalid("", "automatic_payment_methods",
			"You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
	}
	if !c.flag("confirm") {
		for _, name := range []string{"mandate_data", "return_url", "use_stripe_sdk"} {
			if c.has(name) {
				return invalid("", name, fmt.Sprintf("The parameter `%s` can only be used with `confirm=true`.", name))
			}
		}
	}
	return checkSetupTypes(c)
}

func checkSetupTypes(c *call) *failure {
	types := c.params.get("payment_method_types")
	if types == nil {
		return checkMandate(c)
	}
	for _, word := range listed(types) {
		if !slices.Contains(methodTypes, word) {
			return invalid("setup_intent_invalid_parameter", "payment_method_types", unknownType(word))
		}
	}
	return checkMandate(c)
}
