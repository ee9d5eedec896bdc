package stripegw

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
)

// keyPlaceholder is what is seen of a key wherever it is printed.
const keyPlaceholder = "[stripe key]"

// keyShape is that of Stripe's secret and restricted keys (https://docs.stripe.com/keys).
var keyShape = regexp.MustCompile(`^(sk|rk)_(test|live)_[A-Za-z0-9_]{1,240}$`)

// Key is a secret key of Stripe's. However it is printed, logged or encoded, only a placeholder is seen. The zero value
// is no key.
type Key struct {
	// The pointer keeps the secret from whoever prints a struct that holds a Key in an unexported field: fmt can not
	// call Format there, and prints the address.
	secret *string
}

// ParseKey reads a secret (`sk_...`) or restricted (`rk_...`) key. White space around it, such as the line end of a
// file, is cut off. Its errors never repeat the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Key{}, errors.New("the Stripe key is empty")
	case strings.HasPrefix(text, "pk_"):
		return Key{}, errors.New("this Stripe key is publishable (pk_...): use a secret or restricted one")
	case !keyShape.MatchString(text):
		return Key{}, errors.New("a Stripe key must begin with sk_test_, rk_test_, sk_live_ or rk_live_, then letters and digits")
	}
	return Key{secret: &text}, nil
}

// IsZero is whether there is no key.
func (k Key) IsZero() bool { return k.secret == nil }

// Live is whether real money moves with this key.
func (k Key) Live() bool {
	return strings.HasPrefix(k.reveal(), "sk_live_") || strings.HasPrefix(k.reveal(), "rk_live_")
}

// Format prints the placeholder, whatever the verb.
func (k Key) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(keyPlaceholder)) }

// String returns the placeholder.
func (k Key) String() string { return keyPlaceholder }

// GoString returns the placeholder.
func (k Key) GoString() string { return keyPlaceholder }

// LogValue logs the placeholder.
func (k Key) LogValue() slog.Value { return slog.StringValue(keyPlaceholder) }

// MarshalText encodes the placeholder, also for JSON and YAML.
func (k Key) MarshalText() ([]byte, error) { return []byte(keyPlaceholder), nil }

func (k Key) reveal() string {
	if k.secret == nil {
		return ""
	}
	return *k.secret
}
