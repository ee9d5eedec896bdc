package stripegw

import (
	"maps"
	"net/http"
	"net/url"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// expandCharge asks Stripe to put the charge itself into the answer, of which there would be only the id.
const expandCharge = "latest_charge"

// readPaymentFields are those of GetPaymentRequest.
var readPaymentFields = paramFields{"intent": "payment_id"}

// prepareCreatePayment is POST /v1/payment_intents.
func prepareCreatePayment(r *recorder, req *paymentsv1.CreatePaymentRequest, operationID string) error {
	amount, err := toStripe(req.GetAmount(), "amount")
	if err != nil {
		return err
	}
	captureMethod, err := enumParam(captureMethods, req.GetCaptureMethod(), "capture_method")
	if err != nil {
		return err
	}
	setupFutureUsage, err := enumParam(setupFutureUsages, req.GetSetupFutureUsage(), "setup_future_usage")
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
	params := &stripe.PaymentIntentParams{
		Amount:                    &amount.minorUnits,
		Currency:                  &amount.currency,
		Customer:                  given(req.GetCustomerId()),
		PaymentMethod:             given(req.GetPaymentMethodId()),
		PaymentMethodTypes:        givenAll(req.GetPaymentMethodTypes()),
		CaptureMethod:             captureMethod,
		Confirm:                   given(req.GetConfirm()),
		OffSession:                given(req.GetOffSession()),
		SetupFutureUsage:          setupFutureUsage,
		ReturnURL:                 given(req.GetReturnUrl()),
		Description:               given(req.GetDescription()),
		StatementDescriptorSuffix: given(req.GetStatementDescriptorSuffix()),
		ReceiptEmail:              given(req.GetReceiptEmail()),
		MandateData:               agreed.forPayment(),
		Metadata:                  withOperation(req.GetMetadata(), operationID),
	}
	params.AddExpand(expandCharge)
	if verification != nil {
		params.PaymentMethodOptions = &stripe.PaymentIntentPaymentMethodOptionsParams{
			USBankAccount: &stripe.PaymentIntentPaymentMethodOptionsUSBankAccountParams{VerificationMethod: verification},
		}
	}
	// Since 2023-08-16 Stripe wants a return_url at confirm time unless it is told that no method may redirect
	// (https://docs.stripe.com/changelog/2023-08-16/automatic-payment-methods). Only a create can tell it.
	if len(req.GetPaymentMethodTypes()) == 0 && req.GetReturnUrl() == "" && !req.GetOffSession() {
		params.AutomaticPaymentMethods = &stripe.PaymentIntentAutomaticPaymentMethodsParams{
			Enabled:        new(true),
			AllowRedirects: stripe.String(string(stripe.PaymentIntentAutomaticPaymentMethodsAllowRedirectsNever)),
		}
	}
	_, err = paymentintent.Client{B: r}.New(params)
	return err
}

// prepareConfirmPayment is POST /v1/payment_intents/{intent}/confirm.
func prepareConfirmPayment(r *recorder, req *paymentsv1.ConfirmPaymentRequest, _ string) error {
	if req.GetPaymentId() == "" {
		return apierr.InvalidField("payment_id", "is required")
	}
	setupFutureUsage, err := enumParam(setupFutureUsages, req.GetSetupFutureUsage(), "setup_future_usage")
	if err != nil {
		return err
	}
	agreed, err := acceptanceOf(req.GetMandateAcceptance())
	if err != nil {
		return err
	}
	params := &stripe.PaymentIntentConfirmParams{
		PaymentMethod:    given(req.GetPaymentMethodId()),
		OffSession:       given(req.GetOffSession()),
		ReturnURL:        given(req.GetReturnUrl()),
		SetupFutureUsage: setupFutureUsage,
		ReceiptEmail:     given(req.GetReceiptEmail()),
		MandateData:      agreed.forPayment(),
	}
	params.AddExpand(expandCharge)
	_, err = paymentintent.Client{B: r}.Confirm(req.GetPaymentId(), params)
	return err
}

// getPaymentRequest is GET /v1/payment_intents/{intent}. Reads are many, so that this one is spelled out; a test holds
// it against what stripe-go would send.
func getPaymentRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: paymentPath + url.QueryEscape(id), Form: "expand[0]=" + expandCharge}
}

// withOperation adds our pair to those of the caller, whose map stays as it is.
func withOperation(metadata map[string]string, operationID string) map[string]string {
	all := make(map[string]string, len(metadata)+1)
	maps.Copy(all, metadata)
	all[operationKey] = operationID
	return all
}

// givenAll leaves an empty list out. To stripe-go an empty list that is not nil clears the parameter.
func givenAll(values []string) []*string {
	if len(values) == 0 {
		return nil
	}
	return stripe.StringSlice(values)
}

// given leaves a field out that was not set. An empty string would clear it at Stripe, and `false` is Stripe's default.
func given[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
