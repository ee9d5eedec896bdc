package stripegw

import (
	"errors"
	"net/http"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// met is what one send of a write met.
type met int

// All that a send can meet.
const (
	// metSuccess: an answer of success, which was understood.
	metSuccess met = iota + 1
	// metRefusal: Stripe looked at the request and refused it, for example with a decline.
	metRefusal
	// metKeyReused: Stripe knows the key from a request with other parameters.
	metKeyReused
	// metCredentials: Stripe did not take our own key for this.
	metCredentials
	// metDependency: something that Stripe depends on did not answer, so that it refused.
	metDependency
	// metRateLimit: too many requests.
	metRateLimit
	// metLock: another change held the object.
	metLock
	// metNothing: no byte can have reached Stripe.
	metNothing
	// metNoAnswer: no whole answer came.
	metNoAnswer
	// metUnreadable: an answer came that is not Stripe's, or can not be read.
	metUnreadable
	// metInUse: Stripe still works on another request with this key.
	metInUse
	// metStripeFailure: Stripe failed in the middle of it.
	metStripeFailure
	// metStripeBusy: Stripe failed with 503.
	metStripeBusy
)

// verdictRow is what follows from what a send met.
type verdictRow struct {
	// verdict is that of this send alone.
	verdict     Verdict
	uncertainty paymentsv1.OperationUncertainty
	// again is whether the same is sent once more, where Stripe does not say it; longer is whether after a longer wait.
	again, longer bool
	// heeds is whether Stripe's header Stripe-Should-Retry counts. stripe-go does not look at it where the body is no
	// error object of Stripe's.
	heeds bool
}

// verdicts is the table of decisions. The rules of stripe-go are those of shouldRetry in its stripe.go; the others are
// from https://docs.stripe.com/error-low-level and https://docs.stripe.com/api/idempotent_requests.
var verdicts = map[met]verdictRow{
	metSuccess: {verdict: Done},
	// Once execution began, Stripe keeps its answer under the key, success or failure; parameters that it refused before
	// will be refused again. stripe-go repeats none of 400, 402 and 404.
	metRefusal: {verdict: Done, heeds: true},
	// The key did something else: this request did nothing and never will. Not even a header makes it worth a repetition.
	metKeyReused: {verdict: NotDone},
	// Stripe looks at the key first, so that nothing was begun (401, 403). A repetition meets the same.
	metCredentials: {verdict: NotDone, heeds: true},
	metDependency:  {verdict: NotDone, heeds: true},
	// Limiters stand before the idempotency layer, so that nothing was begun and the same key will run. stripe-go does
	// not repeat here, so as not to add to the load; with a caller waiting we do, after a longer wait.
	metRateLimit: {verdict: NotDone, again: true, longer: true, heeds: true},
	// A lock timeout begins nothing either. stripe-go repeats it.
	metLock:    {verdict: NotDone, again: true, heeds: true},
	metNothing: {verdict: NotDone, again: true},
	// Stripe may have done it. The same key gives its answer, or does it now. stripe-go repeats errors of the transport.
	metNoAnswer: {
		verdict: Uncertain, uncertainty: paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NO_ANSWER, again: true,
	},
	// A success that can not be read was done; a page of a proxy may stand before a Stripe that went on. stripe-go
	// repeats the second, and errs on the first.
	metUnreadable: {
		verdict: Uncertain, uncertainty: paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_UNREADABLE_ANSWER,
		again: true,
	},
	// An earlier send with this key is under way, and the same key will tell how it ended. stripe-go repeats every 409.
	metInUse: {
		verdict: Uncertain, uncertainty: paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_IN_USE, again: true,
		heeds: true,
	},
	// Stripe keeps a 500 under the key, so that a repetition meets it again. stripe-go does not repeat a POST.
	metStripeFailure: {
		verdict: Uncertain, uncertainty: paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_STRIPE_FAILURE, heeds: true,
	},
	// stripe-go repeats every 503.
	metStripeBusy: {
		verdict: Uncertain, uncertainty: paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_STRIPE_FAILURE, again: true,
		heeds: true,
	},
}

// refusals says what was met where Stripe answered with an error, by the reason that apierr has found for it. What is
// not in it leaves the outcome open: a failure of Stripe's own is OUTCOME_PENDING.
var refusals = map[paymentsv1.ErrorReason]met{
	paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD:           metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING:        metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_EXISTS:         metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE:        metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_METHOD_REQUIRED: metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED:        metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED: metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CONTRACT:         metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE:           metRefusal,
	paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_REUSED:  metKeyReused,
	paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CREDENTIALS:      metCredentials,
	paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE:      metDependency,
	paymentsv1.ErrorReason_ERROR_REASON_RATE_LIMITED:            metRateLimit,
	paymentsv1.ErrorReason_ERROR_REASON_LOCK_TIMEOUT:            metLock,
	paymentsv1.ErrorReason_ERROR_REASON_OPERATION_IN_PROGRESS:   metInUse,
}

// meet says what a send met that was no success. reason is what apierr makes of Stripe's error.
func meet(failure *SendError, reason paymentsv1.ErrorReason) met {
	said := failure.Stripe
	switch {
	case failure.NothingSent:
		return metNothing
	case said == nil && (errors.Is(failure.cause, errUnreadable) || errors.Is(failure.cause, errTooLarge)):
		return metUnreadable
	case said == nil:
		return metNoAnswer
	// Every error object of Stripe's has a type. What has none comes from something between us, whatever its status.
	case said.Type == "":
		return metUnreadable
	case said.HTTPStatus == http.StatusServiceUnavailable:
		return metStripeBusy
	}
	if m, ok := refusals[reason]; ok {
		return m
	}
	return metStripeFailure
}
