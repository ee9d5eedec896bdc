package service

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// RefundReader reads refunds.
type RefundReader interface {
	// GetRefund returns the refund, or RESOURCE_MISSING.
	GetRefund(ctx context.Context, id string) (*paymentsv1.Refund, error)
	// RefundPage returns up to limit refunds that fit the request, the newest first, from behind the one with the id
	// `after` on; and whether there are more.
	RefundPage(
		ctx context.Context, req *paymentsv1.ListRefundsRequest, after string, limit int,
	) (refunds []*paymentsv1.Refund, more bool, err error)
}

// CreateRefund implements PaymentService.
func (s *Payments) CreateRefund(
	ctx context.Context, req *paymentsv1.CreateRefundRequest,
) (*paymentsv1.CreateRefundResponse, error) {
	refund, out, err := write[*paymentsv1.Refund](ctx, s.writes,
		paymentsv1.PaymentService_CreateRefund_FullMethodName, req,
		s.sameCurrency(req)...)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CreateRefundResponse{Refund: refund, Replayed: out.Replayed}, nil
}

// GetRefund implements PaymentService.
func (s *Payments) GetRefund(
	ctx context.Context, req *paymentsv1.GetRefundRequest,
) (*paymentsv1.GetRefundResponse, error) {
	refund, err := s.reads.GetRefund(ctx, req.GetRefundId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetRefundResponse{Refund: refund}, nil
}

// ListRefunds implements PaymentService.
func (s *Payments) ListRefunds(
	ctx context.Context, req *paymentsv1.ListRefundsRequest,
) (*paymentsv1.ListRefundsResponse, error) {
	refunds, next, err := page(ctx, req, s.reads.RefundPage)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ListRefundsResponse{Refunds: refunds, NextPageToken: next}, nil
}

// CancelRefund implements PaymentService.
func (s *Payments) CancelRefund(
	ctx context.Context, req *paymentsv1.CancelRefundRequest,
) (*paymentsv1.CancelRefundResponse, error) {
	refund, out, err := write[*paymentsv1.Refund](ctx, s.writes,
		paymentsv1.PaymentService_CancelRefund_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CancelRefundResponse{Refund: refund, Replayed: out.Replayed}, nil
}
