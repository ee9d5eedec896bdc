package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// caller is an entry of a callers file with one token.
type caller struct {
	name, token, scope string
}

// writeCallers writes a callers file.
func writeCallers(tb testing.TB, callers ...caller) string {
	tb.Helper()
	type entry struct {
		Name        string   `json:"name"`
		TokenSHA256 []string `json:"token_sha256"`
		Scopes      []string `json:"scopes"`
	}
	var entries []entry
	for _, c := range callers {
		digest := sha256.Sum256([]byte(c.token))
		entries = append(entries, entry{c.name, []string{hex.EncodeToString(digest[:])}, []string{c.scope}})
	}
	data, err := json.Marshal(map[string]any{"callers": entries})
	if err != nil {
		tb.Fatal(err)
	}
	return writeFile(tb, "callers.json", data)
}

// writeFile writes a file that only this user can read.
func writeFile(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
