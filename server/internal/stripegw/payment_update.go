package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// paymentUpdates is what an update can change of a payment. Stripe unsets texts and setup_future_usage; of a customer
// and a method it says that they cannot be unset, and without an amount, a kind of method and a way to capture there
// is no payment. Of metadata, an empty value removes one pair.
var paymentUpdates = updates[*stripe.PaymentIntentParams, *paymentsv1.Payment]{
	"amount": {
		params: paramFields{"amount": "payment.amount.minor_units", "currency": "payment.amount.currency_code"},
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			amount, err := toStripe(payment.GetAmount(), "payment.amount")
			params.Amount, params.Currency = &amount.minorUnits, &amount.currency
			return err
		},
	},
	"customer_id": {
		params: paramFields{"customer": "payment.customer_id"},
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			params.Customer = new(payment.GetCustomerId())
			return nil
		},
	},
	"payment_method_id": {
		params: paramFields{"payment_method": "payment.payment_method_id"},
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			params.PaymentMethod = new(payment.GetPaymentMethodId())
			return nil
		},
	},
	"payment_method_types": {
		params: paramFields{"payment_method_types": "payment.payment_method_types"},
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			params.PaymentMethodTypes = givenAll(payment.GetPaymentMethodTypes())
			return nil
		},
	},
	"capture_method": {
		params: paramFields{"capture_method": "payment.capture_method"},
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) (err error) {
			params.CaptureMethod, err = enumParam(captureMethods, payment.GetCaptureMethod(), "payment.capture_method")
			return err
		},
	},
	"setup_future_usage": {
		params: paramFields{"setup_future_usage": "payment.setup_future_usage"}, clears: true,
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			usage, err := enumParam(setupFutureUsages, payment.GetSetupFutureUsage(), "payment.setup_future_usage")
			if usage == nil {
				usage = new("")
			}
			params.SetupFutureUsage = usage
			return err
		},
	},
	"description": {
		params: paramFields{"description": "payment.description"}, clears: true,
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			params.Description = new(payment.GetDescription())
			return nil
		},
	},
	"statement_descriptor": {
		params: paramFields{"statement_descriptor": "payment.statement_descriptor"}, clears: true,
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			params.StatementDescriptor = new(payment.GetStatementDescriptor())
			return nil
		},
	},
	"statement_descriptor_suffix": {
		params: paramFields{"statement_descriptor_suffix": "payment.statement_descriptor_suffix"}, clears: true,
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			params.StatementDescriptorSuffix = new(payment.GetStatementDescriptorSuffix())
			return nil
		},
	},
	"receipt_email": {
		params: paramFields{"receipt_email": "payment.receipt_email"}, clears: true,
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) error {
			params.ReceiptEmail = new(payment.GetReceiptEmail())
			return nil
		},
	},
	metadataParam: {
		params: paramFields{metadataParam: "payment.metadata"},
		set: func(params *stripe.PaymentIntentParams, payment *paymentsv1.Payment) (err error) {
			params.Metadata, err = changedMetadata(payment.GetMetadata(), "payment.metadata")
			return err
		},
	},
}

// prepareUpdatePayment is POST /v1/payment_intents/{intent}.
func prepareUpdatePayment(r *recorder, req *paymentsv1.UpdatePaymentRequest, _ string) error {
	if req.GetPaymentId() == "" {
		return apierr.InvalidField("payment_id", "is required")
	}
	params := &stripe.PaymentIntentParams{}
	params.AddExpand(expandCharge)
	if err := paymentUpdates.prepare(params, req.GetUpdateMask(), req.GetPayment()); err != nil {
		return err
	}
	_, err := paymentintent.Client{B: r}.Update(req.GetPaymentId(), params)
	return err
}
