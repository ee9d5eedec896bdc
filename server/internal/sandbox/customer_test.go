package sandbox_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const customersPath = "/v1/customers"

// customer makes a customer and gives its id.
func (a api) customer(t *testing.T, form string) string {
	t.Helper()
	got := a.post(t, customersPath, form)
	got.want(t, 200, map[string]any{"object": "customer"})
	return got.text("id")
}

const fullCustomer = "name=Jenny+Rosen&email=jenny.rosen@example.com&phone=%2B14155550123&description=d&balance=-100&" +
	"address[line1]=1+Main+St&address[city]=Bonn&address[country]=de&address[postal_code]=53113&shipping[name]=J&" +
	"shipping[phone]=1&shipping[address][line1]=2+Main+St&preferred_locales[]=de&preferred_locales[]=pt-BR&metadata[a]=1&" +
	"metadata[b]=2&invoice_prefix=ABC&next_invoice_sequence=7&tax_exempt=reverse&invoice_settings[footer]=f"

// docs.stripe.com/api/customers/create: what was given stands in the answer, and whatever was not is null.
func TestT01_CreateCustomer(t *testing.T) {
	t.Parallel()
	a := newAPI()
	got := a.post(t, customersPath, fullCustomer)
	got.want(t, 200, map[string]any{
		"object": "customer", "name": "Jenny Rosen", "email": "jenny.rosen@example.com", "phone": "+14155550123",
		"description": "d", "balance": -100, "address.line1": "1 Main St", "address.city": "Bonn", "address.country": "DE",
		"address.postal_code": "53113", "address.line2": nil, "shipping.name": "J", "shipping.phone": "1",
		"shipping.address.line1": "2 Main St", "metadata.a": "1", "invoice_prefix": "ABC", "next_invoice_sequence": 7,
		"tax_exempt": "reverse", "invoice_settings.footer": "f", "created": int(start.Unix()), "livemode": false,
	})
	if diff := cmp.Diff([]any{"de", "pt-BR"}, got.at("preferred_locales")); diff != "" {
		t.Error(diff)
	}
	if id := got.text("id"); !strings.HasPrefix(id, "cus_") || len(id) != len("cus_")+14 {
		t.Errorf("id %q", id)
	}
	lean := a.post(t, customersPath, "")
	lean.want(t, 200, map[string]any{
		"address": nil, "balance": 0, "currency": nil, "default_source": nil, "delinquent": false, "description": nil,
		"discount": nil, "email": nil, "invoice_settings.default_payment_method": nil, "name": nil, "phone": nil,
		"shipping": nil, "tax_exempt": "none", "test_clock": nil, "next_invoice_sequence": 1,
	})
	if locales, ok := lean.at("preferred_locales").([]any); !ok || len(locales) != 0 || len(lean.text("invoice_prefix")) != 8 {
		t.Errorf("%s", lean.raw)
	}
	a.get(t, customersPath+"/"+got.text("id"), "").want(t, 200, map[string]any{"name": "Jenny Rosen"})
}

// Fields that are not named stay as they are, also within a hash; an empty text unsets.
func TestT01_UpdateCustomer(t *testing.T) {
	t.Parallel()
	a := newAPI()
	path := customersPath + "/" + a.customer(t, fullCustomer)
	a.post(t, path, "name=New&address[city]=Ulm&shipping[name]=N&shipping[address][line1]=3&metadata[a]=&metadata[c]=3").want(t, 200,
		map[string]any{
			"name": "New", "email": "jenny.rosen@example.com", "address.city": "Ulm", "address.line1": "1 Main St",
			"shipping.name": "N", "shipping.address.line1": "3", "shipping.phone": "1", "metadata.a": nil, "metadata.b": "2",
			"metadata.c": "3", "balance": -100,
		})
	a.post(t, path, "address[line1]=&shipping[address][country]=us&shipping[name]=N").want(t, 200, map[string]any{
		"address.line1": nil, "address.city": "Ulm", "shipping.address.country": "US", "shipping.address.line1": "3",
	})
	got := a.post(t, path, "name=&email=&phone=&description=&address=&shipping=&metadata=&preferred_locales=&tax_exempt=")
	got.want(t, 200, map[string]any{
		"name": nil, "email": nil, "phone": nil, "description": nil, "address": nil, "shipping": nil, "metadata.b": nil,
		"tax_exempt": "none",
	})
	if locales, ok := got.at("preferred_locales").([]any); !ok || len(locales) != 0 {
		t.Errorf("preferred_locales %v", got.at("preferred_locales"))
	}
	a.get(t, path, "").want(t, 200, got.picked(t, "name", "email", "address"))
}

