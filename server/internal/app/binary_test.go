package app_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The program itself, as the README starts it: it becomes ready, takes a payment, and a signal stops it cleanly.
func TestBinary(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "server")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./server")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), binary, "--sandbox")
			cmd.Env = append(os.Environ(), "TILLGATE_GRPC_ADDR=127.0.0.1:0", "TILLGATE_SANDBOX_ADDR=127.0.0.1:0",
				"TILLGATE_OPS_ADDR=127.0.0.1:0")
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
			defer kill.Stop()

			log := bufio.NewScanner(stderr)
			p := &process{}
			for p.addr == "" && log.Scan() {
				var line struct {
					Msg  string `json:"msg"`
					Addr string `json:"grpc_addr"`
				}
				if err := json.Unmarshal(log.Bytes(), &line); err != nil {
					t.Fatalf("the log holds %q: %v", log.Text(), err)
				}
				if line.Msg == "ready" {
					p.addr = line.Addr
				}
			}
			got, err := p.connect(t).CreatePayment(dev(t), order("order-7001-attempt-1", "pm_card_visa"))
			if err != nil || got.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
				t.Errorf("got %v, %v, want a paid payment", got, err)
			}

			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			for log.Scan() { // until the process closes it
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("the server ended with %v, want exit code 0", err)
			}
		})
	}
}
