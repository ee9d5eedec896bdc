package seal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	// maxKeys are two, so that a key can be replaced: the new one seals, the old one still opens.
	maxKeys = 2
	// placeholder is what is seen of keys wherever they are printed.
	placeholder = "[seal keys]"
)

// ParseKeys reads a key file: one or two lines, each 32 random bytes in base64 (`openssl rand -base64 32`). The first key
// seals, both open. Empty lines and those that begin with # do not count. Its errors name lines and never repeat them.
func ParseKeys(data []byte) (*Keys, error) {
	found := &Keys{}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if len(found.keys) == maxKeys {
			return nil, fmt.Errorf("line %d: there are more than %d keys", number, maxKeys)
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(string(line))
		if err != nil || len(raw) != chacha20poly1305.KeySize {
			return nil, fmt.Errorf("line %d: it is not the base64 of %d bytes, as openssl rand -base64 %[2]d makes them",
				number, chacha20poly1305.KeySize)
		}
		parsed, err := newKey(raw)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if found.find(parsed.id) != nil {
			return nil, fmt.Errorf("line %d: the key stands there twice", number)
		}
		found.keys = append(found.keys, parsed)
	}
	if len(found.keys) == 0 {
		return nil, errors.New("there is no key; openssl rand -base64 32 makes one")
	}
	return found, nil
}

// NewKeys returns one random key, which is gone with the process: for a sandbox, whose store goes with it too.
func NewKeys() (*Keys, error) {
	raw := make([]byte, chacha20poly1305.KeySize)
	if _, err := rand.Read(raw); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	made, err := newKey(raw)
	if err != nil {
		return nil, err
	}
	return &Keys{keys: []*key{made}}, nil
}

func newKey(raw []byte) (*key, error) {
	aead, err := chacha20poly1305.NewX(raw)
	if err != nil {
		return nil, fmt.Errorf("take a key: %w", err)
	}
	digest := sha256.Sum256(raw)
	return &key{id: [idSize]byte(digest[:idSize]), aead: aead}, nil
}

// Format prints the placeholder, whatever the verb.
func (k *Keys) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(placeholder)) }

// String returns the placeholder.
func (k *Keys) String() string { return placeholder }

// GoString returns the placeholder.
func (k *Keys) GoString() string { return placeholder }

// LogValue logs the placeholder.
func (k *Keys) LogValue() slog.Value { return slog.StringValue(placeholder) }

// MarshalText encodes the placeholder, also for JSON and YAML.
func (k *Keys) MarshalText() ([]byte, error) { return []byte(placeholder), nil }