// picked gives some properties of an answer.
func (r reply) picked(t *testing.T, names ...string) map[string]any {
	t.Helper()
	some := map[string]any{}
	for _, name := range names {
		some[name] = r.body[name]
	}
	return some
}

// A deleted customer leaves a tombstone, which only GET answers with; its methods are detached.
func TestT01_DeleteCustomer(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.customer(t, "email=a@b.example&payment_method=pm_card_visa")
	kept := a.customer(t, "payment_method=pm_card_visa")
	path := customersPath + "/" + id
	pm := a.get(t, path+"/payment_methods", "").first(t).text("id")
	paid := a.pay(t, pm, "&customer="+id)
	paid.want(t, 200, nil)
	stone := map[string]any{"id": id, "object": "customer", "deleted": true}
	for _, got := range []reply{a.do(t, "DELETE", path, ""), a.get(t, path, "")} {
		if diff := cmp.Diff(stone, got.body); diff != "" || got.status != 200 {
			t.Errorf("%d: %s", got.status, diff)
		}
	}
	missing := "No such customer: '" + id + "'"
	for _, got := range []reply{
		a.do(t, "DELETE", path, ""), a.post(t, path, "name=n"), a.get(t, path+"/payment_methods", ""),
		a.get(t, path+"/payment_methods/"+pm, ""),
	} {
		got.want(t, 404, map[string]any{
			"error.code": "resource_missing", "error.param": "id", "error.message": missing,
		})
	}
	for _, got := range []reply{
		a.post(t, intentsPath, "amount=100&currency=usd&customer="+id), a.get(t, intentsPath, "customer="+id),
		a.get(t, chargesPath, "customer="+id), a.get(t, methodsPath, "customer="+id),
		a.post(t, methodsPath+"/pm_card_visa/attach", "customer="+id),
		a.post(t, intentsPath+"/"+a.open(t, "").text("id"), "customer="+id),
	} {
		got.want(t, 400, map[string]any{
			"error.code": "resource_missing", "error.param": "customer", "error.message": missing,
		})
	}
	a.get(t, methodsPath+"/"+pm, "").want(t, 200, map[string]any{"customer": nil})
	a.post(t, methodsPath+"/"+pm+"/attach", "customer="+kept).want(t, 400, nil)
	a.pay(t, pm, "").want(t, 400, nil)
	a.get(t, intentsPath+"/"+paid.text("id"), "expand[]=customer").want(t, 200, map[string]any{
		"customer.id": id, "customer.deleted": true,
	})
	list := a.all(t, customersPath)
	if len(list) != 1 || list[0].text("id") != kept {
		t.Errorf("%d customers in the list", len(list))
	}
}

