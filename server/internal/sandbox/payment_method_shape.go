package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

var methodRoutes = []route{
	{
		http.MethodPost, "/v1/payment_methods", "payment_method", methodCreateShape, checkMethodCreate,
		(*Sandbox).createPaymentMethod,
	},
	{
		http.MethodGet, "/v1/payment_methods", "list of payment_method", methodListShape, checkList,
		(*Sandbox).listPaymentMethods,
	},
	{http.MethodGet, "/v1/payment_methods/{id}", "payment_method", getShape, nil, (*Sandbox).getPaymentMethod},
	{
		http.MethodPost, "/v1/payment_methods/{id}", "payment_method", methodUpdateShape, nil,
		(*Sandbox).updatePaymentMethod,
	},
	{
		http.MethodPost, "/v1/payment_methods/{id}/attach", "payment_method", attachShape, nil,
		(*Sandbox).attachPaymentMethod,
	},
	{
		http.MethodPost, "/v1/payment_methods/{id}/detach", "payment_method", getShape, nil,
		(*Sandbox).detachPaymentMethod,
	},
	{http.MethodPost, "/v1/tokens", "token", tokenShape, checkToken, (*Sandbox).createToken},
	{http.MethodGet, "/v1/tokens/{id}", "token", getShape, nil, (*Sandbox).getToken},
}

// Names and lengths: spec3.json at 2023-10-16.
var (
	holderTypes  = []string{"company", "individual"}
	accountTypes = []string{"checking", "savings"}

	methodCreateShape = append(shape{
		{name: "billing_details", kind: kindHash, fields: billingShape},
		{name: "card", kind: kindHash, fields: shape{
			{name: "cvc", max: 5000},
			{name: "exp_month", kind: kindInteger},
			{name: "exp_year", kind: kindInteger},
			{name: "networks", kind: kindRefused},
			{name: "number", max: 5000},
			{name: "token", max: 5000},
		}},
		{name: "customer", max: 5000},
		expandField,
		{name: "metadata", kind: kindMetadata},
		{name: "payment_method", kind: kindRefused},
		{name: "radar_options", kind: kindHash, fields: shape{{name: "session", max: 5000}}},
		{name: "sepa_debit", kind: kindHash, fields: shape{{name: "iban", max: 5000, required: true}}},
		{name: "type", kind: kindEnum, oneOf: methodTypes, required: true},
		{name: "us_bank_account", kind: kindHash, fields: shape{
			{name: "account_holder_type", kind: kindEnum, oneOf: holderTypes},
			{name: "account_number", max: 5000, required: true},
			{name: "account_type", kind: kindEnum, oneOf: accountTypes},
			{name: "financial_connections_account", kind: kindRefused},
			{name: "routing_number", max: 5000, required: true},
		}},
	}, otherTypes()...)

	methodUpdateShape = shape{
		{name: "billing_details", kind: kindHash, fields: billingShape},
		{name: "card", kind: kindHash, fields: shape{
			{name: "exp_month", kind: kindInteger},
			{name: "exp_year", kind: kindInteger},
			{name: "networks", kind: kindRefused},
		}},
		expandField,
		{name: "link", kind: kindRefused},
		metadataField,
		{name: "us_bank_account", kind: kindHash, fields: shape{
			{name: "account_holder_type", kind: kindEnum, oneOf: holderTypes},
			{name: "account_type", kind: kindEnum, oneOf: accountTypes},
		}},
	}

	attachShape = shape{{name: "customer", max: 5000, required: true}, expandField}

	methodsOfCustomerShape = shape{
		{name: "ending_before", max: 5000},
		expandField,
		{name: "limit", kind: kindInteger},
		{name: "starting_after", max: 5000},
		{name: "type", kind: kindEnum, oneOf: methodTypes},
	}
	methodListShape = append(shape{{name: "customer", max: 5000}}, methodsOfCustomerShape...)
)

// imitatedTypes are the types of which the sandbox makes methods.
var imitatedTypes = []string{"card", "sepa_debit", "us_bank_account"}

func otherTypes() shape {
	var s shape
	for _, name := range methodTypes {
		if !slices.Contains(imitatedTypes, name) {
			s = append(s, field{name: name, kind: kindRefused})
		}
	}
	return s
}

// checkMethodCreate holds the rules across the parameters of a create (text on customer: recorded at api.stripe.com).
func checkMethodCreate(c *call) *failure {
	kind := c.text("type")
	switch {
	case c.has("customer"):
		return invalid("", "", "You cannot attach a PaymentMethod to a Customer during PaymentMethod creation. Please instead "+
			"create the PaymentMethod and then attach it using the attachment method of the PaymentMethods API.")
	case !slices.Contains(imitatedTypes, kind):
		return invalid("", "type", fmt.Sprintf("The sandbox does not imitate payment methods of the type %s.", kind))
	}
	for _, name := range imitatedTypes {
		if name != kind && c.has(name) {
			return invalid("", name, fmt.Sprintf("The parameter %s can only be used with the type %s.", name, name))
		}
	}
	if !c.has(kind) {
		return absent(kind)
	}
	if kind == "card" {
		return checkCardParams(c)
	}
	if !c.has("billing_details", "name") || c.text("billing_details", "name") == "" {
		return absent("billing_details[name]")
	}
	if kind == "sepa_debit" && c.text("billing_details", "email") == "" {
		return absent("billing_details[email]")
	}
	return nil
}

// checkCardParams wants a token, or a number with its expiry.
func checkCardParams(c *call) *failure {
	if c.has("card", "token") {
		for _, name := range []string{"number", "exp_month", "exp_year", "cvc"} {
			if c.has("card", name) {
				return invalid("parameters_exclusive", "card["+name+"]", "You may only specify one of these parameters: token, "+
					name+".")
			}
		}
		return nil
	}
	for _, name := range []string{"number", "exp_month", "exp_year"} {
		if !c.has("card", name) {
			return absent("card[" + name + "]")
		}
	}
	return nil
}

// absent is the complaint about a parameter that is required.
func absent(path string) *failure {
	return invalid("parameter_missing", path, fmt.Sprintf("Missing required param: %s.", path))
}
