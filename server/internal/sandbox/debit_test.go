package sandbox_test

import (
	"strings"
	"testing"
	"time"
)

// docs.stripe.com/testing, bank accounts: a debit is processing until the bank has answered, four days later in the USA
// and five in the SEPA. Some are refused at once.
func TestT01_Debits(t *testing.T) {
	t.Parallel()
	const (
		ach, sepa = "us_bank_account", "sepa_debit"
		paid      = "succeeded"
		bounced   = "requires_payment_method"
		day       = 24 * time.Hour
	)
	tests := []struct {
		account, kind, last4, status, code string
		days                               time.Duration // 0: refused at once
	}{
		{"pm_usBankAccount_success", ach, "6789", paid, "", 4},
		{"pm_usBankAccount_accountClosed", ach, "1113", bounced, "account_closed", 4},
		{"pm_usBankAccount_noAccount", ach, "1116", bounced, "no_account", 4},
		{"pm_usBankAccount_insufficientFunds", ach, "2227", bounced, "insufficient_funds", 4},
		{"pm_usBankAccount_debitNotAuthorized", ach, "3335", bounced, "debit_not_authorized", 4},
		{"pm_usBankAccount_invalidCurrency", ach, "4440", bounced, "invalid_currency", 4},
		{"pm_usBankAccount_dispute", ach, "5559", paid, "", 4},
		{"pm_usBankAccount_processing", ach, "0009", "processing", "", 4},
		{"pm_usBankAccount_riskLevelHighest", ach, "4954", bounced, "payment_method_provider_decline", 0},
		{"pm_usBankAccount_weeklyLimitExceeded", ach, "7771", bounced, "charge_exceeds_source_limit", 0},
		{"pm_success_de", sepa, "3000", paid, "", 5},
		{"pm_successDelayed_de", sepa, "3003", paid, "", 5},
		{"pm_failed_de", sepa, "3001", bounced, "refer_to_customer", 5},
		{"pm_failedDelayed_de", sepa, "3004", bounced, "refer_to_customer", 5},
		{"pm_disputed_de", sepa, "3002", paid, "", 5},
		{"pm_insufficientFunds_de", sepa, "2227", bounced, "insufficient_funds", 5},
		{"pm_exceedsWeeklyVolumeLimit_de", sepa, "3434", bounced, "charge_exceeds_source_limit", 0},
		{"pm_exceedsWeeklyTransactionLimit_de", sepa, "1212", bounced, "charge_exceeds_weekly_limit", 0},
	}
	for _, tt := range tests {
		t.Run(tt.account, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			got := a.debit(t, tt.account)
			if tt.days == 0 {
				got.want(t, 402, map[string]any{
					"error.code": tt.code, "error.type": "invalid_request_error", "error.payment_intent.status": tt.status,
					"error.payment_intent.last_payment_error.code": tt.code,
				})
				a.get(t, chargesPath+"/"+got.text("error", "charge"), "").want(t, 200, map[string]any{
					"status": "failed", "failure_code": tt.code, "outcome.network_status": "not_sent_to_network",
				})
				if len(a.Ledger()) != 0 {
					t.Errorf("ledger %+v", a.Ledger())
				}
				return
			}
			got.want(t, 200, map[string]any{"status": "processing", "amount_received": 0})
			id, chargeID := got.text("id"), got.text("latest_charge")
			if !strings.HasPrefix(chargeID, "py_3") || chargeID[3:20] != id[3:20] {
				t.Errorf("charge %q", chargeID)
			}
			a.get(t, chargesPath+"/"+chargeID, "").want(t, 200, map[string]any{
				"status": "pending", "paid": false, "payment_method_details.type": tt.kind,
				"payment_method_details." + tt.kind + ".last4": tt.last4, "payment_method_details.card": nil,
			})
			a.Advance(tt.days*day - time.Second)
			a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "processing"})
			if a.paidFor(id) != 0 {
				t.Error("money moved before the bank answered")
			}
			a.Advance(wait) // some take three minutes more
			got = a.get(t, intentsPath+"/"+id, "")
			got.want(t, 200, map[string]any{"status": tt.status})
			if got.text("last_payment_error", "code") != tt.code {
				t.Errorf("last_payment_error %v", got.at("last_payment_error"))
			}
			want := int64(0)
			if disputed := strings.Contains(tt.account, "disput"); tt.status == "succeeded" && !disputed {
				want = 2000
			}
			if paid := a.paidFor(id); paid != want { // who disputes gets the money back at once
				t.Errorf("the customer paid %d", paid)
			}
			a.Advance(30 * day)
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
	a.Advance(settled)
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
