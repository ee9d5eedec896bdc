package stripegw

import (
	"fmt"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// stripeAmount is an amount in Stripe's words: the same integer, and the currency in small letters.
type stripeAmount struct {
	minorUnits int64
	currency   string
}

// toStripe checks an amount that is to be collected, which stands in the named field of a request. It refuses what
// Stripe would refuse in any account: an unknown currency, too many digits, and a last digit that is not 0 where Stripe
// wants one. The least amount it leaves to Stripe, since that hangs on the currency of settlement.
func toStripe(money *paymentsv1.Money, field string) (stripeAmount, error) {
	code, c, err := currencyOf(money, field)
	if err != nil {
		return stripeAmount{}, err
	}
	units := money.GetMinorUnits()
	if fault := c.fault(code, units); fault != "" {
		return stripeAmount{}, apierr.InvalidField(field+".minor_units", fault)
	}
	return stripeAmount{minorUnits: units, currency: strings.ToLower(code)}, nil
}

// priceToStripe is toStripe for what one unit costs. Nothing is a price too; and since what is collected is a sum of
// such amounts, and of parts of them, the last digit is left to Stripe.
func priceToStripe(money *paymentsv1.Money, field string) (stripeAmount, error) {
	code, c, err := currencyOf(money, field)
	if err != nil {
		return stripeAmount{}, err
	}
	units := money.GetMinorUnits()
	switch {
	case units < 0:
		return stripeAmount{}, apierr.InvalidField(field+".minor_units", "must not be negative")
	case units > c.maximum():
		return stripeAmount{}, apierr.InvalidField(field+".minor_units", c.fault(code, units))
	}
	return stripeAmount{minorUnits: units, currency: strings.ToLower(code)}, nil
}

// currencyOf is the currency of an amount, in capitals, and how Stripe counts it.
func currencyOf(money *paymentsv1.Money, field string) (code string, c currency, err error) {
	if money == nil {
		return "", currency{}, apierr.InvalidField(field, "is required")
	}
	code = strings.ToUpper(money.GetCurrencyCode())
	c, ok := currencies[code]
	// The capital of a letter beyond ASCII may be one within it.
	if !ok || len(code) != len(money.GetCurrencyCode()) {
		return "", currency{}, apierr.InvalidField(field+".currency_code", "is not a currency that Stripe supports")
	}
	return code, c, nil
}

// fault is what is wrong with an amount of this currency, as the end of a sentence that begins with the field's name;
// empty if nothing is.
func (c currency) fault(code string, units int64) string {
	switch {
	case units <= 0:
		return "must be greater than 0"
	case units > c.maximum():
		return fmt.Sprintf("must be at most %d for %s, in its smallest unit", c.maximum(), code)
	case units%c.step != 0:
		return fmt.Sprintf("must be a multiple of %d for %s, which Stripe counts with %d decimals", c.step, code, c.decimals)
	}
	return ""
}

// fromStripe is the message for an amount of Stripe's, which it never changes: refunds and fees may be negative, and
// what Stripe holds is true whatever our table says.
func fromStripe(minorUnits int64, currency string) *paymentsv1.Money {
	return &paymentsv1.Money{MinorUnits: minorUnits, CurrencyCode: strings.ToUpper(currency)}
}
