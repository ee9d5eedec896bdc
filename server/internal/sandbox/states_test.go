package sandbox_test

import (
	"maps"
	"testing"
	"time"
)

// outcome of a charge that the bank approved, and of one that was never assessed.
var (
	approved = map[string]any{
		"outcome.network_status": "approved_by_network", "outcome.reason": nil, "outcome.type": "authorized",
		"outcome.seller_message": "Payment complete.",
	}
	refusedFunds = map[string]any{
		"outcome.network_status": "declined_by_network", "outcome.reason": "insufficient_funds",
		"outcome.type": "issuer_declined",
	}
)

// statement is one state of docs.stripe.com/payments/paymentintents/lifecycle, reached in one way, with what a reader
// must find there.
type statement struct {
	name   string
	reach  func(t *testing.T, a api) (id string)
	intent map[string]any // beside the defaults of undisturbed
	charge map[string]any // nil: there is no charge
}

// undisturbed is what an intent says where a row does not say otherwise.
var undisturbed = map[string]any{
	"amount": 2000, "amount_capturable": 0, "amount_received": 0, "next_action": nil, "last_payment_error": nil,
	"canceled_at": nil, "cancellation_reason": nil, "processing": nil, "livemode": false,
}

func idOf(r reply) string {
	if id := r.text("error", "payment_intent", "id"); id != "" {
		return id
	}
	return r.text("id")
}

