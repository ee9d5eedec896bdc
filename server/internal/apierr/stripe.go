package apierr

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// When to ask again, where Stripe does not say it: it documents no Retry-After.
const (
	inProgressRetry  = time.Second
	lockRetry        = time.Second
	rateLimitRetry   = 2 * time.Second
	unavailableRetry = 2 * time.Second
	longestRetry     = time.Minute
)

// StripeError is what Stripe answered to a request that failed, as stripegw decoded it. It holds no text of Stripe's.
type StripeError struct {
	// HTTPStatus of the answer.
	HTTPStatus int
	// Type is `api_error`, `card_error`, `idempotency_error` or `invalid_request_error`; open, and empty where the body
	// was not Stripe's JSON (an HTML page of a proxy).
	Type string
	// Code, DeclineCode, AdviceCode and Param are Stripe's, each empty where it gave none.
	Code, DeclineCode, AdviceCode, Param string
	// Field is Param in the words of our request, for example `amount.minor_units`; empty where no field of ours stands
	// behind it.
	Field string
	// PaymentIntentID and PaymentIntentStatus are those of the payment intent inside the error.
	PaymentIntentID, PaymentIntentStatus string
	// SetupIntentID and SetupIntentStatus are those of the setup intent inside it.
	SetupIntentID, SetupIntentStatus string
	// RequestID is Stripe's, `req_...`.
	RequestID string
	// RetryAfter is that of the header, 0 where there is none.
	RetryAfter time.Duration
}

// Error is constant: what Stripe said is in the fields.
func (StripeError) Error() string { return "Stripe answered with an error" }

// Subject is what the failed request was about.
type Subject struct {
	// Write is whether the request could change something.
	Write bool
	// Confirms is whether it asked Stripe to collect a payment or to save a method.
	Confirms bool
	// Type and ID name the object that the request is about, for example `payment` and `pi_1`; a create has no ID.
	Type, ID string
	// StateParam is the parameter that names the object on whose state the request hangs, where Stripe has no code for a
	// refusal over that state: what it refuses without a code, about this parameter or about none, is the state. Empty
	// where there is always a code.
	StateParam string
	// OperationID of a write.
	OperationID string
}

// FromStripe turns an error of Stripe's into ours. It is total: a code that this build does not know falls back on
// Stripe's type and the HTTP status.
func FromStripe(e StripeError, s Subject) *Error {
	err := classify(e, s).WithCause(e).WithMetadata("stripe_request_id", e.RequestID)
	if s.Write {
		err = err.WithMetadata("operation_id", s.OperationID)
	}
	return err
}

func classify(e StripeError, s Subject) *Error {
	status := e.HTTPStatus
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return New(paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CREDENTIALS).WithMetadata("stripe_code", e.Code)
	case status == http.StatusTooManyRequests && e.Code != "lock_timeout":
		return rateLimited(e)
	case !fromStripe(e):
		return unknownOutcome(e, s)
	case e.Type == "idempotency_error" && status == http.StatusBadRequest:
		return KeyReused()
	}
	if lacksMethod(e, s) {
		return New(paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_METHOD_REQUIRED).
			WithMetadata("payment_id", e.PaymentIntentID).WithMetadata("setup_intent_id", e.SetupIntentID)
	}
	switch kindOf(e, s) {
	case kindDecline:
		return declined(e, s)
	case kindInvalid:
		return invalid(e)
	case kindState:
		return New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE).
			WithMetadata("stripe_code", e.Code).
			WithMetadata("state", strings.ToUpper(cmp.Or(e.PaymentIntentStatus, e.SetupIntentStatus)))
	case kindMissing:
		return missing(e, s)
	case kindExists:
		if isLookupKey(e) {
			return invalid(e)
		}
		return New(paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_EXISTS).WithMetadata("stripe_code", e.Code)
	case kindInProgress:
		return New(paymentsv1.ErrorReason_ERROR_REASON_OPERATION_IN_PROGRESS).WithRetry(retry(e, inProgressRetry))
	case kindLocked:
		return New(paymentsv1.ErrorReason_ERROR_REASON_LOCK_TIMEOUT).WithRetry(retry(e, lockRetry))
	case kindRateLimited:
		return rateLimited(e)
	case kindUnavailable:
		return Unavailable(e, retry(e, unavailableRetry)).WithMetadata("stripe_code", e.Code)
	case kindCredentials:
		return New(paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CREDENTIALS).WithMetadata("stripe_code", e.Code)
	default:
		return New(paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CONTRACT).WithMetadata("stripe_code", e.Code)
	}
}

