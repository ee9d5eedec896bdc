package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
	"sync/atomic"
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

// Tokens finds a caller by its bearer token. The callers can be replaced while calls are under way.
type Tokens struct {
	now func() time.Time

	// changing is held while the callers are replaced, and while somebody joins or leaves holds.
	changing sync.Mutex
	callers  atomic.Pointer[[]Caller]
	holds    map[*hold]struct{}
}

// NewTokens returns the tokens of these callers. The clock decides on expiry.
func NewTokens(callers []Caller, now func() time.Time) *Tokens {
	t := &Tokens{now: now, holds: map[*hold]struct{}{}}
	t.callers.Store(&callers)
	return t
}

// Replace puts other callers in place of those that may call, all at once. Calls that have been let in go on, but for
// those that Hold holds: they end where their right has.
func (t *Tokens) Replace(callers []Caller) {
	t.changing.Lock()
	defer t.changing.Unlock()
	t.callers.Store(&callers)
	for h := range t.holds {
		h.check()
	}
}

// Authenticate returns the caller that the values of the authorization metadata prove. There must be exactly one value,
// `Bearer TOKEN`.
func (t *Tokens) Authenticate(authorization []string) (Caller, error) {
	digest, err := digestOf(authorization)
	if err != nil {
		return Caller{}, err
	}
	return t.authenticate(digest)
}

func (t *Tokens) authenticate(digest [sha256.Size]byte) (Caller, error) {
	caller, ok := t.find(digest)
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
	callers := *t.callers.Load()
	match := -1
	for i := range callers {
		for _, d := range callers[i].digests {
			if subtle.ConstantTimeCompare(d[:], digest[:]) == 1 {
				match = i
			}
		}
	}
	if match < 0 {
		return Caller{}, false
	}
	return callers[match], true
}

// digestOf is that of the one token in the metadata.
func digestOf(authorization []string) ([sha256.Size]byte, error) {
	if len(authorization) == 0 {
		return [sha256.Size]byte{}, ErrNoCredential
	}
	token, ok := bearer(authorization)
	if !ok {
		return [sha256.Size]byte{}, ErrMalformedCredential
	}
	return sha256.Sum256([]byte(token)), nil
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
