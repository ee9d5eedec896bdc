package stripegw

import (
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// chargeMessage is the message for a charge, nil where there is none. currency is that of the payment.
func chargeMessage(c *charge, currency string) *paymentsv1.Charge {
	if c == nil || c.ID == "" {
		return nil
	}
	if c.unexpanded {
		return &paymentsv1.Charge{Id: c.ID}
	}
	message := &paymentsv1.Charge{
		Id:                            c.ID,
		RawStatus:                     c.Status,
		Captured:                      c.Captured,
		AmountCaptured:                fromStripe(c.AmountCaptured, currency),
		Refunded:                      c.Refunded,
		Disputed:                      c.Disputed,
		CreateTime:                    timestamp(c.Created),
		PaymentMethodDetails:          paymentMethodDetailsMessage(&c.PaymentMethodDetails),
		RiskLevel:                     c.Outcome.RiskLevel,
		ReceiptUrl:                    c.ReceiptURL,
		CalculatedStatementDescriptor: c.CalculatedStatementDescriptor,
		BalanceTransactionId:          c.BalanceTransaction,
	}
	if !c.Captured {
		message.CaptureBeforeTime = timestamp(c.PaymentMethodDetails.Card.CaptureBefore)
	}
	return message
}

// paymentMethodDetailsMessage is nil where Stripe does not say what was charged.
func paymentMethodDetailsMessage(d *paymentMethodDetails) *paymentsv1.PaymentMethodDetails {
	switch d.Type {
	case "":
		return nil
	case "card":
		return &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_Card{
			Card: &paymentsv1.CardDetails{
				Brand:       d.Card.Brand,
				Last4:       d.Card.Last4,
				ExpiryMonth: d.Card.ExpMonth,
				ExpiryYear:  d.Card.ExpYear,
				Funding:     d.Card.Funding,
				RegionCode:  d.Card.Country,
				Fingerprint: d.Card.Fingerprint,
				Wallet:      d.Card.Wallet.Type,

				CvcCheck:          d.Card.Checks.CVCCheck,
				PostalCodeCheck:   d.Card.Checks.AddressPostalCodeCheck,
				AddressLine1Check: d.Card.Checks.AddressLine1Check,
			},
		}}
	case "us_bank_account":
		return &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_UsBankAccount{
			UsBankAccount: &paymentsv1.UsBankAccountDetails{
				BankName:      d.UsBankAccount.BankName,
				Last4:         d.UsBankAccount.Last4,
				RoutingNumber: d.UsBankAccount.RoutingNumber,
				Fingerprint:   d.UsBankAccount.Fingerprint,

				AccountHolderType:  d.UsBankAccount.AccountHolderType,
				AccountType:        d.UsBankAccount.AccountType,
				BlockedNetworkCode: d.UsBankAccount.StatusDetails.Blocked.NetworkCode,
			},
		}}
	case "sepa_debit":
		return &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_SepaDebit{
			SepaDebit: &paymentsv1.SepaDebitDetails{
				BankCode:    d.SepaDebit.BankCode,
				RegionCode:  d.SepaDebit.Country,
				Last4:       d.SepaDebit.Last4,
				Fingerprint: d.SepaDebit.Fingerprint,
			},
		}}
	case "link":
		return &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_Link{
			Link: &paymentsv1.LinkDetails{RegionCode: d.Link.Country},
		}}
	default:
		return &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_Other{
			Other: &paymentsv1.OtherMethodDetails{RawType: d.Type},
		}}
	}
}