// fromStripe is whether the answer says what Stripe did. One that is no error object of Stripe's comes from something
// between us, which may have cut off a request that Stripe went on with; an api_error says that Stripe itself does not
// know, whatever the status.
func fromStripe(e StripeError) bool {
	switch {
	case e.Type == "" || e.Type == "api_error":
		return false
	case e.HTTPStatus == http.StatusRequestTimeout || e.HTTPStatus == http.StatusFailedDependency:
		return false
	default:
		return e.HTTPStatus >= http.StatusBadRequest && e.HTTPStatus < http.StatusInternalServerError
	}
}

// kindOf looks the code up, and where this build does not know it, goes by the HTTP status.
func kindOf(e StripeError, s Subject) kind {
	k := kinds[e.Code]
	if e.HTTPStatus == http.StatusPaymentRequired {
		// It says that the parameters were valid and the request failed (https://docs.stripe.com/api/errors), so that no
		// code makes it our fault or a wrong field.
		switch k {
		case kindUnknown, kindInvalid, kindMissing, kindCredentials, kindContract:
			return kindDecline
		default:
			return k
		}
	}
	if k != kindUnknown {
		return k
	}
	switch {
	case e.Type == "card_error":
		return kindDecline
	case e.HTTPStatus == http.StatusNotFound:
		return kindMissing
	case e.HTTPStatus == http.StatusConflict:
		return kindInProgress
	case s.StateParam != "" && e.Code == "" && (e.Param == "" || e.Param == s.StateParam):
		return kindState
	default:
		return kindInvalid
	}
}

// lacksMethod is whether a payment was to be collected, or a method to be saved, with nothing to charge. Stripe has no
// code of its own for it: it says that the state, requires_payment_method, is not the right one to confirm in.
func lacksMethod(e StripeError, s Subject) bool {
	if bills(s) && lacksDefault(e) {
		return true
	}
	if !s.Confirms {
		return false
	}
	var status string
	switch e.Code {
	case "parameter_missing":
		return e.Param == "payment_method"
	case "payment_intent_unexpected_state":
		status = e.PaymentIntentStatus
	case "setup_intent_unexpected_state":
		status = e.SetupIntentStatus
	default:
		return false
	}
	return status == "requires_payment_method" || status == "" && s.ID == ""
}

// bills is whether Stripe charges an invoice for it, by a method that the request need not name.
func bills(s Subject) bool { return s.Type == "subscription" || s.Type == "invoice" }

// lacksDefault is whether an invoice was to be charged and there is no method for it. Stripe has no code of its own for
// that either: it misses something, and names no parameter. Where it was found by the text, the parameter is the old
// name for a customer's default, which we never send.
func lacksDefault(e StripeError) bool {
	switch e.Param {
	case "default_source":
		return true
	case "":
		return e.HTTPStatus == http.StatusBadRequest && e.Code == "resource_missing"
	default:
		return false
	}
}

// isLookupKey is whether a lookup key was refused, which another plan has.
func isLookupKey(e StripeError) bool { return strings.HasSuffix(e.Field, "lookup_key") }

// unknownOutcome is for an answer that does not tell what was done: a read may be repeated, a write may have happened.
func unknownOutcome(e StripeError, s Subject) *Error {
	if s.Write {
		return OutcomePending(s.OperationID, e)
	}
	return Unavailable(e, retry(e, unavailableRetry))
}

