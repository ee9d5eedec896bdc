package stripegw

import (
	"encoding/json"
	"errors"
)

// disputeObject is what we take from Stripe's dispute, https://docs.stripe.com/api/disputes/object. Its evidence is
// left there: it is full of personal data.
type disputeObject struct {
	Object             string              `json:"object"`
	ID                 string              `json:"id"`
	Amount             int64               `json:"amount"`
	Charge             expandable[*onlyID] `json:"charge"`
	Created            int64               `json:"created"`
	Currency           string              `json:"currency"`
	EvidenceDetails    evidenceDetails     `json:"evidence_details"`
	IsChargeRefundable bool                `json:"is_charge_refundable"`
	Livemode           bool                `json:"livemode"`
	PaymentIntent      expandable[*onlyID] `json:"payment_intent"`
	Reason             string              `json:"reason"`
	Status             string              `json:"status"`
}

// evidenceDetails is until when evidence is taken; nothing where it is not.
type evidenceDetails struct {
	DueBy int64 `json:"due_by"`
}

// decodeDisputeObject reads an answer that should be a dispute. Without its type, id, status, amount and currency it is
// unreadable; any other field may be missing or of another type than expected, as in decodePaymentIntent.
func decodeDisputeObject(body []byte) (*disputeObject, error) {
	object := &disputeObject{Amount: noAmount}
	if err := json.Unmarshal(body, object); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
	}
	if object.Object != kindDispute || object.ID == "" || object.Status == "" || object.Amount == noAmount ||
		object.Currency == "" {
		return nil, errUnreadable
	}
	return object, nil
}
