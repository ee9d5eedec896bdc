package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tillgate/tillgate/server/internal/app"
)

// A pipe in place of the callers file is told of, holds nothing up, and a good file after it is loaded.
func TestReloadOfAPipe(t *testing.T) {
	_, sandbox := startBeside(t, "--insecure")
	args := append(besideArgs(t, sandbox), "--insecure")
	one := writeCallers(t, caller{"checkout", "checkout-token", "PAYMENTS_WRITE"})
	callers := filepath.Join(t.TempDir(), "callers.json")
	if err := os.Rename(one, callers); err != nil {
		t.Fatal(err)
	}
	server := start(t, append(args, "--callers", callers)...)
	replace := func(next string) {
		t.Helper()
		if err := os.Rename(next, callers); err != nil {
			t.Fatal(err)
		}
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}

	replace(pipe)
	poll(t, "the fault in the log", func() bool {
		line, ok := server.logLine("a changed file is not loaded; what it held before stays in force")
		said, _ := line["error"].(string)
		return ok && strings.Contains(said, "not a regular file")
	})
	replace(writeCallers(t, caller{"checkout", "next-token", "PAYMENTS_WRITE"}))
	poll(t, "the next file", func() bool {
		_, ok := server.logLine("a changed file is loaded")
		return ok
	})
	if _, err := server.connect(t).CreatePayment(as(t, "next-token"), order("order-9101-attempt-1", "pm_card_visa")); err != nil {
		t.Errorf("the token of the next file: %v", err)
	}
	if err := os.Remove(callers); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(callers, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := server.stop(t); code != app.ExitOK {
		t.Errorf("the exit code is %d, want 0", code)
	}
}
