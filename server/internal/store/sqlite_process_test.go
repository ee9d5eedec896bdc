package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// A child is this test binary once more, with what it is to do in its environment.
const childURL, childTask = "STORE_TEST_CHILD_URL", "STORE_TEST_CHILD_TASK"

// TestChild is what a child does. TestMain leaves it out elsewhere.
func TestChild(t *testing.T) {
	url, task := os.Getenv(childURL), os.Getenv(childTask)
	s, err := store.Open(t.Context(), store.Config{URL: url, Crash: func(point string) {
		if point == task {
			kill()
		}
	}})
	if err != nil {
		say("refused:", err)
		return
	}
	say("open")
	if do := linuxTasks[task]; do != nil {
		do(t, url, s)
		return
	}
	switch name, _, _ := strings.Cut(task, "."); name {
	case "stay":
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "begin many":
		beginMany(t, s)
	case "receive", "ingest", "defer":
		crashInLog(t, s, name)
	default:
		crashAt(t, s, name)
	}
}

func say(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }

// kill ends this process as a power cut would: nothing is flushed, nothing deferred.
func kill() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func crashAt(t *testing.T, s store.Store, change string) {
	t.Helper()
	b := request("op_1")
	if change == "claim" {
		b.Lease = over
	}
	begin(t, s, b)
	switch change {
	case "hold":
		must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease, Sends: 1}))
	case "advance":
		must(t, s.Advance(t.Context(), step("op_1", 1, 1)))
	case "finish":
		must(t, finishLarge(t, s, "op_1"))
	case "postpone":
		postpone(t, s, "op_1", store.Unknown, over)
	case "claim":
		claim(t, s, 1)
	}
	t.Error("it did not crash")
}

// beginMany says which operations were begun, each only once it was.
func beginMany(t *testing.T, s store.Store) {
	t.Helper()
	var mu sync.Mutex
	var workers sync.WaitGroup
	for worker := range 16 {
		workers.Go(func() {
			for i := range 10_000 {
				b := request(fmt.Sprintf("op_%d_%d", worker, i))
				if _, begun, err := s.Begin(t.Context(), b); err != nil || !begun {
					t.Errorf("Begin = %v, %v", begun, err)
					return
				}
				mu.Lock()
				say(b.ID)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
}

// child starts one. Its standard input ends with the test.
func child(t *testing.T, url, task string) (lines *bufio.Scanner, stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	command := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestChild$")
	command.Env = append(os.Environ(), childURL+"="+url, childTask+"="+task)
	output, err := command.StdoutPipe()
	must(t, err)
	input, err := command.StdinPipe()
	must(t, err)
	must(t, command.Start())
	stop = sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = input.Close()
		_ = command.Wait()
		cancel()
	})
	t.Cleanup(stop)
	return bufio.NewScanner(output), stop
}

func nextLine(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("the child says no more: %v", lines.Err())
	}
	return lines.Text()
}

// One file is one process's. When that ends, however it ends, the next one may have it.
func TestE30_SQLiteSecondProcess(t *testing.T) {
	url := sqlite.url(t)
	first, stop := child(t, url, "stay")
	if got := nextLine(t, first); got != "open" {
		t.Fatal(got)
	}
	refused(t, url, "another process")
	second, _ := child(t, url, "stay")
	if got := nextLine(t, second); !strings.Contains(got, "another process") {
		t.Errorf("the second child says %q", got)
	}
	stop()
	s := open(t, store.Config{URL: url})
	begin(t, s, request("op_1"))
	third, _ := child(t, url, "stay")
	if got := nextLine(t, third); !strings.Contains(got, "another process") {
		t.Errorf("the third child says %q", got)
	}
	// To look at the migrations does not need the file for itself.
	if _, err := store.Migrate(t.Context(), store.Config{URL: url}, false); err != nil {
		t.Errorf("migrations: %v", err)
	}
	if _, err := store.Migrate(t.Context(), store.Config{URL: url}, true); err == nil {
		t.Error("a file that is in use was migrated")
	}
}

// A process that is killed at a commit leaves the whole change or nothing of it.
func TestSQLiteCrashPoints(t *testing.T) {
	pending := func(op store.Operation) bool {
		return op.State == store.Pending && op.Attempt == 1 && op.Sends == 1 && op.Parameters != nil
	}
	in := func(state store.State) func(store.Operation) bool {
		return func(op store.Operation) bool { return op.State == state }
	}
	tests := map[string]struct {
		begun  bool
		stands func(op store.Operation) bool
		events int
	}{
		"begin.before_commit":    {},
		"begin.after_commit":     {begun: true, stands: pending},
		"hold.before_commit":     {begun: true, stands: pending},
		"hold.after_commit":      {begun: true, stands: func(op store.Operation) bool { return op.Sends == 2 }},
		"advance.before_commit":  {begun: true, stands: pending},
		"advance.after_commit":   {begun: true, stands: func(op store.Operation) bool { return op.StepsDone == 1 }},
		"finish.before_commit":   {begun: true, stands: pending},
		"finish.after_commit":    {begun: true, stands: in(store.Succeeded), events: 1},
		"postpone.before_commit": {begun: true, stands: pending},
		"postpone.after_commit":  {begun: true, stands: in(store.Unknown)},
		"claim.before_commit":    {begun: true, stands: pending},
		"claim.after_commit":     {begun: true, stands: func(op store.Operation) bool { return op.Attempt == 2 }},
	}
	for point, test := range tests {
		t.Run(point, func(t *testing.T) {
			url := sqlite.url(t)
			lines, _ := child(t, url, point)
			for lines.Scan() {
				if text := lines.Text(); text != "open" {
					t.Errorf("the child says %q", text)
				}
			}
			s := open(t, store.Config{URL: url})
			if n := count(t, sqlite.database(t, url), `SELECT count(*) FROM events`); n != test.events {
				t.Errorf("%d events, want %d", n, test.events)
			}
			if !test.begun {
				_, err := s.Get(t.Context(), "op_1")
				wantError(t, err, store.ErrNotFound)
				return
			}
			op := get(t, s, "op_1")
			if !test.stands(op) {
				t.Errorf("it stands as %+v", op)
			}
			if open := op.State == store.Pending || op.State == store.Unknown; open != (len(claim(t, s, 1)) == 1) {
				t.Errorf("open: %v; recovery gets it: %v", open, !open)
			}
		})
	}
}

// What was said to be begun stands, whenever the process is killed.
func TestSQLiteKilledUnderLoad(t *testing.T) {
	url := sqlite.url(t)
	lines, stop := child(t, url, "begin many")
	var begun []string
	if got := nextLine(t, lines); got != "open" {
		t.Fatal(got)
	}
	for range 500 {
		begun = append(begun, nextLine(t, lines))
	}
	stop()
	s := open(t, store.Config{URL: url})
	for _, id := range begun {
		if op := get(t, s, id); op.State != store.Pending {
			t.Errorf("%s is %v", id, op.State)
		}
	}
}
