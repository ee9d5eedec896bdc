package config

import (
	"fmt"
	"log/slog"
)

// tokenPlaceholder is what is seen of a token wherever it is printed.
const tokenPlaceholder = "[token]"

// Token is a bearer token. However it is printed, logged or encoded, only a placeholder is seen.
type Token struct {
	// The pointer keeps the secret from whoever prints a struct that holds a Token in an unexported field.
	secret *string
}

// NewToken returns a token.
func NewToken(secret string) Token { return Token{secret: &secret} }

// Reveal returns the token itself, for the metadata of a call and for nothing else.
func (t Token) Reveal() string {
	if t.secret == nil {
		return ""
	}
	return *t.secret
}

// Format prints the placeholder, whatever the verb.
func (t Token) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(tokenPlaceholder)) }

// String returns the placeholder.
func (t Token) String() string { return tokenPlaceholder }

// GoString returns the placeholder.
func (t Token) GoString() string { return tokenPlaceholder }

// LogValue logs the placeholder.
func (t Token) LogValue() slog.Value { return slog.StringValue(tokenPlaceholder) }

// MarshalText encodes the placeholder, also for JSON and YAML.
func (t Token) MarshalText() ([]byte, error) { return []byte(tokenPlaceholder), nil }
