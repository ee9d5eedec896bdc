package app_test

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tailCommand is how the README, and the server in the sandbox, say to watch events.
const tailCommand = "go run ./server events tail"

// watchTail runs the README's tail, which shows the payment of before, and then the one that is made meanwhile.
func watchTail(t *testing.T, p *process, command, shown string, pay func()) {
	t.Helper()
	args := strings.Fields(strings.TrimPrefix(command, "go run ./server "))
	tail := exec.CommandContext(t.Context(), serverBinary(t), append(args, "--addr", p.addr)...)
	stdout, err := tail.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tail.Start(); err != nil {
		t.Fatal(err)
	}
	// A tail that shows nothing must not hold up the others.
	kill := time.AfterFunc(time.Minute, func() { _ = tail.Process.Kill() })
	defer kill.Stop()
	lines := bufio.NewScanner(stdout)
	for range 2 {
		if !lines.Scan() {
			t.Fatalf("%s ended: %v", command, lines.Err())
		}
		if diff := cmp.Diff(steadyLine(shown), steadyLine(lines.Text())); diff != "" {
			t.Errorf("the README shows another line (-README +printed) of %s\n%s", command, diff)
		}
		pay()
		pay = func() {}
	}
	if err := tail.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		t.Errorf("%s prints more: %s", command, lines.Text())
	}
	if err := tail.Wait(); err != nil {
		t.Errorf("Ctrl-C ends %s with %v", command, err)
	}
}

// steadyLine is steady for a line of an event: its position depends on what a webhook tells first.
func steadyLine(line string) string {
	return regexp.MustCompile(`^ *\d+`).ReplaceAllString(steady(strings.TrimSpace(line)), "N")
}
