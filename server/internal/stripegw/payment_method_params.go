package stripegw

import (
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentmethod"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// prepareCreatePaymentMethod is POST /v1/payment_methods. What it records holds the number of a bank account.
func prepareCreatePaymentMethod(r *recorder, req *paymentsv1.CreatePaymentMethodRequest, operationID string) error {
	params := &stripe.PaymentMethodParams{
		BillingDetails: billingParams(req.GetBillingDetails(), given),
		Metadata:       withOperation(req.GetMetadata(), operationID),
	}
	switch source := req.GetSource().(type) {
	case *paymentsv1.CreatePaymentMethodRequest_CardToken:
		params.Type = stripe.String(string(stripe.PaymentMethodTypeCard))
		params.Card = &stripe.PaymentMethodCardParams{Token: new(source.CardToken)}
	case *paymentsv1.CreatePaymentMethodRequest_UsBankAccount:
		account := source.UsBankAccount
		params.Type = stripe.String(string(stripe.PaymentMethodTypeUSBankAccount))
		params.USBankAccount = &stripe.PaymentMethodUSBankAccountParams{
			AccountNumber:     new(account.GetAccountNumber()),
			RoutingNumber:     new(account.GetRoutingNumber()),
			AccountHolderType: new(account.GetAccountHolderType()),
			AccountType:       given(account.GetAccountType()),
		}
	case *paymentsv1.CreatePaymentMethodRequest_SepaDebit:
		// People write it in groups of four.
		iban := strings.ToUpper(strings.ReplaceAll(source.SepaDebit.GetIban(), " ", ""))
		params.Type = stripe.String(string(stripe.PaymentMethodTypeSEPADebit))
		params.SEPADebit = &stripe.PaymentMethodSEPADebitParams{IBAN: &iban}
	default:
		return apierr.InvalidField("source", "is required")
	}
	_, err := paymentmethod.Client{B: r}.New(params)
	return err
}

// prepareAttachPaymentMethod is POST /v1/payment_methods/{payment_method}/attach.
func prepareAttachPaymentMethod(r *recorder, req *paymentsv1.AttachPaymentMethodRequest, _ string) error {
	switch {
	case req.GetPaymentMethodId() == "":
		return apierr.InvalidField("payment_method_id", "is required")
	case req.GetCustomerId() == "":
		return apierr.InvalidField("customer_id", "is required")
	}
	_, err := paymentmethod.Client{B: r}.Attach(req.GetPaymentMethodId(), &stripe.PaymentMethodAttachParams{
		Customer: new(req.GetCustomerId()),
	})
	return err
}

// prepareDetachPaymentMethod is POST /v1/payment_methods/{payment_method}/detach.
func prepareDetachPaymentMethod(r *recorder, req *paymentsv1.DetachPaymentMethodRequest, _ string) error {
	if req.GetPaymentMethodId() == "" {
		return apierr.InvalidField("payment_method_id", "is required")
	}
	_, err := paymentmethod.Client{B: r}.Detach(req.GetPaymentMethodId(), &stripe.PaymentMethodDetachParams{})
	return err
}

// billingParams are Stripe's for whose a method is; of text see addressParams.
func billingParams(b *paymentsv1.BillingDetails, text func(string) *string) *stripe.PaymentMethodBillingDetailsParams {
	return &stripe.PaymentMethodBillingDetailsParams{
		Name: text(b.GetName()), Email: text(b.GetEmail()), Phone: text(b.GetPhone()),
		Address: addressParams(b.GetAddress(), text),
	}
}

// billingFields translates them, for billing details that are in this field of the request.
func billingFields(field string) paramFields {
	return joined(addressFields("billing_details[address]", field+".address"), paramFields{
		"billing_details":        field,
		"billing_details[name]":  field + ".name",
		"billing_details[email]": field + ".email",
		"billing_details[phone]": field + ".phone",
		// A code, for a parameter that Stripe does not name.
		"email_invalid": field + ".email",
	})
}
