package sandbox_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

var refundForm = regexp.MustCompile(`^re_3[A-Za-z0-9]{23}$`)

// docs.stripe.com/refunds: full, partial, several, until nothing is left; the intent stays succeeded.
func TestT01_Refunds(t *testing.T) {
	t.Parallel()
	a := newAPI()
	paid := a.pay(t, "pm_card_visa", "&description=Tea&metadata[tillgate_operation]=op-pay")
	id, chargeID := paid.text("id"), paid.text("latest_charge")
	first := a.post(t, refundsPath, "charge="+chargeID+"&amount=500&reason=duplicate&metadata[k]=v&instructions_email="+
		"a@b.example&metadata[tillgate_operation]=op-refund&expand[]=balance_transaction&expand[]=charge", key("r1"))
	first.want(t, 200, map[string]any{
		"object": "refund", "amount": 500, "currency": "usd", "status": "succeeded", "reason": "duplicate", "metadata.k": "v",
		"payment_intent": id, "charge.amount_refunded": 500, "charge.refunded": false, "receipt_number": nil,
		"created": int(start.Unix()), "instructions_email": "a@b.example", "failure_reason": nil,
		"destination_details.type": "card", "destination_details.card.type": "refund",
		"destination_details.card.reference_status": "pending",
		"balance_transaction.amount":                -500, "balance_transaction.net": -500, "balance_transaction.fee": 0,
		"balance_transaction.type": "refund", "balance_transaction.description": "REFUND FOR CHARGE (Tea)",
		"balance_transaction.source": first.text("id"),
	})
	if !refundForm.MatchString(first.text("id")) || first.text("id")[3:20] != id[3:20] {
		t.Errorf("id %q", first.text("id"))
	}
	if _, has := first.body["livemode"]; has {
		t.Error("a refund has no livemode")
	}
	a.refund(t, id, "").want(t, 200, map[string]any{"amount": 1500, "reason": nil})
	a.chargeOf(t, id).want(t, 200, map[string]any{
		"amount_refunded": 2000, "refunded": true, "status": "succeeded", "refunds.total_count": 2,
	})
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "succeeded", "amount_received": 2000})
	a.refund(t, id, "&amount=1").want(t, 400, map[string]any{
		"error.code": "charge_already_refunded", "error.message": "Charge " + chargeID + " has already been refunded.",
	})
	want := []sandbox.LedgerEntry{
		{Type: "charge", Amount: 2000, Operation: "op-pay"},
		{Type: "refund", Amount: 500, Operation: "op-refund", IdempotencyKey: "r1", Refund: first.text("id")},
		{Type: "refund", Amount: 1500, Operation: "op-pay"},
	}
	for i, e := range a.Ledger() {
		got := sandbox.LedgerEntry{Type: e.Type, Amount: e.Amount, Operation: e.Operation, IdempotencyKey: e.IdempotencyKey}
		if i == 1 {
			got.Refund = e.Refund
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Error(diff)
		}
	}
	if got := a.paidFor(id); got != 0 {
		t.Errorf("the customer paid %d", got)
	}
}

