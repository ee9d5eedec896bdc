package operation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

func TestWriteWithoutCallerIsRefused(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	_, err := m.Do(t.Context(), method, request("order-1001"))
	if reasonOf(err) != "INTERNAL" || m.gateway.sends() != 0 {
		t.Errorf("got %v after %d sends, want INTERNAL and none", err, m.gateway.sends())
	}
}

// What was done is answered from the store: an equal message, without the secret and without Stripe.
func TestM01_RepeatedAfterSuccess(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	_, first, err := m.pay(t, "order-1001", time.Minute)
	if err != nil || first.Replayed || first.ClientSecret == "" {
		t.Fatalf("the first call: %v, replayed %t", err, first.Replayed)
	}
	for range 3 {
		_, again, err := m.pay(t, "order-1001", time.Minute)
		if err != nil || !again.Replayed || again.ClientSecret != "" || !proto.Equal(again.Resource, first.Resource) {
			t.Errorf("a repetition: %v, replayed %t, equal %t", err, again.Replayed, proto.Equal(again.Resource, first.Resource))
		}
	}
	if m.gateway.sends() != 1 {
		t.Errorf("%d sends, want 1", m.gateway.sends())
	}
}

// Another body under a key is refused without Stripe, once the first has ended and while it runs.
func TestM02_KeyReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGateway{write: func(context.Context, stripegw.Sending) stripegw.Result {
			<-time.After(5 * time.Second)
			return paid("pi_1")
		}}
		m := newMachine(t, g)
		other := request("order-1001")
		other.Amount.MinorUnits++
		done := make(chan error)
		go func() {
			_, err := m.Do(by(context.Background(), "checkout"), method, request("order-1001"))
			done <- err
		}()
		synctest.Wait()
		if _, err := m.Do(by(t.Context(), "checkout"), method, other); reasonOf(err) != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("while the first runs: %v", err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if _, err := m.Do(by(t.Context(), "checkout"), method, other); reasonOf(err) != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("once the first has ended: %v", err)
		}
		if m.gateway.sends() != 1 {
			t.Errorf("%d sends, want 1", m.gateway.sends())
		}
	})
}

// The same key of another caller or for another rpc is another operation.
func TestM03M04_OtherMethodAndOtherCaller(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	for i, tt := range []struct{ caller, method string }{
		{"checkout", method}, {"billing", method}, {"checkout", paymentsv1.PaymentService_ConfirmPayment_FullMethodName},
	} {
		out, err := m.Do(by(t.Context(), tt.caller), tt.method, request("order-1001"))
		if err != nil || out.Replayed || m.gateway.sends() != i+1 {
			t.Errorf("%v: %v, replayed %t after %d sends", tt, err, out.Replayed, m.gateway.sends())
		}
	}
}

// 200 calls at once share one send and its answer, and one of them is told that it was the first.
func TestM05_ManyCallsOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{write: func(context.Context, stripegw.Sending) stripegw.Result {
			<-time.After(time.Second)
			return paid("pi_1")
		}})
		type answer struct {
			out operation.Outcome
			err error
		}
		answers := make(chan answer)
		for range 200 {
			go func() {
				out, err := m.Do(by(context.Background(), "checkout"), method, request("order-1001"))
				answers <- answer{out, err}
			}()
		}
		firsts := 0
		for range 200 {
			a := <-answers
			if a.err != nil || paymentID(t, a.out) != "pi_1" || a.out.Replayed == (a.out.ClientSecret != "") {
				t.Errorf("got %v, replayed %t", a.err, a.out.Replayed)
			}
			if !a.out.Replayed {
				firsts++
			}
		}
		if firsts != 1 || m.gateway.sends() != 1 {
			t.Errorf("%d firsts after %d sends, want 1 and 1", firsts, m.gateway.sends())
		}
	})
}

// Whoever waits for a call that takes too long hears that it is still running, and what to ask for.
func TestM05_WaitsToItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{write: func(context.Context, stripegw.Sending) stripegw.Result {
			<-time.After(20 * time.Second)
			return paid("pi_1")
		}})
		first := make(chan error)
		go func() {
			_, err := m.Do(by(context.Background(), "checkout"), method, request("order-1001"))
			first <- err
		}()
		synctest.Wait()
		ctx, _, err := m.pay(t, "order-1001", 2*time.Second)
		if reasonOf(err) != "OPERATION_IN_PROGRESS" {
			t.Errorf("got %v, want OPERATION_IN_PROGRESS", err)
		}
		var e *apierr.Error
		if errors.As(err, &e); e.Metadata["operation_id"] != call.From(ctx).OperationID() || len(e.Details) == 0 {
			t.Errorf("metadata %v and %d details, want the operation and when to ask again", e.Metadata, len(e.Details))
		}
		if err := <-first; err != nil {
			t.Errorf("the first call: %v", err)
		}
	})
}

