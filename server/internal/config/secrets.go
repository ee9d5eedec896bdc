package config

import (
	"errors"
	"regexp"
	"strings"
)

// secrets is what must not be printed, in whatever setting somebody put it: keys and secrets of Stripe's, seal keys, the
// user of a URL, and all of a database's URL, whose password may hold anything up to the last @ of the line.
var secrets = regexp.MustCompile(strings.Join([]string{
	`\b(sk|rk|pk)_(test|live)_\w+`,
	`\bwhsec_\w+`,
	`[A-Za-z0-9+/]{43}=`,
	`(?i:\bpostgres(ql)?:)(.*@)?[^\s"]*`,
	`(?i:\bpassword\s*=\s*)('[^']*'|"[^"]*"|\S+)`,
	`//[^/@\s]*@`,
}, "|"))

// withoutSecrets returns the same faults without what must not be printed.
func withoutSecrets(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(secrets.ReplaceAllString(err.Error(), "[secret]"))
}
