package sandbox_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

const disputesPath = "/v1/disputes"

// disputed pays with a card that disputes, and gives the answer and the dispute.
func (a api) disputed(t *testing.T, card string) (paid, dispute reply) {
	t.Helper()
	paid = a.pay(t, card, "")
	paid.want(t, 200, map[string]any{"status": "succeeded"})
	return paid, a.get(t, disputesPath, "").first(t)
}

// A card of the published ones disputes what it has paid, and the money goes back; the end is up to the test.
func TestT01_Disputes(t *testing.T) {
	t.Parallel()
	const created, withdrawn = "charge.dispute.created", "charge.dispute.funds_withdrawn"
	const closed = "charge.dispute.closed"
	tests := []struct {
		card, reason, status, end string
		refundable                bool
		events                    []string
		net                       int64
	}{
		{
			"pm_card_createDispute", "fraudulent", "needs_response", "won", false,
			[]string{created, withdrawn, closed, "charge.dispute.funds_reinstated"},
			2000,
		},
		{
			"pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response", "lost", false,
			[]string{created, withdrawn, closed},
			0,
		},
		{
			"pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response", "warning_closed", true,
			[]string{created, closed},
			2000,
		},
	}
	for _, tt := range tests {
		t.Run(tt.card, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			paid, d := a.disputed(t, tt.card)
			ch, id := paid.text("latest_charge"), d.text("id")
			d.want(t, 200, map[string]any{
				"object": "dispute", "amount": 2000, "currency": "usd", "charge": ch, "payment_intent": paid.text("id"),
				"reason": tt.reason, "status": tt.status, "is_charge_refundable": tt.refundable, "created": int(start.Unix()),
				"payment_method_details.card.brand": "visa", "evidence_details.has_evidence": false,
			})
			a.get(t, chargesPath+"/"+ch, "expand[]=dispute").want(t, 200, map[string]any{
				"disputed": true, "dispute.id": id, "status": "succeeded",
			})
			refused := a.refund(t, paid.text("id"), "&amount=100")
			if tt.refundable {
				refused.want(t, 200, nil)
			} else {
				refused.want(t, 400, map[string]any{"error.code": "charge_disputed"})
			}
			a.post(t, "/_sandbox/disputes/"+id+"/close", `{"status":"over"}`).want(t, 400, nil)
			a.post(t, "/_sandbox/disputes/"+id+"/close", `{"status":"`+tt.end+`"}`).want(t, 200, map[string]any{"status": tt.end})
			a.post(t, "/_sandbox/disputes/"+id+"/close", `{"status":"`+tt.end+`"}`).want(t, 400, nil)
			a.get(t, disputesPath+"/"+id, "").want(t, 200, map[string]any{"status": tt.end})
			got := slices.DeleteFunc(a.eventTypes(t), func(kind string) bool { return len(kind) < 15 || kind[:15] != "charge.dispute." })
			if diff := cmp.Diff(tt.events, got); diff != "" {
				t.Error(diff)
			}
			net := int64(0)
			for _, e := range a.Ledger() {
				if e.Type != sandbox.MovementRefund {
					net += e.Paid()
				}
			}
			if net != tt.net {
				t.Errorf("%d was paid in the end, want %d", net, tt.net)
			}
		})
	}
	a := newAPI()
	a.post(t, "/_sandbox/disputes/dp_x/close", `{"status":"won"}`).want(t, 404, nil)
	a.get(t, disputesPath+"/dp_x", "").want(t, 404, map[string]any{"error.message": "No such dispute: 'dp_x'"})
}

// What is held is disputed once it is captured, what a bank debits once it has settled; and the bank causes it alone.
func TestT01_DisputesComeAfterTheMoney(t *testing.T) {
	t.Parallel()
	a := newAPI()
	held := a.pay(t, "pm_card_createDispute", "&capture_method=manual").text("id")
	if n := len(a.get(t, disputesPath, "").ids()); n != 0 {
		t.Errorf("%d disputes of what is only held", n)
	}
	a.capture(t, held, "amount_to_capture=700").want(t, 200, nil)
	a.get(t, disputesPath, "payment_intent="+held).first(t).want(t, 200, map[string]any{"amount": 700})
	a.get(t, eventsPath, "type=charge.dispute.created").first(t).want(t, 200, map[string]any{
		"request.id": nil, "request.idempotency_key": nil, "data.object.object": "dispute",
	})
	for _, account := range []string{"pm_disputed_de", "pm_usBankAccount_dispute"} {
		a := newAPI()
		id := a.debit(t, account).text("id")
		a.Advance(settled)
		a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "succeeded"})
		a.get(t, disputesPath, "").first(t).want(t, 200, map[string]any{
			"payment_intent": id, "reason": "debit_not_authorized", "payment_method_details": nil,
		})
	}
}

// Disputes hold to Stripe's description in every state, and Stripe's library reads them.
func TestT01_DisputesHoldToTheDescription(t *testing.T) {
	t.Parallel()
	all := answers{}
	for card, end := range map[string]string{
		"pm_card_createDispute": "won", "pm_card_createDisputeProductNotReceived": "lost",
		"pm_card_createDisputeInquiry": "warning_closed",
	} {
		a := newAPI()
		paid, d := a.disputed(t, card)
		all.keep(a.get(t, disputesPath+"/"+d.text("id"), ""), a.get(t, disputesPath+"/"+d.text("id"), "expand[]=charge.dispute&expand[]=payment_intent"),
			a.get(t, disputesPath, "charge="+paid.text("latest_charge")), a.refund(t, paid.text("id"), ""),
			a.post(t, "/_sandbox/disputes/"+d.text("id")+"/close", `{"status":"`+end+`"}`),
			a.get(t, chargesPath, "expand[]=data.dispute"))
		a.Advance(72 * time.Hour)
		all.keep(a.get(t, disputesPath+"/"+d.text("id"), ""))
		if err := newContract(t).listViolation(disputesPath, any(a.get(t, disputesPath, "").body)); err != nil {
			t.Error(err)
		}
		items, _ := d.at("balance_transactions").([]any)
		for _, item := range items {
			object, _ := item.(map[string]any)
			id, _ := object["id"].(string)
			all.keep(a.get(t, "/v1/balance_transactions/"+id, "expand[]=source"))
		}
		all.keepEvents(t, a)

		params := &stripe.DisputeParams{}
		params.Context = t.Context()
		read, err := newClient(t, a).Disputes.Get(d.text("id"), params)
		if err != nil || string(read.Status) != end || read.Charge.ID != paid.text("latest_charge") {
			t.Errorf("%+v %v", read, err)
		}
	}
	if len(all["dispute"]) < 10 || len(all["balance_transaction"]) < 2 {
		t.Errorf("%d disputes and %d balance transactions were checked", len(all["dispute"]), len(all["balance_transaction"]))
	}
	all.hold(t, "charge.refunds")
}
