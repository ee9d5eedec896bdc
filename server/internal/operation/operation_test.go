package operation_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const method = paymentsv1.PaymentService_CreatePayment_FullMethodName

// fakeGateway is a Stripe that answers as a test says, and keeps what it was sent.
type fakeGateway struct {
	write func(ctx context.Context) (stripegw.Outcome, error)

	sent        atomic.Int64
	mu          sync.Mutex
	key         string
	operationID string
}

func (g *fakeGateway) Prepare(proto.Message, string) (stripegw.Request, error) {
	return stripegw.Request{Method: "POST", Path: "/v1/payment_intents"}, nil
}

func (g *fakeGateway) Write(
	ctx context.Context, _ string, _ stripegw.Request, key, operationID string,
) (stripegw.Outcome, error) {
	g.sent.Add(1)
	g.mu.Lock()
	g.key, g.operationID = key, operationID
	g.mu.Unlock()
	if g.write == nil {
		return stripegw.Outcome{Resource: &paymentsv1.Payment{Id: "pi_1"}}, nil
	}
	return g.write(ctx)
}

func newRunner(g operation.Gateway, scope operation.Scope) *operation.Runner {
	return operation.New(operation.Config{Gateway: g, Scope: scope, Logger: slog.New(slog.DiscardHandler)})
}

func request(key string) *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{IdempotencyKey: key}
}

// by is the context of an rpc of this caller.
func by(ctx context.Context, caller string) context.Context {
	ctx, info := call.New(ctx, "request-1")
	info.SetCaller(caller)
	return ctx
}

func reasonOf(err error) string {
	var e *apierr.Error
	if !errors.As(err, &e) {
		return ""
	}
	return apierr.ShortReason(e.Reason)
}

// The names of a write follow from what identifies it, and from nothing else. The exact values are a promise: a server
// that is built anew must find its own writes at Stripe again.
func TestNames(t *testing.T) {
	names := func(scope operation.Scope, caller, method, key string) (string, string) {
		t.Helper()
		g := &fakeGateway{}
		if _, err := newRunner(g, scope).Do(by(t.Context(), caller), method, request(key)); err != nil {
			t.Fatal(err)
		}
		return g.key, g.operationID
	}
	test := operation.Scope{Account: "acct_1"}
	key, id := names(test, "checkout", method, "order-1001-attempt-1")
	if key != "tg1-"+wantKey || id != "op_"+wantOperation {
		t.Errorf("the names are %s and %s, want tg1-%s and op_%s", key, id, wantKey, wantOperation)
	}
	if again, sameID := names(test, "checkout", method, "order-1001-attempt-1"); again != key || sameID != id {
		t.Error("the same write has other names the second time")
	}

	seen := map[string]string{key: "the first", id: "the first"}
	for _, tt := range []struct {
		name                string
		scope               operation.Scope
		caller, method, key string
	}{
		{"other account", operation.Scope{Account: "acct_2"}, "checkout", method, "order-1001-attempt-1"},
		{"live", operation.Scope{Account: "acct_1", Live: true}, "checkout", method, "order-1001-attempt-1"},
		{"other caller", test, "billing", method, "order-1001-attempt-1"},
		{"other method", test, "checkout", method + "2", "order-1001-attempt-1"},
		{"other key", test, "checkout", method, "order-1001-attempt-2"},
		{"a letter moved from caller to method", test, "checkou", "t" + method, "order-1001-attempt-1"},
	} {
		key, id := names(tt.scope, tt.caller, tt.method, tt.key)
		for _, name := range []string{key, id} {
			if other, taken := seen[name]; taken {
				t.Errorf("%s has the name of %s", tt.name, other)
			}
			seen[name] = tt.name
		}
		if len(key) > 255 || strings.Contains(key, tt.key) || strings.Contains(id, strings.TrimPrefix(key, "tg1-")) {
			t.Errorf("%s: the key %s is too long or shows what it is made of", tt.name, key)
		}
	}
}

// Computed apart from this code: base32 of SHA-256 over the fields, each behind its length in 8 bytes.
const (
	wantKey       = "azberr7c7mddrikceukfkytdifldzpwfnz4utubkl6uojswq3eta"
	wantOperation = "ctsumwagtmcbo527ldh65tt4jkhkl4vi64rkgd6k3b556w6fm7xq"
)

func TestWriteWithoutCallerIsRefused(t *testing.T) {
	g := &fakeGateway{}
	_, err := newRunner(g, operation.Scope{}).Do(t.Context(), method, request("order-1001"))
	if reasonOf(err) != "INTERNAL" || g.sent.Load() != 0 {
		t.Errorf("got %v after %d sends, want INTERNAL and none", err, g.sent.Load())
	}
}

func TestM24_ShortDeadlineIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGateway{}
		for _, tt := range []struct {
			left time.Duration
			want string
		}{
			{40 * time.Millisecond, "DEADLINE_TOO_SHORT"},
			{499 * time.Millisecond, "DEADLINE_TOO_SHORT"},
			{500 * time.Millisecond, ""},
		} {
			ctx, cancel := context.WithTimeout(by(t.Context(), "checkout"), tt.left)
			before := g.sent.Load()
			_, err := newRunner(g, operation.Scope{}).Do(ctx, method, request("order-1001"))
			cancel()
			if sent := g.sent.Load() - before; reasonOf(err) != tt.want || (tt.want != "") != (sent == 0) {
				t.Errorf("with %v: %v after %d sends, want %q", tt.left, err, sent, tt.want)
			}
		}
	})
}