// The refusals of POST /v1/refunds: docs.stripe.com/error-codes and captured messages.
func TestT01_RefundRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_visa", "").text("id")
	other := a.pay(t, "pm_card_visa", "").text("latest_charge")
	partly := a.pay(t, "pm_card_visa", "").text("id")
	a.refund(t, partly, "&amount=1500").want(t, 200, nil)
	held := a.hold(t, "").text("id")
	failed := a.pay(t, "pm_card_visa_chargeDeclined", "")
	failedIntent := failed.text("error", "payment_intent", "id")
	open := a.open(t, "").text("id")
	none := func(id string) string {
		return "This PaymentIntent (" + id + ") does not have a successful charge to refund."
	}
	tests := []struct {
		name, form           string
		status               int
		code, param, message any
	}{
		{
			"of nothing", "amount=1", 400, nil, nil,
			"One of the following params should be provided for this request: payment_intent or charge.",
		},
		{"of an unknown charge", "charge=ch_x", 404, "resource_missing", "id", "No such charge: 'ch_x'"},
		{"of an unknown intent", "payment_intent=pi_x", 400, "resource_missing", "payment_intent", "No such payment_intent: 'pi_x'"},
		{"of two that differ", "payment_intent=" + id + "&charge=" + other, 400, nil, "charge", nil},
		{
			"of zero", "payment_intent=" + id + "&amount=0", 400, "parameter_invalid_integer", "amount",
			"This value must be greater than or equal to 1.",
		},
		{
			"of less than zero", "payment_intent=" + id + "&amount=-5", 400, "parameter_invalid_integer", "amount",
			"This value must be greater than or equal to 1.",
		},
		{
			"of too much", "payment_intent=" + id + "&amount=2001", 400, nil, "amount",
			"Refund amount ($20.01) is greater than charge amount ($20.00)",
		},
		{
			"of more than is left", "payment_intent=" + partly + "&amount=501", 400, nil, "amount",
			"Refund amount ($5.01) is greater than unrefunded amount on charge ($5.00)",
		},
		{"of a hold", "payment_intent=" + held, 400, nil, nil, "This uncaptured Charge was created by a PaymentIntent (" + held +
			"). You must cancel the PaymentIntent to reverse the authorization instead of refunding the Charge directly. For " +
			"more information, see https://stripe.com/docs/payments/place-a-hold-on-a-payment-method"},
		{"of a failed charge", "charge=" + failed.text("error", "charge"), 400, nil, nil, none(failedIntent)},
		{"of a failed payment", "payment_intent=" + failedIntent, 400, nil, nil, none(failedIntent)},
		{"of an open payment", "payment_intent=" + open, 400, nil, nil, none(open)},
		{
			"for a reason of Stripe's", "payment_intent=" + id + "&reason=expired_uncaptured_charge", 400, nil, "reason",
			"Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer",
		},
		{"with an unknown parameter", "payment_intent=" + id + "&description=x", 400, "parameter_unknown", "description", nil},
		{"of what is not imitated", "payment_intent=" + id + "&reverse_transfer=true", 400, nil, "reverse_transfer", nil},
		{"to no address", "payment_intent=" + id + "&instructions_email=me", 400, "email_invalid", "instructions_email", nil},
	}
	before := len(a.Ledger())
	for _, tt := range tests {
		got := a.post(t, refundsPath, tt.form)
		got.want(t, tt.status, map[string]any{
			"error.type": "invalid_request_error", "error.code": tt.code, "error.param": tt.param,
		})
		if tt.message != nil && got.at("error", "message") != tt.message {
			t.Errorf("%s: message %q, want %q", tt.name, got.at("error", "message"), tt.message)
		}
	}
	if len(a.Ledger()) != before {
		t.Error("a refused refund moved money")
	}
	// Thousandths go back in hundredths too (docs.stripe.com/currencies).
	kwd := a.post(t, intentsPath, "amount=2000&currency=kwd&confirm=true&payment_method_types[]=card&payment_method=pm_card_visa")
	a.refund(t, kwd.text("id"), "&amount=1001").want(t, 400, map[string]any{"error.code": "parameter_invalid_integer"})
}

