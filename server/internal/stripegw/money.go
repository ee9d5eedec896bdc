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
	if money == nil {
		return stripeAmount{}, apierr.InvalidField(field, "is required")
	}
	code := strings.ToUpper(money.GetCurrencyCode())
	c, ok := currencies[code]
	// The capital of a letter beyond ASCII may be one within it.
	if !ok || len(code) != len(money.GetCurrencyCode()) {
		return stripeAmount{}, apierr.InvalidField(field+".currency_code", "is not a currency that Stripe supports")
	}
	units := money.GetMinorUnits()
	if fault := c.fault(code, units); fault != "" {
		return stripeAmount{}, apierr.InvalidField(field+".minor_units", fault)
	}
	return stripeAmount{minorUnits: units, currency: strings.ToLower(code)}, nil
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
