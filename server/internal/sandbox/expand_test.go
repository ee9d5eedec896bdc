package sandbox_test

import "testing"

// docs.stripe.com/expand: dotted paths, at most four levels, numbered or not, in the query of a GET.
func TestT01_Expand(t *testing.T) {
	t.Parallel()
	a := newAPI()
	paid := a.pay(t, "pm_card_visa", "")
	id, chargeID := paid.text("id"), paid.text("latest_charge")
	tests := []struct {
		name, path, query string
		want              map[string]any
	}{
		{"nothing", intentsPath + "/" + id, "", map[string]any{"latest_charge": chargeID, "customer": nil}},
		{"one", intentsPath + "/" + id, "expand[]=latest_charge", map[string]any{
			"latest_charge.id": chargeID, "latest_charge.payment_intent": id,
		}},
		{"numbered", intentsPath + "/" + id, "expand[0]=latest_charge&expand[1]=payment_method", map[string]any{
			"latest_charge.id": chargeID, "payment_method.object": "payment_method",
		}},
		{"two levels", intentsPath + "/" + id, "expand[]=latest_charge.balance_transaction", map[string]any{
			"latest_charge.balance_transaction.object": "balance_transaction",
			"latest_charge.balance_transaction.source": chargeID,
		}},
		{
			"four levels", intentsPath + "/" + id, "expand[]=latest_charge.payment_intent.latest_charge.balance_transaction",
			map[string]any{
				"latest_charge.payment_intent.latest_charge.balance_transaction.object": "balance_transaction",
				"latest_charge.payment_intent.latest_charge.payment_intent":             id,
			},
		},
		{
			"two paths through one", intentsPath + "/" + id,
			"expand[]=latest_charge.balance_transaction&expand[]=latest_charge.payment_intent",
			map[string]any{
				"latest_charge.balance_transaction.object": "balance_transaction", "latest_charge.payment_intent.id": id,
			},
		},
		{"null stays null", intentsPath + "/" + id, "expand[]=customer&expand[]=review&expand[]=application.foo", map[string]any{
			"customer": nil, "review": nil, "invoice": nil, "application": nil,
		}},
		{"refunds of a charge", "/v1/charges/" + chargeID, "expand[]=refunds", map[string]any{
			"refunds.object": "list", "refunds.has_more": false, "refunds.url": "/v1/charges/" + chargeID + "/refunds",
		}},
		{"back from a charge", "/v1/charges/" + chargeID, "expand[]=payment_intent.payment_method", map[string]any{
			"payment_intent.payment_method.card.last4": "4242", "payment_method": paid.text("payment_method"),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a.get(t, tt.path, tt.query).want(t, 200, tt.want)
			// What was expanded for one caller is not expanded for the next.
			a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"latest_charge": chargeID})
		})
	}
	// A path that can not be expanded is refused before anything happens.
	before := len(a.Ledger())
	a.pay(t, "pm_card_visa", "&expand[]=latest_charge.foo").want(t, 400, nil)
	if len(a.Ledger()) != before {
		t.Error("a payment was made although the answer was a refusal")
	}
}
