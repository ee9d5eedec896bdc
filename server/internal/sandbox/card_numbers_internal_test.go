package sandbox

import (
	"slices"
	"strings"
	"testing"
)

// sameNumber are the templates of which docs.stripe.com/testing gives no number of their own: another template has it.
var sameNumber = map[string]string{
	"pm_card_us":                              "pm_card_visa",
	"pm_card_visa_applePay":                   "pm_card_visa",
	"pm_card_visa_googlePay":                  "pm_card_visa",
	"pm_card_chargeDeclined":                  "pm_card_visa_chargeDeclined",
	"pm_card_chargeDeclinedInsufficientFunds": "pm_card_visa_chargeDeclinedInsufficientFunds",
	"pm_card_chargeDeclinedFraudulent":        "pm_card_radarBlock",
}

// Every test card has its published number, and every number is one.
func TestT01_CardNumbers(t *testing.T) {
	t.Parallel()
	numbers := map[string]string{}
	for number, template := range cardNumbers {
		test, ok := testCards[template]
		if !ok {
			t.Errorf("%s leads to no template: %s", number, template)
		}
		if numbers[template] != "" {
			t.Errorf("%s has two numbers", template)
		}
		numbers[template] = number
		if !luhn(number) || !strings.HasSuffix(number, test.last4) {
			t.Errorf("%s is no number of %s, which ends in %s", number, template, test.last4)
		}
		if brand := map[byte]string{'4': "visa", '5': "mastercard"}[number[0]]; brand != "" && brand != test.brand {
			t.Errorf("%s is no %s", number, test.brand)
		}
	}
	for template, test := range testCards {
		other, shared := sameNumber[template]
		switch {
		case shared && (numbers[template] != "" || !strings.HasSuffix(numbers[other], test.last4)):
			t.Errorf("%s does not share the number of %s", template, other)
		case !shared && numbers[template] == "":
			t.Errorf("%s has no number", template)
		}
	}
	for number, test := range plainCards {
		if cardNumbers[number] != "" || !luhn(number) || !strings.HasSuffix(number, test.last4) {
			t.Errorf("%s is no number of its own", number)
		}
	}
}

// The published accounts are sound and tell one another apart; so are IBANs of other countries.
func TestT01_AccountNumbers(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for template, test := range testDebits {
		if seen[test.number] != "" {
			t.Errorf("%s and %s have one number", template, seen[test.number])
		}
		seen[test.number] = template
		if test.bankCode != "" && !isIBAN(test.number) || !strings.HasSuffix(test.number, test.last4) {
			t.Errorf("%s: %s", template, test.number)
		}
	}
	if !isRouting(testRouting) || isRouting("000000000") || isRouting("110000001") {
		t.Error("routing numbers")
	}
	for _, number := range []string{
		"AT611904300234573201", "BE62510007547061", "FR1420041010050500013M02606", "GI60MPFS599327643783385",
	} {
		if !isIBAN(number) || isIBAN(number[:len(number)-1]) || isIBAN(strings.Replace(number, "0", "1", 1)) {
			t.Errorf("%s", number)
		}
	}
}

func TestT01_CountriesAndLocales(t *testing.T) {
	t.Parallel()
	const assigned = 249 // ISO 3166-1
	if len(countries) != assigned || !slices.IsSorted(countries) {
		t.Errorf("%d countries", len(countries))
	}
	for text, want := range map[string]bool{
		"en": true, "DE": true, "pt-BR": true, "zh-Hant-TW": true, "es-419": true, "fil": true, "": false, "english": false,
		"xx": false, "en-": false, "en-XX": false, "en_US": false, "e": false, "en-12": false,
	} {
		if isLocale(text) != want {
			t.Errorf("%q is a locale: %t", text, !want)
		}
	}
}
