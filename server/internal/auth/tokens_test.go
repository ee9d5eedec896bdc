package auth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func TestAuthenticate(t *testing.T) {
	callers, err := auth.ParseCallers([]byte(`{"callers": [
		{"name": "checkout", "token_sha256": ["` + digest("old-token") + `", "` + digest("new-token") + `"],
		 "scopes": ["PAYMENTS_READ", "PAYMENTS_WRITE"]},
		{"name": "former", "token_sha256": ["` + digest("former-token") + `"], "scopes": ["PAYMENTS_READ"],
		 "expires": "2026-03-01T12:00:00Z"},
		{"name": "current", "token_sha256": ["` + digest("current-token") + `"], "scopes": ["PAYMENTS_READ"],
		 "expires": "2026-03-01T12:00:01Z"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	tokens := auth.NewTokens(callers, func() time.Time { return now })

	for _, tt := range []struct {
		name          string
		authorization []string
		wantCaller    string
		wantErr       error
	}{
		{"first token", []string{"Bearer old-token"}, "checkout", nil},
		{"second token", []string{"Bearer new-token"}, "checkout", nil},
		{"scheme in any case", []string{"bearer new-token"}, "checkout", nil},
		{"not expired yet", []string{"Bearer current-token"}, "current", nil},
		{"expired", []string{"Bearer former-token"}, "", auth.ErrExpiredToken},
		{"none", nil, "", auth.ErrNoCredential},
		{"unknown", []string{"Bearer other"}, "", auth.ErrUnknownToken},
		{"the digest is no token", []string{"Bearer " + digest("old-token")}, "", auth.ErrUnknownToken},
		{"two values", []string{"Bearer old-token", "Bearer old-token"}, "", auth.ErrMalformedCredential},
		{"two tokens in one", []string{"Bearer old-token, Bearer old-token"}, "", auth.ErrMalformedCredential},
		{"empty", []string{""}, "", auth.ErrMalformedCredential},
		{"no token", []string{"Bearer "}, "", auth.ErrMalformedCredential},
		{"no scheme", []string{"old-token"}, "", auth.ErrMalformedCredential},
		{"other scheme", []string{"Basic old-token"}, "", auth.ErrMalformedCredential},
		{"two spaces", []string{"Bearer  old-token"}, "", auth.ErrMalformedCredential},
		{"space before", []string{" Bearer old-token"}, "", auth.ErrMalformedCredential},
		{"space behind", []string{"Bearer old-token "}, "", auth.ErrMalformedCredential},
		{"tab", []string{"Bearer\told-token"}, "", auth.ErrMalformedCredential},
		{"control character", []string{"Bearer old-token\x00"}, "", auth.ErrMalformedCredential},
		{"far too long", []string{"Bearer " + strings.Repeat(".", auth.MaxTokenLength+1)}, "", auth.ErrMalformedCredential},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tokens.Authenticate(tt.authorization)
			if got.Name != tt.wantCaller || !errors.Is(err, tt.wantErr) {
				t.Errorf("Authenticate(%q) = %q, %v, want %q, %v", tt.authorization, got.Name, err, tt.wantCaller, tt.wantErr)
			}
		})
	}
}

func TestHas(t *testing.T) {
	caller := auth.NewCaller("x", "token", paymentsv1.Scope_SCOPE_PAYMENTS_READ)
	if !caller.Has(paymentsv1.Scope_SCOPE_PAYMENTS_READ) || caller.Has(paymentsv1.Scope_SCOPE_PAYMENTS_WRITE) {
		t.Error("a caller has other scopes than it was given")
	}
	if auth.CallerFrom(t.Context()).Has(paymentsv1.Scope_SCOPE_PAYMENTS_READ) {
		t.Error("nobody has a scope")
	}
}
