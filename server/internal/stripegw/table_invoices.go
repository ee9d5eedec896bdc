package stripegw

import paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"

const (
	invoiceSubject = "invoice"
	invoicePath    = "/v1/invoices/"
)

var (
	invoiceKind = objectKind{
		subject: invoiceSubject, prefixes: []string{"in_"}, get: getInvoiceRequest, decode: decodeInvoice,
	}
	// payableInvoice is an invoice after a write that leaves its payment to the customer, who gets the secret for it.
	payableInvoice = objectKind{
		subject: invoiceSubject, prefixes: []string{"in_"}, get: getInvoiceRequest, decode: decodePayableInvoice,
	}
)

// invoiceWrites are the rpcs that change invoices. Stripe has no code for most of what the state of an invoice forbids,
// such as "Invoice is already paid".
func invoiceWrites() []write {
	return []write{
		newWrite(paymentsv1.SubscriptionService_FinalizeInvoice_FullMethodName, prepareFinalizeInvoice, write{
			object:      invoiceKind,
			lookUp:      changed(finalized),
			fields:      paramFields{"invoice": "invoice_id", "auto_advance": "auto_advance"},
			subject:     invoiceSubject,
			subjectPath: invoicePath,
			stateParam:  "invoice",
		}),
		newWrite(paymentsv1.SubscriptionService_PayInvoice_FullMethodName, preparePayInvoice, write{
			object: payableInvoice,
			lookUp: changed(paid),
			fields: paramFields{
				"invoice":          "invoice_id",
				"payment_method":   "payment_method_id",
				"paid_out_of_band": "paid_out_of_band",
				"off_session":      "on_session",
			},
			subject:     invoiceSubject,
			subjectPath: invoicePath,
			stateParam:  "invoice",
			confirms:    always,
		}),
		newWrite(paymentsv1.SubscriptionService_VoidInvoice_FullMethodName, prepareVoidInvoice, write{
			object:      invoiceKind,
			lookUp:      changed(inState("void")),
			fields:      paramFields{"invoice": "invoice_id"},
			subject:     invoiceSubject,
			subjectPath: invoicePath,
			stateParam:  "invoice",
		}),
	}
}
