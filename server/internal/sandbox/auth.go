package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

const (
	noKey = "You did not provide an API key. You need to provide your API key in the Authorization header, using " +
		"Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication " +
		"for details, or we can help at https://support.stripe.com/."
	emptyKey = "You did not provide an API key, though you did set your Authorization header to \"Bearer\". Using " +
		"Bearer auth, your Authorization header should look something like 'Authorization: Bearer YOUR_SECRET_KEY'. " +
		"See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."
	publishableKey = "This API call cannot be made with a publishable API key. Please use a secret API key. You can " +
		"find a list of your API keys at https://dashboard.stripe.com/account/apikeys."
)

var (
	secretTestKey      = regexp.MustCompile(`^sk_test_[A-Za-z0-9_]+$`)
	publishableTestKey = regexp.MustCompile(`^pk_(test|live)_[A-Za-z0-9_]+$`)
)

// authenticate takes any secret test key, as a Bearer token or as the user name of Basic
// (docs.stripe.com/api/authentication), then the two headers that choose an account and a version.
func (s *Sandbox) authenticate(c *call) *failure {
	key, f := c.apiKey()
	switch {
	case f != nil:
		return f
	case publishableTestKey.MatchString(key):
		return unauthorized("secret_key_required", publishableKey)
	case !secretTestKey.MatchString(key):
		return unauthorized("", "Invalid API Key provided: "+redactKey(key))
	}
	if account := c.header.Get("Stripe-Account"); account != "" && account != s.account {
		f := invalid("account_invalid", "", fmt.Sprintf("The provided key '%s' does not have access to account '%s' "+
			"(or that account does not exist). Application access may have been revoked.", redactKey(key), account))
		f.status, f.unlogged = http.StatusForbidden, true
		return f
	}
	if version := c.header.Get("Stripe-Version"); version != "" && version != apiVersion {
		return invalid("", "", "Invalid Stripe API version: "+version)
	}
	return nil
}

func (c *call) apiKey() (string, *failure) {
	scheme, credentials, _ := strings.Cut(strings.TrimSpace(c.header.Get("Authorization")), " ")
	credentials = strings.TrimSpace(credentials)
	switch strings.ToLower(scheme) {
	case "bearer":
		if credentials == "" {
			return "", unauthorized("", emptyKey)
		}
		return credentials, nil
	case "basic":
		pair, err := base64.StdEncoding.DecodeString(credentials)
		user, _, _ := strings.Cut(string(pair), ":")
		if err == nil && user != "" {
			return user, nil
		}
	}
	return "", unauthorized("", noKey)
}

func unauthorized(code, message string) *failure {
	f := invalid(code, "", message)
	f.status, f.unlogged = http.StatusUnauthorized, true
	return f
}

// redactKey shows the first eight and the last four characters, as Stripe does: sk_test_****************here.
func redactKey(key string) string {
	const head, tail = 8, 4
	if len(key) <= head+tail {
		return strings.Repeat("*", max(0, len(key)-tail)) + key[max(0, len(key)-tail):]
	}
	return key[:head] + strings.Repeat("*", len(key)-head-tail) + key[len(key)-tail:]
}
