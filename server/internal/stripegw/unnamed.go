package stripegw

import "strings"

// unnamedParams says which parameter Stripe means where it refuses a request and names none, by a part of its text. The text
// goes no further. Where Stripe words it otherwise, no field is named, and nothing else changes.
var unnamedParams = []struct{ text, param string }{
	{"requires a mandate, but no existing mandate was found", "mandate_data"},
	// Of a method that was detached, or used up without a customer.
	{"may not be used again", "payment_method"},
	{"must save this PaymentMethod to a customer before you can update it", "payment_method"},
	{"you must provide a `return_url`", "return_url"},
	// There is nothing to charge an invoice with. The parameter is never sent: see lacksMethod of apierr.
	{"has no attached payment source or default payment method", "default_source"},
	{"no `default_payment_method` set on this Customer or Invoice", "default_source"},
	{"Cannot charge a customer that has no active card", "default_source"},
	// Of the plans of a subscription, https://docs.stripe.com/billing/subscriptions/multiple-products.
	{"Currency and interval fields must match across all plans on this subscription", "items"},
	{"Cannot add multiple subscription items with the same plan", "items"},
	{"The price specified is inactive", "items"},
	{"The price specified only supports", "items"},
	{"You cannot combine currencies on a single customer", "items"},
	{"Cannot specify proration date outside of", "proration_date"},
	{"already uses that lookup key", "lookup_key"},
}

// unnamedParam finds it, or nothing.
func unnamedParam(text string) string {
	for _, unnamed := range unnamedParams {
		if strings.Contains(text, unnamed.text) {
			return unnamed.param
		}
	}
	return ""
}
