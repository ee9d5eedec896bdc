package sandbox_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	methodsPath = "/v1/payment_methods"
	tokensPath  = "/v1/tokens"
)

// method makes a payment method and gives its id.
func (a api) method(t *testing.T, form string) string {
	t.Helper()
	got := a.post(t, methodsPath, form)
	got.want(t, 200, map[string]any{"object": "payment_method", "customer": nil})
	return got.text("id")
}

// Ways to give a card or an account to the sandbox.
const (
	typed    = "type=card&card[exp_month]=12&card[exp_year]=2030&card[cvc]=314&card[number]="
	owned    = "&billing_details[name]=Jenny+Rosen&billing_details[email]=jenny@example.com"
	achForm  = "type=us_bank_account&us_bank_account[routing_number]=110000000&us_bank_account[account_number]="
	ibanForm = "type=sepa_debit&sepa_debit[iban]="
)

// docs.stripe.com/api/payment_methods/create.
func TestT01_CreatePaymentMethod(t *testing.T) {
	t.Parallel()
	const home = "&billing_details[address][line1]=l&billing_details[address][postal_code]=p"
	tests := []struct {
		name, form string
		want       map[string]any
	}{
		{"card", typed + "4242424242424242" + owned + "&metadata[k]=v", map[string]any{
			"type": "card", "card.brand": "visa", "card.last4": "4242", "card.exp_month": 12, "card.exp_year": 2030,
			"card.checks.cvc_check": "unchecked", "card.checks.address_line1_check": nil, "card.wallet": nil,
			"billing_details.name": "Jenny Rosen", "billing_details.email": "jenny@example.com", "billing_details.phone": nil,
			"billing_details.address.city": nil, "metadata.k": "v", "us_bank_account": nil,
		}},
		{
			"card with spaces and a short year", "type=card&card[exp_month]=3&card[exp_year]=26&card[number]=4242-4242+4242+4242",
			map[string]any{"card.exp_month": 3, "card.exp_year": 2026, "card.checks.cvc_check": nil},
		},
		{"card with an address", typed + "4242424242424242" + home, map[string]any{
			"card.checks.address_line1_check": "unchecked", "card.checks.address_postal_code_check": "unchecked",
		}},
		{"card whose address is wrong", typed + "4000000000000010" + home, map[string]any{
			"card.checks.address_line1_check": "fail", "card.checks.address_postal_code_check": "fail",
		}},
		{"card whose address was not asked for", typed + "4000000000000010", map[string]any{
			"card.checks.address_line1_check": nil, "card.checks.address_postal_code_check": nil,
		}},
		{"amex", strings.Replace(typed, "314", "3141", 1) + "371449635398431", map[string]any{"card.brand": "amex"}},
		{"number without a template", typed + "2223003122003222", map[string]any{
			"card.brand": "mastercard", "card.last4": "3222",
		}},
		{"published token", "type=card&card[token]=tok_visa", map[string]any{
			"card.last4": "4242", "card.exp_year": 2027, "billing_details.name": nil,
		}},
		{"ACH", achForm + "000123456789&us_bank_account[account_holder_type]=company" +
			"&us_bank_account[account_type]=savings" + owned, map[string]any{
			"us_bank_account.last4": "6789", "us_bank_account.routing_number": "110000000",
			"us_bank_account.account_holder_type": "company", "us_bank_account.account_type": "savings",
			"us_bank_account.bank_name": "STRIPE TEST BANK", "billing_details.name": "Jenny Rosen", "card": nil,
		}},
		{"ACH, any number", achForm + "987654321" + owned, map[string]any{
			"us_bank_account.last4": "4321", "us_bank_account.account_holder_type": "individual",
			"us_bank_account.account_type": "checking",
		}},
		{"SEPA", ibanForm + "DE89+3704+0044+0532+0130+00" + owned, map[string]any{
			"sepa_debit.last4": "3000", "sepa_debit.country": "DE", "sepa_debit.bank_code": "37040044",
			"sepa_debit.branch_code": nil,
		}},
		{"SEPA, another country", ibanForm + "at611904300234573201" + owned, map[string]any{
			"sepa_debit.last4": "3201", "sepa_debit.country": "AT", "sepa_debit.bank_code": "19043",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			got := a.post(t, methodsPath, tt.form)
			got.want(t, 200, with(tt.want, "customer", nil, "livemode", false, "created", int(start.Unix())))
			a.get(t, methodsPath+"/"+got.text("id"), "").want(t, 200, tt.want)
		})
	}
}