// docs.stripe.com/testing, refunds: the card that pends, and the card that fails.
func TestT01_AsynchronousRefunds(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_pendingRefund", "").text("id")
	re := a.refund(t, id, "&amount=700")
	re.want(t, 200, map[string]any{"status": "pending", "destination_details.card.type": "pending"})
	a.chargeOf(t, id).want(t, 200, map[string]any{"amount_refunded": 700}) // as captured of a pending refund
	a.Advance(wait)
	a.get(t, refundsPath+"/"+re.text("id"), "").want(t, 200, map[string]any{
		"status": "succeeded", "destination_details.card.type": "refund", "failure_reason": nil,
	})
	if got := a.paidFor(id); got != 1300 {
		t.Errorf("the customer paid %d", got)
	}

	id = a.pay(t, "pm_card_refundFail", "").text("id")
	re = a.refund(t, id, "")
	re.want(t, 200, map[string]any{"status": "succeeded"})
	a.chargeOf(t, id).want(t, 200, map[string]any{"refunded": true})
	a.Advance(wait)
	a.get(t, refundsPath+"/"+re.text("id"), "expand[]=failure_balance_transaction").want(t, 200, map[string]any{
		"status": "failed", "failure_reason": "expired_or_canceled_card", "failure_balance_transaction.amount": 2000,
		"failure_balance_transaction.type": "refund_failure", "balance_transaction": re.text("balance_transaction"),
	})
	a.chargeOf(t, id).want(t, 200, map[string]any{"amount_refunded": 0, "refunded": false})
	if got := a.paidFor(id); got != 2000 {
		t.Errorf("the customer paid %d after the refund failed", got)
	}
	a.refund(t, id, "").want(t, 200, nil) // the money can be given back again
}

// docs.stripe.com/api/refunds/update and .../cancel: only metadata changes, only requires_action is canceled.
func TestT01_ChangeRefunds(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_pendingRefund", "").text("id")
	re := a.refund(t, id, "&metadata[a]=1&metadata[b]=2&amount=700").text("id")
	path := refundsPath + "/" + re
	a.post(t, path, "metadata[a]=&metadata[c]=3").want(t, 200, map[string]any{
		"metadata.a": nil, "metadata.b": "2", "metadata.c": "3",
	})
	a.post(t, path, "metadata=").want(t, 200, map[string]any{"metadata.b": nil})
	a.post(t, path, "amount=5").want(t, 400, map[string]any{"error.code": "parameter_unknown"})
	a.post(t, path+"/cancel", "").want(t, 400, map[string]any{
		"error.message": "Canceling this refund is unsupported.", "error.code": nil,
	})
	a.post(t, "/_sandbox/refunds/"+re+"/require_action", "").want(t, 200, map[string]any{
		"status": "requires_action", "next_action.type": "display_details",
	})
	a.Advance(wait)
	a.get(t, path, "").want(t, 200, map[string]any{"status": "requires_action"})
	a.post(t, path+"/cancel", "", key("c")).want(t, 200, map[string]any{
		"status": "canceled", "failure_reason": "merchant_request", "next_action": nil,
	})
	a.post(t, path+"/cancel", "").want(t, 400, nil)
	a.chargeOf(t, id).want(t, 200, map[string]any{"amount_refunded": 0})
	if got := a.paidFor(id); got != 2000 {
		t.Errorf("the customer paid %d", got)
	}
	a.post(t, "/_sandbox/refunds/"+re+"/require_action", "").want(t, 409, nil)
	a.post(t, "/_sandbox/refunds/re_x/require_action", "").want(t, 404, nil)
	for _, missing := range []reply{
		a.get(t, refundsPath+"/re_x", ""), a.post(t, refundsPath+"/re_x", ""), a.post(t, refundsPath+"/re_x/cancel", ""),
	} {
		missing.want(t, 404, map[string]any{"error.code": "resource_missing", "error.message": "No such refund: 're_x'"})
	}
}

// GET /v1/balance_transactions/:id.
func TestT01_BalanceTransactions(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_visa", "").text("id")
	re := a.refund(t, id, "&amount=500")
	path := "/v1/balance_transactions/"
	a.get(t, path+a.chargeOf(t, id).text("balance_transaction", "id"), "expand[]=source.payment_intent").want(t, 200,
		map[string]any{
			"type": "charge", "amount": 2000, "net": 1912, "source.object": "charge", "source.payment_intent.id": id,
		})
	a.get(t, path+re.text("balance_transaction"), "expand[]=source.charge").want(t, 200, map[string]any{
		"type": "refund", "reporting_category": "refund", "amount": -500, "source.id": re.text("id"),
		"source.charge.amount_refunded": 500, "status": "pending",
	})
	a.get(t, path+"txn_x", "").want(t, 404, map[string]any{"error.code": "resource_missing", "error.param": "id"})
}
