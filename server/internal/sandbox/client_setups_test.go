package sandbox_test

import (
	"errors"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// Stripe's library understands setup intents, their verification and their mandates.
func TestT01_StripeLibraryOfSetupIntents(t *testing.T) {
	t.Parallel()
	a := newAPI()
	c := newClient(t, a)
	owner := a.customer(t, "")
	p := &stripe.SetupIntentParams{
		Confirm: new(true), Customer: new(owner), PaymentMethod: new(a.account(t, "000123456789")),
		PaymentMethodTypes: []*string{new("us_bank_account")},
		PaymentMethodOptions: &stripe.SetupIntentPaymentMethodOptionsParams{
			USBankAccount: &stripe.SetupIntentPaymentMethodOptionsUSBankAccountParams{VerificationMethod: new("microdeposits")},
		},
		MandateData: &stripe.SetupIntentMandateDataParams{
			CustomerAcceptance: &stripe.SetupIntentMandateDataCustomerAcceptanceParams{
				Type: stripe.MandateCustomerAcceptanceTypeOnline, AcceptedAt: new(start.Unix()),
				Online: &stripe.SetupIntentMandateDataCustomerAcceptanceOnlineParams{
					IPAddress: new("127.0.0.1"), UserAgent: new("test"),
				},
			},
		},
	}
	p.Context = t.Context()
	p.AddMetadata("k", "v")
	si, err := c.SetupIntents.New(p)
	if err != nil || si.Status != stripe.SetupIntentStatusRequiresAction ||
		si.NextAction.VerifyWithMicrodeposits.MicrodepositType != "amounts" || si.Usage != "off_session" {
		t.Fatalf("%+v %v", si, err)
	}
	verify := &stripe.SetupIntentVerifyMicrodepositsParams{Amounts: []*int64{new(int64(1)), new(int64(2))}}
	verify.Context = t.Context()
	_, err = c.SetupIntents.VerifyMicrodeposits(si.ID, verify)
	if e, ok := errors.AsType[*stripe.Error](err); !ok || e.SetupIntent.ID != si.ID ||
		e.Code != stripe.ErrorCodePaymentMethodMicrodepositVerificationAmountsMismatch {
		t.Fatal(err)
	}
	verify = &stripe.SetupIntentVerifyMicrodepositsParams{DescriptorCode: new("SM11AA")}
	verify.Context = t.Context()
	verify.AddExpand("mandate")
	si, err = c.SetupIntents.VerifyMicrodeposits(si.ID, verify)
	if err != nil || si.Status != stripe.SetupIntentStatusSucceeded || si.Mandate.Status != stripe.MandateStatusActive {
		t.Fatalf("%+v %v", si, err)
	}
	get := &stripe.MandateParams{}
	get.Context = t.Context()
	under, err := c.Mandates.Get(si.Mandate.ID, get)
	if err != nil || under.CustomerAcceptance.Online.IPAddress != "127.0.0.1" || under.PaymentMethod.ID != si.PaymentMethod.ID {
		t.Errorf("%+v %v", under, err)
	}
	cancel := &stripe.SetupIntentCancelParams{}
	cancel.Context = t.Context()
	_, err = c.SetupIntents.Cancel(si.ID, cancel)
	if e, ok := errors.AsType[*stripe.Error](err); !ok || e.Code != stripe.ErrorCodeSetupIntentUnexpectedState {
		t.Error(err)
	}
}