// docs.stripe.com/api/customers/list: by e-mail, where case counts, and by time.
func TestT01_ListCustomers(t *testing.T) {
	t.Parallel()
	a := newAPI()
	var ids []string
	for _, email := range []string{"a@b.example", "A@b.example", "a@b.example"} {
		ids = append(ids, a.customer(t, "email="+email))
		a.clock.Advance(time.Minute)
	}
	second := strconv.FormatInt(start.Add(time.Minute).Unix(), 10)
	for query, want := range map[string][]string{
		"":                  {ids[2], ids[1], ids[0]},
		"email=a@b.example": {ids[2], ids[0]},
		"email=" + url.QueryEscape("A@b.example"):      {ids[1]},
		"email=none@b.example":                         nil,
		"created[gte]=" + second:                       {ids[2], ids[1]},
		"created=" + second:                            {ids[1]},
		"limit=1&starting_after=" + ids[2]:             {ids[1]},
		"limit=1&ending_before=" + ids[0]:              {ids[1]},
		"created[lt]=" + second + "&email=a@b.example": {ids[0]},
	} {
		items, _ := a.get(t, customersPath, query).at("data").([]any)
		var got []string
		for _, item := range items {
			object, _ := item.(map[string]any)
			got = append(got, reply{body: object}.text("id"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

// The default for invoices must be the customer's own; detaching it clears it.
func TestT01_DefaultPaymentMethod(t *testing.T) {
	t.Parallel()
	a := newAPI()
	const param = "invoice_settings[default_payment_method]"
	id := a.customer(t, "payment_method=pm_card_visa&"+param+"=pm_card_visa")
	path := customersPath + "/" + id
	got := a.get(t, path, "expand[]=invoice_settings.default_payment_method.customer")
	got.want(t, 200, map[string]any{
		"invoice_settings.default_payment_method.card.last4":  "4242",
		"invoice_settings.default_payment_method.customer.id": id,
	})
	pm := got.text("invoice_settings", "default_payment_method", "id")
	a.post(t, path, param+"=").want(t, 200, map[string]any{"invoice_settings.default_payment_method": nil})
	a.post(t, path, param+"="+pm).want(t, 200, map[string]any{"invoice_settings.default_payment_method": pm})
	other := a.get(t, customersPath+"/"+a.customer(t, "payment_method=pm_card_visa")+"/payment_methods", "").first(t).text("id")
	loose := a.get(t, methodsPath+"/pm_card_visa", "").text("id")
	for _, foreign := range []string{other, loose} {
		for _, at := range []string{path, customersPath} {
			a.post(t, at, "name=changed&"+param+"="+foreign).want(t, 400, map[string]any{
				"error.code": "resource_missing", "error.param": param,
				"error.message": "The customer does not have a payment method with the ID " + foreign +
					". The payment method must be attached to the customer.",
			})
		}
	}
	for _, unknown := range []string{"pm_x", "pm_card_visa"} {
		a.post(t, path, param+"="+unknown).want(t, 400, map[string]any{
			"error.code": "resource_missing", "error.param": param, "error.message": "No such PaymentMethod: '" + unknown + "'",
		})
	}
	a.get(t, path, "").want(t, 200, map[string]any{"name": nil, "invoice_settings.default_payment_method": pm})
	a.post(t, methodsPath+"/"+pm+"/detach", "").want(t, 200, map[string]any{"customer": nil})
	a.get(t, path, "").want(t, 200, map[string]any{"invoice_settings.default_payment_method": nil})
}

// customerRefusals are refused for what they say. Lengths: spec3.json; country: issue 1985 of stripe/stripe-ios.
var customerRefusals = []struct{ form, code, param, message string }{
	{"email=me", "email_invalid", "email", "Invalid email address: me"},
	{"email=a+b@c.example", "email_invalid", "email", "Invalid email address: a b@c.example"},
	{"email=" + strings.Repeat("a", 501) + "@example.com", "email_invalid", "email", ""},
	{"name=" + strings.Repeat("n", 257), "", "name", "Invalid string: nnnn...nnnn; must be at most 256 characters"},
	{"phone=" + strings.Repeat("1", 21), "", "phone", "Invalid string: 1111...1111; must be at most 20 characters"},
	{"description=" + strings.Repeat("d", 5001), "", "description", ""},
	{"address[country]=JA", "", "address[country]", "Country 'JA' is unknown. Try using a 2-character alphanumeric country " +
		"code instead, such as 'US', 'EG', or 'GB'. A full list of country codes is available at " +
		"https://en.wikipedia.org/wiki/ISO_3166-1_alpha-2#Officially_assigned_code_elements"},
	{"shipping[name]=n&shipping[address][country]=Germany", "", "shipping[address][country]", ""},
	{"shipping[name]=n", "parameter_missing", "shipping[address]", "Missing required param: shipping[address]."},
	{"shipping[address][city]=n", "parameter_missing", "shipping[name]", "Missing required param: shipping[name]."},
	{"address[planet]=mars", "parameter_unknown", "address[planet]", "Received unknown parameter: address[planet]"},
	{"preferred_locales[]=en&preferred_locales[]=xx", "", "preferred_locales[1]", "Invalid locale: xx"},
	{"preferred_locales[]=de-QQ", "", "preferred_locales[0]", "Invalid locale: de-QQ"},
	{"preferred_locales=de", "", "preferred_locales", "Invalid array"},
	{"tax_exempt=maybe", "", "tax_exempt", "Invalid tax_exempt: must be one of exempt, none, or reverse"},
	{"balance=much", "parameter_invalid_integer", "balance", "Invalid integer: much"},
	{"metadata[" + strings.Repeat("k", 41) + "]=v", "", "", ""},
	{"metadata[k]=" + strings.Repeat("v", 501), "", "", ""},
	{"a=b" + manyKeys(1), "parameter_unknown", "a", "Received unknown parameter: a"},
	{strings.TrimPrefix(manyKeys(51), "&"), "", "metadata", "You can only specify up to 50 metadata keys, but you passed 51."},
	{"metadata=m", "", "metadata", "Invalid object"},
	{"source=tok_visa", "", "source", "The sandbox does not imitate the parameter source."},
	{"expand[]=name", "", "", "This property cannot be expanded (name)."},
}

func TestT01_CustomersRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.customer(t, "name=old")
	for _, tt := range customerRefusals {
		for _, path := range []string{customersPath, customersPath + "/" + id} {
			got := a.post(t, path, tt.form)
			got.want(t, 400, map[string]any{"error.type": "invalid_request_error"})
			if got.text("error", "code") != tt.code || got.text("error", "param") != tt.param ||
				tt.message != "" && got.text("error", "message") != tt.message {
				t.Errorf("%s?%.60s: %s", path, tt.form, got.raw)
			}
		}
	}
	if list := a.all(t, customersPath); len(list) != 1 || list[0].text("name") != "old" {
		t.Error("a refused request left a trace")
	}
	// Only a create takes these.
	a.post(t, customersPath+"/"+id, "payment_method=pm_card_visa").want(t, 400, map[string]any{
		"error.code": "parameter_unknown",
	})
	a.post(t, customersPath, "name=").want(t, 400, map[string]any{"error.code": "parameter_invalid_empty"})
	a.get(t, customersPath, "email=me").want(t, 400, map[string]any{"error.code": "email_invalid"})
	for path, code := range map[string]int{"/cus_x": 404, "/" + id: 200} {
		a.get(t, customersPath+path, "").want(t, code, nil)
		a.post(t, customersPath+path, "").want(t, code, nil)
	}
	a.do(t, "DELETE", customersPath+"/cus_x", "").want(t, 404, map[string]any{
		"error.code": "resource_missing", "error.param": "id", "error.message": "No such customer: 'cus_x'",
	})
}

// A method that is refused makes no customer.
func TestT01_CreateCustomerWithAMethod(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.post(t, customersPath, "payment_method=pm_card_visa_chargeDeclined").want(t, 402, map[string]any{
		"error.code": "card_declined", "error.type": "card_error", "error.decline_code": "generic_decline",
	})
	a.post(t, customersPath, "payment_method=pm_x").want(t, 400, map[string]any{
		"error.code": "resource_missing", "error.param": "payment_method",
	})
	a.post(t, customersPath, "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_x").want(t, 400, nil)
	if n := len(a.all(t, customersPath)); n != 0 {
		t.Errorf("%d customers", n)
	}
	id := a.customer(t, "payment_method=pm_card_visa")
	a.get(t, customersPath+"/"+id+"/payment_methods", "").first(t).want(t, 200, map[string]any{
		"customer": id, "card.checks.cvc_check": "pass",
	})
}
