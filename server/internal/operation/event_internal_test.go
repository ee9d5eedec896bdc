package operation

import (
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// Each write tells the change that it made in Stripe's words, so that a webhook of the same change joins it; one that
// changed nothing tells nothing.
func TestChangeOf(t *testing.T) {
	declined := apierr.New(paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED)
	wrong := apierr.InvalidField("amounts", "are malformed")
	payment := func(state paymentsv1.PaymentState) proto.Message {
		return &paymentsv1.Payment{Id: "pi_1", State: state}
	}
	intent := func(state paymentsv1.SetupIntentState) proto.Message {
		return &paymentsv1.SetupIntent{Id: "seti_1", State: state}
	}
	customer, card := &paymentsv1.Customer{Id: "cus_1"}, &paymentsv1.PaymentMethod{Id: "pm_1"}
	const (
		createIntent  = paymentsv1.CustomerService_CreateSetupIntent_FullMethodName
		confirmIntent = paymentsv1.CustomerService_ConfirmSetupIntent_FullMethodName
		cancelIntent  = paymentsv1.CustomerService_CancelSetupIntent_FullMethodName
		verify        = paymentsv1.CustomerService_VerifyMicrodeposits_FullMethodName
		create        = paymentsv1.PaymentService_CreatePayment_FullMethodName

		setupSucceeded  = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_SUCCEEDED
		setupAction     = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION
		setupMethod     = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_PAYMENT_METHOD
		setupProcessing = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_PROCESSING
		setupCanceled   = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_CANCELED

		paySucceeded  = paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED
		payProcessing = paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING
		payAction     = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION
		payMethod     = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD
	)
	for _, tt := range []struct {
		method   string
		resource proto.Message
		err      error
		want     string
	}{
		{paymentsv1.CustomerService_CreateCustomer_FullMethodName, customer, nil, "customer.created"},
		{paymentsv1.CustomerService_EnsureCustomer_FullMethodName, customer, nil, "customer.created"},
		{paymentsv1.CustomerService_UpdateCustomer_FullMethodName, customer, nil, "customer.updated"},
		{paymentsv1.CustomerService_SetDefaultPaymentMethod_FullMethodName, customer, nil, "customer.updated"},
		{paymentsv1.CustomerService_DeleteCustomer_FullMethodName, customer, nil, "customer.deleted"},
		{paymentsv1.CustomerService_UpdateCustomer_FullMethodName, customer, wrong, ""},
		{paymentsv1.CustomerService_CreatePaymentMethod_FullMethodName, card, nil, ""},
		{paymentsv1.CustomerService_UpdatePaymentMethod_FullMethodName, card, nil, "payment_method.updated"},
		{paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName, card, nil, "payment_method.attached"},
		{paymentsv1.CustomerService_DetachPaymentMethod_FullMethodName, card, nil, "payment_method.detached"},
		{paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName, card, declined, ""},
		{paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName, nil, declined, ""},
		{createIntent, intent(setupMethod), nil, "setup_intent.created"},
		{createIntent, intent(setupProcessing), nil, "setup_intent.created"},
		{createIntent, intent(setupAction), nil, "setup_intent.requires_action"},
		{createIntent, intent(setupSucceeded), nil, "setup_intent.succeeded"},
		{createIntent, intent(setupMethod), declined, "setup_intent.setup_failed"},
		{confirmIntent, intent(setupSucceeded), nil, "setup_intent.succeeded"},
		{confirmIntent, intent(setupProcessing), nil, ""},
		{confirmIntent, intent(setupMethod), declined, "setup_intent.setup_failed"},
		{confirmIntent, intent(setupMethod), wrong, ""},
		{cancelIntent, intent(setupCanceled), nil, "setup_intent.canceled"},
		{verify, intent(setupSucceeded), nil, "setup_intent.succeeded"},
		{verify, intent(setupAction), declined, ""},
		{verify, intent(setupMethod), declined, "setup_intent.setup_failed"},
		{verify, payment(payProcessing), nil, "payment_intent.processing"},
		{verify, payment(paySucceeded), nil, "payment_intent.succeeded"},
		{verify, payment(payAction), declined, ""},
		{verify, payment(payMethod), declined, "payment_intent.payment_failed"},
		{create, payment(payMethod), nil, "payment_intent.created"},
		{create, payment(payMethod), declined, "payment_intent.payment_failed"},
		{create, payment(payMethod), wrong, ""},
	} {
		result := stripegw.Result{Err: tt.err, Outcome: Outcome{Resource: tt.resource}}
		id, kind := changeOf(tt.method, result)
		if kind != tt.want || kind != "" && id != objectIDOf(tt.resource) {
			t.Errorf("%s that leaves %v, %v: %q of %q, want %q", tt.method, tt.resource, tt.err, kind, id, tt.want)
		}
	}
}
