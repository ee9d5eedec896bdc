package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/config"
)

// pipe makes a pipe that nobody writes to.
func pipe(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What is no regular file is a fault as any other: a pipe is not waited for, and a good file in its place is loaded.
func TestWatchFileNotRegular(t *testing.T) {
	for _, tt := range []struct {
		name string
		put  func(t *testing.T, path string)
	}{
		{"a pipe", pipe},
		{"a link to a pipe", func(t *testing.T, path string) {
			t.Helper()
			target := filepath.Join(t.TempDir(), "pipe")
			pipe(t, target)
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
		}},
		{"a directory", func(t *testing.T, path string) {
			t.Helper()
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				synctest.Wait()
				if err := os.Remove(w.path); err != nil {
					t.Fatal(err)
				}
				tt.put(t, w.path)
				<-time.After(12 * time.Second)
				w.holds(t, []string{"first"}, 1, 1, 0)
				w.mu.Lock()
				if !strings.Contains(w.log.String(), "not a regular file") {
					t.Errorf("it says %s", w.log.String())
				}
				w.mu.Unlock()

				if err := os.Remove(w.path); err != nil {
					t.Fatal(err)
				}
				w.put(t, "second")
				<-time.After(6 * time.Second)
				w.holds(t, []string{"first", "second"}, 0, 1, 1)
			})
		})
	}
}

// A server does not start on what is no regular file.
func TestServeNotRegular(t *testing.T) {
	for _, flag := range []string{"--callers", "--webhook-secrets-file"} {
		t.Run(flag, func(t *testing.T) {
			environment(t, map[string]string{config.KeyVariable: "sk_test_1"})
			path := filepath.Join(t.TempDir(), "pipe")
			pipe(t, path)
			_, err := config.Parse(goodArgs(t, flag, path), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), flag) || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A private file that others can read is warned of when it is loaded, and when its mode alone has changed, but not again
// and again.
func TestWatchFilePrivate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const look = 6 * time.Second
		w := watch(t)
		warned := func(want int) {
			t.Helper()
			w.mu.Lock()
			defer w.mu.Unlock()
			if got := strings.Count(w.log.String(), "level=WARN"); got != want {
				t.Errorf("%d warnings, want %d: %s", got, want, w.log.String())
			}
		}
		mode := func(mode os.FileMode) {
			t.Helper()
			if err := os.Chmod(w.path, mode); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		w.put(t, "second")
		<-time.After(look)
		warned(0)
		mode(0o640)
		<-time.After(3 * look)
		warned(1)
		w.put(t, "third")
		<-time.After(look)
		warned(2)
		mode(0o600)
		<-time.After(look)
		mode(0o604)
		<-time.After(look)
		warned(3)
		w.holds(t, []string{"first", "second", "third"}, 0, 0, 2)
	})
}
