package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// MaxTokenLength bounds what is hashed for an outsider.
const MaxTokenLength = 8 << 10

// What is wrong with a credential. Only the log tells these apart: the caller hears CREDENTIALS_INVALID.
const (
	ErrNoCredential        = apierr.ConstError("no authorization metadata")
	ErrMalformedCredential = apierr.ConstError("the authorization metadata is not one well-formed bearer token")
	ErrUnknownToken        = apierr.ConstError("the bearer token is not known")
	ErrExpiredToken        = apierr.ConstError("the bearer token has expired")
)

// Tokens finds a caller by its bearer token.
type Tokens struct {
	callers []Caller
	now     func() time.Time
}

// NewTokens returns the tokens of these callers. The clock decides on expiry.
func NewTokens(callers []Caller, now func() time.Time) *Tokens {
	return &Tokens{callers: callers, now: now}
}

// Authenticate returns the caller that the values of the authorization metadata prove. There must be exactly one value,
// `Bearer TOKEN`.
func (t *Tokens) Authenticate(authorization []string) (Caller, error) {
	if len(authorization) == 0 {
		return Caller{}, ErrNoCredential
	}
	token, ok := bearer(authorization)
	if !ok {
		return Caller{}, ErrMalformedCredential
	}
	caller, ok := t.find(sha256.Sum256([]byte(token)))
	if !ok {
		return Caller{}, ErrUnknownToken
	}
	if !caller.Expires.IsZero() && !t.now().Before(caller.Expires) {
		return Caller{}, ErrExpiredToken
	}
	return caller, nil
}

// find compares with every digest, in constant time and without stopping at a match, so that the time it takes says
// nothing about which token exists.
func (t *Tokens) find(digest [sha256.Size]byte) (Caller, bool) {
	match := -1
	for i, c := range t.callers {
		for _, d := range c.digests {
			if subtle.ConstantTimeCompare(d[:], digest[:]) == 1 {
				match = i
			}
		}
	}
	if match < 0 {
		return Caller{}, false
	}
	return t.callers[match], true
}

// bearer takes the token out of the metadata. RFC 9110 section 11.1 makes the scheme case-insensitive and RFC 6750
// section 2.1 gives the alphabet of the token.
func bearer(values []string) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "bearer") || token == "" || len(token) > MaxTokenLength {
		return "", false
	}
	if strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") != "" {
		return "", false
	}
	return token, true
}
