package stripegw

import (
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// disputeStates is from Stripe's strings to our enum. A test holds it against the constants of stripe-go.
var disputeStates = map[string]paymentsv1.DisputeState{
	"warning_needs_response": paymentsv1.DisputeState_DISPUTE_STATE_WARNING_NEEDS_RESPONSE,
	"warning_under_review":   paymentsv1.DisputeState_DISPUTE_STATE_WARNING_UNDER_REVIEW,
	"warning_closed":         paymentsv1.DisputeState_DISPUTE_STATE_WARNING_CLOSED,
	"needs_response":         paymentsv1.DisputeState_DISPUTE_STATE_NEEDS_RESPONSE,
	"under_review":           paymentsv1.DisputeState_DISPUTE_STATE_UNDER_REVIEW,
	"won":                    paymentsv1.DisputeState_DISPUTE_STATE_WON,
	"lost":                   paymentsv1.DisputeState_DISPUTE_STATE_LOST,
}

// decodeDispute reads an answer that holds a dispute.
func decodeDispute(g *Gateway, body []byte) (Outcome, error) {
	object, err := decodeDisputeObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: g.dispute(object)}, nil
}

// dispute is the message for a dispute.
func (g *Gateway) dispute(o *disputeObject) *paymentsv1.Dispute {
	d := &paymentsv1.Dispute{
		Id:               o.ID,
		PaymentId:        o.PaymentIntent.ID,
		ChargeId:         o.Charge.ID,
		Amount:           fromStripe(o.Amount, o.Currency),
		RawReason:        o.Reason,
		CreateTime:       timestamp(o.Created),
		EvidenceDueTime:  timestamp(o.EvidenceDetails.DueBy),
		ChargeRefundable: o.IsChargeRefundable,
		Livemode:         o.Livemode,
	}
	d.State, d.RawState = enumValue(g, disputeStates, "dispute.status", o.Status)
	return d
}

// disputeOver is whether nothing more will be decided.
func disputeOver(state paymentsv1.DisputeState) bool {
	switch state {
	case paymentsv1.DisputeState_DISPUTE_STATE_WON, paymentsv1.DisputeState_DISPUTE_STATE_LOST,
		paymentsv1.DisputeState_DISPUTE_STATE_WARNING_CLOSED:
		return true
	default:
		return false
	}
}
