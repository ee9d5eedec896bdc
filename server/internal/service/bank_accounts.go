package service

import (
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// checkSource refuses what a payment method can not be made of, before anything begins: an operation that made a method and
// lost the answer stays UNKNOWN. The numbers of bank accounts are never repeated.
func checkSource(req *paymentsv1.CreatePaymentMethodRequest) error {
	if iban := req.GetSepaDebit().GetIban(); iban != "" && !isIBAN(iban) {
		return apierr.InvalidField("sepa_debit.iban", "is no IBAN: its length or its check digits are wrong")
	}
	if number := req.GetUsBankAccount().GetRoutingNumber(); number != "" && !isRoutingNumber(number) {
		return apierr.InvalidField("us_bank_account.routing_number", "is no routing number: its check digit is wrong")
	}
	return checkRegion(req.GetBillingDetails().GetAddress(), "billing_details.address")
}

// checkAcceptance refuses a time that is none.
func checkAcceptance(acceptance *paymentsv1.MandateAcceptance) error {
	if at := acceptance.GetAcceptTime(); at != nil && !at.IsValid() {
		return apierr.InvalidField("mandate_acceptance.accept_time", "is no time between the years 1 and 9999")
	}
	return nil
}

const (
	// minIBAN is that of Norway, maxIBAN what ISO 13616 allows.
	minIBAN = 15
	maxIBAN = 34
	// headIBAN is the country and the check digits, which are read last.
	headIBAN = 4
)

// isIBAN says whether the check digits are right, as ISO 7064 wants them: the number, its letters as 10 to 35, leaves 1 when
// it is divided by 97.
func isIBAN(text string) bool {
	text = strings.ReplaceAll(text, " ", "")
	if len(text) < minIBAN || len(text) > maxIBAN {
		return false
	}
	remainder := 0
	for _, c := range []byte(text[headIBAN:] + text[:headIBAN]) {
		switch {
		case '0' <= c && c <= '9':
			remainder = (remainder*10 + int(c-'0')) % 97
		case 'A' <= c && c <= 'Z':
			remainder = (remainder*100 + int(c-'A') + 10) % 97
		case 'a' <= c && c <= 'z':
			remainder = (remainder*100 + int(c-'a') + 10) % 97
		default:
			return false
		}
	}
	return remainder == 1
}

// isRoutingNumber says whether the check digit is right: the digits, times 3, 7 and 1 in turn, add up to a multiple of 10.
func isRoutingNumber(digits string) bool {
	if len(digits) != 9 {
		return false
	}
	sum := 0
	for i, weight := range [...]int{3, 7, 1, 3, 7, 1, 3, 7, 1} {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
		sum += weight * int(digits[i]-'0')
	}
	return sum > 0 && sum%10 == 0
}
