package stripegw

import (
	"net/url"
	"testing"
)

// TestStands: what an update sent, in the object as it is now. What can not be compared does not stand there.
func TestStands(t *testing.T) {
	const object = `{
		"amount": 1200, "currency": "usd", "description": "Order 1001", "receipt_email": null, "livemode": false,
		"customer": {"id": "cus_1", "object": "customer"}, "payment_method": "pm_1", "shipping": {"name": "Jane"},
		"payment_method_types": ["card", "link"], "preferred_locales": [], "statement_descriptor": "", "big": 12345678901234567890,
		"metadata": {"order": "1001", "0": "zero", "a.b": "dotted"}
	}`
	for _, tt := range []struct {
		name, form string
		want       bool
	}{
		{"a number", "amount=1200", true},
		{"another number", "amount=1201", false},
		{"a number beyond a float", "big=12345678901234567890", true},
		{"a text", "description=Order+1001", true},
		{"another text", "description=Order+1002", false},
		{"false", "livemode=false", true},
		{"true", "livemode=true", false},
		{"all", "expand[0]=latest_charge&amount=1200&currency=usd&description=Order+1001", true},
		{"all but one", "amount=1200&currency=eur", false},
		{"only what is expanded", "expand[0]=latest_charge", false},
		{"nothing", "", false},
		{"an expanded object", "customer=cus_1", true},
		{"another object", "customer=cus_2", false},
		{"an id", "payment_method=pm_1", true},
		{"cleared, and null", "receipt_email=", true},
		{"cleared, and empty", "statement_descriptor=", true},
		{"cleared, and absent", "setup_future_usage=", true},
		{"cleared, and still there", "description=", false},
		{"set, and absent", "setup_future_usage=on_session", false},
		{"set, and null", "receipt_email=null", false},
		{"a pair", "metadata[order]=1001", true},
		{"another pair", "metadata[order]=1002", false},
		{"a pair that is gone", "metadata[old]=", true},
		{"a pair that is not", "metadata[order]=", false},
		{"a pair with a number for a name", "metadata[0]=zero", true},
		{"a pair with a dot", "metadata[a.b]=dotted", true},
		{"a pair with brackets", "metadata[a[b]]=", false},
		{"a list", "payment_method_types[0]=card&payment_method_types[1]=link", true},
		{"a list in another order", "payment_method_types[0]=link&payment_method_types[1]=card", false},
		{"a shorter list", "payment_method_types[0]=card", false},
		{"a longer list", "payment_method_types[0]=card&payment_method_types[1]=link&payment_method_types[2]=x", false},
		{"a list as a text", "payment_method_types=card", false},
		{"an index below 0", "payment_method_types[-1]=", true},
		{"an empty list", "preferred_locales=", true},
		{"a list that is not empty", "payment_method_types=", false},
		{"an object within", "shipping[name]=Jane", true},
		{"an object without an id", "shipping=Jane", false},
		{"beyond a text", "description[x]=y", false},
		{"twice", "amount=1200&amount=1200", false},
		{"a bracket that stays open", "metadata[order=1001", false},
		{"an empty bracket", "metadata[]=1001", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form, err := url.ParseQuery(tt.form)
			if err != nil {
				t.Fatal(err)
			}
			if got := stands(form, []byte(object)); got != tt.want {
				t.Errorf("stands = %t, want %t", got, tt.want)
			}
		})
	}
	const stub = `{"id":"cus_1","object":"customer","deleted":true}`
	if stands(url.Values{"description": {""}}, []byte(stub)) {
		t.Error("what was to be cleared stands in what is left of a deleted object")
	}
	for _, body := range []string{"", "<html>", "[]", "null", `"text"`} {
		if stands(url.Values{"amount": {"1"}}, []byte(body)) {
			t.Errorf("an amount stands in %q", body)
		}
	}
}

