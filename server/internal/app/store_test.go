package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/app"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

const otherSealKey = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=\n"

// storeArgs are those of a sandboxed server on a store with a seal key file of this text.
func storeArgs(t *testing.T, url, sealKeys string, more ...string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seal.key")
	if err := os.WriteFile(file, []byte(sealKeys), 0o600); err != nil {
		t.Fatal(err)
	}
	return append([]string{"--store", url, "--seal-key-file", file}, more...)
}

const firstSealKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"

// engines are the stores, each with a way to make an empty one.
var engines = map[string]func(t *testing.T) string{
	"sqlite": func(t *testing.T) string {
		t.Helper()
		return "sqlite:" + filepath.Join(t.TempDir(), "tillgate.db")
	},
	"postgres": func(t *testing.T) string {
		t.Helper()
		return pgcluster.Database(t)
	},
}

// notStarted runs a server that must not start, and returns what it says.
func notStarted(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stderr := newOutput()
	code := app.Main(ctx, append([]string{
		"--sandbox", "--grpc-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0", "--webhook-addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0",
	}, args...), newOutput(), stderr)
	if code == app.ExitOK {
		t.Errorf("it started and stopped:\n%s", stderr)
	}
	return stderr.String()
}

// A store is one account's, and sealed with keys that the server has; what is wrong is said.
func TestStoreOfAnother(t *testing.T) {
	for engine, empty := range engines {
		t.Run(engine, func(t *testing.T) {
			url := empty(t)
			request := order("order-1001-attempt-1", "pm_card_visa")
			first := startSandboxed(t, storeArgs(t, url, firstSealKey)...)
			paid, err := first.connect(t).CreatePayment(dev(t), request)
			if err != nil {
				t.Fatal(err)
			}
			first.stop(t)

			for name, tt := range map[string]struct {
				args []string
				want string
			}{
				"another account": {
					storeArgs(t, url, firstSealKey, "--stripe-account", "acct_other"), "acct_other",
				},
				"another seal key": {storeArgs(t, url, otherSealKey), "--seal-key-file"},
				"no seal key":      {[]string{"--store", url}, "--seal-key-file"},
			} {
				if said := notStarted(t, tt.args...); !strings.Contains(said, tt.want) {
					t.Errorf("%s: it says\n%s\nwant %q in it", name, said, tt.want)
				}
			}

			// The key is replaced: the new one in front, the old one behind. From then on the old one alone will not do.
			rotated := startSandboxed(t, storeArgs(t, url, otherSealKey+firstSealKey)...)
			again, err := rotated.connect(t).CreatePayment(dev(t), request)
			if err != nil || !again.GetReplayed() || again.GetPayment().GetId() != paid.GetPayment().GetId() {
				t.Errorf("with the new key in front: %v, %v", again, err)
			}
			rotated.stop(t)
			if said := notStarted(t, storeArgs(t, url, firstSealKey)...); !strings.Contains(said, "--seal-key-file") {
				t.Errorf("with the old key alone it says\n%s", said)
			}
		})
	}
}

// A file of SQLite's is one server's at a time.
func TestE30_FileOfARunningServer(t *testing.T) {
	url := engines["sqlite"](t)
	p := startSandboxed(t, storeArgs(t, url, firstSealKey)...)
	if said := notStarted(t, storeArgs(t, url, firstSealKey)...); !strings.Contains(said, "another process") {
		t.Errorf("the second server says\n%s", said)
	}
	if _, err := p.connect(t).CreatePayment(dev(t), order("order-1001-attempt-1", "pm_card_visa")); err != nil {
		t.Errorf("the first server: %v", err)
	}
}

// What can not be used is said before anything is served, without the password in an address.
func TestStoreThatCanNotBeUsed(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("garbage!", 4096)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ url, want string }{
		"no database":         {"sqlite:" + garbage, "garbage.db"},
		"no directory":        {"sqlite:" + filepath.Join(t.TempDir(), "none", "tillgate.db"), "none"},
		"another kind":        {"mysql://root@127.0.0.1/tillgate", "sqlite:PATH"},
		"PostgreSQL is away":  {"postgres://tillgate:canary@127.0.0.1:1/tillgate", "127.0.0.1"},
		"no path":             {"sqlite:", "has no path"},
		"an address of noise": {"postgres://%zz:canary@/", "is no URL"},
	} {
		t.Run(name, func(t *testing.T) {
			said := notStarted(t, storeArgs(t, tt.url, firstSealKey)...)
			if !strings.Contains(said, tt.want) || strings.Contains(said, "canary") {
				t.Errorf("it says\n%s\nwant %q in it, and no password", said, tt.want)
			}
		})
	}
}

// The schema can be looked at, and brought up to date by hand.
func TestMigrate(t *testing.T) {
	for engine, empty := range engines {
		t.Run(engine, func(t *testing.T) {
			url := empty(t)
			migrate := func(args ...string) string {
				t.Helper()
				stdout, stderr := newOutput(), newOutput()
				if code := app.Main(t.Context(), append([]string{"migrate", "--store", url}, args...), stdout, stderr); code != app.ExitOK {
					t.Fatalf("the exit code is %d:\n%s", code, stderr)
				}
				return stdout.String()
			}
			for _, step := range []struct {
				args []string
				want string
			}{{[]string{"--show"}, "pending"}, {nil, "applied"}, {[]string{"--show"}, "applied"}, {nil, "applied"}} {
				if out := migrate(step.args...); !strings.Contains(out, step.want) || !strings.Contains(out, "operations") {
					t.Errorf("migrate %v prints\n%s\nwant %q in it", step.args, out, step.want)
				}
			}
		})
	}
}

// A crash point that nobody has is a fault, and so is one with a live key.
func TestCrashPointThatNobodyHas(t *testing.T) {
	t.Setenv("TILLGATE_CRASH_AT", "lunch.before_commit")
	if said := notStarted(t); !strings.Contains(said, "finish.before_commit") {
		t.Errorf("it says\n%s\nwant the points that there are", said)
	}
}

// M-51: an answer that its caller can not take is stored all the same.
func TestM51_AnswerThatCanNotBeTaken(t *testing.T) {
	p := startSandboxed(t)
	request := order("order-1001-attempt-1", "pm_card_visa")
	ctx, cancel := context.WithCancel(dev(t))
	p.fault(t, map[string]any{"kind": "delay", "delay_ms": 200, "method": "POST"})
	gone := make(chan error, 1)
	client := p.connect(t)
	go func() {
		_, err := client.CreatePayment(ctx, request)
		gone <- err
	}()
	poll(t, "the charge", func() bool { return len(p.ledger(t)) == 1 })
	cancel()
	if err := <-gone; err == nil {
		t.Error("the caller got its answer")
	}
	again, err := client.CreatePayment(dev(t), request)
	if err != nil || !again.GetReplayed() {
		t.Fatalf("the same key: %v, %v", again, err)
	}
	list, err := paymentsv1.NewOperationServiceClient(p.conn(t)).ListOperations(dev(t), &paymentsv1.ListOperationsRequest{})
	if err != nil || len(list.GetOperations()) != 1 || list.GetOperations()[0].GetObjectId() != again.GetPayment().GetId() {
		t.Errorf("the operations are %v, %v", list.GetOperations(), err)
	}
}
