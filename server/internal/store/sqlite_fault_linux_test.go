package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// smallDisk opens a store on a disk that is soon full, which only COMMIT finds out. Without the right to mount one, SQLite
// is told of a limit instead. grow makes room.
func smallDisk(t *testing.T) (url string, s store.Store, grow func()) {
	t.Helper()
	directory := t.TempDir()
	url = "sqlite:" + filepath.Join(directory, "store.db")
	if err := syscall.Mount("none", directory, "tmpfs", 0, "size=6m"); err != nil {
		t.Logf("no small disk can be mounted: %v", err)
		s = open(t, store.Config{URL: url})
		must(t, store.Pragma(t.Context(), s, "max_page_count = 300"))
		return url, s, func() { must(t, store.Pragma(t.Context(), s, "max_page_count = 1000000")) }
	}
	t.Cleanup(func() { must(t, syscall.Unmount(directory, syscall.MNT_DETACH)) })
	filler := filepath.Join(directory, "filler")
	must(t, os.WriteFile(filler, make([]byte, 4<<20), 0o600))
	return url, open(t, store.Config{URL: url}), func() { must(t, os.Remove(filler)) }
}

// A disk that many changes fill up keeps those that were said to stand, and nothing of the others.
func TestSQLiteDiskFull(t *testing.T) {
	url, s, grow := smallDisk(t)
	var mu sync.Mutex
	var made, refused []string
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for i := range 100 {
				b := request(fmt.Sprintf("op_%d_%d", worker, i))
				b.Parameters = make([]byte, 3<<10)
				_, _, err := s.Begin(t.Context(), b)
				mu.Lock()
				if err == nil {
					made = append(made, b.ID)
				} else {
					refused = append(refused, b.ID)
					wantUnavailable(t, err)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	t.Logf("%d begun, %d refused", len(made), len(refused))
	if len(made) == 0 || len(refused) == 0 {
		t.Fatal("the disk was never or always full")
	}
	wantUnavailable(t, finishLarge(t, s, made[0]))
	check := func(s store.Store) {
		t.Helper()
		for _, id := range made {
			if op := get(t, s, id); op.State != store.Pending {
				t.Errorf("%s is %v", id, op.State)
			}
		}
		for _, id := range refused {
			_, err := s.Get(t.Context(), id)
			wantError(t, err, store.ErrNotFound)
		}
	}
	check(s)
	grow()
	must(t, finishLarge(t, s, made[0]))
	made = made[1:]
	begin(t, s, request("op_after"))
	must(t, s.Close())
	check(open(t, store.Config{URL: url}))
}

// A log that can not be written leaves the commit uncertain. The same Begin once more finds out, and nothing is lost.
func TestSQLiteUncertainCommit(t *testing.T) {
	lines, _ := child(t, sqlite.url(t), "fail to write")
	for _, want := range []string{"open", "uncertain: true, unavailable: false", "begun: true, attempt 1, sends 1, <nil>"} {
		if got := nextLine(t, lines); got != want {
			t.Errorf("the child says %q, want %q", got, want)
		}
	}
}

// linuxTasks are what a child can do here alone.
var linuxTasks = map[string]func(t *testing.T, url string, s store.Store){"fail to write": failToWrite}

// failToWrite is what the child does: it lets no file grow.
func failToWrite(t *testing.T, url string, s store.Store) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	for _, id := range numbered(10) {
		begin(t, s, request(id))
	}
	log, err := os.Stat(strings.TrimPrefix(url, "sqlite:") + "-wal")
	must(t, err)
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(log.Size()) + 100, Max: limit.Max}))
	_, _, err = s.Begin(t.Context(), request("op_1"))
	say(fmt.Sprintf("uncertain: %v, unavailable: %v",
		errors.Is(err, store.ErrUncertain), errors.Is(err, store.ErrUnavailable)))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	op, begun, err := s.Begin(t.Context(), request("op_1"))
	say(fmt.Sprintf("begun: %v, attempt %d, sends %d, %v", begun, op.Attempt, op.Sends, err))
}
