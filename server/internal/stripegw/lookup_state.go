package stripegw

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
)

// inState is for a write that leaves the object in one of these states.
func inState(states ...string) func(form url.Values, body []byte) bool {
	return func(_ url.Values, body []byte) bool {
		var object struct {
			Status string `json:"status"`
		}
		return json.Unmarshal(body, &object) == nil && slices.Contains(states, object.Status)
	}
}

// confirmed is for a confirm, which leaves the object in one of these states, with the method that it was to use: another's
// try leaves another one. The id of a test method (`pm_card_visa`) is that of a template, of which each use makes a method.
func confirmed(states ...string) func(form url.Values, body []byte) bool {
	reached := inState(states...)
	return func(form url.Values, body []byte) bool {
		if !reached(form, body) {
			return false
		}
		sent := form.Get("payment_method")
		if !madeID.MatchString(sent) {
			return true
		}
		var object struct {
			PaymentMethod any `json:"payment_method"`
		}
		return json.Unmarshal(body, &object) == nil && sameValue(object.PaymentMethod, sent)
	}
}

// madeID is what ids of payment methods look like that Stripe has made.
var madeID = regexp.MustCompile(`^(pm|card|src|ba)_[0-9]`)

// deleted is for a write that leaves nothing but a stub.
func deleted(_ url.Values, body []byte) bool {
	object, err := decodeEnvelope(body)
	return err == nil && object.Deleted
}

// detached is for a write that leaves a payment method without a customer. One that never had any looks alike: service
// refuses to detach that before anything begins.
func detached(_ url.Values, body []byte) bool {
	var method struct {
		Object   string          `json:"object"`
		Customer json.RawMessage `json:"customer"`
	}
	return json.Unmarshal(body, &method) == nil && method.Object == "payment_method" && string(method.Customer) == "null"
}

// captured is for a capture, which only a payment that waits for one can have had. One that leaves room for more
// (`final_capture=false`) shows in the amount that was received, but so does another of the same amount, so that nobody can
// tell it from the object.
func captured(form url.Values, body []byte) bool {
	var intent struct {
		Status         string `json:"status"`
		CaptureMethod  string `json:"capture_method"`
		AmountReceived *int64 `json:"amount_received"`
	}
	if json.Unmarshal(body, &intent) != nil || intent.Status != "succeeded" || intent.AmountReceived == nil ||
		intent.CaptureMethod != "manual" || form.Get("final_capture") == "false" {
		return false
	}
	amount := form.Get("amount_to_capture")
	return amount == "" || amount == strconv.FormatInt(*intent.AmountReceived, 10)
}
