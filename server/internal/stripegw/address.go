package stripegw

import (
	"strings"

	"github.com/stripe/stripe-go/v76"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// address is what we take from Stripe's.
type address struct {
	Line1      string `json:"line1"`
	Line2      string `json:"line2"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

// message is nil for an address of which nothing is known: Stripe has one at every payment method.
func (a *address) message() *paymentsv1.Address {
	if a == nil || *a == (address{}) {
		return nil
	}
	return &paymentsv1.Address{
		Line1: a.Line1, Line2: a.Line2, City: a.City, State: a.State, PostalCode: a.PostalCode, RegionCode: a.Country,
	}
}

// addressParams are Stripe's for an address. text says what is sent for a part of it: given leaves what is empty out,
// and stripe.String unsets it, so that nothing is left of the address that stood there.
func addressParams(a *paymentsv1.Address, text func(string) *string) *stripe.AddressParams {
	return &stripe.AddressParams{
		Line1: text(a.GetLine1()), Line2: text(a.GetLine2()), City: text(a.GetCity()), State: text(a.GetState()),
		PostalCode: text(a.GetPostalCode()), Country: text(strings.ToUpper(a.GetRegionCode())),
	}
}

// addressFields translates them, for an address that is in this field of the request.
func addressFields(param, field string) paramFields {
	return paramFields{
		param:                   field,
		param + "[line1]":       field + ".line1",
		param + "[line2]":       field + ".line2",
		param + "[city]":        field + ".city",
		param + "[state]":       field + ".state",
		param + "[postal_code]": field + ".postal_code",
		param + "[country]":     field + ".region_code",
	}
}
