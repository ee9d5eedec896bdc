package stripegw

import (
	"slices"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	// metadataParam is Stripe's parameter for pairs of one's own.
	metadataParam = "metadata"
	// operationKey is the pair of ours in the metadata of everything that we create. It is hidden from callers.
	operationKey = "tillgate_operation"

	// paymentSubject is the type of a payment in errors, and paymentPath what stands before its id in a path.
	paymentSubject = "payment"
	paymentPath    = "/v1/payment_intents/"
	// refundSubject and refundPath are those of a refund.
	refundSubject = "refund"
	refundPath    = "/v1/refunds/"
)

// paymentObject and refundOfPayment are what the rpcs make and change.
var (
	paymentObject = objectKind{
		subject: paymentSubject, prefixes: []string{"pi_"}, get: getPaymentRequest, decode: decodePayment,
	}
	// A refund of some bank payments begins with `pyr_`.
	refundOfPayment = objectKind{
		subject: refundSubject, prefixes: []string{"re_", "pyr_"}, get: getRefundRequest, decode: decodeRefund,
	}
)

// writes is the table of all rpcs that change something. A new rpc is a new row, which says too how its outcome is
// looked up.
func writes() []write {
	return []write{
		newWrite(paymentsv1.PaymentService_CreatePayment_FullMethodName, prepareCreatePayment, write{
			object: paymentObject,
			lookUp: created(listCreatedPayments),
			fields: paramFields{
				"amount":                      "amount.minor_units",
				"currency":                    "amount.currency_code",
				"customer":                    "customer_id",
				"payment_method":              "payment_method_id",
				"payment_method_types":        "payment_method_types",
				"capture_method":              "capture_method",
				"confirm":                     "confirm",
				"off_session":                 "off_session",
				"setup_future_usage":          "setup_future_usage",
				"return_url":                  "return_url",
				"description":                 "description",
				"statement_descriptor_suffix": "statement_descriptor_suffix",
				"receipt_email":               "receipt_email",
				metadataParam:                 "metadata",
			},
			confirms: func(r Request) bool { return slices.Contains(strings.Split(r.Form, "&"), "confirm=true") },
		}),
		newWrite(paymentsv1.PaymentService_ConfirmPayment_FullMethodName, prepareConfirmPayment, write{
			object: paymentObject,
			// Each of them says that a confirm went through. Of requires_payment_method nobody can tell which one failed.
			lookUp: changed(inState("succeeded", "processing", "requires_capture", "requires_action")),
			fields: paramFields{
				"intent":             "payment_id",
				"payment_method":     "payment_method_id",
				"off_session":        "off_session",
				"return_url":         "return_url",
				"setup_future_usage": "setup_future_usage",
				"receipt_email":      "receipt_email",
			},
			subject:     paymentSubject,
			subjectPath: paymentPath,
			confirms:    func(Request) bool { return true },
		}),
		newWrite(paymentsv1.PaymentService_UpdatePayment_FullMethodName, prepareUpdatePayment, write{
			object:      paymentObject,
			lookUp:      changed(stands),
			fields:      updateFields(),
			subject:     paymentSubject,
			subjectPath: paymentPath,
		}),
		newWrite(paymentsv1.PaymentService_CapturePayment_FullMethodName, prepareCapturePayment, write{
			object: paymentObject,
			lookUp: changed(captured),
			fields: paramFields{
				"intent":            "payment_id",
				"amount_to_capture": "amount.minor_units",
				"amount":            "amount.minor_units",
				// A code: for too much, Stripe names no parameter.
				"amount_too_large": "amount.minor_units",
				"final_capture":    "final_capture",
			},
			subject:     paymentSubject,
			subjectPath: paymentPath,
		}),
		newWrite(paymentsv1.PaymentService_CancelPayment_FullMethodName, prepareCancelPayment, write{
			object:      paymentObject,
			lookUp:      changed(inState("canceled")),
			fields:      paramFields{"intent": "payment_id", "cancellation_reason": "cancellation_reason"},
			subject:     paymentSubject,
			subjectPath: paymentPath,
		}),
		newWrite(paymentsv1.PaymentService_CreateRefund_FullMethodName, prepareCreateRefund, write{
			object: refundOfPayment,
			lookUp: created(listCreatedRefunds),
			fields: paramFields{
				"payment_intent": "payment_id",
				"amount":         "amount.minor_units",
				"reason":         "reason",
				metadataParam:    "metadata",
			},
			// "This PaymentIntent does not have a successful charge to refund."
			stateParam: "payment_intent",
		}),
		newWrite(paymentsv1.PaymentService_CancelRefund_FullMethodName, prepareCancelRefund, write{
			object:      refundOfPayment,
			lookUp:      changed(inState("canceled")),
			fields:      paramFields{"refund": "refund_id"},
			subject:     refundSubject,
			subjectPath: refundPath,
			// https://github.com/stripe/stripe-node/issues/1771
			stateParam: "refund",
		}),
	}
}
