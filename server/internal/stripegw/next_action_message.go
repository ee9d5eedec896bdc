package stripegw

import (
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// nextActionMessage is the message for Stripe's next_action, nil where there is none. The names are those of
// paymentintent.go of stripe-go; bank transfers have no constant there.
func nextActionMessage(a *nextAction) *paymentsv1.NextAction {
	if a == nil {
		return nil
	}
	switch a.Type {
	case "redirect_to_url":
		return &paymentsv1.NextAction{Action: &paymentsv1.NextAction_RedirectToUrl_{
			RedirectToUrl: &paymentsv1.NextAction_RedirectToUrl{
				Url:       a.RedirectToURL.URL,
				ReturnUrl: a.RedirectToURL.ReturnURL,
			},
		}}
	case "use_stripe_sdk":
		return &paymentsv1.NextAction{Action: &paymentsv1.NextAction_UseStripeSdk_{
			UseStripeSdk: &paymentsv1.NextAction_UseStripeSdk{},
		}}
	case "display_bank_transfer_instructions":
		return &paymentsv1.NextAction{Action: &paymentsv1.NextAction_BankDetails_{BankDetails: bankDetailsMessage(a)}}
	case "verify_with_microdeposits":
		return &paymentsv1.NextAction{Action: &paymentsv1.NextAction_VerifyMicrodeposits_{
			VerifyMicrodeposits: &paymentsv1.NextAction_VerifyMicrodeposits{
				ArrivalTime:           timestamp(a.VerifyWithMicrodeposits.ArrivalDate),
				HostedVerificationUrl: a.VerifyWithMicrodeposits.HostedVerificationURL,
				MicrodepositType:      a.VerifyWithMicrodeposits.MicrodepositType,
			},
		}}
	default:
		return &paymentsv1.NextAction{Action: &paymentsv1.NextAction_Other{
			Other: &paymentsv1.NextAction_OtherAction{RawType: a.Type},
		}}
	}
}

func bankDetailsMessage(a *nextAction) *paymentsv1.NextAction_BankDetails {
	instructions := &a.DisplayBankTransferInstructions
	details := &paymentsv1.NextAction_BankDetails{
		HostedInstructionsUrl: instructions.HostedInstructionsURL,
		Reference:             instructions.Reference,
	}
	if instructions.AmountRemaining != nil {
		details.AmountRemaining = fromStripe(*instructions.AmountRemaining, instructions.Currency)
	}
	return details
}