// The same card or account has the same fingerprint, however it is given.
func TestT01_Fingerprints(t *testing.T) {
	t.Parallel()
	a := newAPI()
	mark := func(r reply) string {
		for _, kind := range []string{"card", "us_bank_account", "sepa_debit"} {
			if text := r.text(kind, "fingerprint"); text != "" {
				return text
			}
		}
		return ""
	}
	seen := map[string]bool{}
	for _, same := range [][]reply{
		{
			a.get(t, methodsPath+"/pm_card_visa", ""), a.post(t, methodsPath, typed+"4242424242424242"),
			a.post(t, methodsPath, "type=card&card[token]=tok_visa"),
		},
		{a.get(t, methodsPath+"/pm_card_mastercard", ""), a.post(t, methodsPath, typed+"5555555555554444")},
		{a.get(t, methodsPath+"/pm_usBankAccount_success", ""), a.post(t, methodsPath, achForm+"000123456789"+owned)},
		{a.post(t, methodsPath, achForm+"00123456789"+owned)},
		{a.get(t, methodsPath+"/pm_success_de", ""), a.post(t, methodsPath, ibanForm+"DE89370400440532013000"+owned)},
	} {
		first := mark(same[0])
		if len(first) != 16 || seen[first] {
			t.Errorf("fingerprint %q", first)
		}
		seen[first] = true
		for _, r := range same {
			if mark(r) != first {
				t.Errorf("%q and %q are one card", mark(r), first)
			}
		}
	}
}

// docs.stripe.com/testing, invalid data: what is wrong with a card is a card error, in the order in which it is read.
func TestT01_CardsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, number, month, year, cvc, code, param, message string }{
		{"checksum", "4242424242424241", "13", "2000", "1", "incorrect_number", "number", "Your card number is incorrect."},
		{"letters", "4242abcd42424242", "12", "2030", "", "invalid_number", "number", ""},
		{"short", "4242", "12", "2030", "", "invalid_number", "number", ""},
		{
			"month 13", "4242424242424242", "13", "2000", "1", "invalid_expiry_month", "exp_month",
			"Your card's expiration month is invalid.",
		},
		{"month 0", "4242424242424242", "0", "2030", "", "invalid_expiry_month", "exp_month", ""},
		{"last month", "4242424242424242", "2", "2026", "", "invalid_expiry_month", "exp_month", ""},
		{
			"last year", "4242424242424242", "12", "2025", "1", "invalid_expiry_year", "exp_year",
			"Your card's expiration year is invalid.",
		},
		{"short last year", "4242424242424242", "12", "25", "", "invalid_expiry_year", "exp_year", ""},
		{"next century", "4242424242424242", "12", "2099", "", "invalid_expiry_year", "exp_year", ""},
		{"two digits", "4242424242424242", "12", "2030", "99", "invalid_cvc", "cvc", "Your card's security code is invalid."},
		{"four digits", "4242424242424242", "12", "2030", "9999", "invalid_cvc", "cvc", ""},
		{"five digits", "371449635398431", "12", "2030", "99999", "invalid_cvc", "cvc", ""},
		{"letters for digits", "4242424242424242", "12", "2030", "abc", "invalid_cvc", "cvc", ""},
		{"no test card", "4111111111111111", "12", "2030", "123", "card_declined", "", "Your card was declined. Your request " +
			"was in test mode, but used a non test (live) card. For a list of valid test cards, visit: " +
			"https://stripe.com/docs/testing."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			form := "card[number]=" + tt.number + "&card[exp_month]=" + tt.month + "&card[exp_year]=" + tt.year
			if tt.cvc != "" {
				form += "&card[cvc]=" + tt.cvc
			}
			for _, got := range []reply{a.post(t, methodsPath, "type=card&"+form), a.post(t, tokensPath, form)} {
				got.want(t, 402, map[string]any{"error.type": "card_error", "error.code": tt.code})
				if got.text("error", "param") != tt.param || tt.message != "" && got.text("error", "message") != tt.message {
					t.Error(got.raw)
				}
			}
		})
	}
}

