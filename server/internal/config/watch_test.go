package config_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tillgate/tillgate/server/internal/config"
)

// watched is a file that is watched, and what was loaded of it.
type watched struct {
	path   string
	again  chan struct{}
	failed *prometheus.GaugeVec

	mu     sync.Mutex
	loaded []string
	log    bytes.Buffer
}

// Write is the log's.
func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// watch watches a file that holds `first`. Content with the word broken is a fault.
func watch(t *testing.T) *watched {
	t.Helper()
	w := &watched{path: filepath.Join(t.TempDir(), "file"), again: make(chan struct{})}
	if err := os.WriteFile(w.path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.failed, err = config.NewReloadFailed(prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		config.WatchFile(ctx, config.File{
			Name: "callers", Path: w.path, Again: w.again, Failed: w.failed, Logger: slog.New(slog.NewTextHandler(w, nil)),
			Private: "others can read it",
			Load: func(content []byte) error {
				if strings.Contains(string(content), "broken") {
					return errors.New("line 1: sk_test_canary is broken")
				}
				w.mu.Lock()
				defer w.mu.Unlock()
				w.loaded = append(w.loaded, string(content))
				return nil
			},
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return w
}

// put changes the file.
func (w *watched) put(t *testing.T, content string) {
	t.Helper()
	if err := os.WriteFile(w.path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// holds looks at what was loaded, at the gauge, and at how many lines of each level there are.
func (w *watched) holds(t *testing.T, loaded []string, failed float64, errors, infos int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if diff := cmp.Diff(loaded, w.loaded); diff != "" {
		t.Error(diff)
	}
	if got := testutil.ToFloat64(w.failed.WithLabelValues("callers")); got != failed {
		t.Errorf("the gauge is %v, want %v", got, failed)
	}
	log := w.log.String()
	if e, i := strings.Count(log, "level=ERROR"), strings.Count(log, "level=INFO"); e != errors || i != infos {
		t.Errorf("%d errors and %d infos, want %d and %d: %s", e, i, errors, infos, log)
	}
	if strings.Contains(log, "canary") || strings.Contains(log, w.path) {
		t.Errorf("the log shows a secret, or the path: %s", log)
	}
}

// A file is loaded when it changes; one with faults changes nothing, and is told of once.
func TestWatchFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const look = 6 * time.Second
		w := watch(t)
		synctest.Wait()
		w.holds(t, []string{"first"}, 0, 0, 0)

		<-time.After(look)
		w.holds(t, []string{"first"}, 0, 0, 0)

		w.put(t, "second")
		<-time.After(look)
		w.holds(t, []string{"first", "second"}, 0, 0, 1)

		w.put(t, "broken")
		<-time.After(5 * look)
		w.holds(t, []string{"first", "second"}, 1, 1, 1)

		w.put(t, "broken too")
		<-time.After(look)
		w.holds(t, []string{"first", "second"}, 1, 2, 1)

		if err := os.Remove(w.path); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * look)
		w.holds(t, []string{"first", "second"}, 1, 3, 1)

		w.put(t, "second") // what is in force, so the gauge falls
		<-time.After(look)
		w.holds(t, []string{"first", "second", "second"}, 0, 3, 2)
	})
}

// Whoever asks does not wait for the next look.
func TestWatchFileAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		synctest.Wait()
		w.put(t, "second")
		w.again <- struct{}{}
		<-time.After(time.Second)
		w.holds(t, []string{"first", "second"}, 0, 0, 1)
	})
}

// A file that is being written is left alone until it is whole.
func TestWatchFileInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		synctest.Wait()
		text := ""
		for _, piece := range []string{"sec", "ond", " and", " third"} {
			text += piece
			w.put(t, text)
			if piece == "sec" {
				w.again <- struct{}{}
			}
			<-time.After(90 * time.Millisecond)
		}
		<-time.After(time.Second)
		w.holds(t, []string{"first", "second and third"}, 0, 0, 1)
	})
}

// A file that is put in place of another, as by a link that points elsewhere, is seen too.
func TestWatchFileReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		synctest.Wait()
		next := filepath.Join(t.TempDir(), "next")
		if err := os.WriteFile(next, []byte("second"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(w.path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(next, w.path); err != nil {
			t.Fatal(err)
		}
		<-time.After(6 * time.Second)
		w.holds(t, []string{"first", "second"}, 0, 0, 1)
	})
}
