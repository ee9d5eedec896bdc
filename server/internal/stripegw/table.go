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
)

// writes is the table of all rpcs that change something. A new rpc is a new row.
func writes() []write {
	return []write{
		newWrite(paymentsv1.PaymentService_CreatePayment_FullMethodName, prepareCreatePayment, write{
			decode: decodePayment,
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
			decode: decodePayment,
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
	}
}
