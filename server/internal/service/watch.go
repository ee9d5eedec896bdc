package service

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
)

// Follower hears when something becomes of an object.
type Follower interface {
	// Follow reads an object at once, and whenever something may have become of it, and sends what it has read where that is
	// another than the last; until read says that it was the last one, or fails, or the context ends.
	Follow(
		ctx context.Context, caller auth.Caller, objectID string,
		read func(context.Context) (m proto.Message, last bool, err error), send func(proto.Message) error,
	) error
}

// WatchPayment implements PaymentService.
func (s *Payments) WatchPayment(
	req *paymentsv1.WatchPaymentRequest, stream grpc.ServerStreamingServer[paymentsv1.WatchPaymentResponse],
) error {
	if s.changes == nil {
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_NOT_IMPLEMENTED)
	}
	read := func(ctx context.Context) (proto.Message, bool, error) {
		payment, err := s.reads.GetPayment(ctx, req.GetPaymentId())
		return payment, payment != nil && isOver(payment.GetState()), err
	}
	send := func(m proto.Message) error {
		payment, ok := m.(*paymentsv1.Payment)
		if !ok {
			return fmt.Errorf("a payment was read as %T", m)
		}
		// What was sent is compared with the next: the chain may hide something in its own copy.
		return stream.Send(&paymentsv1.WatchPaymentResponse{Payment: proto.CloneOf(payment)})
	}
	return s.changes.Follow(stream.Context(), auth.CallerFrom(stream.Context()), req.GetPaymentId(), read, send)
}

// isOver is whether nothing becomes of a payment any more.
func isOver(state paymentsv1.PaymentState) bool {
	return state == paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED || state == paymentsv1.PaymentState_PAYMENT_STATE_CANCELED
}
