// Package service holds the rules of the API, one file for each proto service. Its handlers are thin: they hand a write
// to operation or a read to the reader, and shape the answer. What they get is authenticated and valid; what they return
// as an error is mapped by the chain.
package service

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// PaymentReader reads payments.
type PaymentReader interface {
	// GetPayment returns the payment, or RESOURCE_MISSING.
	GetPayment(ctx context.Context, id string) (*paymentsv1.Payment, error)
}

// Payments serves PaymentService.
type Payments struct {
	paymentsv1.UnimplementedPaymentServiceServer

	writes Writer
	reads  PaymentReader
}

// NewPayments returns the service.
func NewPayments(writes Writer, reads PaymentReader) *Payments {
	return &Payments{writes: writes, reads: reads}
}

// CreatePayment implements PaymentService.
func (s *Payments) CreatePayment(
	ctx context.Context, req *paymentsv1.CreatePaymentRequest,
) (*paymentsv1.CreatePaymentResponse, error) {
	payment, out, err := write[*paymentsv1.Payment](ctx, s.writes, paymentsv1.PaymentService_CreatePayment_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CreatePaymentResponse{
		Payment: payment, Replayed: out.Replayed, ClientSecret: out.ClientSecret,
	}, nil
}

// ConfirmPayment implements PaymentService.
func (s *Payments) ConfirmPayment(
	ctx context.Context, req *paymentsv1.ConfirmPaymentRequest,
) (*paymentsv1.ConfirmPaymentResponse, error) {
	payment, out, err := write[*paymentsv1.Payment](ctx, s.writes, paymentsv1.PaymentService_ConfirmPayment_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ConfirmPaymentResponse{
		Payment: payment, Replayed: out.Replayed, ClientSecret: out.ClientSecret,
	}, nil
}

// GetPayment implements PaymentService.
func (s *Payments) GetPayment(
	ctx context.Context, req *paymentsv1.GetPaymentRequest,
) (*paymentsv1.GetPaymentResponse, error) {
	payment, err := s.reads.GetPayment(ctx, req.GetPaymentId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetPaymentResponse{Payment: payment}, nil
}
