package service

import (
	"cmp"
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// PaymentMethodReader reads payment methods.
type PaymentMethodReader interface {
	// GetPaymentMethod returns the payment method, or RESOURCE_MISSING.
	GetPaymentMethod(ctx context.Context, id string) (*paymentsv1.PaymentMethod, error)
	// PaymentMethodPage returns up to limit payment methods of the customer that fit the request, the newest first, from
	// behind the one with the id `after` on; and whether there are more.
	PaymentMethodPage(
		ctx context.Context, req *paymentsv1.ListPaymentMethodsRequest, after string, limit int,
	) (methods []*paymentsv1.PaymentMethod, more bool, err error)
}

// CreatePaymentMethod implements CustomerService.
func (s *Customers) CreatePaymentMethod(
	ctx context.Context, req *paymentsv1.CreatePaymentMethodRequest,
) (*paymentsv1.CreatePaymentMethodResponse, error) {
	if err := cmp.Or(checkSource(req), checkContact(req.GetBillingDetails(), "billing_details")); err != nil {
		return nil, err
	}
	method, out, err := write[*paymentsv1.PaymentMethod](ctx, s.writes,
		paymentsv1.CustomerService_CreatePaymentMethod_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CreatePaymentMethodResponse{PaymentMethod: method, Replayed: out.Replayed}, nil
}

// GetPaymentMethod implements CustomerService.
func (s *Customers) GetPaymentMethod(
	ctx context.Context, req *paymentsv1.GetPaymentMethodRequest,
) (*paymentsv1.GetPaymentMethodResponse, error) {
	method, err := s.reads.GetPaymentMethod(ctx, req.GetPaymentMethodId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetPaymentMethodResponse{PaymentMethod: method}, nil
}

// ListPaymentMethods implements CustomerService.
func (s *Customers) ListPaymentMethods(
	ctx context.Context, req *paymentsv1.ListPaymentMethodsRequest,
) (*paymentsv1.ListPaymentMethodsResponse, error) {
	methods, next, err := page(ctx, req, s.reads.PaymentMethodPage)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ListPaymentMethodsResponse{PaymentMethods: methods, NextPageToken: next}, nil
}

// UpdatePaymentMethod implements CustomerService.
func (s *Customers) UpdatePaymentMethod(
	ctx context.Context, req *paymentsv1.UpdatePaymentMethodRequest,
) (*paymentsv1.UpdatePaymentMethodResponse, error) {
	if err := checkMethodUpdate(req); err != nil {
		return nil, err
	}
	method, out, err := write[*paymentsv1.PaymentMethod](ctx, s.writes,
		paymentsv1.CustomerService_UpdatePaymentMethod_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.UpdatePaymentMethodResponse{PaymentMethod: method, Replayed: out.Replayed}, nil
}

// checkMethodUpdate refuses new values that make no sense. Stripe calls a card that expires in a month 13 declined, as if a
// bank had refused it.
func checkMethodUpdate(req *paymentsv1.UpdatePaymentMethodRequest) error {
	const month, year = "details.card.expiry_month", "details.card.expiry_year"
	card := req.GetPaymentMethod().GetDetails().GetCard()
	switch m, y := card.GetExpiryMonth(), card.GetExpiryYear(); {
	case names(req.GetUpdateMask(), month) && (m < 0 || m > 12):
		return apierr.InvalidField("payment_method."+month, "is no month, 1 to 12")
	case names(req.GetUpdateMask(), year) && y != 0 && (y < 1000 || y > 9999):
		return apierr.InvalidField("payment_method."+year, "is no year of four digits")
	}
	if !names(req.GetUpdateMask(), "billing_details") {
		return nil
	}
	const path = "payment_method.billing_details"
	billing := req.GetPaymentMethod().GetBillingDetails()
	return cmp.Or(checkContact(billing, path), checkRegion(billing.GetAddress(), path+".address"))
}

// AttachPaymentMethod implements CustomerService.
func (s *Customers) AttachPaymentMethod(
	ctx context.Context, req *paymentsv1.AttachPaymentMethodRequest,
) (*paymentsv1.AttachPaymentMethodResponse, error) {
	method, out, err := write[*paymentsv1.PaymentMethod](ctx, s.writes,
		paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.AttachPaymentMethodResponse{PaymentMethod: method, Replayed: out.Replayed}, nil
}

// DetachPaymentMethod implements CustomerService.
func (s *Customers) DetachPaymentMethod(
	ctx context.Context, req *paymentsv1.DetachPaymentMethodRequest,
) (*paymentsv1.DetachPaymentMethodResponse, error) {
	method, out, err := write[*paymentsv1.PaymentMethod](ctx, s.writes,
		paymentsv1.CustomerService_DetachPaymentMethod_FullMethodName, req,
		func(ctx context.Context) error { return s.isAttached(ctx, req.GetPaymentMethodId()) })
	if err != nil {
		return nil, err
	}
	return &paymentsv1.DetachPaymentMethodResponse{PaymentMethod: method, Replayed: out.Replayed}, nil
}

// isAttached checks that a method has a customer to be detached from. Once an answer is lost, a method of nobody is taken for
// one that was detached.
func (s *Customers) isAttached(ctx context.Context, id string) error {
	method, err := s.reads.GetPaymentMethod(ctx, id)
	switch {
	case err != nil:
		return err
	case method.GetCustomerId() == "":
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE)
	}
	return nil
}

// SetDefaultPaymentMethod implements CustomerService.
func (s *Customers) SetDefaultPaymentMethod(
	ctx context.Context, req *paymentsv1.SetDefaultPaymentMethodRequest,
) (*paymentsv1.SetDefaultPaymentMethodResponse, error) {
	customer, out, err := write[*paymentsv1.Customer](ctx, s.writes,
		paymentsv1.CustomerService_SetDefaultPaymentMethod_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.SetDefaultPaymentMethodResponse{Customer: customer, Replayed: out.Replayed}, nil
}
