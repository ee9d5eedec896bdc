package service

import (
	"context"
	"slices"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// InvoiceReader reads invoices.
type InvoiceReader interface {
	// GetInvoice returns the invoice with all its lines up to 1000, or RESOURCE_MISSING.
	GetInvoice(ctx context.Context, id string) (*paymentsv1.Invoice, error)
	// InvoicePage returns up to limit invoices that fit the request, the newest first, from behind the one with the id
	// `after` on; and whether there are more.
	InvoicePage(
		ctx context.Context, req *paymentsv1.ListInvoicesRequest, after string, limit int,
	) (invoices []*paymentsv1.Invoice, more bool, err error)
}

// GetInvoice implements SubscriptionService.
func (s *Subscriptions) GetInvoice(
	ctx context.Context, req *paymentsv1.GetInvoiceRequest,
) (*paymentsv1.GetInvoiceResponse, error) {
	invoice, err := s.reads.GetInvoice(ctx, req.GetInvoiceId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetInvoiceResponse{Invoice: invoice}, nil
}

// ListInvoices implements SubscriptionService.
func (s *Subscriptions) ListInvoices(
	ctx context.Context, req *paymentsv1.ListInvoicesRequest,
) (*paymentsv1.ListInvoicesResponse, error) {
	if err := checkTimes(req.GetStartTime(), req.GetEndTime()); err != nil {
		return nil, err
	}
	invoices, next, err := page(ctx, req, s.reads.InvoicePage)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ListInvoicesResponse{Invoices: invoices, NextPageToken: next}, nil
}

// FinalizeInvoice implements SubscriptionService.
func (s *Subscriptions) FinalizeInvoice(
	ctx context.Context, req *paymentsv1.FinalizeInvoiceRequest,
) (*paymentsv1.FinalizeInvoiceResponse, error) {
	invoice, out, err := write[*paymentsv1.Invoice](ctx, s.writes,
		paymentsv1.SubscriptionService_FinalizeInvoice_FullMethodName, req,
		s.invoiceIs(req.GetInvoiceId(), paymentsv1.InvoiceState_INVOICE_STATE_DRAFT))
	if err != nil {
		return nil, err
	}
	return &paymentsv1.FinalizeInvoiceResponse{Invoice: invoice, Replayed: out.Replayed}, nil
}

// PayInvoice implements SubscriptionService.
func (s *Subscriptions) PayInvoice(
	ctx context.Context, req *paymentsv1.PayInvoiceRequest,
) (*paymentsv1.PayInvoiceResponse, error) {
	if req.GetPaidOutOfBand() && req.GetPaymentMethodId() != "" {
		return nil, apierr.InvalidField("paid_out_of_band", "can not stand beside payment_method_id: nothing is charged")
	}
	invoice, out, err := write[*paymentsv1.Invoice](ctx, s.writes,
		paymentsv1.SubscriptionService_PayInvoice_FullMethodName, req, s.mayBePaid(req))
	if err != nil {
		return nil, err
	}
	return &paymentsv1.PayInvoiceResponse{
		Invoice: invoice, Replayed: out.Replayed, ClientSecret: out.ClientSecret,
	}, nil
}

// VoidInvoice implements SubscriptionService.
func (s *Subscriptions) VoidInvoice(
	ctx context.Context, req *paymentsv1.VoidInvoiceRequest,
) (*paymentsv1.VoidInvoiceResponse, error) {
	invoice, out, err := write[*paymentsv1.Invoice](ctx, s.writes,
		paymentsv1.SubscriptionService_VoidInvoice_FullMethodName, req, s.invoiceIs(req.GetInvoiceId(), asksForMoney...))
	if err != nil {
		return nil, err
	}
	return &paymentsv1.VoidInvoiceResponse{Invoice: invoice, Replayed: out.Replayed}, nil
}

// asksForMoney are the states in which an invoice can be paid, or voided.
var asksForMoney = []paymentsv1.InvoiceState{
	paymentsv1.InvoiceState_INVOICE_STATE_OPEN,
	paymentsv1.InvoiceState_INVOICE_STATE_UNCOLLECTIBLE,
	paymentsv1.InvoiceState_INVOICE_STATE_UNSPECIFIED,
}

// mayBePaid checks that an invoice can be paid, and is not paid twice: by what a bank is about to settle, and elsewhere.
func (s *Subscriptions) mayBePaid(req *paymentsv1.PayInvoiceRequest) operation.Check {
	return s.invoiceMay(req.GetInvoiceId(), func(invoice *paymentsv1.Invoice) error {
		settling := invoice.GetPaymentState() == paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING
		if req.GetPaidOutOfBand() && settling {
			return wrongInvoice(invoice).WithMetadata("payment_id", invoice.GetPaymentId())
		}
		return checkInvoiceIs(invoice, asksForMoney...)
	})
}

// invoiceIs checks that an invoice is in one of the states. Once an answer is lost, nobody could tell whether it was
// this call that brought what is already there to where it is; and Stripe finalizes a draft that is to be paid,
// unasked.
func (s *Subscriptions) invoiceIs(id string, states ...paymentsv1.InvoiceState) operation.Check {
	return s.invoiceMay(id, func(invoice *paymentsv1.Invoice) error { return checkInvoiceIs(invoice, states...) })
}

// invoiceMay reads an invoice for a check of it.
func (s *Subscriptions) invoiceMay(id string, check func(*paymentsv1.Invoice) error) operation.Check {
	return func(ctx context.Context) error {
		invoice, err := s.reads.GetInvoice(ctx, id)
		if err != nil {
			return err
		}
		return check(invoice)
	}
}

// checkInvoiceIs refuses what an invoice in another state does not allow.
func checkInvoiceIs(invoice *paymentsv1.Invoice, states ...paymentsv1.InvoiceState) error {
	if !slices.Contains(states, invoice.GetState()) {
		return wrongInvoice(invoice)
	}
	return nil
}

// wrongInvoice refuses what the state of the invoice does not allow.
func wrongInvoice(invoice *paymentsv1.Invoice) *apierr.Error {
	return unexpectedState(invoice.GetRawState(), invoice.GetState().String(), "INVOICE_STATE_")
}
