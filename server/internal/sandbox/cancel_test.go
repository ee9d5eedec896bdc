package sandbox_test

import (
	"testing"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// docs.stripe.com/api/payment_intents/cancel.
func TestT01_Cancel(t *testing.T) {
	t.Parallel()
	a := newAPI()
	for status, id := range map[string]string{
		"requires_payment_method": a.open(t, "").text("id"),
		"requires_confirmation":   a.open(t, "&payment_method=pm_card_visa").text("id"),
		"requires_action":         a.pay(t, "pm_card_threeDSecure2Required", "").text("id"),
		"requires_capture":        a.hold(t, "").text("id"),
	} {
		for _, reason := range []string{"abandoned", "duplicate", "fraudulent", "requested_by_customer"} {
			if status != "requires_payment_method" {
				reason = "duplicate"
			} else {
				id = a.open(t, "").text("id")
			}
			a.cancel(t, id, "cancellation_reason="+reason).want(t, 200, map[string]any{
				"status": "canceled", "cancellation_reason": reason, "canceled_at": int(start.Unix()), "amount_capturable": 0,
				"next_action": nil,
			})
			if status != "requires_payment_method" {
				break
			}
		}
	}
	a.cancel(t, a.open(t, "").text("id"), "cancellation_reason=automatic").want(t, 400, map[string]any{
		"error.param": "cancellation_reason", "error.message": "Invalid cancellation_reason: must be one of abandoned, " +
			"duplicate, fraudulent, or requested_by_customer",
	})
}

// A canceled intent keeps its method, as captured from api.stripe.com, and can be neither confirmed nor canceled again.
func TestT01_CanceledIsTheEnd(t *testing.T) {
	t.Parallel()
	a := newAPI()
	got := a.open(t, "&payment_method=pm_card_visa")
	id := got.text("id")
	a.cancel(t, id, "").want(t, 200, map[string]any{
		"payment_method": got.text("payment_method"), "cancellation_reason": nil,
	})
	const may = "Only a PaymentIntent with one of the following statuses may be "
	a.cancel(t, id, "").want(t, 400, map[string]any{
		"error.code": "payment_intent_unexpected_state", "error.payment_intent.status": "canceled",
		"error.message": "You cannot cancel this PaymentIntent because it has a status of canceled. " + may + "canceled: " +
			"requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.",
	})
	a.post(t, intentsPath+"/"+id+"/confirm", "").want(t, 400, map[string]any{
		"error.message": "You cannot confirm this PaymentIntent because it has a status of canceled. " + may + "confirmed: " +
			"requires_confirmation, requires_payment_method, requires_action.",
	})
	a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_visa").want(t, 400, map[string]any{
		"error.code": "payment_intent_unexpected_state", "error.param": "payment_method",
	})
	if n := len(a.Ledger()); n != 0 {
		t.Errorf("%d movements of money", n)
	}
}

func TestT01_CancelRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	const may = ". Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, " +
		"requires_capture, requires_confirmation, requires_action"
	for id, message := range map[string]string{
		a.pay(t, "pm_card_visa", "").text("id"):       "succeeded" + may + ", processing.",
		a.debit(t, "pm_success_de").text("id"):        "processing" + may + ".",
		a.pay(t, "pm_card_mastercard", "").text("id"): "succeeded" + may + ", processing.",
	} {
		a.cancel(t, id, "").want(t, 400, map[string]any{
			"error.code":    "payment_intent_unexpected_state",
			"error.message": "You cannot cancel this PaymentIntent because it has a status of " + message,
		})
	}
	a.cancel(t, "pi_x", "").want(t, 404, map[string]any{"error.param": "intent"})
}

// The hold of a canceled intent counts as refunded: its reason is that of the cancellation where refunds have it.
func TestT01_CancelReleasesTheHold(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]any{"fraudulent": "fraudulent", "abandoned": nil, "": nil} {
		a := newAPI()
		id := a.hold(t, "").text("id")
		form := ""
		if reason != "" {
			form = "cancellation_reason=" + reason
		}
		a.cancel(t, id, form, key("c1")).want(t, 200, nil)
		a.get(t, refundsPath, "payment_intent="+id).first(t).want(t, 200, map[string]any{
			"amount": 2000, "reason": want, "balance_transaction": nil, "destination_details.card.type": "reversal",
		})
		a.refund(t, id, "").want(t, 400, map[string]any{
			"error.message": "This PaymentIntent (" + id + ") does not have a successful charge to refund.", "error.code": nil,
		})
		entries := a.Ledger()
		last := entries[len(entries)-1]
		if last.Type != sandbox.MovementRelease || last.Amount != 2000 || last.IdempotencyKey != "c1" || a.paidFor(id) != 0 {
			t.Errorf("ledger %+v", entries)
		}
	}
}
