package sandbox_test

import (
	"strings"
	"testing"
)

// A mandate says how the customer agreed, and to what (docs.stripe.com/api/mandates/object).
func TestT01_Mandates(t *testing.T) {
	t.Parallel()
	a := newAPI()
	mandateOf := func(r reply) reply {
		t.Helper()
		r.want(t, 200, nil)
		got := a.get(t, "/v1/mandates/"+a.chargeOf(t, r.text("id")).text("payment_method_details", "sepa_debit", "mandate"), "")
		if err := newContract(t).violation("mandate", any(got.body)); err != nil {
			t.Errorf("%v\n%s", err, got.raw)
		}
		return got
	}
	const sepa = "amount=700&currency=eur&confirm=true&payment_method_types[]=sepa_debit&payment_method=pm_success_de"
	once := a.post(t, intentsPath, sepa+mandate+"&mandate_data[customer_acceptance][accepted_at]=1700000000")
	mandateOf(once).want(t, 200, map[string]any{
		"object": "mandate", "status": "active", "type": "single_use", "single_use.amount": 700, "single_use.currency": "eur",
		"multi_use": nil, "customer_acceptance.type": "online", "customer_acceptance.accepted_at": 1700000000,
		"customer_acceptance.online.ip_address": "127.0.0.1", "customer_acceptance.online.user_agent": "test",
		"payment_method": once.text("payment_method"), "livemode": false,
	})
	often := a.post(t, intentsPath, sepa+offlineData+"&setup_future_usage=off_session&customer="+a.customer(t, ""))
	got := mandateOf(often)
	got.want(t, 200, map[string]any{
		"type": "multi_use", "single_use": nil, "customer_acceptance.type": "offline",
		"customer_acceptance.accepted_at": int(start.Unix()), "customer_acceptance.online": nil,
	})
	if !strings.HasPrefix(got.text("id"), "mandate_1") || got.text("payment_method_details", "sepa_debit", "reference") == "" {
		t.Errorf("%s", got.raw)
	}
}

// What was saved with a mandate is debited without another, also while the customer is away; what was not, is not.
func TestT01_DebitsUnderAMandate(t *testing.T) {
	t.Parallel()
	for name, save := range map[string]func(t *testing.T, a api, owner string) string{
		"setup intent": func(t *testing.T, a api, owner string) string {
			t.Helper()
			return a.setUp(t, "us_bank_account", "pm_usBankAccount_success", mandate+owner).text("payment_method")
		},
		"setup intent with a verification": func(t *testing.T, a api, owner string) string {
			t.Helper()
			id := a.setupAccount(t, owner)
			return a.verify(t, setupsPath, id, rightAmounts).text("payment_method")
		},
		"payment": func(t *testing.T, a api, owner string) string {
			t.Helper()
			return a.payFrom(t, "pm_usBankAccount_success", owner+"&setup_future_usage=off_session").text("payment_method")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			owner := "&customer=" + a.customer(t, "")
			method := save(t, a, owner)
			a.get(t, "/v1/payment_methods/"+method, "").want(t, 200, map[string]any{"customer": owner[len("&customer="):]})
			for _, more := range []string{"", "&off_session=true", mandate} {
				got := a.post(t, intentsPath, accountPayment+method+owner+more)
				got.want(t, 200, map[string]any{"status": "processing"})
				a.Advance(settled)
				a.get(t, intentsPath+"/"+got.text("id"), "").want(t, 200, map[string]any{"status": "succeeded"})
			}
		})
	}
	a := newAPI()
	owner := "&customer=" + a.customer(t, "")
	method := a.post(t, "/v1/payment_methods/pm_usBankAccount_success/attach", owner[1:]).text("id")
	a.post(t, intentsPath, accountPayment+method+owner+"&off_session=true").want(t, 400, map[string]any{"error.code": nil})
	a.post(t, intentsPath, accountPayment+method+owner+mandate).want(t, 200, nil) // for this one payment
	a.post(t, intentsPath, accountPayment+method+owner).want(t, 400, map[string]any{"error.code": nil})
}

// A payment without setup_future_usage attaches nothing, and without a customer uses its account up.
func TestT01_DebitsThatSaveNothing(t *testing.T) {
	t.Parallel()
	a := newAPI()
	method := a.payFrom(t, "pm_usBankAccount_success", "&customer="+a.customer(t, "")).text("payment_method")
	a.get(t, "/v1/payment_methods/"+method, "").want(t, 200, map[string]any{"customer": nil})
	a.payFrom(t, method, "").want(t, 400, map[string]any{"error.code": nil})
}

// The mandate of a set-up is pending until the account is verified, and ends with it.
func TestT01_MandateOfASetup(t *testing.T) {
	t.Parallel()
	for end, status := range map[string]string{rightAmounts: "active", "descriptor_code=SM44DD": "inactive"} {
		a := newAPI()
		id := a.setupAccount(t, "&customer="+a.customer(t, ""))
		mandateID := a.get(t, setupsPath+"/"+id, "").text("mandate")
		a.get(t, "/v1/mandates/"+mandateID, "").want(t, 200, map[string]any{
			"status": "pending", "type": "multi_use", "payment_method_details.type": "us_bank_account",
		})
		a.verify(t, setupsPath, id, end)
		a.get(t, "/v1/mandates/"+mandateID, "").want(t, 200, map[string]any{"status": status})
		for _, e := range a.events(t) {
			if e["type"] == mandateUpdated {
				reply{body: e}.want(t, 0, map[string]any{
					"data.object.id": mandateID, "data.object.status": status, "data.previous_attributes.status": "pending",
				})
			}
		}
	}
}
