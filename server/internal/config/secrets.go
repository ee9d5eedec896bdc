package config

import (
	"errors"
	"regexp"
)

// secrets is what must not be printed, in whatever setting somebody put it: keys and secrets of Stripe's, and the user
// of a URL.
var secrets = regexp.MustCompile(`\b(sk|rk|pk)_(test|live)_\w+|\bwhsec_\w+|//[^/@\s]*@`)

// withoutSecrets returns the same faults without what must not be printed.
func withoutSecrets(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(secrets.ReplaceAllString(err.Error(), "[secret]"))
}
