package store_test

import (
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// An error says what is wrong and never repeats the URL, which may hold a password.
func TestOpenRefusals(t *testing.T) {
	tests := map[string]string{
		"":                                    "neither sqlite:PATH nor postgres://",
		"mysql://till:hunter2@db/till":        "neither sqlite:PATH nor postgres://",
		"postgres:hunter2":                    "neither sqlite:PATH nor postgres://",
		"hunter2":                             "neither sqlite:PATH nor postgres://",
		"sqlite:":                             "no path",
		"sqlite://till.db":                    "without slashes",
		"sqlite::memory:":                     ":memory:",
		"sqlite:/none/that/is/there/till.db":  "directory",
		"postgres://till:hunter2@[::1/till":   "",
		"postgres://till:hunter2@db:no/till":  "",
		"postgres://till:hunter2%zz@db/till":  "",
		"postgres://till:hunter2@127.0.0.1:1": "",
	}
	for url, want := range tests {
		t.Run(url, func(t *testing.T) {
			s, err := store.Open(t.Context(), store.Config{URL: url})
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			_, migrateErr := store.Migrate(t.Context(), store.Config{URL: url}, false)
			if migrateErr == nil {
				t.Fatal("its migrations were listed")
			}
			for _, err := range []error{err, migrateErr} {
				if text := err.Error(); !strings.Contains(text, want) || strings.Contains(text, "hunter2") {
					t.Errorf("error is %q, want one with %q and without the password", text, want)
				}
			}
		})
	}
}
