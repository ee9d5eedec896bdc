package stripegw

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// maxToken is the longest name or id that is taken over from an error of Stripe's.
	maxToken = 255
	// maxRetryAfter is the longest wait that is believed, against a proxy's fantasy.
	maxRetryAfter = time.Hour
)

// errorBody is what we take from an error of Stripe's. What must not go further stands there too: `message`, which may
// name the customer and only serves to find the parameter, `payment_method`, and the client secrets of the intents.
// Source: error.go of stripe-go; `advice_code` is newer than it.
type errorBody struct {
	Error struct {
		Type          string `json:"type"`
		Code          string `json:"code"`
		DeclineCode   string `json:"decline_code"`
		AdviceCode    string `json:"advice_code"`
		Param         string `json:"param"`
		Message       string `json:"message"`
		PaymentIntent struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"payment_intent"`
		SetupIntent struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"setup_intent"`
	} `json:"error"`
}

// decodeError reads the body of an answer that is no success, and never fails: of a body that is not Stripe's, only the
// status is known.
func decodeError(answer Answer, raw []byte, header http.Header) *apierr.StripeError {
	var body errorBody
	// A field of another type than expected is left empty and the others are read all the same; of what is no JSON at
	// all, nothing is.
	_ = json.Unmarshal(raw, &body)
	e := body.Error
	return &apierr.StripeError{
		HTTPStatus:          answer.Status,
		Type:                token(e.Type),
		Code:                token(e.Code),
		DeclineCode:         token(e.DeclineCode),
		AdviceCode:          token(e.AdviceCode),
		Param:               cmp.Or(param(e.Param), unnamedParam(e.Message)),
		PaymentIntentID:     token(e.PaymentIntent.ID),
		PaymentIntentStatus: token(e.PaymentIntent.Status),
		SetupIntentID:       token(e.SetupIntent.ID),
		SetupIntentStatus:   token(e.SetupIntent.Status),
		RequestID:           answer.RequestID,
		RetryAfter:          retryAfter(header),
	}
}

// declined is the object inside a 402, as the refusal left it: at most one of the two. Its client secret is gone.
type declined struct {
	payment *paymentIntent
	setup   *setupIntent
}

// decodeDeclined reads it. It may be missing or unreadable: then there is none, and the refusal stands all the same.
func decodeDeclined(answer Answer, raw []byte) (d declined) {
	if answer.Status != http.StatusPaymentRequired {
		return declined{}
	}
	var body struct {
		Error struct {
			PaymentIntent json.RawMessage `json:"payment_intent"`
			SetupIntent   json.RawMessage `json:"setup_intent"`
		} `json:"error"`
	}
	_ = json.Unmarshal(raw, &body)
	if intent, err := decodePaymentIntent(body.Error.PaymentIntent); err == nil {
		intent.ClientSecret = ""
		d.payment = intent
	}
	if intent, err := decodeSetupIntentObject(body.Error.SetupIntent); err == nil {
		intent.ClientSecret = ""
		d.setup = intent
	}
	return d
}

// token returns s if it has the form of one of Stripe's names or ids, and nothing otherwise: these strings go into
// statuses and logs, so that a sentence in their place must not pass.
func token(s string) string {
	if len(s) > maxToken {
		return ""
	}
	for i := range len(s) {
		if !tokenByte(s[i]) {
			return ""
		}
	}
	return s
}

func tokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

// retryAfter reads the header of that name in seconds. Stripe documents none; proxies send it.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseInt(header.Get("Retry-After"), 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
