package sandbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// docs.stripe.com/payments/place-a-hold-on-a-payment-method: a part may be captured, once, and the rest is released.
func TestT01_CaptureAPart(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.hold(t, "").text("id")
	a.capture(t, id, "amount_to_capture=700&metadata[k]=v&statement_descriptor_suffix=TEA&final_capture=true").want(t, 200,
		map[string]any{"amount": 2000, "amount_received": 700, "amount_capturable": 0, "metadata.k": "v"})
	ch := a.chargeOf(t, id)
	ch.want(t, 200, map[string]any{"refunds.total_count": 1, "calculated_statement_descriptor": "TILLGATE* TEA"})
	released := a.get(t, refundsPath, "charge="+ch.text("id")).first(t)
	released.want(t, 200, map[string]any{
		"amount": 1300, "status": "succeeded", "balance_transaction": nil, "reason": nil,
		"destination_details.card.type": "reversal",
	})
	want := []sandbox.LedgerEntry{
		{Type: sandbox.MovementAuthorize, Amount: 2000},
		{Type: sandbox.MovementCapture, Amount: 700},
		{Type: sandbox.MovementRelease, Amount: 1300},
	}
	if diff := cmp.Diff(want, a.movements(id)); diff != "" {
		t.Error(diff)
	}
	if got := a.paidFor(id); got != 700 {
		t.Errorf("the customer paid %d, want 700", got)
	}
	// What was captured can be refunded, and not a cent more.
	a.refund(t, id, "&amount=701").want(t, 400, map[string]any{
		"error.message": "Refund amount ($7.01) is greater than unrefunded amount on charge ($7.00)", "error.param": "amount",
	})
	a.refund(t, id, "").want(t, 200, map[string]any{"amount": 700})
	a.chargeOf(t, id).want(t, 200, map[string]any{"amount_refunded": 2000, "refunded": true})
	if got := a.paidFor(id); got != 0 {
		t.Errorf("the customer paid %d after the refund", got)
	}
}

// first gives the first object of a list, as if it had been answered alone.
func (r reply) first(t *testing.T) reply {
	t.Helper()
	items, _ := r.at("data").([]any)
	if len(items) == 0 {
		t.Fatalf("an empty list: %s", r.raw)
	}
	body, _ := items[0].(map[string]any)
	return reply{status: r.status, header: r.header, raw: r.raw, body: body}
}

