package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/refund"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// prepareCreateRefund is POST /v1/refunds. As for a capture, Stripe takes no currency.
func prepareCreateRefund(r *recorder, req *paymentsv1.CreateRefundRequest, operationID string) error {
	if req.GetPaymentId() == "" {
		return apierr.InvalidField("payment_id", "is required")
	}
	amount, err := partOfAmount(req.GetAmount())
	if err != nil {
		return err
	}
	reason, err := enumParam(refundReasons, req.GetReason(), "reason")
	if err != nil {
		return err
	}
	_, err = refund.Client{B: r}.New(&stripe.RefundParams{
		PaymentIntent: new(req.GetPaymentId()),
		Amount:        amount,
		Reason:        reason,
		Metadata:      withOperation(req.GetMetadata(), operationID),
	})
	return err
}

// prepareCancelRefund is POST /v1/refunds/{refund}/cancel.
func prepareCancelRefund(r *recorder, req *paymentsv1.CancelRefundRequest, _ string) error {
	if req.GetRefundId() == "" {
		return apierr.InvalidField("refund_id", "is required")
	}
	_, err := refund.Client{B: r}.Cancel(req.GetRefundId(), &stripe.RefundCancelParams{})
	return err
}
