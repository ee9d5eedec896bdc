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
	// PaymentClientSecret returns the client secret of the payment, or RESOURCE_MISSING.
	PaymentClientSecret(ctx context.Context, id string) (string, error)
	// PaymentPage returns up to limit payments that fit the request but for its states, the newest first, from behind the
	// one with the id `after` on; and whether there are more.
	PaymentPage(
		ctx context.Context, req *paymentsv1.ListPaymentsRequest, after string, limit int,
	) (payments []*paymentsv1.Payment, more bool, err error)
}

// Reader reads all that PaymentService tells.
type Reader interface {
	PaymentReader
	RefundReader
}

// Payments serves PaymentService.
type Payments struct {
	paymentsv1.UnimplementedPaymentServiceServer

	writes Writer
	reads  Reader
	// changes is nil where no payment can be watched.
	changes Follower
}

// NewPayments returns the service. Without changes it serves no WatchPayment.
func NewPayments(writes Writer, reads Reader, changes Follower) *Payments {
	return &Payments{writes: writes, reads: reads, changes: changes}
}

// CreatePayment implements PaymentService.
func (s *Payments) CreatePayment(
	ctx context.Context, req *paymentsv1.CreatePaymentRequest,
) (*paymentsv1.CreatePaymentResponse, error) {
	if err := checkAcceptance(req.GetMandateAcceptance()); err != nil {
		return nil, err
	}
	payment, out, err := write[*paymentsv1.Payment](ctx, s.writes,
		paymentsv1.PaymentService_CreatePayment_FullMethodName, req)
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
	if err := checkAcceptance(req.GetMandateAcceptance()); err != nil {
		return nil, err
	}
	payment, out, err := write[*paymentsv1.Payment](ctx, s.writes,
		paymentsv1.PaymentService_ConfirmPayment_FullMethodName, req)
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

// UpdatePayment implements PaymentService.
func (s *Payments) UpdatePayment(
	ctx context.Context, req *paymentsv1.UpdatePaymentRequest,
) (*paymentsv1.UpdatePaymentResponse, error) {
	payment, out, err := write[*paymentsv1.Payment](ctx, s.writes,
		paymentsv1.PaymentService_UpdatePayment_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.UpdatePaymentResponse{Payment: payment, Replayed: out.Replayed}, nil
}

// CapturePayment implements PaymentService.
func (s *Payments) CapturePayment(
	ctx context.Context, req *paymentsv1.CapturePaymentRequest,
) (*paymentsv1.CapturePaymentResponse, error) {
	payment, out, err := write[*paymentsv1.Payment](ctx, s.writes,
		paymentsv1.PaymentService_CapturePayment_FullMethodName, req,
		s.sameCurrency(req)...)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CapturePaymentResponse{Payment: payment, Replayed: out.Replayed}, nil
}

// CancelPayment implements PaymentService.
func (s *Payments) CancelPayment(
	ctx context.Context, req *paymentsv1.CancelPaymentRequest,
) (*paymentsv1.CancelPaymentResponse, error) {
	payment, out, err := write[*paymentsv1.Payment](ctx, s.writes,
		paymentsv1.PaymentService_CancelPayment_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CancelPaymentResponse{Payment: payment, Replayed: out.Replayed}, nil
}

// GetPaymentClientSecret implements PaymentService.
func (s *Payments) GetPaymentClientSecret(
	ctx context.Context, req *paymentsv1.GetPaymentClientSecretRequest,
) (*paymentsv1.GetPaymentClientSecretResponse, error) {
	secret, err := s.reads.PaymentClientSecret(ctx, req.GetPaymentId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetPaymentClientSecretResponse{ClientSecret: secret}, nil
}
