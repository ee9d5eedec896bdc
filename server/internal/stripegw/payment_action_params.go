package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// prepareCapturePayment is POST /v1/payment_intents/{intent}/capture. Stripe takes no currency there: that the amount is
// in the payment's own is for the caller of Prepare to see to.
func prepareCapturePayment(r *recorder, req *paymentsv1.CapturePaymentRequest, _ string) error {
	if req.GetPaymentId() == "" {
		return apierr.InvalidField("payment_id", "is required")
	}
	amount, err := partOfAmount(req.GetAmount())
	if err != nil {
		return err
	}
	params := &stripe.PaymentIntentCaptureParams{AmountToCapture: amount, FinalCapture: req.FinalCapture}
	params.AddExpand(expandCharge)
	_, err = paymentintent.Client{B: r}.Capture(req.GetPaymentId(), params)
	return err
}

// prepareCancelPayment is POST /v1/payment_intents/{intent}/cancel.
func prepareCancelPayment(r *recorder, req *paymentsv1.CancelPaymentRequest, _ string) error {
	if req.GetPaymentId() == "" {
		return apierr.InvalidField("payment_id", "is required")
	}
	reason, err := enumParam(cancellationReasons, req.GetCancellationReason(), "cancellation_reason")
	if err != nil {
		return err
	}
	params := &stripe.PaymentIntentCancelParams{CancellationReason: reason}
	params.AddExpand(expandCharge)
	_, err = paymentintent.Client{B: r}.Cancel(req.GetPaymentId(), params)
	return err
}

// partOfAmount checks an amount that stands in the field `amount` and may be left out, which means all there is.
func partOfAmount(money *paymentsv1.Money) (*int64, error) {
	if money == nil {
		return nil, nil
	}
	amount, err := toStripe(money, "amount")
	if err != nil {
		return nil, err
	}
	return &amount.minorUnits, nil
}
