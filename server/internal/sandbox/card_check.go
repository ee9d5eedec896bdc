package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// cardEntry is what somebody typed into a form for cards.
type cardEntry struct {
	number, month, year, cvc string
}

func (c *call) cardEntry() cardEntry {
	return cardEntry{
		number: strings.NewReplacer(" ", "", "-", "").Replace(c.text("card", "number")),
		month:  c.text("card", "exp_month"), year: c.text("card", "exp_year"), cvc: c.text("card", "cvc"),
	}
}

// furthest is how many years ahead an expiry may lie.
const furthest = 50

// check gives the test card of a number and its expiry, in Stripe's order of complaints (docs.stripe.com/testing,
// invalid data; docs.stripe.com/error-codes). Without a security code the bank checks none, so that check can not fail.
func (e cardEntry) check(at time.Time) (test testCard, month, year int, refused *failure) {
	if n := len(e.number); strings.Trim(e.number, "0123456789") != "" || n < 12 || n > 19 {
		return test, 0, 0, cardError("invalid_number", "number", "The card number is not a valid credit card number.")
	}
	if !luhn(e.number) {
		return test, 0, 0, cardError("incorrect_number", "number", "Your card number is incorrect.")
	}
	month, year, refused = expiry(e.month, e.year, at)
	if refused != nil {
		return test, 0, 0, refused
	}
	test, known := numberedCard(e.number)
	digits := 3
	if test.brand == "amex" {
		digits = 4
	}
	if e.cvc != "" && (strings.Trim(e.cvc, "0123456789") != "" || len(e.cvc) < 3 || len(e.cvc) > max(3, digits)) {
		return test, 0, 0, cardError("invalid_cvc", "cvc", "Your card's security code is invalid.")
	}
	if !known {
		f := cardError("card_declined", "", "Your card was declined. Your request was in test mode, but used a non test "+
			"(live) card. For a list of valid test cards, visit: https://stripe.com/docs/testing.")
		f.decline = "test_mode_live_card"
		return test, 0, 0, f
	}
	if e.cvc == "" && test.decline == &declineCVC {
		test.decline = nil
	}
	return test, month, year, nil
}

func cardError(code, param, message string) *failure {
	return &failure{
		status: http.StatusPaymentRequired, errorType: typeCard, code: code, param: param, message: message,
	}
}

// expiry reads the end of a card, which must not have passed. Two digits of a year are of this century.
func expiry(monthText, yearText string, at time.Time) (month, year int, refused *failure) {
	month, monthErr := strconv.Atoi(monthText)
	if monthErr != nil || month < 1 || month > 12 {
		return 0, 0, badMonth()
	}
	year, yearErr := strconv.Atoi(yearText)
	if yearErr == nil && year >= 0 && year < 100 {
		year += at.UTC().Year() / 100 * 100
	}
	now := at.UTC()
	switch {
	case yearErr != nil || year < now.Year() || year > now.Year()+furthest:
		return 0, 0, cardError("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid.")
	case year == now.Year() && month < int(now.Month()):
		return 0, 0, badMonth()
	}
	return month, year, nil
}

func badMonth() *failure {
	return cardError("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid.")
}

// luhn says whether the last digit of a card's number fits the others (ISO/IEC 7812-1).
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		digit := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return sum%10 == 0
}

// typed are the checks of a card that was typed in: of what was not given, none is made.
func (t testCard) typed(cvc string, home address) cardChecks {
	var checks cardChecks
	if cvc != "" {
		checks.CVC = t.checks.CVC
	}
	if home.Line1 != "" {
		checks.AddressLine1 = orUnchecked(t.checks.AddressLine1)
	}
	if home.PostalCode != "" {
		checks.AddressPostalCode = orUnchecked(t.checks.AddressPostalCode)
	}
	return checks
}

func orUnchecked(check nullString) nullString {
	if check == "" {
		return cvcUnchecked
	}
	return check
}
