package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// built is the program itself, and the directory it stands in.
var built struct {
	mu        sync.Mutex
	directory string
}

// serverBinary builds the program itself, once for all tests.
func serverBinary(t *testing.T) string {
	t.Helper()
	built.mu.Lock()
	defer built.mu.Unlock()
	if built.directory == "" {
		directory, err := buildBinary()
		if err != nil {
			t.Fatal(err)
		}
		built.directory = directory
	}
	return filepath.Join(built.directory, "server")
}

func buildBinary() (directory string, err error) {
	// It outlives the test that needs it first.
	directory, err = os.MkdirTemp("", "tillgate-app-")
	if err != nil {
		return "", err
	}
	// What a debugger needs is left out: to link it takes as long again.
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", directory, "./server") //nolint:noctx // It serves all.
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		_ = os.RemoveAll(directory)
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return directory, nil
}

func removeBinary() {
	if built.directory != "" {
		_ = os.RemoveAll(built.directory)
	}
}

// startBinary runs the program itself on free ports, and waits until it is ready.
func startBinary(t *testing.T, args ...string) (*exec.Cmd, *process) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), serverBinary(t), args...)
	cmd.Env = append(os.Environ(), "TILLGATE_GRPC_ADDR=127.0.0.1:0", "TILLGATE_SANDBOX_ADDR=127.0.0.1:0",
		"TILLGATE_OPS_ADDR=127.0.0.1:0", "TILLGATE_WEBHOOK_ADDR=127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		kill.Stop()
		_ = cmd.Process.Kill()
	})

	p := &process{stderr: newOutput()}
	log := bufio.NewReader(io.TeeReader(stderr, p.stderr))
	for p.addr == "" {
		text, err := log.ReadBytes('\n')
		if err != nil {
			t.Fatalf("the log ends with %v:\n%s", err, p.stderr)
		}
		var line struct {
			Msg     string `json:"msg"`
			Addr    string `json:"grpc_addr"`
			Sandbox string `json:"sandbox_addr"`
		}
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("the log holds %q: %v", text, err)
		}
		if line.Msg == "ready" {
			p.addr, p.sandboxURL = line.Addr, "http://"+line.Sandbox
		}
	}
	// The rest is read, so that the program never waits for us.
	go func() { _, _ = io.Copy(io.Discard, log) }()
	return cmd, p
}

// The program itself: it becomes ready, takes a payment, and a signal stops it cleanly.
func TestBinary(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd, p := startBinary(t, "--sandbox")
			got, err := p.connect(t).CreatePayment(dev(t), order("order-7001-attempt-1", "pm_card_visa"))
			if err != nil || got.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
				t.Errorf("got %v, %v, want a paid payment", got, err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("the server ended with %v, want exit code 0", err)
			}
		})
	}
}

// A second signal ends the program at once, although a charge is under way.
func TestO13_SecondSignal(t *testing.T) {
	t.Parallel()
	cmd, p := startBinary(t, "--sandbox")
	client := p.connect(t)
	p.fault(t, map[string]any{"kind": "delay", "delay_ms": 20_000, "method": "POST"})
	ended := make(chan error, 1)
	go func() {
		_, err := client.CreatePayment(dev(t), order("order-7101-attempt-1", "pm_card_visa"))
		ended <- err
	}()
	poll(t, "the charge", func() bool { return len(p.ledger(t)) == 1 })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	poll(t, "the stop to begin", func() bool { _, ok := p.logLine("stopping"); return ok })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its error is the signal
	if state, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !state.Signaled() || state.Signal() != syscall.SIGTERM {
		t.Errorf("the server ended with %v, want the signal", cmd.ProcessState)
	}
	if err := <-ended; err == nil {
		t.Error("the charge was not cut")
	}
}