// states holds every transition of the life of a payment.
var states = []statement{
	{
		"requires_payment_method", func(t *testing.T, a api) string { t.Helper(); return idOf(a.open(t, "")) },
		map[string]any{"status": "requires_payment_method", "payment_method": nil, "latest_charge": nil},
		nil,
	},
	{"requires_confirmation", func(t *testing.T, a api) string {
		t.Helper()
		return idOf(a.open(t, "&payment_method=pm_card_visa"))
	}, map[string]any{"status": "requires_confirmation", "latest_charge": nil}, nil},
	{"requires_confirmation after a method was given", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.pay(t, "pm_card_visa_chargeDeclinedInsufficientFunds", ""))
		return idOf(a.post(t, intentsPath+"/"+id, "payment_method=pm_card_visa"))
	}, map[string]any{"status": "requires_confirmation"}, with(refusedFunds, "status", "failed", "paid", false)},
	{
		"requires_action", func(t *testing.T, a api) string {
			t.Helper()
			return idOf(a.pay(t, "pm_card_threeDSecure2Required", ""))
		},
		map[string]any{
			"status": "requires_action", "next_action.type": "use_stripe_sdk", "next_action": anything, "latest_charge": nil,
		},
		nil,
	},
	{"requires_action on a page", func(t *testing.T, a api) string {
		t.Helper()
		return idOf(a.pay(t, "pm_card_threeDSecure2Required", "&return_url=https://shop.example"))
	}, map[string]any{
		"status": "requires_action", "next_action.type": "redirect_to_url", "next_action": anything, "latest_charge": nil,
		"next_action.redirect_to_url.return_url": "https://shop.example",
	}, nil},
	{"requires_confirmation after the step, with manual confirmation", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.pay(t, "pm_card_threeDSecure2Required", "&confirmation_method=manual"))
		a.authenticate(t, id, "succeed").want(t, 200, nil)
		return id
	}, map[string]any{"status": "requires_confirmation", "latest_charge": nil}, nil},
	{
		"succeeded", func(t *testing.T, a api) string { t.Helper(); return idOf(a.pay(t, "pm_card_visa", "")) },
		map[string]any{"status": "succeeded", "amount_received": 2000},
		with(approved, "status", "succeeded", "paid", true, "captured", true, "amount_captured", 2000, "amount_refunded", 0),
	},
	{"succeeded after the step", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.pay(t, "pm_card_threeDSecure2Required", ""))
		a.authenticate(t, id, "succeed").want(t, 200, nil)
		return id
	}, map[string]any{"status": "succeeded", "amount_received": 2000}, with(approved, "status", "succeeded",
		"payment_method_details.card.three_d_secure.result", "authenticated",
		"payment_method_details.card.three_d_secure.authentication_flow", "challenge")},
	{"requires_payment_method after the step failed", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.pay(t, "pm_card_threeDSecure2Required", ""))
		a.authenticate(t, id, "fail").want(t, 200, nil)
		return id
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "latest_charge": nil, "last_payment_error": anything,
		"last_payment_error.code": "payment_intent_authentication_failure", "last_payment_error.decline_code": nil,
		"last_payment_error.type": "invalid_request_error", "last_payment_error.payment_method.card.last4": "3220",
	}, nil},
	{"requires_payment_method after a decline behind the step", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.pay(t, "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", ""))
		a.authenticate(t, id, "succeed").want(t, 200, nil)
		return id
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_payment_error": anything,
		"last_payment_error.code": "card_declined", "last_payment_error.decline_code": "insufficient_funds",
	}, with(refusedFunds, "status", "failed", "payment_method_details.card.three_d_secure.result", "authenticated")},
	{"requires_payment_method after a decline", func(t *testing.T, a api) string {
		t.Helper()
		return idOf(a.pay(t, "pm_card_visa_chargeDeclinedInsufficientFunds", ""))
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_payment_error": anything,
		"last_payment_error.code": "card_declined", "last_payment_error.decline_code": "insufficient_funds",
		"last_payment_error.type": "card_error",
	}, with(refusedFunds, "status", "failed", "paid", false, "captured", false, "failure_code", "card_declined")},
	{
		"requires_capture", func(t *testing.T, a api) string { t.Helper(); return idOf(a.hold(t, "")) },
		map[string]any{"status": "requires_capture", "amount_capturable": 2000},
		with(approved, "status", "succeeded", "paid", true, "captured", false, "amount_captured", 0, "balance_transaction", nil),
	},
	{"requires_capture after the step", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.pay(t, "pm_card_threeDSecure2Required", "&capture_method=manual"))
		a.authenticate(t, id, "succeed").want(t, 200, map[string]any{"status": "requires_capture"})
		return id
	}, map[string]any{"status": "requires_capture", "amount_capturable": 2000}, with(approved, "captured", false)},
	{
		"succeeded after capture", func(t *testing.T, a api) string {
			t.Helper()
			id := idOf(a.hold(t, ""))
			a.capture(t, id, "").want(t, 200, nil)
			return id
		},
		map[string]any{"status": "succeeded", "amount_received": 2000},
		with(approved, "captured", true, "amount_captured", 2000, "amount_refunded", 0, "balance_transaction.amount", 2000),
	},
	{"succeeded after the capture of a part", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.hold(t, ""))
		a.capture(t, id, "amount_to_capture=700").want(t, 200, nil)
		return id
	}, map[string]any{"status": "succeeded", "amount_received": 700}, with(approved, "captured", true, "amount", 2000,
		"amount_captured", 700, "amount_refunded", 1300, "refunded", false, "balance_transaction.amount", 700)},
	{"canceled before anything", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.open(t, ""))
		a.cancel(t, id, "").want(t, 200, nil)
		return id
	}, map[string]any{"status": "canceled", "canceled_at": int(start.Unix()), "latest_charge": nil}, nil},
	{"canceled during the step", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.pay(t, "pm_card_threeDSecure2Required", ""))
		a.cancel(t, id, "cancellation_reason=abandoned").want(t, 200, nil)
		return id
	}, map[string]any{
		"status": "canceled", "canceled_at": int(start.Unix()), "cancellation_reason": "abandoned", "latest_charge": nil,
	}, nil},
	{"canceled hold", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.hold(t, ""))
		a.cancel(t, id, "cancellation_reason=requested_by_customer").want(t, 200, nil)
		return id
	}, map[string]any{
		"status": "canceled", "canceled_at": int(start.Unix()), "cancellation_reason": "requested_by_customer",
	}, with(approved, "status", "succeeded", "paid", true, "captured", false, "amount_captured", 0, "amount_refunded", 2000,
		"refunded", true, "balance_transaction", nil)},
	{"canceled by the clock", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.hold(t, ""))
		a.Advance(8 * 24 * time.Hour)
		return id
	}, map[string]any{
		"status": "canceled", "canceled_at": int(start.Add(7 * 24 * time.Hour).Unix()), "cancellation_reason": "automatic",
	}, with(approved, "captured", false, "amount_refunded", 2000, "refunded", true, "status", "succeeded")},
	{
		"processing", func(t *testing.T, a api) string { t.Helper(); return idOf(a.debit(t, "pm_usBankAccount_success")) },
		map[string]any{"status": "processing"},
		with(approved, "status", "pending", "paid", false, "captured", true,
			"balance_transaction", nil, "outcome.risk_level", "not_assessed"),
	},
	{"requires_action until the account is verified", func(t *testing.T, a api) string {
		t.Helper()
		return idOf(a.payFrom(t, a.account(t, "000123456789"), ""))
	}, map[string]any{
		"status": "requires_action", "next_action.type": "verify_with_microdeposits", "next_action": anything,
		"latest_charge": nil, "next_action.verify_with_microdeposits.microdeposit_type": "amounts",
	}, nil},
	{"processing after the verification", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.payFrom(t, a.account(t, "000123456789"), ""))
		a.verify(t, intentsPath, id, rightAmounts).want(t, 200, nil)
		return id
	}, map[string]any{"status": "processing"}, with(approved, "status", "pending", "paid", false)},
	{"requires_payment_method after the verification failed", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.payFrom(t, a.account(t, "000123456789"), ""))
		a.verify(t, intentsPath, id, "descriptor_code=SM33CC").want(t, 400, nil)
		return id
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "latest_charge": nil, "last_payment_error": anything,
		"last_payment_error.code": "payment_method_microdeposit_verification_attempts_exceeded",
	}, nil},
	{"requires_payment_method over a limit", func(t *testing.T, a api) string {
		t.Helper()
		return idOf(a.debit(t, "pm_usBankAccount_weeklyLimitExceeded"))
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_payment_error": anything,
		"last_payment_error.code": "charge_exceeds_source_limit",
	}, map[string]any{
		"status": "failed", "paid": false, "failure_code": "charge_exceeds_source_limit", "outcome.type": "invalid",
	}},
	{
		"succeeded after processing", func(t *testing.T, a api) string {
			t.Helper()
			id := idOf(a.debit(t, "pm_success_de"))
			a.Advance(settled)
			return id
		},
		map[string]any{"status": "succeeded", "amount_received": 2000},
		with(approved, "status", "succeeded", "paid", true, "balance_transaction.type", "payment"),
	},
	{"requires_payment_method after processing", func(t *testing.T, a api) string {
		t.Helper()
		id := idOf(a.debit(t, "pm_usBankAccount_insufficientFunds"))
		a.Advance(settled)
		return id
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_payment_error": anything,
		"last_payment_error.code": "insufficient_funds",
	}, map[string]any{"status": "failed", "paid": false, "failure_code": "insufficient_funds", "balance_transaction": nil}},
	{
		"succeeded and refunded", func(t *testing.T, a api) string {
			t.Helper()
			id := idOf(a.pay(t, "pm_card_visa", ""))
			a.refund(t, id, "").want(t, 200, nil)
			return id
		},
		map[string]any{"status": "succeeded", "amount_received": 2000},
		with(approved, "status", "succeeded", "amount_refunded", 2000, "refunded", true),
	},
}

// anything stands for a value that the row does not pin.
const anything = "(anything)"

func with(base map[string]any, pairs ...any) map[string]any {
	all := map[string]any{}
	maps.Copy(all, base)
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		all[name] = pairs[i+1]
	}
	return all
}

// Every state of a payment holds to its row and, beside that, to Stripe's description.
func TestT01_States(t *testing.T) {
	t.Parallel()
	for _, tt := range states {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			id := tt.reach(t, a)
			want := with(undisturbed)
			for name, value := range tt.intent {
				if want[name] = value; value == anything {
					delete(want, name)
				}
			}
			got := a.get(t, intentsPath+"/"+id, "")
			got.want(t, 200, want)
			if tt.charge == nil {
				if got.at("latest_charge") != nil {
					t.Errorf("latest_charge %v, want none", got.at("latest_charge"))
				}
			} else {
				a.chargeOf(t, id).want(t, 200, with(tt.charge, "payment_intent", id))
			}
			c := newContract(t)
			for kind, r := range map[string]reply{"payment_intent": got, "charge": a.chargeOf(t, id)} {
				if err := c.violation(kind, any(r.body)); err != nil && r.status == 200 {
					t.Errorf("the %s violates the description: %v", kind, err)
				}
			}
		})
	}
}
