package proof_test

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// simPayment is what callers know of a payment.
type simPayment struct {
	id     string
	amount int64
	state  paymentsv1.PaymentState
}

var (
	simCallers = []string{"checkout", "billing"}
	// simCards pay, mostly; are declined; or ask for the customer.
	simCards = []string{
		"pm_card_visa", "pm_card_visa", "pm_card_mastercard", "pm_card_visa_chargeDeclinedInsufficientFunds",
		"pm_card_threeDSecure2Required",
	}
)

func dollars(cents int64) *paymentsv1.Money {
	return &paymentsv1.Money{MinorUnits: cents, CurrencyCode: "USD"}
}

func pick[T any](h *history, from []T) T { return from[h.random.IntN(len(from))] }

// newIntent makes up something that a caller wants, mostly something that makes sense for what it knows.
func (h *history) newIntent() *intent {
	i := &intent{caller: pick(h, simCallers), key: fmt.Sprintf("order-%d-%d", h.seed, len(h.intents)+1)}
	req := h.action(i.key)
	if req == nil {
		req = h.create(i.key)
	}
	other := proto.CloneOf[proto.Message](req).(operation.Request)
	spoil(other)
	i.requests = []operation.Request{req, other}
	i.method = methodOf(req)
	h.intents = append(h.intents, i)
	return i
}

func (h *history) create(key string) operation.Request {
	req := &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: key, Amount: dollars(int64(1000 + h.random.IntN(9000))), Confirm: h.random.IntN(4) > 0,
	}
	if req.GetConfirm() || h.random.IntN(2) == 0 {
		req.PaymentMethodId = pick(h, simCards)
	}
	if h.random.IntN(3) == 0 {
		req.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
	}
	return req
}

// action is something to do with a payment that callers know; nil for none.
func (h *history) action(key string) operation.Request {
	if len(h.payments) == 0 || h.random.IntN(3) == 0 {
		return nil
	}
	p := pick(h, h.payments)
	var part *paymentsv1.Money
	if h.random.IntN(2) == 0 {
		part = dollars(1 + p.amount/int64(2+h.random.IntN(3)))
	}
	choice := h.random.IntN(10)
	switch p.state {
	case paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED:
		choice = []int{choice, 4, 4, 4}[h.random.IntN(4)]
	case paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CAPTURE:
		choice = []int{choice, 2, 2, 3}[h.random.IntN(4)]
	case paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD,
		paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CONFIRMATION:
		choice = []int{choice, 0, 0, 1}[h.random.IntN(4)]
	default:
	}
	switch choice {
	case 0, 5:
		return &paymentsv1.ConfirmPaymentRequest{IdempotencyKey: key, PaymentId: p.id, PaymentMethodId: pick(h, simCards)}
	case 1, 6:
		return &paymentsv1.UpdatePaymentRequest{
			IdempotencyKey: key, PaymentId: p.id, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description"}},
			Payment: &paymentsv1.Payment{Description: "of " + key},
		}
	case 2, 7:
		return &paymentsv1.CapturePaymentRequest{IdempotencyKey: key, PaymentId: p.id, Amount: part}
	case 3:
		return &paymentsv1.CancelPaymentRequest{IdempotencyKey: key, PaymentId: p.id}
	case 4, 8:
		return &paymentsv1.CreateRefundRequest{IdempotencyKey: key, PaymentId: p.id, Amount: part}
	default:
		if len(h.refunds) == 0 {
			return nil
		}
		return &paymentsv1.CancelRefundRequest{IdempotencyKey: key, RefundId: pick(h, h.refunds)}
	}
}

// spoil makes another request of it.
func spoil(req operation.Request) {
	switch r := req.(type) {
	case *paymentsv1.CreatePaymentRequest:
		r.Amount.MinorUnits++
	case *paymentsv1.ConfirmPaymentRequest:
		r.PaymentMethodId = "pm_card_amex"
	case *paymentsv1.UpdatePaymentRequest:
		r.Payment.Description += ", twice"
	case *paymentsv1.CapturePaymentRequest:
		r.Amount = dollars(101)
	case *paymentsv1.CancelPaymentRequest:
		r.CancellationReason = paymentsv1.CancellationReason_CANCELLATION_REASON_DUPLICATE
	case *paymentsv1.CreateRefundRequest:
		r.Amount = dollars(102)
	case *paymentsv1.CancelRefundRequest:
		r.RefundId += "x"
	}
}

func methodOf(req operation.Request) string {
	switch req.(type) {
	case *paymentsv1.CreatePaymentRequest:
		return paymentsv1.PaymentService_CreatePayment_FullMethodName
	case *paymentsv1.ConfirmPaymentRequest:
		return paymentsv1.PaymentService_ConfirmPayment_FullMethodName
	case *paymentsv1.UpdatePaymentRequest:
		return paymentsv1.PaymentService_UpdatePayment_FullMethodName
	case *paymentsv1.CapturePaymentRequest:
		return paymentsv1.PaymentService_CapturePayment_FullMethodName
	case *paymentsv1.CancelPaymentRequest:
		return paymentsv1.PaymentService_CancelPayment_FullMethodName
	case *paymentsv1.CreateRefundRequest:
		return paymentsv1.PaymentService_CreateRefund_FullMethodName
	default:
		return paymentsv1.PaymentService_CancelRefund_FullMethodName
	}
}

// describe is a request in a few words.
func describe(req operation.Request) string {
	switch r := req.(type) {
	case *paymentsv1.CreatePaymentRequest:
		return fmt.Sprintf("create %d %s confirm %t manual %t", r.GetAmount().GetMinorUnits(), r.GetPaymentMethodId(),
			r.GetConfirm(), r.GetCaptureMethod() == paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL)
	case *paymentsv1.ConfirmPaymentRequest:
		return "confirm " + r.GetPaymentId() + " " + r.GetPaymentMethodId()
	case *paymentsv1.UpdatePaymentRequest:
		return "update " + r.GetPaymentId() + " " + r.GetPayment().GetDescription()
	case *paymentsv1.CapturePaymentRequest:
		return fmt.Sprintf("capture %s %d", r.GetPaymentId(), r.GetAmount().GetMinorUnits())
	case *paymentsv1.CancelPaymentRequest:
		return "cancel " + r.GetPaymentId()
	case *paymentsv1.CreateRefundRequest:
		return fmt.Sprintf("refund %s %d", r.GetPaymentId(), r.GetAmount().GetMinorUnits())
	case *paymentsv1.CancelRefundRequest:
		return "cancel refund " + r.GetRefundId()
	default:
		return "?"
	}
}

// learnLocked lets callers know what an answer says.
func (h *history) learnLocked(a *told) {
	switch r := a.resource.(type) {
	case *paymentsv1.Payment:
		p := &simPayment{id: r.GetId()}
		if at := slices.IndexFunc(h.payments, func(p *simPayment) bool { return p.id == r.GetId() }); at >= 0 {
			p = h.payments[at]
		} else {
			h.payments = append(h.payments, p)
		}
		p.amount, p.state = r.GetAmount().GetMinorUnits(), r.GetState()
	case *paymentsv1.Refund:
		if !slices.Contains(h.refunds, r.GetId()) {
			h.refunds = append(h.refunds, r.GetId())
		}
	}
}
