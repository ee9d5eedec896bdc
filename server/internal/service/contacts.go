package service

import (
	"cmp"
	"net/mail"
	"regexp"
	"strings"
	"unicode"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// phonePattern stands here and not in the contract: what was read from Stripe may hold other telephones, and can be sent back
// with a mask that does not name them. So it is with e-mail addresses.
var phonePattern = regexp.MustCompile(`^([+(]?[0-9][0-9 .()-]*)?$`)

// checkContact refuses what nobody can be reached at, in the billing details at this path.
func checkContact(billing *paymentsv1.BillingDetails, path string) error {
	return cmp.Or(checkEmail(billing.GetEmail(), path+".email"), checkPhone(billing.GetPhone(), path+".phone"))
}

func checkPhone(phone, field string) error {
	if !phonePattern.MatchString(phone) {
		return apierr.InvalidField(field, "must be digits, spaces and + - . ( ), such as +14155550123")
	}
	return nil
}

func checkEmail(email, field string) error {
	if email != "" && !isEmail(email) {
		return apierr.InvalidField(field, "is no e-mail address")
	}
	return nil
}

// isEmail wants the bare address in ASCII, without a name, quotes or comments.
func isEmail(text string) bool {
	if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
		return false
	}
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}
