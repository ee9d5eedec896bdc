package app_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// commandOf is the line of the README that begins with these words.
func commandOf(t *testing.T, words string) string {
	t.Helper()
	for _, b := range readme(t) {
		for line := range strings.Lines(b.text) {
			if b.language == "sh" && strings.HasPrefix(line, words) {
				return strings.TrimSpace(line)
			}
		}
	}
	t.Fatalf("the README has no command %q", words)
	return ""
}

// The one command of the README starts a PostgreSQL, and the next one serves with it: with the seal key that a third one
// makes, and so that a payment is there after a restart.
func TestReadmePostgreSQL(t *testing.T) {
	binaries := pgcluster.Binaries(t)
	dir, port := openDir(t), freePort(t)
	run := func(command string) {
		t.Helper()
		command = strings.ReplaceAll(command, "5433", port)
		cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+binaries+":"+os.Getenv("PATH"))
		cmd.SysProcAttr = asNobody(t)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	run(commandOf(t, "openssl rand"))
	run(commandOf(t, "initdb"))
	t.Cleanup(func() {
		stop := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(binaries, "pg_ctl"),
			"-D", filepath.Join(dir, "pgdata"), "-m", "immediate", "stop")
		stop.SysProcAttr = asNobody(t)
		if out, err := stop.CombinedOutput(); err != nil {
			t.Errorf("stop PostgreSQL: %v\n%s", err, out)
		}
	})

	serve := strings.NewReplacer("5433", port, "seal.key", filepath.Join(dir, "seal.key")).
		Replace(commandOf(t, "go run ./server --sandbox --store postgres"))
	args := strings.Fields(strings.TrimPrefix(serve, "go run ./server --sandbox "))
	first := startSandboxed(t, args...)
	request := order("order-1001-attempt-1", "pm_card_visa")
	paid, err := first.connect(t).CreatePayment(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	first.stop(t)
	again, err := startSandboxed(t, args...).connect(t).CreatePayment(dev(t), request)
	if err != nil || !again.GetReplayed() || again.GetPayment().GetId() != paid.GetPayment().GetId() {
		t.Errorf("after a restart: %v, %v, want the payment", again, err)
	}
}

// openDir is a directory that PostgreSQL can use, which does not run as root.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tillgate-readme-") //nolint:usetesting // t.TempDir lets nobody in but us
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if attr := asNobody(t); attr != nil {
		if err := os.Chown(dir, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// asNobody runs a command as nobody where we are root, and as ourselves otherwise.
func asNobody(t *testing.T) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(nobody.Uid, 10, 32)
	gid, _ := strconv.ParseUint(nobody.Gid, 10, 32)
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