// invalid tells a caller's mistake from ours: a parameter behind which no field of the request stands can only be ours.
func invalid(e StripeError) *Error {
	switch {
	case e.Field == "proration_time":
		// It is a moment that a preview gave, and that a new period has left behind.
		return New(paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE).WithMetadata("stripe_code", e.Code)
	case e.Code == "" && strings.HasSuffix(e.Field, "minor_units"):
		// Stripe has no code for a refund that is too large.
		return InvalidField(e.Field, "is not accepted by Stripe; it may be more than is left")
	case e.Field != "":
		return InvalidField(e.Field, invalidDescription(e)).WithMetadata("stripe_code", e.Code)
	case e.Param != "":
		return New(paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CONTRACT).WithMetadata("stripe_code", e.Code)
	default:
		return InvalidFields().WithMetadata("stripe_code", e.Code)
	}
}

// invalidDescription is ours: Stripe's message repeats what was sent.
func invalidDescription(e StripeError) string {
	switch {
	case strings.HasSuffix(e.Field, "payment_method_id"):
		return methodDescription(e)
	case isLookupKey(e) && (e.Code == "" || e.Code == "resource_already_exists"):
		return "is that of another plan; transfer_lookup_key takes it from there"
	default:
		return describe(e.Code)
	}
}

// methodDescription says what is wrong with a payment method that exists.
func methodDescription(e StripeError) string {
	switch {
	case e.Code == "payment_intent_incompatible_payment_method" || e.Code == "setup_intent_invalid_parameter":
		return "is of a kind that payment_method_types does not name"
	case e.Code == "parameter_missing" && e.Param == "source":
		// Stripe names the parameter of old where a payment without a customer is to be confirmed with a customer's method.
		return "belongs to a customer, and the payment has none"
	case e.Code == "":
		return "can not be used here: is it this customer's, not used up, and of an accepted kind?"
	default:
		return describe(e.Code)
	}
}

func describe(code string) string {
	switch code {
	case "amount_too_small":
		return "is below the least amount that Stripe collects in this currency"
	case "amount_too_large":
		return "is above the greatest amount that Stripe takes here"
	case "parameter_missing":
		return "is required here"
	case "email_invalid":
		return "is no e-mail address"
	case "url_invalid":
		return "is no URL"
	case "resource_missing":
		return "names an object that does not exist, is not active, or belongs to another customer"
	case "token_already_used":
		return "was used already"
	case "account_number_invalid", "routing_number_invalid", "bank_account_bad_routing_numbers":
		return "is not a valid number"
	default:
		return "is not accepted by Stripe"
	}
}

// missing tells the subject of the rpc from an object that a field names.
func missing(e StripeError, s Subject) *Error {
	// Stripe names the parameter in a path after the type, but for payment intents; a plan is a price to it.
	ofSubject := e.Param == "" || e.Param == "id" || e.Param == "intent" || e.Param == s.Type ||
		e.Param == "price" && s.Type == "plan"
	switch {
	case e.Code == "invoice_upcoming_none" && s.Type == "subscription":
		// It exists, and will have no further invoice.
		return New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE).WithMetadata("stripe_code", e.Code)
	case s.ID != "" && ofSubject:
		return ResourceMissing(s.Type, s.ID).WithMetadata("stripe_code", e.Code)
	case e.Field != "":
		return InvalidField(e.Field, describe("resource_missing")).WithMetadata("stripe_code", e.Code)
	case e.Code == "invoice_upcoming_none":
		return ResourceMissing("invoice", "").WithMetadata("stripe_code", e.Code)
	default:
		return New(paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CONTRACT).WithMetadata("stripe_code", e.Code)
	}
}

func rateLimited(e StripeError) *Error {
	return QuotaExceeded("stripe", "Stripe's limit on the account that all callers share", retry(e, rateLimitRetry))
}

func retry(e StripeError, otherwise time.Duration) time.Duration {
	if e.RetryAfter > 0 {
		return min(e.RetryAfter, longestRetry)
	}
	return otherwise
}
