package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Error types of API v1 (docs.stripe.com/api/errors); there is none for rate limits or authentication.
const (
	typeAPI         = "api_error"
	typeCard        = "card_error"
	typeIdempotency = "idempotency_error"
	typeInvalid     = "invalid_request_error"
)

const codeUnexpectedState = "payment_intent_unexpected_state"

// failure is an answer that is an error.
type failure struct {
	status   int
	unlogged bool // Stripe gives no request_log_url when it refuses before it looks at the endpoint
	docless  bool // the code has no page of its own
	result   bool // what was asked for was done, and this is how it ended

	charge    string
	code      string
	decline   string
	message   string
	param     string
	intent    *paymentIntent
	setup     *setupIntent
	method    *paymentMethod
	errorType string
}

// errorBody is the error object; Stripe leaves out the properties that do not apply.
type errorBody struct {
	Charge        string         `json:"charge,omitempty"`
	Code          string         `json:"code,omitempty"`
	DeclineCode   string         `json:"decline_code,omitempty"`
	DocURL        string         `json:"doc_url,omitempty"`
	Message       string         `json:"message"`
	Param         string         `json:"param,omitempty"`
	PaymentIntent *paymentIntent `json:"payment_intent,omitempty"`
	PaymentMethod *paymentMethod `json:"payment_method,omitempty"`
	RequestLogURL string         `json:"request_log_url,omitempty"`
	SetupIntent   *setupIntent   `json:"setup_intent,omitempty"`
	Type          string         `json:"type"`
}

func (f *failure) body(requestID string, at time.Time) any {
	b := errorBody{
		Charge: f.charge, Code: f.code, DeclineCode: f.decline, Message: f.message, Param: f.param,
		PaymentIntent: f.intent, PaymentMethod: f.method, SetupIntent: f.setup, Type: f.errorType,
	}
	if f.code != "" && !f.docless {
		b.DocURL = docURL(f.code)
	}
	if !f.unlogged {
		b.RequestLogURL = fmt.Sprintf("https://dashboard.stripe.com/test/logs/%s?t=%d", requestID, at.Unix())
	}
	return struct {
		Error errorBody `json:"error"`
	}{b}
}

func docURL(code string) string {
	return "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(code, "_", "-")
}

// invalid is the common refusal: 400 and invalid_request_error.
func invalid(code, param, message string) *failure {
	return &failure{
		status: http.StatusBadRequest, errorType: typeInvalid, code: code, param: param, message: message,
	}
}

// missing says that an object does not exist: 404 when the path names it, 400 when a parameter does.
func missing(status int, kind, id, param string) *failure {
	f := invalid("resource_missing", param, fmt.Sprintf("No such %s: '%s'", kind, id))
	f.status = status
	return f
}

func unexpectedState(intent *paymentIntent, message string) *failure {
	return invalid(codeUnexpectedState, "", message).about(intent)
}

// about attaches the payment intent as it stands. The copy keeps a stored answer from changing with the object.
func (f *failure) about(intent *paymentIntent) *failure {
	snapshot := *intent
	f.intent = &snapshot
	return f
}

// aboutSetup is about for setup intents.
func (f *failure) aboutSetup(intent *setupIntent) *failure {
	snapshot := *intent
	f.setup = &snapshot
	return f
}