// TestDeletedAndDetached: what is gone, and what belongs to nobody any more.
func TestDeletedAndDetached(t *testing.T) {
	for body, want := range map[string]struct{ deleted, detached bool }{
		`{"id":"cus_1","object":"customer","deleted":true}`:          {true, false},
		`{"id":"cus_1","object":"customer","deleted":false}`:         {},
		`{"id":"cus_1","object":"customer"}`:                         {},
		`{"object":"customer","deleted":true}`:                       {},
		`{"id":"pm_1","object":"payment_method","customer":null}`:    {false, true},
		`{"id":"pm_1","object":"payment_method","customer":"cus_1"}`: {},
		`{"id":"pm_1","object":"payment_method","customer":""}`:      {},
		`{"id":"pm_1","object":"payment_method"}`:                    {},
		`{"id":"pi_1","object":"payment_intent","customer":null}`:    {},
		`<html>`: {},
	} {
		if got := deleted(nil, []byte(body)); got != want.deleted {
			t.Errorf("deleted(%s) = %t", body, got)
		}
		if got := detached(nil, []byte(body)); got != want.detached {
			t.Errorf("detached(%s) = %t", body, got)
		}
	}
}

// TestCaptured: a capture that shows in the payment.
func TestCaptured(t *testing.T) {
	for _, tt := range []struct {
		name, form, body string
		want             bool
	}{
		{"all", "", `{"capture_method":"manual","status":"succeeded","amount_received":1000}`, true},
		{"the part", "amount_to_capture=400", `{"capture_method":"manual","status":"succeeded","amount_received":400}`, true},
		{"the last part", "amount_to_capture=400&final_capture=true", `{"capture_method":"manual","status":"succeeded","amount_received":400}`, true},
		{"another part", "amount_to_capture=400", `{"capture_method":"manual","status":"succeeded","amount_received":1000}`, false},
		{
			"not the last part", "amount_to_capture=400&final_capture=false",
			`{"capture_method":"manual","status":"succeeded","amount_received":400}`, false,
		},
		{"paid without one", "", `{"capture_method":"automatic","status":"succeeded","amount_received":1000}`, false},
		{"still held", "", `{"capture_method":"manual","status":"requires_capture","amount_received":0}`, false},
		{"canceled", "", `{"capture_method":"manual","status":"canceled","amount_received":0}`, false},
		{"no amount", "", `{"capture_method":"manual","status":"succeeded"}`, false},
		{"no JSON", "", `<html>`, false},
	} {
		form, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		if got := captured(form, []byte(tt.body)); got != tt.want {
			t.Errorf("%s: captured = %t, want %t", tt.name, got, tt.want)
		}
	}
}

// TestConfirmed: a confirm with a method of its own shows in that method alone; who named a test method, or none, is told by
// the state.
func TestConfirmed(t *testing.T) {
	done := confirmed("succeeded", "requires_action")
	for _, tt := range []struct {
		name, form, body string
		want             bool
	}{
		{"its method", "payment_method=pm_1A", `{"status": "succeeded", "payment_method": "pm_1A"}`, true},
		{"its method, expanded", "payment_method=pm_1A", `{"status": "succeeded", "payment_method": {"id": "pm_1A"}}`, true},
		{"another's", "payment_method=pm_1A", `{"status": "requires_action", "payment_method": "pm_1B"}`, false},
		{"no method any more", "payment_method=pm_1A", `{"status": "requires_action", "payment_method": null}`, false},
		{"another state", "payment_method=pm_1A", `{"status": "canceled", "payment_method": "pm_1A"}`, false},
		{"a template", "payment_method=pm_card_visa", `{"status": "succeeded", "payment_method": "pm_1B"}`, true},
		{"none named", "off_session=true", `{"status": "succeeded", "payment_method": "pm_1B"}`, true},
		{"no object", "payment_method=pm_1A", `[]`, false},
	} {
		form, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		if got := done(form, []byte(tt.body)); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}
