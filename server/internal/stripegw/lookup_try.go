package stripegw

import (
	"cmp"
	"encoding/json"
	"errors"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// try is what an object that can be confirmed, a payment or a setup intent, shows of the latest try.
type try struct {
	Object           string        `json:"object"`
	ID               string        `json:"id"`
	Status           string        `json:"status"`
	LastPaymentError *paymentError `json:"last_payment_error"`
	LastSetupError   *paymentError `json:"last_setup_error"`
}

// decodeTry reads it as the object itself is read: what has another type than expected is left empty.
func decodeTry(body []byte) (try, error) {
	var t try
	err := json.Unmarshal(body, &t)
	if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !mismatch || t.Status == "" {
		return try{}, errUnreadable
	}
	return t, nil
}

// untried is whether the object was not, or not yet, confirmed.
func (t try) untried() bool {
	return t.Status == "requires_confirmation" || t.Status == "requires_payment_method"
}

// declined is the 402 that a write must have met whose object lacks a method after an error.
func (t try) declined(requestID string) (apierr.StripeError, bool) {
	why := cmp.Or(t.LastPaymentError, t.LastSetupError)
	if t.Status != "requires_payment_method" || why == nil {
		return apierr.StripeError{}, false
	}
	e := apierr.StripeError{
		HTTPStatus:  402,
		Type:        "card_error",
		Code:        token(why.Code),
		DeclineCode: token(why.DeclineCode),
		AdviceCode:  token(why.AdviceCode),
		RequestID:   requestID,
	}
	if t.Object == "setup_intent" {
		e.SetupIntentID, e.SetupIntentStatus = token(t.ID), token(t.Status)
	} else {
		e.PaymentIntentID, e.PaymentIntentStatus = token(t.ID), token(t.Status)
	}
	return e, true
}

// refusal is what the caller of a write that confirms hears of what was declined; nil of any other.
func (w write) refusal(s Search, latest try, answer Answer) error {
	declined, ok := latest.declined(answer.RequestID)
	if !ok {
		return nil
	}
	return apierr.FromStripe(w.fields.named(declined), w.subjectOf(s.Request, s.OperationID))
}