// A refusal is remembered whole, with what only some may see, and is not tried again.
func TestM17_DeclinedAgain(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	m.gateway.answers(declined("pi_1"), paid("pi_2"))
	_, _, first := m.pay(t, "order-1001", time.Minute)
	ctx, _, again := m.pay(t, "order-1001", time.Minute)
	if reasonOf(first) != "PAYMENT_DECLINED" || m.gateway.sends() != 1 {
		t.Fatalf("got %v after %d sends", first, m.gateway.sends())
	}
	if diff := cmp.Diff(apierr.From(first), apierr.From(again), protocmp.Transform(), cmpopts.IgnoreUnexported(apierr.Error{})); diff != "" {
		t.Errorf("the repetition says something else (-first +again):\n%s", diff)
	}
	if op := m.row(t, ctx); op.State != store.Failed || op.ObjectID != "pi_1" || len(op.Parameters) != 0 {
		t.Errorf("the row is %+v", op)
	}
	// M-18: another key is another try.
	if _, _, err := m.pay(t, "order-1002", time.Minute); err != nil || m.gateway.sends() != 2 {
		t.Errorf("another key: %v after %d sends", err, m.gateway.sends())
	}
}

func TestM24_ShortDeadlineIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		for _, tt := range []struct {
			left time.Duration
			want string
		}{
			{40 * time.Millisecond, "DEADLINE_TOO_SHORT"},
			{499 * time.Millisecond, "DEADLINE_TOO_SHORT"},
			{500 * time.Millisecond, ""},
		} {
			before := m.gateway.sends()
			ctx, _, err := m.pay(t, "order-1001", tt.left)
			if sent := m.gateway.sends() - before; reasonOf(err) != tt.want || (tt.want != "") != (sent == 0) {
				t.Errorf("with %v: %v after %d sends, want %q", tt.left, err, sent, tt.want)
			}
			_, err = m.Operation(context.WithoutCancel(ctx), call.From(ctx).OperationID())
			if stored := err == nil; stored != (tt.want == "") {
				t.Errorf("with %v: stored %t", tt.left, stored)
			}
		}
	})
}

// A caller that leaves before it begins, also while it waits for its turn to be written down, has done nothing.
func TestM23_CancelledBeforeItBegins(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	for _, tt := range []struct {
		name  string
		leave func(cancel context.CancelFunc)
	}{
		{"before the call", func(cancel context.CancelFunc) { cancel() }},
		{"before the commit", func(cancel context.CancelFunc) {
			m.store.fail(func(string) error { cancel(); return nil }, nil)
		}},
	} {
		ctx, cancel := context.WithCancel(by(t.Context(), "checkout"))
		tt.leave(cancel)
		_, err := m.Do(ctx, method, request("order-1001"))
		m.store.fail(nil, nil)
		cancel()
		if !errors.Is(err, context.Canceled) || m.gateway.sends() != 0 {
			t.Errorf("%s: got %v after %d sends, want the cancellation and none", tt.name, err, m.gateway.sends())
		}
	}
	if list, _, err := m.Operations(t.Context(), &paymentsv1.ListOperationsRequest{}, "", "", 10); err != nil || len(list) != 0 {
		t.Errorf("%d operations stand, %v", len(list), err)
	}
}

