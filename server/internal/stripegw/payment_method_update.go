package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentmethod"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// paymentMethodUpdates is what an update can change of a payment method. Whose it is is replaced whole: what is empty
// there is unset. What a card or an account is can not be unset. Of metadata, an empty value removes one pair.
var paymentMethodUpdates = updates[*stripe.PaymentMethodParams, *paymentsv1.PaymentMethod]{
	"billing_details": {
		params: billingFields("payment_method.billing_details"), clears: true,
		set: func(params *stripe.PaymentMethodParams, method *paymentsv1.PaymentMethod) error {
			params.BillingDetails = billingParams(method.GetBillingDetails(), stripe.String)
			return nil
		},
	},
	"details.card.expiry_month": {
		params: paramFields{
			"card[exp_month]": "payment_method.details.card.expiry_month",
			// A code, for a parameter that Stripe does not name.
			"invalid_expiry_month": "payment_method.details.card.expiry_month",
		},
		set: func(params *stripe.PaymentMethodParams, method *paymentsv1.PaymentMethod) error {
			cardParams(params).ExpMonth = new(int64(method.GetDetails().GetCard().GetExpiryMonth()))
			return nil
		},
	},
	"details.card.expiry_year": {
		params: paramFields{
			"card": "payment_method.details.card", "card[exp_year]": "payment_method.details.card.expiry_year",
			"invalid_expiry_year": "payment_method.details.card.expiry_year",
		},
		set: func(params *stripe.PaymentMethodParams, method *paymentsv1.PaymentMethod) error {
			cardParams(params).ExpYear = new(int64(method.GetDetails().GetCard().GetExpiryYear()))
			return nil
		},
	},
	"details.us_bank_account.account_holder_type": {
		params: paramFields{
			"us_bank_account[account_holder_type]": "payment_method.details.us_bank_account.account_holder_type",
		},
		set: func(params *stripe.PaymentMethodParams, method *paymentsv1.PaymentMethod) error {
			account := method.GetDetails().GetUsBankAccount()
			bankAccountParams(params).AccountHolderType = new(account.GetAccountHolderType())
			return nil
		},
	},
	"details.us_bank_account.account_type": {
		params: paramFields{
			"us_bank_account":               "payment_method.details.us_bank_account",
			"us_bank_account[account_type]": "payment_method.details.us_bank_account.account_type",
		},
		set: func(params *stripe.PaymentMethodParams, method *paymentsv1.PaymentMethod) error {
			bankAccountParams(params).AccountType = new(method.GetDetails().GetUsBankAccount().GetAccountType())
			return nil
		},
	},
	metadataParam: {
		params: paramFields{metadataParam: "payment_method.metadata"},
		set: func(params *stripe.PaymentMethodParams, method *paymentsv1.PaymentMethod) (err error) {
			params.Metadata, err = changedMetadata(method.GetMetadata(), "payment_method.metadata")
			return err
		},
	},
}

// cardParams are those of the card, which several fields share.
func cardParams(params *stripe.PaymentMethodParams) *stripe.PaymentMethodCardParams {
	if params.Card == nil {
		params.Card = &stripe.PaymentMethodCardParams{}
	}
	return params.Card
}

// bankAccountParams are those of the account, likewise.
func bankAccountParams(params *stripe.PaymentMethodParams) *stripe.PaymentMethodUSBankAccountParams {
	if params.USBankAccount == nil {
		params.USBankAccount = &stripe.PaymentMethodUSBankAccountParams{}
	}
	return params.USBankAccount
}

// prepareUpdatePaymentMethod is POST /v1/payment_methods/{payment_method}.
func prepareUpdatePaymentMethod(r *recorder, req *paymentsv1.UpdatePaymentMethodRequest, _ string) error {
	if req.GetPaymentMethodId() == "" {
		return apierr.InvalidField("payment_method_id", "is required")
	}
	params := &stripe.PaymentMethodParams{}
	if err := paymentMethodUpdates.prepare(params, req.GetUpdateMask(), req.GetPaymentMethod()); err != nil {
		return err
	}
	_, err := paymentmethod.Client{B: r}.Update(req.GetPaymentMethodId(), params)
	return err
}
