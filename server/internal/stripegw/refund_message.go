package stripegw

import (
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The tables from Stripe's strings to our enums. A test holds them against the constants of stripe-go.
var (
	refundStates = map[string]paymentsv1.RefundState{
		"pending":         paymentsv1.RefundState_REFUND_STATE_PENDING,
		"requires_action": paymentsv1.RefundState_REFUND_STATE_REQUIRES_ACTION,
		"succeeded":       paymentsv1.RefundState_REFUND_STATE_SUCCEEDED,
		"failed":          paymentsv1.RefundState_REFUND_STATE_FAILED,
		"canceled":        paymentsv1.RefundState_REFUND_STATE_CANCELED,
	}
	refundReasons = map[string]paymentsv1.RefundReason{
		"duplicate":                 paymentsv1.RefundReason_REFUND_REASON_DUPLICATE,
		"fraudulent":                paymentsv1.RefundReason_REFUND_REASON_FRAUDULENT,
		"requested_by_customer":     paymentsv1.RefundReason_REFUND_REASON_REQUESTED_BY_CUSTOMER,
		"expired_uncaptured_charge": paymentsv1.RefundReason_REFUND_REASON_EXPIRED_UNCAPTURED_CHARGE,
	}
)

// decodeRefund reads the answer of a write that makes or changes a refund.
func decodeRefund(g *Gateway, body []byte) (Outcome, error) {
	object, err := decodeRefundObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: g.refund(object)}, nil
}

// refund is the message for a refund. Who may know that a card was lost is decided by the chain.
func (g *Gateway) refund(object *refundObject) *paymentsv1.Refund {
	r := &paymentsv1.Refund{
		Id:                   object.ID,
		Amount:               fromStripe(object.Amount, object.Currency),
		PaymentId:            object.PaymentIntent,
		ChargeId:             object.Charge,
		FailureReason:        object.FailureReason,
		CreateTime:           timestamp(object.Created),
		Metadata:             visibleMetadata(object.Metadata),
		BalanceTransactionId: object.BalanceTransaction,
		ReceiptNumber:        object.ReceiptNumber,
	}
	r.State, r.RawState = enumValue(g, refundStates, "refund.status", object.Status)
	r.Reason, r.RawReason = enumValue(g, refundReasons, "refund.reason", object.Reason)
	return r
}
