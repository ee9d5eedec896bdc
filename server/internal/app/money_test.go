package app_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/app"
)

// The server is killed with a charge under way, and the caller repeats its call, with the same key, until it is answered:
// by the same charge.
func TestM20_ServerDiesWithAChargeUnderWay(t *testing.T) {
	sandbox := start(t, "sandbox", "--sandbox-addr", "127.0.0.1:0")
	args := append(besideArgs(t, sandbox), "--insecure")
	dying, first := startBinary(t, args...)
	sandbox.fault(t, map[string]any{"kind": "delay", "delay_ms": 500, "method": "POST"})
	ended := make(chan error, 1)
	go func() {
		_, err := first.connect(t).CreatePayment(as(t, "checkout-token"), order("order-8501-attempt-1", "pm_card_visa"))
		ended <- err
	}()
	poll(t, "the charge", func() bool { return len(sandbox.ledger(t)) == 1 })
	if err := dying.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; status.Code(err) != codes.Unavailable {
		t.Errorf("the caller hears %v", err)
	}

	_, second := startBinary(t, args...)
	client := second.connect(t)
	var got *paymentsv1.CreatePaymentResponse
	poll(t, "the answer", func() bool {
		var err error
		got, err = client.CreatePayment(as(t, "checkout-token"), order("order-8501-attempt-1", "pm_card_visa"))
		return err == nil
	})
	if !got.GetReplayed() || got.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
		t.Errorf("got %v, want the first charge", got)
	}
	if entries := sandbox.ledger(t); len(entries) != 1 {
		t.Errorf("the ledger holds %+v, want one charge", entries)
	}
}

// A client that hedges sends the same call three times. There is one charge, and all three hear of it.
func TestM21_HedgedCalls(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	p.fault(t, map[string]any{"kind": "delay", "delay_ms": 200, "method": "POST"})
	answers := make(chan error, 3)
	var payments atomic.Pointer[string]
	for i := range 3 {
		time.AfterFunc(time.Duration(i)*50*time.Millisecond, func() {
			got, err := client.CreatePayment(dev(t), order("order-8601-attempt-1", "pm_card_visa"))
			if id := got.GetPayment().GetId(); err == nil {
				if other := payments.Swap(&id); other != nil && *other != id {
					err = fmt.Errorf("two payments, %s and %s", id, *other)
				}
			}
			answers <- err
		})
	}
	for range 3 {
		if err := <-answers; err != nil {
			t.Errorf("a copy hears %v", err)
		}
	}
	if entries := p.ledger(t); len(entries) != 1 {
		t.Errorf("the ledger holds %+v; want one charge", entries)
	}
}

// 200 calls with one key at the same time make one charge.
func TestM05_OneKeyManyCallers(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	const callers = 200
	answers := make(chan error, callers)
	for range callers {
		go func() {
			_, err := client.CreatePayment(dev(t), order("order-8701-attempt-1", "pm_card_visa"))
			answers <- err
		}()
	}
	for range callers {
		if err := <-answers; err != nil {
			t.Errorf("a caller hears %v", err)
		}
	}
	if entries := p.ledger(t); len(entries) != 1 {
		t.Errorf("the ledger holds %d charges, want 1", len(entries))
	}
}

// The server restarts under load. A call that meets the GOAWAY of a stopping server before a handler has seen it is
// repeated by grpc-go itself, on a new connection; whatever happens, each key is one charge.
func TestM19_RestartsUnderLoad(t *testing.T) {
	sandbox := start(t, "sandbox", "--sandbox-addr", "127.0.0.1:0")
	args := append(besideArgs(t, sandbox), "--insecure")
	server := start(t, args...)
	client := server.connect(t)
	args = append(args, "--grpc-addr", server.addr)

	const workers = 4
	stop := make(chan struct{})
	failed := make(chan error, workers)
	var calls atomic.Int64
	for range workers {
		go func() {
			failed <- func() error {
				for {
					select {
					case <-stop:
						return nil
					default:
					}
					request := order(fmt.Sprintf("order-restart-%d", calls.Add(1)), "pm_card_visa")
					_, err := client.CreatePayment(as(t, "checkout-token"), request, grpc.WaitForReady(true))
					if status.Code(err) == codes.Unavailable {
						_, err = client.CreatePayment(as(t, "checkout-token"), request, grpc.WaitForReady(true))
					}
					if err != nil {
						return err
					}
				}
			}()
		}()
	}
	for restart := range 3 {
		before := calls.Load()
		poll(t, "calls", func() bool { return calls.Load() > before+50 })
		if code := server.stop(t); code != app.ExitOK {
			t.Errorf("restart %d: the exit code is %d, want 0", restart, code)
		}
		server = start(t, args...)
	}
	close(stop)
	for range workers {
		if err := <-failed; err != nil {
			t.Errorf("a call failed twice: %v", err)
		}
	}
	if charged := int64(len(sandbox.ledger(t))); charged != calls.Load() {
		t.Errorf("%d calls made %d charges", calls.Load(), charged)
	}
}

// While the first send with a key is under way at Stripe, the same key is asked again, and never another one taken.
func TestM26_KeyInUse(t *testing.T) {
	t.Parallel()
	p := startSandboxed(t)
	client := p.connect(t)
	inUse := answered(409, "invalid_request_error", "idempotency_key_in_use")
	inUse["method"] = http.MethodPost
	inUse["count"] = 2
	p.fault(t, maps.Clone(inUse))
	if _, err := client.CreatePayment(dev(t), order("order-8901-attempt-1", "pm_card_visa")); err != nil {
		t.Errorf("in use for a short while: %v", err)
	}
	if keys := p.keys(t); len(keys) != 1 {
		t.Errorf("Stripe saw the keys %v, want one", keys)
	}
	// In use for longer than a caller waits, recovery asks again.
	inUse["count"] = 3
	p.fault(t, inUse)
	request := order("order-8902-attempt-1", "pm_card_visa")
	_, err := client.CreatePayment(dev(t), request)
	compare(t, "write", err, codes.Unknown, "OUTCOME_PENDING")
	if got, err := client.CreatePayment(dev(t), request); err != nil || !got.GetReplayed() {
		t.Errorf("the same key again: %v, %v", got, err)
	}
	if keys := p.keys(t); len(keys) != 2 {
		t.Errorf("Stripe saw the keys %v, want one for each", keys)
	}
}

// A live key never meets what is not Stripe itself: neither a Stripe in the clear nor a sandbox.
func TestM49_LiveKeyBesideASandbox(t *testing.T) {
	sandbox := start(t, "sandbox", "--sandbox-addr", "127.0.0.1:0")
	args := append(besideArgs(t, sandbox), "--insecure")
	t.Setenv("TILLGATE_STRIPE_KEY", "sk_live_canary")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stderr := newOutput()
	if code := app.Main(ctx, args, newOutput(), stderr); code != app.ExitConfig {
		t.Errorf("the exit code is %d, want 2:\n%s", code, stderr)
	}
	code, _ := sandbox.sandboxCall(t, http.MethodGet, "/v1/payment_intents/pi_1", "", "Authorization", "Bearer sk_live_canary")
	if code != http.StatusUnauthorized {
		t.Errorf("the sandbox answers a live key with %d, want 401", code)
	}
}
