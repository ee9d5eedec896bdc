package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// customerAnswers are the answers about customers, payment methods and tokens, from the leanest to the fullest, by the
// schema that each must hold to.
func customerAnswers(t *testing.T) map[string][]reply {
	t.Helper()
	a := newAPI()
	all := map[string][]reply{}
	keep := func(replies ...reply) {
		t.Helper()
		for _, r := range replies {
			kind := r.text("object")
			switch {
			case r.status != http.StatusOK:
				kind = "error"
			case r.at("deleted") == true:
				kind = "deleted_customer"
			}
			all[kind] = append(all[kind], r)
		}
	}
	for _, form := range []string{"", fullCustomer, "name=n", "email=a@b.example", "payment_method=pm_card_visa"} {
		got := a.post(t, customersPath, form)
		path := customersPath + "/" + got.text("id")
		keep(got, a.get(t, path, ""), a.post(t, path, "description=d"), a.post(t, path, fullCustomer))
		for _, template := range []string{
			"pm_card_visa", "pm_card_visa_applePay", "pm_card_visa_googlePay", "pm_usBankAccount_success", "pm_success_de",
		} {
			pm := a.post(t, methodsPath+"/"+template+"/attach", "customer="+got.text("id"))
			keep(pm, a.post(t, methodsPath+"/"+pm.text("id"), "metadata[k]=v&billing_details[name]=n"),
				a.post(t, path, "invoice_settings[default_payment_method]="+pm.text("id")),
				a.get(t, path, "expand[]=invoice_settings.default_payment_method"),
				a.get(t, path+"/payment_methods/"+pm.text("id"), "expand[]=customer"),
				a.pay(t, pm.text("id"), "&expand[]=customer&expand[]=payment_method&customer="+got.text("id")))
		}
		keep(a.post(t, methodsPath+"/"+a.get(t, path, "").text("invoice_settings", "default_payment_method")+"/detach", ""))
		keep(a.do(t, http.MethodDelete, path, ""), a.get(t, path, ""), a.post(t, path, ""))
	}
	for _, form := range []string{
		typed + "4242424242424242", typed + "4000000000000010" + owned + "&billing_details[address][line1]=l&metadata[k]=v",
		"type=card&card[exp_month]=1&card[exp_year]=30&card[number]=378282246310005", "type=card&card[token]=tok_visa_applePay",
		"type=card&card[token]=tok_visa", achForm + "000123456789" + owned, achForm + "4321" + owned,
		ibanForm + "DE89370400440532013000" + owned, ibanForm + "FR1420041010050500013M02606" + owned,
	} {
		keep(a.post(t, methodsPath, form))
	}
	keep(
		a.post(t, tokensPath, "card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=2030"),
		a.post(t, tokensPath, "card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=2030&card[cvc]=123&card[name]=n&"+
			"card[address_line1]=l&card[address_zip]=z&card[address_country]=US"),
		a.get(t, tokensPath+"/tok_visa", ""), a.get(t, tokensPath+"/tok_amex", ""), a.get(t, tokensPath+"/tok_de", ""),
		a.get(t, tokensPath+"/tok_cvcCheckFail", ""), a.get(t, tokensPath+"/tok_jcb", ""),
		a.get(t, tokensPath+"/tok_mastercard", ""), a.get(t, tokensPath+"/tok_visa_googlePay", ""),
		a.get(t, tokensPath+"/tok_visa_applePay", ""),
	)
	for _, tt := range customerRefusals {
		keep(a.post(t, customersPath, tt.form))
	}
	for _, tt := range methodRefusals {
		keep(a.post(t, methodsPath, tt.form))
	}
	for _, e := range a.events(t) {
		raw, _ := json.Marshal(e)
		keep(reply{status: http.StatusOK, raw: string(raw), body: e})
		if object, ok := (reply{body: e}).at("data", "object").(map[string]any); ok {
			raw, _ = json.Marshal(object)
			keep(reply{status: http.StatusOK, raw: string(raw), body: object})
		}
	}
	return all
}

// The lists of customers and of their methods hold to Stripe's description, however much they show.
func TestT01_ListsOfCustomersHoldToTheDescription(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	a := newAPI()
	id := a.customer(t, fullCustomer+"&payment_method=pm_card_visa_applePay")
	a.customer(t, "")
	for path, query := range map[string]string{
		customersPath: "expand[]=data.invoice_settings.default_payment_method", methodsPath: "customer=" + id,
		customersPath + "/{customer}/payment_methods": "expand[]=data.customer",
	} {
		got := a.get(t, map[string]string{
			customersPath: path, methodsPath: path,
			customersPath + "/{customer}/payment_methods": customersPath + "/" + id + "/payment_methods",
		}[path], query)
		got.first(t)
		if err := c.listViolation(path, any(got.body)); err != nil {
			t.Errorf("%s violates the description: %v\n%s", path, err, got.raw)
		}
	}
}
