package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/invoice"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// expandPayment asks Stripe to put an invoice's payment itself into the answer, of which there would be only the id.
const expandPayment = "payment_intent"

// prepareFinalizeInvoice is POST /v1/invoices/{invoice}/finalize.
func prepareFinalizeInvoice(r *recorder, req *paymentsv1.FinalizeInvoiceRequest, _ string) error {
	if req.GetInvoiceId() == "" {
		return apierr.InvalidField("invoice_id", "is required")
	}
	params := &stripe.InvoiceFinalizeInvoiceParams{AutoAdvance: req.AutoAdvance}
	params.AddExpand(expandPayment)
	_, err := invoice.Client{B: r}.FinalizeInvoice(req.GetInvoiceId(), params)
	return err
}

// preparePayInvoice is POST /v1/invoices/{invoice}/pay. Whether the customer is there is always said: Stripe takes them
// to be absent.
func preparePayInvoice(r *recorder, req *paymentsv1.PayInvoiceRequest, _ string) error {
	if req.GetInvoiceId() == "" {
		return apierr.InvalidField("invoice_id", "is required")
	}
	params := &stripe.InvoicePayParams{
		PaymentMethod: given(req.GetPaymentMethodId()),
		PaidOutOfBand: given(req.GetPaidOutOfBand()),
	}
	if !req.GetPaidOutOfBand() {
		params.OffSession = new(!req.GetOnSession())
	}
	params.AddExpand(expandPayment)
	_, err := invoice.Client{B: r}.Pay(req.GetInvoiceId(), params)
	return err
}

// prepareVoidInvoice is POST /v1/invoices/{invoice}/void.
func prepareVoidInvoice(r *recorder, req *paymentsv1.VoidInvoiceRequest, _ string) error {
	if req.GetInvoiceId() == "" {
		return apierr.InvalidField("invoice_id", "is required")
	}
	params := &stripe.InvoiceVoidInvoiceParams{}
	params.AddExpand(expandPayment)
	_, err := invoice.Client{B: r}.VoidInvoice(req.GetInvoiceId(), params)
	return err
}
