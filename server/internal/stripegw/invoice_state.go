package stripegw

import (
	"encoding/json"
	"net/url"
	"slices"
)

// finalized is for a write that makes a draft final: whoever did that, it is one no more. What was said of Stripe going
// on with it must stand, as long as there is something to go on with.
func finalized(form url.Values, body []byte) bool {
	var object struct {
		Status      string `json:"status"`
		AutoAdvance bool   `json:"auto_advance"`
	}
	if json.Unmarshal(body, &object) != nil ||
		!slices.Contains([]string{"open", "paid", "uncollectible", "void"}, object.Status) {
		return false
	}
	asked := form.Get("auto_advance")
	return asked == "" || object.Status != "open" || sameValue(object.AutoAdvance, asked)
}

// paid is for a write that pays an invoice: it is paid in the way that was asked for, or a bank works on it with the
// method that was to be charged. Of a try that failed nobody can tell whose it was.
func paid(form url.Values, body []byte) bool {
	var object struct {
		Status        string          `json:"status"`
		PaidOutOfBand bool            `json:"paid_out_of_band"`
		PaymentIntent json.RawMessage `json:"payment_intent"`
	}
	if json.Unmarshal(body, &object) != nil {
		return false
	}
	switch {
	case form.Get("paid_out_of_band") == "true":
		return object.Status == "paid" && object.PaidOutOfBand
	case object.Status != "paid":
		return confirmed("processing")(form, object.PaymentIntent)
	case object.PaidOutOfBand:
		return false
	default: // Where nothing was due, there is no payment.
		return string(object.PaymentIntent) == "null" || confirmed("succeeded")(form, object.PaymentIntent)
	}
}
