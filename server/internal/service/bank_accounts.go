package service

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// checkSource refuses what a payment method can not be made of, before anything begins: an operation that made a method and
// lost the answer stays UNKNOWN. The numbers of bank accounts are never repeated.
func checkSource(req *paymentsv1.CreatePaymentMethodRequest) error {
	switch iban := strings.ReplaceAll(req.GetSepaDebit().GetIban(), " ", ""); {
	case req.GetSepaDebit().GetIban() == "":
	case !isIBAN(iban):
		return apierr.InvalidField("sepa_debit.iban", "is no IBAN: its length or its check digits are wrong")
	case !slices.Contains(strings.Fields(sepaCountries), strings.ToUpper(iban[:2])):
		return apierr.InvalidField("sepa_debit.iban", "is no account in the SEPA")
	}
	if number := req.GetUsBankAccount().GetRoutingNumber(); number != "" && !isRoutingNumber(number) {
		return apierr.InvalidField("us_bank_account.routing_number", "is no routing number: its check digit is wrong")
	}
	return checkRegion(req.GetBillingDetails().GetAddress(), "billing_details.address")
}

// checkAcceptance refuses a time that is none, and one at which nobody agreed to anything.
func checkAcceptance(acceptance *paymentsv1.MandateAcceptance) error {
	if at := acceptance.GetAcceptTime(); at != nil {
		return checkAcceptTime(at, time.Now())
	}
	return nil
}

// checkAcceptTime leaves room for clocks that differ, and for times without their zone.
func checkAcceptTime(at *timestamppb.Timestamp, now time.Time) error {
	const field, ahead, firstYear = "mandate_acceptance.accept_time", 24 * time.Hour, 2000
	switch {
	case !at.IsValid():
		return apierr.InvalidField(field, "is no time between the years 1 and 9999")
	case at.AsTime().Year() < firstYear:
		return apierr.InvalidField(field, "is before the year 2000")
	case at.AsTime().After(now.Add(ahead)):
		return apierr.InvalidField(field, "is in the future")
	}
	return nil
}

// sepaCountries begin the IBANs of the SEPA: the "EPC List of SEPA Scheme Countries", EPC409-09, with the countries that
// joined until 2025 (AL, MD, ME, MK, RS). A territory stands under the code of its IBANs: Jersey under GB, La Réunion
// under FR.
const sepaCountries = "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL " +
	"PT RO RS SE SI SK SM VA"

const (
	// minIBAN is that of Norway, maxIBAN what ISO 13616 allows.
	minIBAN = 15
	maxIBAN = 34
	// headIBAN is the country and the check digits, which are read last.
	headIBAN = 4
)

// isIBAN says whether the check digits are right, as ISO 7064 wants them: the number, its letters as 10 to 35, leaves 1 when
// it is divided by 97. The blanks of its groups are taken out before.
func isIBAN(text string) bool {
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