// methodRefusals are refused before anything is made.
var methodRefusals = []struct{ name, form, code, param, message string }{
	{"no type", "card[token]=tok_visa", "parameter_missing", "type", "Missing required param: type."},
	{"no card", "type=card", "parameter_missing", "card", "Missing required param: card."},
	{"no number", "type=card&card[exp_month]=1", "parameter_missing", "card[number]", "Missing required param: card[number]."},
	{"no month", "type=card&card[number]=4242424242424242&card[exp_year]=2030", "parameter_missing", "card[exp_month]", ""},
	{
		"word for a month", strings.Replace(typed, "=12", "=May", 1) + "4242424242424242", "parameter_invalid_integer",
		"card[exp_month]", "Invalid integer: May",
	},
	{"token and number", typed + "4242424242424242&card[token]=tok_visa", "parameters_exclusive", "card[number]", ""},
	{"unknown token", "type=card&card[token]=tok_x", "resource_missing", "card[token]", "No such token: 'tok_x'"},
	{"no token", "type=card&card[token]=pm_card_visa", "", "token", "Invalid token id: pm_card_visa"},
	{"customer", "type=card&card[token]=tok_visa&customer=cus_x", "", "", "You cannot attach a PaymentMethod to a Customer " +
		"during PaymentMethod creation. Please instead create the PaymentMethod and then attach it using the attachment " +
		"method of the PaymentMethods API."},
	{"another type's hash", "type=card&card[token]=tok_visa&sepa_debit[iban]=DE1", "", "sepa_debit", ""},
	{"type of others", "type=klarna", "", "type", "The sandbox does not imitate payment methods of the type klarna."},
	{"unknown type", "type=gold", "", "type", ""},
	{"country", "type=card&card[token]=tok_visa&billing_details[address][country]=JA", "", "billing_details[address][country]", ""},
	{"e-mail", "type=card&card[token]=tok_visa&billing_details[email]=me", "email_invalid", "billing_details[email]", ""},
	{
		"ACH without a name", achForm + "000123456789", "parameter_missing", "billing_details[name]",
		"Missing required param: billing_details[name].",
	},
	{
		"SEPA without an e-mail", ibanForm + "DE89370400440532013000&billing_details[name]=n", "parameter_missing",
		"billing_details[email]", "Missing required param: billing_details[email].",
	},
	{
		"SEPA without a name", ibanForm + "DE89370400440532013000&billing_details[email]=a@b.example", "parameter_missing",
		"billing_details[name]", "",
	},
	{
		"routing number of 8 digits", strings.Replace(achForm, "110000000", "11000000", 1) + "000123456789" + owned,
		"routing_number_invalid", "us_bank_account[routing_number]", "Routing number must have 9 digits",
	},
	{
		"routing number of letters", strings.Replace(achForm, "110000000", "11000000a", 1) + "000123456789" + owned,
		"routing_number_invalid", "us_bank_account[routing_number]", "",
	},
	{
		"routing number of no bank", strings.Replace(achForm, "110000000", "110000001", 1) + "000123456789" + owned,
		"routing_number_invalid", "us_bank_account[routing_number]", "",
	},
	{"short account number", achForm + "123" + owned, "account_number_invalid", "us_bank_account[account_number]", ""},
	{
		"long account number", achForm + strings.Repeat("1", 18) + owned, "account_number_invalid",
		"us_bank_account[account_number]", "",
	},
	{"account number of letters", achForm + "12345x" + owned, "account_number_invalid", "us_bank_account[account_number]", ""},
	{
		"no account number", strings.TrimSuffix(achForm, "&us_bank_account[account_number]=") + owned, "parameter_missing",
		"us_bank_account[account_number]", "",
	},
	{
		"holder type", achForm + "000123456789&us_bank_account[account_holder_type]=cat" + owned, "",
		"us_bank_account[account_holder_type]", "",
	},
	{
		"IBAN with a wrong check", ibanForm + "DE88370400440532013000" + owned, "invalid_bank_account_iban",
		"sepa_debit[iban]", "The IBAN you entered is invalid.",
	},
	{"short IBAN", ibanForm + "DE89" + owned, "invalid_bank_account_iban", "sepa_debit[iban]", ""},
	{"IBAN of signs", ibanForm + "DE89-3704-0044-0532-0130-00" + owned, "invalid_bank_account_iban", "sepa_debit[iban]", ""},
	{"metadata", "type=card&card[token]=tok_visa&metadata[" + strings.Repeat("k", 41) + "]=v", "", "", ""},
}

