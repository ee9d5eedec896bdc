package stripegw

import (
	"slices"

	"github.com/stripe/stripe-go/v76"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// bankVerifications is from Stripe's strings to our enum. A test holds it against the constants of stripe-go.
var bankVerifications = map[string]paymentsv1.BankAccountVerification{
	"automatic":     paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_AUTOMATIC,
	"instant":       paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_INSTANT,
	"microdeposits": paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_MICRODEPOSITS,
}

// acceptance is what a customer agreed to, in Stripe's words; nil where there is none.
type acceptance struct {
	kind          string
	ip, userAgent string
	at            *int64
}

// acceptanceOf reads it. Where no time is given none is sent, and Stripe takes its own: a clock here would make other
// bytes of the same request.
func acceptanceOf(m *paymentsv1.MandateAcceptance) (*acceptance, error) {
	if m == nil {
		return nil, nil
	}
	a := &acceptance{}
	switch where := m.GetAcceptance().(type) {
	case *paymentsv1.MandateAcceptance_Online:
		a.kind, a.ip, a.userAgent = "online", where.Online.GetIpAddress(), where.Online.GetUserAgent()
	case *paymentsv1.MandateAcceptance_Offline:
		a.kind = "offline"
	default:
		return nil, apierr.InvalidField("mandate_acceptance", "says neither `online` nor `offline`")
	}
	if m.GetAcceptTime() != nil {
		a.at = new(m.GetAcceptTime().GetSeconds())
	}
	return a, nil
}

// forPayment is mandate_data of a payment.
func (a *acceptance) forPayment() *stripe.PaymentIntentMandateDataParams {
	if a == nil {
		return nil
	}
	accepted := &stripe.PaymentIntentMandateDataCustomerAcceptanceParams{AcceptedAt: a.at, Type: &a.kind}
	if a.kind == "online" {
		accepted.Online = &stripe.PaymentIntentMandateDataCustomerAcceptanceOnlineParams{
			IPAddress: &a.ip, UserAgent: &a.userAgent,
		}
	}
	return &stripe.PaymentIntentMandateDataParams{CustomerAcceptance: accepted}
}

// forSetup is mandate_data of a setup intent.
func (a *acceptance) forSetup() *stripe.SetupIntentMandateDataParams {
	if a == nil {
		return nil
	}
	accepted := &stripe.SetupIntentMandateDataCustomerAcceptanceParams{
		AcceptedAt: a.at, Type: stripe.MandateCustomerAcceptanceType(a.kind),
	}
	if a.kind == "online" {
		accepted.Online = &stripe.SetupIntentMandateDataCustomerAcceptanceOnlineParams{
			IPAddress: &a.ip, UserAgent: &a.userAgent,
		}
	}
	return &stripe.SetupIntentMandateDataParams{CustomerAcceptance: accepted}
}

// mandateFields translates the parameters of both.
func mandateFields() paramFields {
	const accepted = "mandate_data[customer_acceptance]"
	return paramFields{
		"mandate_data":                    "mandate_acceptance",
		accepted + "[accepted_at]":        "mandate_acceptance.accept_time",
		accepted + "[online]":             "mandate_acceptance.online",
		accepted + "[online][ip_address]": "mandate_acceptance.online.ip_address",
		accepted + "[online][user_agent]": "mandate_acceptance.online.user_agent",
		accepted + "[offline]":            "mandate_acceptance.offline",
	}
}

// verificationParam is how an American bank account is verified; nil for Stripe's default. It is refused beside a
// list of kinds without such an account, as Stripe does: options are for what is accepted.
func verificationParam(v paymentsv1.BankAccountVerification, kinds []string) (*string, error) {
	const field = "bank_account_verification"
	if v != 0 && len(kinds) > 0 && !slices.Contains(kinds, string(stripe.PaymentMethodTypeUSBankAccount)) {
		return nil, apierr.InvalidField(field, "is only for `us_bank_account`, which is not in payment_method_types")
	}
	return enumParam(bankVerifications, v, field)
}
