package stripegw

import (
	"encoding/json"
	"errors"
)

// refundObject is what we take from Stripe's refund, https://docs.stripe.com/api/refunds/object.
type refundObject struct {
	Object             string            `json:"object"`
	ID                 string            `json:"id"`
	Status             string            `json:"status"`
	Amount             int64             `json:"amount"`
	Currency           string            `json:"currency"`
	PaymentIntent      string            `json:"payment_intent"`
	Charge             string            `json:"charge"`
	Reason             string            `json:"reason"`
	FailureReason      string            `json:"failure_reason"`
	Created            int64             `json:"created"`
	Metadata           map[string]string `json:"metadata"`
	BalanceTransaction string            `json:"balance_transaction"`
	ReceiptNumber      string            `json:"receipt_number"`
}

// decodeRefundObject reads an answer that should be a refund. Without its type, id, amount and currency it is
// unreadable; any other field may be missing or of another type than expected, as in decodePaymentIntent. Of an old
// refund, Stripe may not say the status.
func decodeRefundObject(body []byte) (*refundObject, error) {
	object := &refundObject{Amount: noAmount}
	if err := json.Unmarshal(body, object); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
		object.readReferences(body)
	}
	if object.Object != "refund" || object.ID == "" || object.Amount == noAmount || object.Currency == "" {
		return nil, errUnreadable
	}
	return object, nil
}

// readReferences reads the fields that are an id or, expanded, an object with one. We ask for none to be expanded.
func (o *refundObject) readReferences(body []byte) {
	var references struct {
		PaymentIntent      json.RawMessage `json:"payment_intent"`
		Charge             json.RawMessage `json:"charge"`
		BalanceTransaction json.RawMessage `json:"balance_transaction"`
	}
	// It is JSON, and a raw message takes any type.
	_ = json.Unmarshal(body, &references)
	o.PaymentIntent = reference(references.PaymentIntent)
	o.Charge = reference(references.Charge)
	o.BalanceTransaction = reference(references.BalanceTransaction)
}