func TestT01_PaymentMethodsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range methodRefusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := newAPI().post(t, methodsPath, tt.form)
			got.want(t, 400, map[string]any{"error.type": "invalid_request_error"})
			if got.text("error", "code") != tt.code || got.text("error", "param") != tt.param ||
				tt.message != "" && got.text("error", "message") != tt.message {
				t.Error(got.raw)
			}
		})
	}
}

// A method changes only while it is a customer's.
func TestT01_UpdatePaymentMethod(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.customer(t, "")
	loose := a.method(t, typed+"4242424242424242"+owned+"&metadata[a]=1")
	const refused = "You must save this PaymentMethod to a customer before you can update it."
	a.post(t, methodsPath+"/"+loose, "metadata[b]=2").want(t, 400, map[string]any{"error.message": refused})
	a.post(t, methodsPath+"/"+loose+"/attach", "customer="+id).want(t, 200, nil)
	path := methodsPath + "/" + loose
	a.post(t, path, "metadata[b]=2&card[exp_month]=1&card[exp_year]=2031&billing_details[phone]=1&"+
		"billing_details[email]=&billing_details[address][city]=Bonn").want(t, 200, map[string]any{
		"metadata.a": "1", "metadata.b": "2", "card.exp_month": 1, "card.exp_year": 2031, "card.last4": "4242",
		"billing_details.name": "Jenny Rosen", "billing_details.phone": "1", "billing_details.email": nil,
		"billing_details.address.city": "Bonn", "customer": id,
	})
	a.post(t, path, "card[exp_month]=2&billing_details[address]=&metadata=").want(t, 200, map[string]any{
		"card.exp_month": 2, "card.exp_year": 2031, "billing_details.address.city": nil, "metadata.a": nil,
	})
	for form, want := range map[string]map[string]any{
		"card[exp_month]=13":                         {"error.code": "invalid_expiry_month", "error.type": "card_error"},
		"card[exp_year]=2025":                        {"error.code": "invalid_expiry_year", "error.type": "card_error"},
		"card[number]=4242424242424242":              {"error.code": "parameter_unknown"},
		"us_bank_account[account_type]=savings":      {"error.param": "us_bank_account"},
		"us_bank_account[account_holder_type]=other": {"error.param": "us_bank_account[account_holder_type]"},
		"customer=" + id:                             {"error.code": "parameter_unknown"},
	} {
		status := 400
		if want["error.type"] == "card_error" {
			status = 402
		}
		a.post(t, path, form+"&metadata[lost]=1").want(t, status, want)
	}
	a.get(t, path, "").want(t, 200, map[string]any{"metadata.lost": nil, "card.exp_month": 2})
	a.post(t, methodsPath+"/pm_x", "").want(t, 404, map[string]any{"error.code": "resource_missing"})

	bank := a.get(t, methodsPath+"/pm_usBankAccount_success", "").text("id")
	a.post(t, methodsPath+"/"+bank+"/attach", "customer="+id).want(t, 200, nil)
	a.post(t, methodsPath+"/"+bank, "us_bank_account[account_type]=savings&us_bank_account[account_holder_type]=company").want(t, 200,
		map[string]any{"us_bank_account.account_type": "savings", "us_bank_account.account_holder_type": "company"})
	a.post(t, methodsPath+"/"+bank, "card[exp_month]=1").want(t, 400, map[string]any{"error.param": "card"})
	a.post(t, methodsPath+"/"+bank+"/detach", "").want(t, 200, nil)
	a.post(t, methodsPath+"/"+bank, "metadata[b]=2").want(t, 400, map[string]any{"error.message": refused})
}

