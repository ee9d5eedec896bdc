package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/setupintent"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// prepareCreateSetupIntent is POST /v1/setup_intents.
func prepareCreateSetupIntent(r *recorder, req *paymentsv1.CreateSetupIntentRequest, operationID string) error {
	usage, err := enumParam(setupFutureUsages, req.GetUsage(), "usage")
	if err != nil {
		return err
	}
	verification, err := verificationParam(req.GetBankAccountVerification(), req.GetPaymentMethodTypes())
	if err != nil {
		return err
	}
	agreed, err := acceptanceOf(req.GetMandateAcceptance())
	if err != nil {
		return err
	}
	params := &stripe.SetupIntentParams{
		Customer:           given(req.GetCustomerId()),
		PaymentMethod:      given(req.GetPaymentMethodId()),
		PaymentMethodTypes: givenAll(req.GetPaymentMethodTypes()),
		Confirm:            given(req.GetConfirm()),
		Usage:              usage,
		ReturnURL:          given(req.GetReturnUrl()),
		MandateData:        agreed.forSetup(),
		Description:        given(req.GetDescription()),
		Metadata:           withOperation(req.GetMetadata(), operationID),
	}
	if verification != nil {
		params.PaymentMethodOptions = &stripe.SetupIntentPaymentMethodOptionsParams{
			USBankAccount: &stripe.SetupIntentPaymentMethodOptionsUSBankAccountParams{VerificationMethod: verification},
		}
	}
	// As for a payment: without this, Stripe wants a return_url at confirm time, also off session.
	if len(req.GetPaymentMethodTypes()) == 0 && req.GetReturnUrl() == "" {
		params.AutomaticPaymentMethods = &stripe.SetupIntentAutomaticPaymentMethodsParams{
			Enabled:        new(true),
			AllowRedirects: stripe.String(string(stripe.SetupIntentAutomaticPaymentMethodsAllowRedirectsNever)),
		}
	}
	_, err = setupintent.Client{B: r}.New(params)
	return err
}

// prepareConfirmSetupIntent is POST /v1/setup_intents/{intent}/confirm.
func prepareConfirmSetupIntent(r *recorder, req *paymentsv1.ConfirmSetupIntentRequest, _ string) error {
	if req.GetSetupIntentId() == "" {
		return apierr.InvalidField("setup_intent_id", "is required")
	}
	agreed, err := acceptanceOf(req.GetMandateAcceptance())
	if err != nil {
		return err
	}
	_, err = setupintent.Client{B: r}.Confirm(req.GetSetupIntentId(), &stripe.SetupIntentConfirmParams{
		PaymentMethod: given(req.GetPaymentMethodId()),
		ReturnURL:     given(req.GetReturnUrl()),
		MandateData:   agreed.forSetup(),
	})
	return err
}

// prepareCancelSetupIntent is POST /v1/setup_intents/{intent}/cancel.
func prepareCancelSetupIntent(r *recorder, req *paymentsv1.CancelSetupIntentRequest, _ string) error {
	if req.GetSetupIntentId() == "" {
		return apierr.InvalidField("setup_intent_id", "is required")
	}
	reason, err := enumParam(cancellationReasons, req.GetCancellationReason(), "cancellation_reason")
	if err != nil {
		return err
	}
	_, err = setupintent.Client{B: r}.Cancel(req.GetSetupIntentId(), &stripe.SetupIntentCancelParams{
		CancellationReason: reason,
	})
	return err
}
