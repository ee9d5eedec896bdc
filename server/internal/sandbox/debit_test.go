package sandbox_test

import (
	"strings"
	"testing"
	"time"
)

// docs.stripe.com/testing, bank accounts: a debit is processing until the bank has answered.
func TestT01_Debits(t *testing.T) {
	t.Parallel()
	tests := []struct{ account, kind, last4, status, code string }{
		{"pm_usBankAccount_success", "us_bank_account", "6789", "succeeded", ""},
		{"pm_usBankAccount_accountClosed", "us_bank_account", "1113", "requires_payment_method", "account_closed"},
		{"pm_usBankAccount_noAccount", "us_bank_account", "1116", "requires_payment_method", "no_account"},
		{"pm_usBankAccount_insufficientFunds", "us_bank_account", "2227", "requires_payment_method", "insufficient_funds"},
		{"pm_usBankAccount_debitNotAuthorized", "us_bank_account", "3335", "requires_payment_method", "debit_not_authorized"},
		{"pm_usBankAccount_processing", "us_bank_account", "0009", "processing", ""},
		{"pm_success_de", "sepa_debit", "3000", "succeeded", ""},
		{"pm_failed_de", "sepa_debit", "3001", "requires_payment_method", "refer_to_customer"},
		{"pm_insufficientFunds_de", "sepa_debit", "2227", "requires_payment_method", "insufficient_funds"},
	}
	for _, tt := range tests {
		t.Run(tt.account, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			got := a.debit(t, tt.account)
			got.want(t, 200, map[string]any{"status": "processing", "amount_received": 0})
			id, chargeID := got.text("id"), got.text("latest_charge")
			if !strings.HasPrefix(chargeID, "py_3") || chargeID[3:20] != id[3:20] {
				t.Errorf("charge %q", chargeID)
			}
			a.get(t, chargesPath+"/"+chargeID, "").want(t, 200, map[string]any{
				"status": "pending", "paid": false, "payment_method_details.type": tt.kind,
				"payment_method_details." + tt.kind + ".last4": tt.last4, "payment_method_details.card": nil,
			})
			if a.paidFor(id) != 0 {
				t.Error("money moved before the bank answered")
			}
			a.Advance(wait)
			got = a.get(t, intentsPath+"/"+id, "")
			got.want(t, 200, map[string]any{"status": tt.status})
			if got.text("last_payment_error", "code") != tt.code {
				t.Errorf("last_payment_error %v", got.at("last_payment_error"))
			}
			if paid := a.paidFor(id); (paid == 2000) != (tt.status == "succeeded") {
				t.Errorf("the customer paid %d", paid)
			}
			a.Advance(30 * 24 * time.Hour)
			a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": tt.status})
		})
	}
}

// A debit wants a mandate, its own currency and capture at once (docs.stripe.com/payments/payment-methods/bank-debits).
func TestT01_DebitsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	const us = "amount=2000&confirm=true&payment_method_types[]=us_bank_account&payment_method=pm_usBankAccount_success"
	for name, tt := range map[string]struct{ form, message string }{
		"no mandate": {us + "&currency=usd", "This PaymentIntent requires a mandate, but no existing mandate was found. " +
			"Collect mandate acceptance from the customer and try again, providing acceptance data in the mandate_data " +
			"parameter."},
		"currency":  {us + "&currency=eur" + mandate, ""},
		"capture":   {us + "&currency=usd&capture_method=manual" + mandate, ""},
		"no origin": {us + "&currency=usd&mandate_data[customer_acceptance][type]=online", ""},
		"no type":   {us + "&currency=usd&mandate_data[customer_acceptance][accepted_at]=1", ""},
		"not now": {
			"amount=2000&currency=usd&payment_method_types[]=us_bank_account" + mandate,
			"The parameter `mandate_data` can only be used with `confirm=true`.",
		},
	} {
		got := a.post(t, intentsPath, tt.form)
		got.want(t, 400, map[string]any{"error.type": "invalid_request_error"})
		if tt.message != "" && got.text("error", "message") != tt.message {
			t.Errorf("%s: %s", name, got.raw)
		}
	}
	id := a.post(t, intentsPath, "amount=2000&currency=eur&payment_method_types[]=sepa_debit&payment_method=pm_success_de")
	id.want(t, 200, map[string]any{"status": "requires_confirmation"})
	a.post(t, intentsPath+"/"+id.text("id")+"/confirm", "").want(t, 400, nil)
	a.post(t, intentsPath+"/"+id.text("id")+"/confirm", "mandate_data[customer_acceptance][type]=offline").want(t, 200,
		map[string]any{"status": "processing"})
}

// The refund of a debit is a payment of its own: pyr_, pending until the bank has answered.
func TestT01_RefundOfADebit(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.debit(t, "pm_success_de").text("id")
	a.refund(t, id, "").want(t, 400, map[string]any{
		"error.message": "This PaymentIntent (" + id + ") does not have a successful charge to refund.",
	})
	a.Advance(wait)
	got := a.refund(t, id, "&amount=500&expand[]=balance_transaction")
	got.want(t, 200, map[string]any{
		"status": "pending", "destination_details": nil, "balance_transaction.type": "payment_refund",
		"balance_transaction.amount": -500, "balance_transaction.description": "REFUND FOR PAYMENT",
	})
	if !strings.HasPrefix(got.text("id"), "pyr_1") {
		t.Errorf("id %q", got.text("id"))
	}
	a.chargeOf(t, id).want(t, 200, map[string]any{"amount_refunded": 500, "refunded": false})
	a.Advance(wait)
	a.get(t, refundsPath+"/"+got.text("id"), "").want(t, 200, map[string]any{"status": "succeeded"})
	if paid := a.paidFor(id); paid != 1500 {
		t.Errorf("the customer paid %d", paid)
	}
}