// What its caller gave up before it began, another call that waits with the same key does.
func TestM23_OthersDoWhatTheFirstGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		wait := make(chan struct{})
		m.store.fail(func(string) error { <-wait; return nil }, nil)
		ctx, cancel := context.WithCancel(by(t.Context(), "checkout"))
		first, second := make(chan error), make(chan error)
		go func() {
			_, err := m.Do(ctx, method, request("order-1001"))
			first <- err
		}()
		synctest.Wait()
		go func() {
			_, err := m.Do(by(context.Background(), "checkout"), method, request("order-1001"))
			second <- err
		}()
		synctest.Wait()
		cancel()
		close(wait)
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
		if err := <-second; err != nil || m.gateway.sends() != 1 {
			t.Errorf("the second: %v after %d sends", err, m.gateway.sends())
		}
	})
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
				m := newMachine(t, &fakeGateway{write: func(ctx context.Context, _ stripegw.Sending) stripegw.Result {
					select {
					case <-time.After(time.Minute):
						return paid("pi_1")
					case <-ctx.Done():
						return uncertain(0)
					}
				}})
				ctx, cancel := tt.leave(by(t.Context(), "checkout"))
				defer cancel()
				start := time.Now()
				_, err := m.Do(ctx, method, request("order-1001"))
				if reasonOf(err) != "OUTCOME_PENDING" || time.Since(start) != tt.after {
					t.Errorf("got %v after %v, want OUTCOME_PENDING after %v", err, time.Since(start), tt.after)
				}
				var e *apierr.Error
				if errors.As(err, &e); e.Metadata["operation_id"] != call.From(ctx).OperationID() {
					t.Errorf("metadata = %v, want the operation id %s", e.Metadata, call.From(ctx).OperationID())
				}
				if left := m.Drain(t.Context()); len(left) != 0 || m.row(t, ctx).State != store.Succeeded {
					t.Errorf("%v were left, the row is %v; want the write to come to its end", left, m.row(t, ctx).State)
				}
				if m.log.count("write ended after its caller left") != 1 {
					t.Error("the log does not tell of the write that nobody waited for")
				}
			})
		})
	}
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{write: func(context.Context, stripegw.Sending) stripegw.Result {
			<-time.After(10 * time.Second)
			return paid("pi_1")
		}})
		done := make(chan error)
		go func() {
			_, err := m.Do(by(context.Background(), "checkout"), method, request("order-1001"))
			done <- err
		}()
		synctest.Wait()

		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if left := m.Drain(impatient); len(left) != 1 || !strings.HasPrefix(left[0], "op_") {
			t.Errorf("%v were left after a second, want one operation", left)
		}
		_, err := m.Do(by(t.Context(), "checkout"), method, request("order-1002"))
		if reasonOf(err) != "STRIPE_UNAVAILABLE" || m.gateway.sends() != 1 {
			t.Errorf("a new write: %v after %d sends, want STRIPE_UNAVAILABLE and no second send", err, m.gateway.sends())
		}
		if err := <-done; err != nil {
			t.Errorf("the write under way: %v", err)
		}
		if left := m.Drain(t.Context()); len(left) != 0 {
			t.Errorf("%v were left", left)
		}
	})
}

// A panic after the request went out is no failure: the charge may have happened. Recovery finds out.
func TestM50_PanicLeavesTheOutcomePending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.write = func(context.Context, stripegw.Sending) stripegw.Result {
			if m.gateway.sends() == 1 {
				panic("canary") //nolint:forbidigo // it is the panic that is tested
			}
			return paid("pi_1")
		}
		ctx, _, err := m.pay(t, "order-1001", 10*time.Second)
		if reasonOf(err) != "OUTCOME_PENDING" || strings.Contains(err.Error(), "canary") {
			t.Errorf("got %v, want OUTCOME_PENDING", err)
		}
		stop := m.recovering(t)
		<-time.After(20 * time.Second)
		stop()
		if op := m.row(t, ctx); op.State != store.Succeeded || m.gateway.sends() != 2 {
			t.Errorf("the row is %v after %d sends, want it recovered by the second", op.State, m.gateway.sends())
		}
	})
}

// Writes under way are bounded, for each caller and in all; what is refused was not sent, and not stored.
func TestA08_WritesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{write: func(context.Context, stripegw.Sending) stripegw.Result {
			<-time.After(time.Minute)
			return paid("pi_1")
		}})
		burst := func(caller string, calls int) (refused int) {
			t.Helper()
			results := make(chan error)
			for i := range calls {
				go func() {
					ctx, cancel := context.WithTimeout(by(t.Context(), caller), time.Second)
					defer cancel()
					_, err := m.Do(ctx, method, request("order-"+strings.Repeat("x", i+1)))
					results <- err
				}()
			}
			for range calls {
				if reasonOf(<-results) == "RATE_LIMITED" {
					refused++
				}
			}
			return refused
		}
		if n := burst("greedy", 600); n != 88 || m.gateway.sends() != 512 {
			t.Errorf("%d of 600 calls of one caller were refused after %d sends, want 88 after 512", n, m.gateway.sends())
		}
		if n := burst("other", 10); n != 0 {
			t.Errorf("%d of 10 calls of another caller were refused", n)
		}
		if n := burst("third", 505); n != 3 {
			t.Errorf("%d of 505 further calls were refused, want the 3 above the bound of all", n)
		}
		if left := m.Drain(t.Context()); len(left) != 0 {
			t.Errorf("%v were left", left)
		}
		if list, _, err := m.Operations(t.Context(), &paymentsv1.ListOperationsRequest{}, "", "", 2000); err != nil || len(list) != 1024 {
			t.Errorf("%d operations stand, %v; want 1024", len(list), err)
		}
	})
}
