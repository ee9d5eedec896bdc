package seal_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/seal"
)

func TestParseKeys(t *testing.T) {
	one, two := keyLine(1), keyLine(2)
	for _, tt := range []struct {
		name, text string
		// want stands in the error; empty where there is none.
		want string
	}{
		{"one", one, ""},
		{"two", one + two, ""},
		{"no line end", strings.TrimSpace(one), ""},
		{"Windows", strings.ReplaceAll(one+two, "\n", "\r\n"), ""},
		{"comments and space", "# the key of 2026\n\n  " + one + "\n \t\n# the key of 2025\n" + two + "\n", ""},
		{"nothing", "", "no key"},
		{"comments alone", "# nothing\n\n", "no key"},
		{"three", one + two + keyLine(3), "line 3: there are more than 2"},
		{"twice", one + "\n" + one, "line 3: the key stands there twice"},
		{"a word", "canary\n", "line 1: it is not the base64 of 32 bytes, as openssl rand -base64 32"},
		{"too short", base64.StdEncoding.EncodeToString(make([]byte, 31)), "line 1: it is not"},
		{"too long", base64.StdEncoding.EncodeToString(make([]byte, 33)), "line 1: it is not"},
		{"another alphabet", strings.Repeat("-_", 21) + "8=", "line 1: it is not"},
		{"without padding", strings.TrimRight(strings.TrimSpace(one), "="), "line 1: it is not"},
		{"bits behind the end", strings.Repeat("A", 42) + "B=", "line 1: it is not"},
		{"two in a line", strings.TrimSpace(one) + " " + two, "line 1: it is not"},
		{"a good and a bad one", one + "canary", "line 2: it is not"},
		{"no text", "\x00\xff", "line 1: it is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keys, err := seal.ParseKeys([]byte(tt.text))
			if tt.want == "" {
				if err != nil || len(keys.ID()) != 8 {
					t.Errorf("got %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || keys != nil {
				t.Fatalf("got %v, want an error with %q", err, tt.want)
			}
			for line := range strings.Lines(tt.text) {
				if text := strings.TrimSpace(line); text != "" && strings.Contains(err.Error(), text) {
					t.Errorf("the error shows a line of the file: %v", err)
				}
			}
		})
	}
}

// Every process makes keys of its own.
func TestNewKeys(t *testing.T) {
	one, err := seal.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	two, err := seal.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Open("outcome", "op_1", one.Seal("outcome", "op_1", nil)); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("the keys of another process open: %v", err)
	}
}

// TestKeysAreNeverPrinted, however hard one tries.
func TestKeysAreNeverPrinted(t *testing.T) {
	const secret = "KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK" // the bytes of keyLine('K')
	keys := parse(t, keyLine('K'))
	hidden := struct{ keys *seal.Keys }{keys}
	var text strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%w", "%y"} {
		fmt.Fprintf(&text, verb+" "+verb+" "+verb+"\n", keys, *keys, hidden)
	}
	data, err := json.Marshal(map[string]any{"keys": keys, "hidden": hidden})
	text.Write(data)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil)} {
		slog.New(handler).Info("keys", "keys", keys, "hidden", hidden)
	}
	fmt.Fprint(&text, errors.Join(err, fmt.Errorf("with %v", keys)))
	for _, form := range []string{
		secret[:4], strings.TrimSpace(keyLine('K'))[:8], fmt.Sprintf("%x", secret[:4]), strings.Repeat("75 ", 4),
	} {
		if strings.Contains(text.String(), form) || strings.Contains(strings.ToLower(text.String()), form) {
			t.Errorf("a key is seen as %q:\n%s", form, text.String())
		}
	}
	if !strings.Contains(text.String(), "[seal keys]") {
		t.Errorf("no placeholder is seen:\n%s", text.String())
	}
}
