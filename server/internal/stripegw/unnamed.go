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
