package stripegw

import paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"

// legacySource is the parameter that Stripe names where a payment lacks the customer to whom its method belongs.
const legacySource = "source"

// paymentWrites are the rpcs that make and change payments.
func paymentWrites() []write {
	return []write{
		newWrite(paymentsv1.PaymentService_CreatePayment_FullMethodName, prepareCreatePayment, write{
			object: paymentObject,
			lookUp: created(listCreatedPayments),
			fields: joined(mandateFields(), paramFields{
				"amount":                      "amount.minor_units",
				"currency":                    "amount.currency_code",
				"customer":                    "customer_id",
				"payment_method":              "payment_method_id",
				legacySource:                  "customer_id",
				"payment_method_types":        "payment_method_types",
				"capture_method":              "capture_method",
				"confirm":                     "confirm",
				"off_session":                 "off_session",
				"setup_future_usage":          "setup_future_usage",
				"return_url":                  "return_url",
				"description":                 "description",
				"statement_descriptor_suffix": "statement_descriptor_suffix",
				"receipt_email":               "receipt_email",
				"payment_method_options":      "bank_account_verification",
				metadataParam:                 "metadata",
			}),
			confirms: confirmsAtOnce,
		}),
		newWrite(paymentsv1.PaymentService_ConfirmPayment_FullMethodName, prepareConfirmPayment, write{
			object: paymentObject,
			// Each of them says that a confirm went through. Of requires_payment_method nobody can tell which one failed.
			lookUp: changed(confirmed("succeeded", "processing", "requires_capture", "requires_action")),
			fields: joined(mandateFields(), paramFields{
				"intent":         "payment_id",
				"payment_method": "payment_method_id",
				// The customer is the payment's, and this request can not name one.
				legacySource:         "payment_method_id",
				"off_session":        "off_session",
				"return_url":         "return_url",
				"setup_future_usage": "setup_future_usage",
				"receipt_email":      "receipt_email",
			}),
			subject:     paymentSubject,
			subjectPath: paymentPath,
			confirms:    always,
		}),
		newWrite(paymentsv1.PaymentService_UpdatePayment_FullMethodName, prepareUpdatePayment, write{
			object:      paymentObject,
			lookUp:      changed(stands),
			fields:      paymentUpdates.fields(paramFields{"intent": "payment_id", legacySource: "payment.customer_id"}),
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
	}
}

// refundWrites are those of refunds.
func refundWrites() []write {
	return []write{
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
