package stripegw

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/invoice"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// maxLines is how many lines of an invoice are read, and linesPageSize how many at a time.
const (
	maxLines      = 1000
	linesPageSize = 100
)

var (
	// readInvoiceFields are those of GetInvoiceRequest.
	readInvoiceFields = paramFields{"invoice": "invoice_id"}
	// listInvoicesFields are those of ListInvoicesRequest.
	listInvoicesFields = paramFields{
		"customer": "customer_id", "subscription": "subscription_id", "status": "state",
		"created[gte]": "start_time", "created[lt]": "end_time", "starting_after": "page_token",
	}
)

// GetInvoice reads an invoice, `in_...`, with its payment and up to 1000 lines as Stripe has them now. Its errors are
// those of GetPayment.
func (g *Gateway) GetInvoice(ctx context.Context, id string) (*paymentsv1.Invoice, error) {
	subject := apierr.Subject{Type: invoiceSubject, ID: id}
	object, err := readObject(ctx, g, getInvoiceRequest(id), readInvoiceFields, subject, decodeInvoiceObject)
	if err != nil {
		return nil, err
	}
	if object.Lines.HasMore {
		object.Lines, err = g.readLines(ctx, func(after string) (Request, error) {
			return invoiceLinesRequest(id, after), nil
		})
		if err != nil {
			return nil, err
		}
	}
	return g.invoice(object), nil
}

// readLines reads all lines of an invoice from the first on, page by page.
func (g *Gateway) readLines(ctx context.Context, page func(after string) (Request, error)) (invoiceLines, error) {
	lines := invoiceLines{HasMore: true}
	after := ""
	for lines.HasMore && len(lines.Data) < maxLines {
		r, err := page(after)
		if err != nil {
			return invoiceLines{}, internal(err)
		}
		read, more, err := readPage(ctx, g, r, readInvoiceFields, decodeInvoiceLine)
		if err != nil {
			return invoiceLines{}, err
		}
		for _, line := range read {
			lines.Data = append(lines.Data, *line)
			after = line.ID
		}
		lines.HasMore = more
	}
	return lines, nil
}

// InvoicePage reads one of Stripe's pages of invoices, as PaymentPage does of payments. All filters are Stripe's. What
// is on a test clock is there with customer or subscription only.
func (g *Gateway) InvoicePage(
	ctx context.Context, req *paymentsv1.ListInvoicesRequest, after string, limit int,
) (invoices []*paymentsv1.Invoice, more bool, err error) {
	r, err := listInvoicesRequest(req, after, limit)
	if err != nil {
		return nil, false, err
	}
	objects, more, err := readPage(ctx, g, r, listInvoicesFields, decodeInvoiceObject)
	if err != nil {
		return nil, false, err
	}
	for _, object := range objects {
		invoices = append(invoices, g.invoice(object))
	}
	return invoices, more, nil
}

// getInvoiceRequest is GET /v1/invoices/{invoice}.
func getInvoiceRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: invoicePath + url.QueryEscape(id), Form: "expand[0]=" + expandPayment}
}

// invoiceLinesRequest is GET /v1/invoices/{invoice}/lines.
func invoiceLinesRequest(id, after string) Request {
	form := "limit=" + strconv.Itoa(linesPageSize)
	if after != "" {
		form += "&starting_after=" + url.QueryEscape(after)
	}
	return Request{Method: http.MethodGet, Path: invoicePath + url.QueryEscape(id) + "/lines", Form: form}
}

// listInvoicesRequest is GET /v1/invoices.
func listInvoicesRequest(req *paymentsv1.ListInvoicesRequest, after string, limit int) (Request, error) {
	status, err := enumParam(invoiceStates, req.GetState(), "state")
	if err != nil {
		return Request{}, err
	}
	params := &stripe.InvoiceListParams{
		ListParams:   listParams(after, limit),
		Customer:     given(req.GetCustomerId()),
		Subscription: given(req.GetSubscriptionId()),
		Status:       status,
	}
	addTime(&params.ListParams, "gte", req.GetStartTime())
	addTime(&params.ListParams, "lt", req.GetEndTime())
	params.AddExpand("data." + expandPayment)
	rec := &recorder{}
	if err := (invoice.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, internal(err)
	}
	r, err := rec.request()
	if err != nil {
		return Request{}, internal(err)
	}
	return r, nil
}
