package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/server/internal/app"
)

// A stop says at once that it goes, serves on while load balancers look elsewhere, and then lets 50 charges finish.
func TestO09_StopUnderLoad(t *testing.T) {
	server, sandbox := startBeside(t, "--insecure", "--lame-duck", "300ms")
	client := server.connect(t)
	sandbox.fault(t, map[string]any{"kind": "delay", "delay_ms": 1500, "method": "POST", "count": 50})
	ended := make(chan error, 51)
	pay := func(key string) {
		_, err := client.CreatePayment(as(t, "checkout-token"), order(key, "pm_card_visa"))
		ended <- err
	}
	for i := range 50 {
		go pay("order-80" + string(rune('A'+i%26)) + string(rune('a'+i/26)) + "-attempt-1")
	}
	poll(t, "50 charges", func() bool { return len(sandbox.ledger(t)) == 50 })

	health := healthgrpc.NewHealthClient(server.conn(t))
	server.cancel()
	poll(t, "NOT_SERVING", func() bool {
		resp, err := health.Check(t.Context(), &healthgrpc.HealthCheckRequest{})
		return err == nil && resp.GetStatus() == healthgrpc.HealthCheckResponse_NOT_SERVING
	})
	if got := server.ready(t); got.Ready || got.Parts["api"] != "not serving" {
		t.Errorf("/readyz says %+v", got)
	}
	go pay("order-8100-attempt-1") // in the lame-duck time calls are still served
	for range 51 {
		if err := <-ended; err != nil {
			t.Errorf("a charge was cut: %v", err)
		}
	}
	if code := server.stop(t); code != app.ExitOK {
		t.Errorf("the exit code is %d, want 0", code)
	}
	if entries := sandbox.ledger(t); len(entries) != 51 {
		t.Errorf("the ledger holds %d charges, want 51", len(entries))
	}
}

type readiness struct {
	Ready bool
	Parts map[string]string
}

// ready asks /readyz.
func (p *process) ready(t *testing.T) readiness {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.opsAddr+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	var got readiness
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if (resp.StatusCode == http.StatusOK) != got.Ready {
		t.Errorf("/readyz answers %d with %+v", resp.StatusCode, got)
	}
	return got
}

// A Stripe that hangs does not hold a stop beyond its budget; what is cut is said.
func TestO11_StripeHangs(t *testing.T) {
	server, sandbox := startBeside(t, "--insecure", "--drain-budget", "500ms")
	client := server.connect(t)
	sandbox.fault(t, map[string]any{"kind": "delay", "delay_ms": 20_000, "method": "POST"})
	ended := make(chan error, 1)
	go func() {
		_, err := client.CreatePayment(as(t, "checkout-token"), order("order-8201-attempt-1", "pm_card_visa"))
		ended <- err
	}()
	poll(t, "the charge", func() bool { return len(sandbox.ledger(t)) == 1 })
	if code := server.stop(t); code != app.ExitFailed {
		t.Errorf("the exit code is %d, want 1: an outcome is not known", code)
	}
	if err := <-ended; status.Code(err) != codes.Unavailable && status.Code(err) != codes.Unknown {
		t.Errorf("the caller hears %v", err)
	}
	if line, _ := server.logLine("failed"); !strings.Contains(fmt.Sprint(line["error"]), "op_") {
		t.Errorf("the log says %v, want the operation that was left behind", line)
	}
}

// A caller that hangs up while the server drains does not cut its charge, and the stop waits for it.
func TestO12_CallerHangsUpDuringDrain(t *testing.T) {
	server, sandbox := startBeside(t, "--insecure")
	client := server.connect(t)
	sandbox.fault(t, map[string]any{"kind": "delay", "delay_ms": 700, "method": "POST"})
	ctx, hangUp := context.WithCancel(as(t, "checkout-token"))
	ended := make(chan error, 1)
	go func() {
		_, err := client.CreatePayment(ctx, order("order-8301-attempt-1", "pm_card_visa"))
		ended <- err
	}()
	poll(t, "the charge", func() bool { return len(sandbox.ledger(t)) == 1 })
	server.cancel()
	poll(t, "the stop to begin", func() bool { _, ok := server.logLine("stopping"); return ok })
	hangUp()
	if err := <-ended; status.Code(err) != codes.Canceled {
		t.Errorf("the caller hears %v", err)
	}
	if code := server.stop(t); code != app.ExitOK {
		t.Errorf("the exit code is %d, want 0", code)
	}
	if line, ok := server.logLine("write ended after its caller left"); !ok || line["outcome"] != "done" {
		t.Errorf("the log says %v of the write, want that it was done", line)
	}
}

// Liveness and readiness do not follow Stripe: a restart would not help, and the errors tell callers what to do.
func TestO15_StripeIsDown(t *testing.T) {
	t.Parallel()
	p := startSandboxed(t)
	client := p.connect(t)
	if got := p.ready(t); !got.Ready || got.Parts["stripe"] != "serving" || got.Parts["store"] != "serving" {
		t.Errorf("/readyz says %+v, want all well", got)
	}
	p.fault(t, map[string]any{"kind": "502_html", "path": "/v1/events", "count": 1_000}) // The repair loop must not meet a sound Stripe.
	p.fault(t, map[string]any{"kind": "502_html", "count": 3})
	if _, err := client.CreatePayment(dev(t), order("order-8400-attempt-1", "pm_card_visa")); err == nil {
		t.Fatal("the broken Stripe took a payment")
	}
	if got := p.ready(t); !got.Ready || got.Parts["stripe"] != "degraded" || got.Parts["api"] != "serving" {
		t.Errorf("/readyz says %+v, want ready with Stripe degraded", got)
	}
	if code, answer := p.sandboxCall(t, http.MethodDelete, "/_sandbox/faults", ""); code != http.StatusOK {
		t.Fatalf("the sandbox keeps its faults: %d %s", code, answer)
	}
	if _, err := client.CreatePayment(dev(t), order("order-8410-attempt-1", "pm_card_visa")); err != nil {
		t.Fatal(err)
	}
	if got := p.ready(t); got.Parts["stripe"] != "serving" {
		t.Errorf("/readyz says %+v, want Stripe back", got)
	}
}

// Whoever watches the health, which anybody may, does not hold a stop up.
func TestStopDoesNotWaitForWatches(t *testing.T) {
	p := startSandboxed(t)
	watch, err := healthgrpc.NewHealthClient(p.conn(t)).Watch(t.Context(), &healthgrpc.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	if code := p.stop(t); code != app.ExitOK {
		t.Errorf("the exit code is %d, want 0", code)
	}
}
