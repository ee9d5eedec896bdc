package auth

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// maxTokens of one caller are two, so that a token can be replaced without a gap.
const maxTokens = 2

var callerName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

type callersFile struct {
	Callers []callerEntry `json:"callers"`
}

type callerEntry struct {
	Name        string     `json:"name"`
	TokenSHA256 []string   `json:"token_sha256"`
	Scopes      []string   `json:"scopes"`
	Expires     *time.Time `json:"expires"`
}

// ParseCallers reads the callers file:
//
//	{"callers": [{"name": "checkout", "token_sha256": ["<64 hex digits>"], "scopes": ["PAYMENTS_WRITE"],
//	              "expires": "2027-01-31T00:00:00Z"}]}
//
// A caller has one or two tokens, each as its SHA-256, and at least one scope; expires may be left out. Every fault of
// the file is reported at once. A caller that has expired is no fault: it is refused when it calls.
func ParseCallers(data []byte) ([]Caller, error) {
	if err := checkKeys(data); err != nil {
		return nil, fmt.Errorf("not the JSON of a callers file: %w", err)
	}
	var file callersFile
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); errors.Is(err, io.EOF) {
		return nil, errors.New("not the JSON of a callers file: it is empty")
	} else if err != nil {
		return nil, fmt.Errorf("not the JSON of a callers file: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not the JSON of a callers file: there is something behind the object")
	}
	if len(file.Callers) == 0 {
		return nil, errors.New("it names no caller, so nobody could call")
	}

	var faults []error
	callers := make([]Caller, 0, len(file.Callers))
	names := map[string]bool{}
	tokens := map[[sha256.Size]byte]string{}
	for i, entry := range file.Callers {
		caller, errs := entry.caller()
		if names[entry.Name] {
			errs = append(errs, errors.New("the name is taken by another caller"))
		}
		names[entry.Name] = true
		for _, digest := range caller.digests {
			if other, taken := tokens[digest]; taken {
				errs = append(errs, fmt.Errorf("a token is also that of %q", other))
			}
			tokens[digest] = entry.Name
		}
		for _, err := range errs {
			faults = append(faults, fmt.Errorf("callers[%d] %q: %w", i, entry.Name, err))
		}
		callers = append(callers, caller)
	}
	return callers, errors.Join(faults...)
}

func (e callerEntry) caller() (Caller, []error) {
	var faults []error
	caller := Caller{Name: e.Name}
	if !callerName.MatchString(e.Name) {
		faults = append(faults, errors.New("name must be 1 to 63 characters of a-z 0-9 . _ - and begin with a letter or digit"))
	}

	if len(e.TokenSHA256) == 0 || len(e.TokenSHA256) > maxTokens {
		faults = append(faults, fmt.Errorf("token_sha256 must hold 1 or %d digests", maxTokens))
	}
	for i, text := range e.TokenSHA256 {
		digest, err := hex.DecodeString(text)
		// The text is not shown: it may be a token that somebody forgot to hash.
		if err != nil || len(digest) != sha256.Size {
			faults = append(faults, fmt.Errorf("token_sha256[%d] must be a SHA-256 in %d hexadecimal digits", i, 2*sha256.Size))
			continue
		}
		caller.digests = append(caller.digests, [sha256.Size]byte(digest))
	}

	if len(e.Scopes) == 0 {
		faults = append(faults, errors.New("scopes must name at least one scope"))
	}
	for _, short := range e.Scopes {
		scope, ok := apierr.ParseScope(short)
		if !ok || scope == paymentsv1.Scope_SCOPE_UNSPECIFIED {
			faults = append(faults, fmt.Errorf("scope %q does not exist", short))
			continue
		}
		caller.Scopes = append(caller.Scopes, scope)
	}

	if e.Expires != nil {
		caller.Expires = *e.Expires
	}
	return caller, faults
}