// docs.stripe.com/error-codes, payment_intent_unexpected_state and amount_too_large.
func TestT01_CaptureRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	held := a.hold(t, "").text("id")
	partly := a.hold(t, "").text("id")
	a.capture(t, partly, "amount_to_capture=1").want(t, 200, nil)
	canceled := a.hold(t, "").text("id")
	a.cancel(t, canceled, "").want(t, 200, nil)
	const state = "payment_intent_unexpected_state"
	wrong := func(status string) string {
		return "This PaymentIntent could not be captured because it has a status of " + status + ". Only a PaymentIntent " +
			"with one of the following statuses may be captured: requires_capture."
	}
	tests := []struct {
		name, id, form       string
		code, param, message any
	}{
		{
			"paid at once", a.pay(t, "pm_card_visa", "").text("id"), "", state, nil,
			"This PaymentIntent could not be captured because it has already been captured.",
		},
		{"captured in part", partly, "", state, nil, "The remaining amount on this PaymentIntent could not be captured " +
			"because the remainder of the authorized amount has been released."},
		{"canceled", canceled, "", state, nil, wrong("canceled")},
		{"new", a.open(t, "").text("id"), "", state, nil, wrong("requires_payment_method")},
		{"waiting", a.pay(t, "pm_card_threeDSecure2Required", "").text("id"), "", state, nil, wrong("requires_action")},
		{"processing", a.debit(t, "pm_success_de").text("id"), "", state, nil, wrong("processing")},
		{"too much", held, "amount_to_capture=2001", "amount_too_large", nil, "The payment could not be captured because the " +
			"requested capture amount is greater than the amount you can capture for this charge. Contact us via " +
			"https://support.stripe.com/contact/ for help."},
		{"far too much", held, "amount_to_capture=99999999999999999999", "amount_too_large", nil, nil},
		{
			"nothing", held, "amount_to_capture=0", "parameter_invalid_integer", "amount",
			"This value must be greater than or equal to 1.",
		},
		{"less than nothing", held, "amount_to_capture=-1", nil, "amount_to_capture", "Invalid non-negative integer"},
		{"not the last", held, "final_capture=false&amount_to_capture=1", nil, "final_capture", nil},
		{"no number", held, "amount_to_capture=ten", "parameter_invalid_integer", "amount_to_capture", "Invalid integer: ten"},
		{"not imitated", held, "application_fee_amount=1", nil, "application_fee_amount", nil},
		{"unknown parameter", held, "amount=1", "parameter_unknown", "amount", "Received unknown parameter: amount"},
	}
	before := len(a.Ledger())
	for _, tt := range tests {
		got := a.capture(t, tt.id, tt.form)
		got.want(t, 400, map[string]any{
			"error.type": "invalid_request_error", "error.code": tt.code, "error.param": tt.param,
			"error.payment_intent.id": tt.id,
		})
		if tt.message != nil && got.at("error", "message") != tt.message {
			t.Errorf("%s: message %q, want %q", tt.name, got.at("error", "message"), tt.message)
		}
	}
	a.capture(t, "pi_x", "").want(t, 404, map[string]any{"error.message": "No such payment_intent: 'pi_x'"})
	if len(a.Ledger()) != before {
		t.Error("a refused capture moved money")
	}
	a.get(t, intentsPath+"/"+held, "").want(t, 200, map[string]any{"status": "requires_capture", "amount_capturable": 2000})
}

// A hold that nobody captured expires with its window, to the second: Stripe cancels the intent by itself
// (docs.stripe.com/payments/place-a-hold-on-a-payment-method; shape captured from api.stripe.com).
func TestT01_HoldExpires(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	for name, advance := range map[string]func(a api, by time.Duration){
		"the sandbox's clock": func(a api, by time.Duration) { a.Advance(by) },
		"the clock outside":   func(a api, by time.Duration) { a.clock.Advance(by) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			id := a.hold(t, "&metadata[tillgate_operation]=op-1").text("id")
			captured := a.hold(t, "").text("id")
			a.capture(t, captured, "").want(t, 200, nil)
			advance(a, week-time.Second)
			a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "requires_capture"})
			advance(a, time.Second)
			if got := a.movements(id); len(got) != 2 || got[1].Type != sandbox.MovementRelease || got[1].Amount != 2000 {
				t.Errorf("movements %+v", got)
			}
			advance(a, time.Hour) // what is seen later has happened at its own time
			a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{
				"status": "canceled", "cancellation_reason": "automatic", "canceled_at": int(start.Add(week).Unix()),
			})
			a.get(t, refundsPath, "payment_intent="+id).first(t).want(t, 200, map[string]any{
				"amount": 2000, "reason": "expired_uncaptured_charge", "balance_transaction": nil, "status": "succeeded",
				"created": int(start.Add(week).Unix()),
			})
			a.capture(t, id, "").want(t, 400, map[string]any{
				"error.code": "payment_intent_unexpected_state", "error.message": "This PaymentIntent could not be captured " +
					"because it has a status of canceled. Only a PaymentIntent with one of the following statuses may be " +
					"captured: requires_capture.",
			})
			a.get(t, intentsPath+"/"+captured, "").want(t, 200, map[string]any{"status": "succeeded"})
			if got := a.paidFor(id); got != 0 {
				t.Errorf("the customer paid %d for an expired hold", got)
			}
		})
	}
}

// A Visa hold that the merchant started lasts 4 days and 18 hours.
func TestT01_MerchantHoldExpiresSooner(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.hold(t, "&off_session=true").text("id")
	a.Advance(4*24*time.Hour + 18*time.Hour - time.Second)
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "requires_capture"})
	a.Advance(time.Second)
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "canceled"})
}
