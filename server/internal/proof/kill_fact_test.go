package proof_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// fact is a fact of a caller's business, from which it makes its keys: what somebody buys, in one or more steps.
type fact struct {
	number       int
	kind         kind
	caller       string
	amount, part int64
	// walks is whether the caller never uses a key again of which it was told that nothing was done, but takes a new one.
	walks bool
	steps []*step
}

// step is a write of a fact: what was asked for under one key, and what the caller was told at last.
type step struct {
	method, key string
	ask         rpc
	answer      reply
	// left is whether the caller walked away from the key: it was told that nothing was done.
	left bool
}

// kind is a way to buy.
type kind struct {
	name   string
	weight int
	// writes make the request of each step, given the payment once there is one.
	writes []write
	// moves are the movements of money that it comes to.
	moves func(f *fact) []string
}

// write makes the request of a step.
type write struct {
	name    string
	request func(f *fact, key, payment string) rpc
	// want is what is right to be told.
	want func(answer reply) bool
}

var waysToBuy = []kind{
	{"paid", 55, []write{
		{"CreatePayment", buy("pm_card_visa"), is(paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED)},
	}, charged},
	{"declined", 12, []write{{"CreatePayment", buy("pm_card_chargeDeclinedInsufficientFunds"), isDeclined}}, noMoney},
	{"confirmed", 11, []write{
		{"CreatePayment", func(f *fact, key, _ string) rpc {
			request := order(key, "pm_card_visa", f.amount)
			request.Confirm = false
			return create(request)
		}, is(paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CONFIRMATION)},
		{"ConfirmPayment", func(_ *fact, key, payment string) rpc {
			return paymentRPC(tillgate.ConfirmPayment, &paymentsv1.ConfirmPaymentRequest{
				IdempotencyKey: key, PaymentId: payment,
			})
		}, is(paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED)},
	}, charged},
	{"captured", 11, []write{
		{"CreatePayment", func(f *fact, key, _ string) rpc {
			request := order(key, "pm_card_visa", f.amount)
			request.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
			return create(request)
		}, is(paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CAPTURE)},
		{"CapturePayment", func(f *fact, key, payment string) rpc {
			return paymentRPC(tillgate.CapturePayment, &paymentsv1.CapturePaymentRequest{
				IdempotencyKey: key, PaymentId: payment, Amount: usd(f.part),
			})
		}, is(paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED)},
	}, func(f *fact) []string {
		return []string{
			entry(sandbox.MovementAuthorize, f.amount), entry(sandbox.MovementCapture, f.part),
			entry(sandbox.MovementRelease, f.amount-f.part),
		}
	}},
	{"refunded", 11, []write{
		{"CreatePayment", buy("pm_card_visa"), is(paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED)},
		{"CreateRefund", func(f *fact, key, payment string) rpc {
			return refundRPC(tillgate.CreateRefund, &paymentsv1.CreateRefundRequest{
				IdempotencyKey: key, PaymentId: payment, Amount: usd(f.part),
			})
		}, func(answer reply) bool { return answer.err == nil }},
	}, func(f *fact) []string {
		return []string{entry(sandbox.MovementCharge, f.amount), entry(sandbox.MovementRefund, f.part)}
	}},
}

func buy(card string) func(*fact, string, string) rpc {
	return func(f *fact, key, _ string) rpc { return create(order(key, card, f.amount)) }
}

func is(state paymentsv1.PaymentState) func(reply) bool {
	return func(answer reply) bool {
		payment, ok := answer.resource.(*paymentsv1.Payment)
		return answer.err == nil && ok && payment.GetState() == state
	}
}

func isDeclined(answer reply) bool {
	_, declined := client.DeclineOf(answer.err)
	return declined && answer.reason() == paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED
}

func charged(f *fact) []string { return []string{entry(sandbox.MovementCharge, f.amount)} }

func noMoney(*fact) []string { return nil }

func entry(movement sandbox.Movement, amount int64) string {
	return fmt.Sprintf("%s %d", movement, amount)
}

// newFact draws a fact. Its amount tells it from the others.
func newFact(number int, lots *rand.Rand) *fact {
	f := &fact{number: number, caller: shop, amount: int64(1000 + number), walks: lots.IntN(10) == 0}
	f.part = 100 + lots.Int64N(f.amount-200)
	if lots.IntN(2) == 0 {
		f.caller = market
	}
	all := 0
	for _, k := range waysToBuy {
		all += k.weight
	}
	drawn := lots.IntN(all)
	for _, k := range waysToBuy {
		if drawn -= k.weight; drawn < 0 {
			f.kind = k
			break
		}
	}
	return f
}

// payment is the payment that the fact came to.
func (f *fact) payment() string {
	for _, s := range f.steps {
		if !s.left && s.method == "CreatePayment" {
			return s.answer.id()
		}
	}
	return ""
}
