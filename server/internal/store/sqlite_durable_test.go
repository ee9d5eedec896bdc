package store_test

import (
	"path/filepath"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// A commit is on the disk when it returns. Said apart from the table that sets it: a test cannot cut the power.
func TestSQLiteCommitsAreDurable(t *testing.T) {
	s := open(t, store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "tillgate.db")})
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} {
		if got, err := store.Setting(t.Context(), s, pragma); err != nil || got != want {
			t.Errorf("PRAGMA %s is %s, %v; want %s", pragma, got, err, want)
		}
	}
}
