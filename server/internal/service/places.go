package service

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// checkCustomer refuses countries and languages that there are not, and what nobody can be reached at. The patterns of the
// contract can not know them, and what Stripe says of them names its own fields.
func checkCustomer(customer *paymentsv1.Customer, mask *fieldmaskpb.FieldMask) error {
	shipping := customer.GetShipping()
	for _, part := range []struct {
		field string
		err   error
	}{
		{"email", checkEmail(customer.GetEmail(), "customer.email")},
		{"phone", checkPhone(customer.GetPhone(), "customer.phone")},
		{"address", checkRegion(customer.GetAddress(), "customer.address")},
		{"shipping", checkPhone(shipping.GetPhone(), "customer.shipping.phone")},
		{"shipping", checkRegion(shipping.GetAddress(), "customer.shipping.address")},
		{"preferred_locales", checkLocales(customer.GetPreferredLocales(), "customer.preferred_locales")},
	} {
		if part.err != nil && names(mask, part.field) {
			return part.err
		}
	}
	return nil
}

func checkLocales(locales []string, field string) error {
	for i, locale := range locales {
		if !isLocale(locale) {
			return apierr.InvalidField(fmt.Sprintf("%s[%d]", field, i), "is no language, such as en or pt-BR")
		}
	}
	return nil
}

// names says whether an update changes a field. What it does not change is not looked at: a resource that was read can be
// sent back.
func names(mask *fieldmaskpb.FieldMask, field string) bool {
	return len(mask.GetPaths()) == 0 || slices.Contains(mask.GetPaths(), field)
}

// checkRegion refuses a country that there is not, in the address at this path.
func checkRegion(address *paymentsv1.Address, path string) error {
	if code := address.GetRegionCode(); code != "" && !isCountry(code) {
		return apierr.InvalidField(path+".region_code", "is no country of ISO 3166-1, such as US")
	}
	return nil
}

// isCountry knows today's names only: UK and DD are read as what they mean, and are not codes.
func isCountry(code string) bool {
	region, err := language.ParseRegion(code)
	return err == nil && region.IsCountry() && region.Canonicalize().String() == strings.ToUpper(code)
}

// isLocale says whether a text is a BCP 47 tag that begins with a language.
func isLocale(text string) bool {
	tag, err := language.Raw.Parse(text)
	if err != nil {
		return false
	}
	base, _, _ := tag.Raw()
	return base != language.Base{}
}
