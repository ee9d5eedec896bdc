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
func writeCallers(t *testing.T, callers ...caller) string {
	t.Helper()
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
		t.Fatal(err)
	}
	return writeFile(t, "callers.json", data)
}

// writeFile writes a file that only this user can read.
func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
