package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/setupintent"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// prepareVerifyMicrodeposits is POST /v1/setup_intents/{intent}/verify_microdeposits, or the same of a payment intent.
func prepareVerifyMicrodeposits(r *recorder, req *paymentsv1.VerifyMicrodepositsRequest, _ string) error {
	var amounts []*int64
	for _, amount := range req.GetAmounts() {
		amounts = append(amounts, new(int64(amount)))
	}
	code := given(req.GetDescriptorCode())
	var err error
	switch {
	case req.GetSetupIntentId() != "":
		_, err = setupintent.Client{B: r}.VerifyMicrodeposits(
			req.GetSetupIntentId(), &stripe.SetupIntentVerifyMicrodepositsParams{Amounts: amounts, DescriptorCode: code})
	case req.GetPaymentId() != "":
		params := &stripe.PaymentIntentVerifyMicrodepositsParams{Amounts: amounts, DescriptorCode: code}
		params.AddExpand(expandCharge)
		_, err = paymentintent.Client{B: r}.VerifyMicrodeposits(req.GetPaymentId(), params)
	default:
		err = apierr.InvalidField("subject", "is required")
	}
	return err
}