func TestM23_CancelledBeforeItBegins(t *testing.T) {
	g := &fakeGateway{}
	ctx, cancel := context.WithCancel(by(t.Context(), "checkout"))
	cancel()
	_, err := newRunner(g, operation.Scope{}).Do(ctx, method, request("order-1001"))
	if !errors.Is(err, context.Canceled) || g.sent.Load() != 0 {
		t.Errorf("got %v after %d sends, want the cancellation and none", err, g.sent.Load())
	}
}

// A caller that leaves does not cut the write, and one that waits to its deadline hears from us before it gives up.
func TestM22_CallerLeaves(t *testing.T) {
	for _, tt := range []struct {
		name  string
		leave func(context.Context) (context.Context, context.CancelFunc)
		after time.Duration
	}{
		{"hangs up", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Millisecond, cancel)
			return ctx, cancel
		}, time.Millisecond},
		{"deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 2*time.Second)
		}, 1900 * time.Millisecond},
		{"M-25: no deadline", context.WithCancel, 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				finished := false
				g := &fakeGateway{write: func(ctx context.Context) (stripegw.Outcome, error) {
					select {
					case <-time.After(time.Minute):
						finished = true
						return stripegw.Outcome{Resource: &paymentsv1.Payment{}}, nil
					case <-ctx.Done():
						return stripegw.Outcome{}, ctx.Err()
					}
				}}
				runner := newRunner(g, operation.Scope{})
				ctx, cancel := tt.leave(by(t.Context(), "checkout"))
				defer cancel()
				start := time.Now()
				_, err := runner.Do(ctx, method, request("order-1001"))
				if reasonOf(err) != "OUTCOME_PENDING" || time.Since(start) != tt.after {
					t.Errorf("got %v after %v, want OUTCOME_PENDING after %v", err, time.Since(start), tt.after)
				}
				var e *apierr.Error
				if errors.As(err, &e); e.Metadata["operation_id"] != call.From(ctx).OperationID() {
					t.Errorf("metadata = %v, want the operation id %s", e.Metadata, call.From(ctx).OperationID())
				}
				if left := runner.Drain(t.Context()); len(left) != 0 || !finished {
					t.Errorf("%v were left, finished = %v; want the write to come to its end", left, finished)
				}
			})
		})
	}
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGateway{write: func(context.Context) (stripegw.Outcome, error) {
			<-time.After(10 * time.Second)
			return stripegw.Outcome{Resource: &paymentsv1.Payment{}}, nil
		}}
		runner := newRunner(g, operation.Scope{})
		done := make(chan error)
		go func() {
			_, err := runner.Do(by(context.Background(), "checkout"), method, request("order-1001"))
			done <- err
		}()
		synctest.Wait()

		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if left := runner.Drain(impatient); len(left) != 1 || !strings.HasPrefix(left[0], "op_") {
			t.Errorf("%v were left after a second, want one operation", left)
		}
		_, err := runner.Do(by(t.Context(), "checkout"), method, request("order-1002"))
		if reasonOf(err) != "STRIPE_UNAVAILABLE" || g.sent.Load() != 1 {
			t.Errorf("a new write: %v after %d sends, want STRIPE_UNAVAILABLE and no second send", err, g.sent.Load())
		}
		if err := <-done; err != nil {
			t.Errorf("the write under way: %v", err)
		}
		if left := runner.Drain(t.Context()); len(left) != 0 {
			t.Errorf("%v were left", left)
		}
	})
}

// A panic after the request went out is no failure: the charge may have happened.
func TestM50_PanicLeavesTheOutcomePending(t *testing.T) {
	g := &fakeGateway{write: func(context.Context) (stripegw.Outcome, error) {
		panic("canary") //nolint:forbidigo // it is the panic that is tested
	}}
	_, err := newRunner(g, operation.Scope{}).Do(by(t.Context(), "checkout"), method, request("order-1001"))
	if reasonOf(err) != "OUTCOME_PENDING" || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v, want OUTCOME_PENDING", err)
	}
}

// Writes under way are bounded, for each caller and in all; what is refused was not sent.
func TestA08_WritesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGateway{write: func(context.Context) (stripegw.Outcome, error) {
			<-time.After(time.Minute)
			return stripegw.Outcome{Resource: &paymentsv1.Payment{}}, nil
		}}
		runner := newRunner(g, operation.Scope{})
		refused := func(caller string, calls int) (n int) {
			t.Helper()
			for range calls {
				ctx, cancel := context.WithTimeout(by(t.Context(), caller), time.Second)
				_, err := runner.Do(ctx, method, request("order-1001"))
				cancel()
				if reasonOf(err) == "RATE_LIMITED" {
					n++
				}
			}
			return n
		}
		// Each call leaves after a second, and its write goes on for a minute: 60 are under way at once.
		if n := refused("patient", 100); n != 0 {
			t.Errorf("%d of 100 slow calls were refused", n)
		}
		burst := func(caller string, calls int) int {
			t.Helper()
			results := make(chan int)
			for range calls {
				go func() { results <- refused(caller, 1) }()
			}
			n := 0
			for range calls {
				n += <-results
			}
			return n
		}
		before := g.sent.Load()
		if n := burst("greedy", 600); n != 88 || g.sent.Load()-before != 512 {
			t.Errorf("%d of 600 calls of one caller were refused after %d sends, want 88 after 512", n, g.sent.Load()-before)
		}
		if n := burst("other", 10); n != 0 {
			t.Errorf("%d of 10 calls of another caller were refused", n)
		}
		if n := burst("third", 500); n == 0 || n == 500 {
			t.Errorf("%d of 500 further calls were refused, want what is above the bound of all", n)
		}
		if left := runner.Drain(t.Context()); len(left) != 0 {
			t.Errorf("%v were left", left)
		}
	})
}
