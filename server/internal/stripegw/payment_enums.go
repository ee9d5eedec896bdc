package stripegw

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// The tables from Stripe's strings to our enums. A test holds them against the constants of stripe-go.
var (
	paymentStates = map[string]paymentsv1.PaymentState{
		"requires_payment_method": paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD,
		"requires_confirmation":   paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CONFIRMATION,
		"requires_action":         paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION,
		"processing":              paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING,
		"requires_capture":        paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CAPTURE,
		"canceled":                paymentsv1.PaymentState_PAYMENT_STATE_CANCELED,
		"succeeded":               paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED,
	}
	captureMethods = map[string]paymentsv1.CaptureMethod{
		"automatic":       paymentsv1.CaptureMethod_CAPTURE_METHOD_AUTOMATIC,
		"automatic_async": paymentsv1.CaptureMethod_CAPTURE_METHOD_AUTOMATIC_ASYNC,
		"manual":          paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL,
	}
	setupFutureUsages = map[string]paymentsv1.SetupFutureUsage{
		"on_session":  paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_ON_SESSION,
		"off_session": paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_OFF_SESSION,
	}
	cancellationReasons = map[string]paymentsv1.CancellationReason{
		"duplicate":             paymentsv1.CancellationReason_CANCELLATION_REASON_DUPLICATE,
		"fraudulent":            paymentsv1.CancellationReason_CANCELLATION_REASON_FRAUDULENT,
		"requested_by_customer": paymentsv1.CancellationReason_CANCELLATION_REASON_REQUESTED_BY_CUSTOMER,
		"abandoned":             paymentsv1.CancellationReason_CANCELLATION_REASON_ABANDONED,
		"failed_invoice":        paymentsv1.CancellationReason_CANCELLATION_REASON_FAILED_INVOICE,
		"void_invoice":          paymentsv1.CancellationReason_CANCELLATION_REASON_VOID_INVOICE,
		"automatic":             paymentsv1.CancellationReason_CANCELLATION_REASON_AUTOMATIC,
	}
)

// enumParam is Stripe's string for a value of ours, nil for UNSPECIFIED. A value without one is refused.
func enumParam[E interface {
	~int32
	protoreflect.Enum
}](table map[string]E, value E, field string) (*string, error) {
	if value == 0 {
		return nil, nil
	}
	for text, v := range table {
		if v == value {
			return &text, nil
		}
	}
	return nil, apierr.InvalidField(field, "is not a value of "+string(value.Descriptor().Name()))
}

// enumValue is our value for Stripe's string, or UNSPECIFIED and the string itself, of which the log hears once.
func enumValue[E ~int32](g *Gateway, table map[string]E, field, text string) (value E, raw string) {
	if text == "" {
		return 0, ""
	}
	value, ok := table[text]
	if !ok {
		g.unknown.warn(field, text)
		return 0, text
	}
	return value, ""
}
