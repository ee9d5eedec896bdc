package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// A file that was moved or deleted takes no change: the next start would find nothing of it.
func TestSQLiteFileThatWasMoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tillgate.db")
	s := open(t, store.Config{URL: "sqlite:" + path})
	begin(t, s, request("op_1"))
	must(t, os.Rename(path, path+".away"))
	if _, _, err := s.Begin(t.Context(), request("op_2")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Check says %v, want ErrUnavailable", err)
	}
	must(t, os.Rename(path+".away", path))
	begin(t, s, request("op_2"))
}