// Methods of a customer, by type, newest first; without a customer there is none to list.
func TestT01_ListPaymentMethods(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner, other := a.customer(t, ""), a.customer(t, "payment_method=pm_card_mastercard")
	ids := map[string]string{}
	for _, template := range []string{"pm_card_visa", "pm_success_de", "pm_usBankAccount_success"} {
		got := a.post(t, methodsPath+"/"+template+"/attach", "customer="+owner)
		got.want(t, 200, map[string]any{"customer": owner})
		ids[template] = got.text("id")
	}
	a.method(t, typed+"4242424242424242")
	listed := func(path, query string) []string {
		items, _ := a.get(t, path, query).at("data").([]any)
		var found []string
		for _, item := range items {
			object, _ := item.(map[string]any)
			found = append(found, reply{body: object}.text("id"))
		}
		return found
	}
	all := []string{ids["pm_usBankAccount_success"], ids["pm_success_de"], ids["pm_card_visa"]}
	for query, want := range map[string][]string{
		"": all, "type=card": all[2:], "type=sepa_debit": all[1:2], "type=link": nil, "limit=2": all[:2],
		"starting_after=" + all[0]: all[1:],
	} {
		for _, got := range [][]string{
			listed(methodsPath, "customer="+owner+"&"+query), listed(customersPath+"/"+owner+"/payment_methods", query),
		} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", query, diff)
			}
		}
	}
	if got := listed(methodsPath, "type=card"); len(got) != 0 {
		t.Errorf("%d methods of nobody", len(got))
	}
	path := customersPath + "/" + owner + "/payment_methods/"
	a.get(t, path+all[1], "expand[]=customer").want(t, 200, map[string]any{"id": all[1], "customer.id": owner})
	foreign := a.get(t, customersPath+"/"+other+"/payment_methods", "").first(t).text("id")
	for _, id := range []string{foreign, "pm_x"} {
		a.get(t, path+id, "").want(t, 404, map[string]any{
			"error.code": "resource_missing", "error.message": "No such PaymentMethod: '" + id + "'",
		})
	}
	for query, want := range map[string]map[string]any{
		"customer=cus_x":                 {"error.code": "resource_missing", "error.param": "customer"},
		"customer=" + owner + "&limit=0": {"error.param": "limit"},
		"customer=" + owner + "&type=x":  {"error.param": "type"},
		"customer=" + owner + "&starting_after=pm_x": {
			"error.code": "resource_missing", "error.param": "starting_after",
		},
	} {
		a.get(t, methodsPath, query).want(t, 400, want)
	}
	a.get(t, customersPath+"/cus_x/payment_methods", "").want(t, 404, map[string]any{"error.param": "id"})
}
