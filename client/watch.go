package client

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// WatchPayment ranges over how a payment goes on: as it is now, then whenever it changes, until it is SUCCEEDED or
// CANCELED. It takes the place of polling while a customer authenticates or a bank settles, which takes days:
//
//	for payment, err := range tillgate.WatchPayment(ctx, id) {
//		if err != nil {
//			return err
//		}
//		...
//	}
//
// A stream that breaks, or that the server ends, is opened again as in Consume, and what was told is not told again. An
// error is given once, with no payment, and ends the loop: that of the context, or what Tillgate said where another stream
// would not go on, such as RESOURCE_MISSING.
func (c *Client) WatchPayment(ctx context.Context, paymentID string) iter.Seq2[*paymentsv1.Payment, error] {
	return func(yield func(*paymentsv1.Payment, error) bool) {
		var last *paymentsv1.Payment
		s := &subscription[paymentsv1.WatchPaymentResponse]{
			client: c, method: paymentsv1.PaymentService_WatchPayment_FullMethodName,
			open: func(ctx context.Context) (grpc.ServerStreamingClient[paymentsv1.WatchPaymentResponse], error) {
				return c.Payments.WatchPayment(ctx, &paymentsv1.WatchPaymentRequest{PaymentId: paymentID})
			},
			take: func(resp *paymentsv1.WatchPaymentResponse) bool {
				payment := resp.GetPayment()
				if last != nil && proto.Equal(last, payment) {
					return true
				}
				last = proto.CloneOf(payment) // The other one is the caller's.
				return yield(payment, nil) && !isOver(last.GetState())
			},
		}
		if err := s.run(ctx); err != nil {
			yield(nil, err)
		}
	}
}

// isOver is whether nothing becomes of a payment any more.
func isOver(state paymentsv1.PaymentState) bool {
	return state == paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED || state == paymentsv1.PaymentState_PAYMENT_STATE_CANCELED
}
