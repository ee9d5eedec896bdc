package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// prefix begins every signing secret of Stripe's.
	prefix = "whsec_"
	// leastSecret is what must stand behind the prefix. Stripe's have 32 characters; what is shorter was cut off.
	leastSecret = 16
	// maxSecrets bounds how often one body is hashed.
	maxSecrets = 8
	// secretPlaceholder is what is seen of a secret wherever it is printed.
	secretPlaceholder = "[signing secret]"
)

// Secret is the signing secret of an endpoint at Stripe. However it is printed, logged or encoded, only a placeholder is
// seen.
type Secret struct {
	// Until is when it stops being good; zero is never.
	Until time.Time
	// The pointer keeps the text from whoever prints a struct that holds a Secret in an unexported field.
	text *string
}

// NewSecret returns a secret without an end.
func NewSecret(text string) Secret { return Secret{text: &text} }

// ParseSecrets reads a secrets file: a secret a line, `whsec_...`, and behind it, where it is being replaced, a space and
// the time until which it is good, in RFC 3339. Empty lines and those that begin with # do not count. It reports every fault
// at once, by the number of its line; no line is repeated. Secrets that are all over by now are a fault too.
func ParseSecrets(data []byte, now time.Time) ([]Secret, error) {
	var found []Secret
	var faults []error
	standing := map[string]bool{}
	number, good := 0, 0
	for line := range bytes.Lines(data) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		secret, err := parseSecret(string(line))
		switch {
		case err != nil:
		case standing[*secret.text]:
			err = errors.New("the secret stands there twice")
		case len(found) == maxSecrets:
			err = fmt.Errorf("there are more than %d secrets", maxSecrets)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", number, err))
			continue
		}
		standing[*secret.text] = true
		found = append(found, secret)
		if secret.goodAt(now) {
			good++
		}
	}
	switch {
	case len(faults) > 0:
		return nil, errors.Join(faults...)
	case len(found) == 0:
		return nil, errors.New("there is no secret in it; server webhooks register makes one")
	case good == 0:
		return nil, errors.New("the time of every secret in it is over")
	}
	return found, nil
}

func parseSecret(line string) (Secret, error) {
	text, until, ends := strings.Cut(line, " ")
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok || strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-") != "" {
		return Secret{}, errors.New("it does not begin with whsec_ and the rest of a signing secret")
	}
	if len(rest) < leastSecret {
		return Secret{}, errors.New("the secret is too short to be whole")
	}
	secret := NewSecret(text)
	if ends {
		at, err := time.Parse(time.RFC3339, strings.TrimSpace(until))
		if err != nil {
			return Secret{}, errors.New("behind the secret there may be a time as 2027-01-31T00:00:00Z, and nothing else")
		}
		secret.Until = at
	}
	return secret, nil
}

func (s Secret) goodAt(now time.Time) bool { return s.Until.IsZero() || now.Before(s.Until) }

// Format prints the placeholder, whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(secretPlaceholder)) }

// String returns the placeholder.
func (s Secret) String() string { return secretPlaceholder }

// GoString returns the placeholder.
func (s Secret) GoString() string { return secretPlaceholder }

// LogValue logs the placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(secretPlaceholder) }

// MarshalText encodes the placeholder, also for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(secretPlaceholder), nil }

// Secrets are those in force. They can be replaced while requests are under way.
type Secrets struct {
	standing atomic.Pointer[[]Secret]
}

// NewSecrets returns a holder of these secrets.
func NewSecrets(secrets []Secret) *Secrets {
	s := &Secrets{}
	s.Replace(secrets)
	return s
}

// Replace puts other secrets in force, all at once.
func (s *Secrets) Replace(secrets []Secret) { s.standing.Store(&secrets) }

func (s *Secrets) all() []Secret { return *s.standing.Load() }
