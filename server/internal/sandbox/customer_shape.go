package sandbox

import "net/http"

var customerRoutes = []route{
	{http.MethodPost, "/v1/customers", "customer", customerCreateShape, checkLocales, (*Sandbox).createCustomer},
	{http.MethodGet, "/v1/customers", "list of customer", customerListShape, checkList, (*Sandbox).listCustomers},
	{http.MethodGet, "/v1/customers/{id}", "customer", getShape, nil, (*Sandbox).getCustomer},
	{http.MethodPost, "/v1/customers/{id}", "customer", customerUpdateShape, checkLocales, (*Sandbox).updateCustomer},
	{http.MethodDelete, "/v1/customers/{id}", "customer", shape{}, nil, (*Sandbox).deleteCustomer},
	{
		http.MethodGet, "/v1/customers/{id}/payment_methods", "list of payment_method", methodsOfCustomerShape, checkList,
		(*Sandbox).listMethodsOfCustomer,
	},
	{
		http.MethodGet, "/v1/customers/{id}/payment_methods/{below}", "payment_method", getShape, nil,
		(*Sandbox).getMethodOfCustomer,
	},
}

// Lengths and names: spec3.json at 2023-10-16. An update may empty what a create can only leave out.
var (
	customerCreateShape = append(customerShape(false),
		field{name: "payment_method", max: 5000}, field{name: "tax_id_data", kind: kindRefused},
		field{name: "test_clock", max: 5000},
	)
	customerUpdateShape = append(customerShape(true),
		field{name: "bank_account", kind: kindRefused}, field{name: "card", kind: kindRefused},
		field{name: "default_alipay_account", kind: kindRefused}, field{name: "default_bank_account", kind: kindRefused},
		field{name: "default_card", kind: kindRefused}, field{name: "default_source", kind: kindRefused},
	)
	customerListShape = listShape(
		field{name: "email", kind: kindEmail, max: 512}, field{name: "test_clock", max: 5000},
	)
)

func customerShape(unset bool) shape {
	return shape{
		{name: "address", kind: kindHash, unset: true, fields: addressShape},
		{name: "balance", kind: kindInteger},
		{name: "cash_balance", kind: kindRefused},
		{name: "coupon", kind: kindRefused},
		{name: "description", max: 5000, unset: unset},
		{name: "email", kind: kindEmail, max: 512, unset: unset},
		expandField,
		{name: "invoice_prefix", max: 12},
		{name: "invoice_settings", kind: kindHash, fields: shape{
			{name: "custom_fields", kind: kindRefused},
			{name: "default_payment_method", max: 5000, unset: true},
			{name: "footer", max: 5000, unset: true},
			{name: "rendering_options", kind: kindRefused},
		}},
		metadataField,
		{name: "name", max: 256, unset: unset},
		{name: "next_invoice_sequence", kind: kindInteger},
		{name: "phone", max: 20, unset: unset},
		{name: "preferred_locales", kind: kindList, unset: true},
		{name: "promotion_code", kind: kindRefused},
		{name: "shipping", kind: kindHash, unset: true, fields: shape{
			{name: "address", kind: kindHash, required: true, fields: addressShape},
			{name: "name", max: 5000, required: true},
			{name: "phone", max: 5000, unset: true},
		}},
		{name: "source", kind: kindRefused},
		{name: "tax", kind: kindRefused},
		{name: "tax_exempt", kind: kindEnum, oneOf: []string{"exempt", "none", "reverse"}, unset: true},
	}
}
