package operation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// taking is a check that takes as long as a read may, obeys its context as a read does, and then says no or not.
func taking(d time.Duration, verdict error, calls *int) operation.Check {
	return func(ctx context.Context) error {
		*calls++
		select {
		case <-time.After(d):
			return verdict
		case <-ctx.Done():
			return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED).WithCause(ctx.Err())
		}
	}
}

// A write is sent once its checks hold, and leaves what Stripe needs of the caller's time.
func TestChecks(t *testing.T) {
	refusal := apierr.InvalidField("amount.currency_code", "is another one")
	for _, tt := range []struct {
		name     string
		deadline time.Duration
		takes    time.Duration
		verdict  error
		want     string
		calls    int
	}{
		{"it holds", 10 * time.Second, time.Second, nil, "", 2},
		{"it does not hold", 10 * time.Second, time.Second, refusal, "INVALID_FIELD", 1},
		{"the write is too late before it", 400 * time.Millisecond, time.Millisecond, nil, "DEADLINE_TOO_SHORT", 0},
		{"the write is too late behind it", time.Second, 300 * time.Millisecond, nil, "DEADLINE_TOO_SHORT", 2},
		{"it comes too late itself", time.Second, 2 * time.Second, nil, "DEADLINE_TOO_SHORT", 1},
		{"Stripe is slow", 10 * time.Second, 5 * time.Second, nil, "STRIPE_UNAVAILABLE", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t, &fakeGateway{})
				ctx, cancel := context.WithTimeout(by(t.Context(), "checkout"), tt.deadline)
				defer cancel()
				calls := 0
				check := taking(tt.takes, tt.verdict, &calls)
				_, err := m.Do(ctx, method, request("order-1001"), check, check)
				if sent := m.gateway.sends() == 1; reasonOf(err) != tt.want || sent != (tt.want == "") || calls != tt.calls {
					t.Errorf("%v, sent %t, after %d checks; want %q after %d", err, sent, calls, tt.want, tt.calls)
				}
			})
		})
	}
}

// A caller that leaves during a check has sent nothing.
func TestChecksWhoseCallerLeaves(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	ctx, cancel := context.WithCancel(by(t.Context(), "checkout"))
	_, err := m.Do(ctx, method, request("order-1001"), func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	})
	if reasonOf(apierr.From(err)) != "CANCELLED" || m.gateway.sends() != 0 {
		t.Errorf("got %v after %d sends, want CANCELLED and none", err, m.gateway.sends())
	}
}

// What is wrong without asking anyone is refused without asking anyone.
func TestChecksComeBehindPrepare(t *testing.T) {
	calls := 0
	m := newMachine(t, &fakeGateway{malformed: apierr.InvalidField("amount", "is wrong")})
	_, err := m.Do(by(t.Context(), "checkout"), method, request("order-1001"), taking(0, nil, &calls))
	if reasonOf(err) != "INVALID_FIELD" || calls != 0 {
		t.Errorf("got %v after %d checks, want INVALID_FIELD and none", err, calls)
	}
}

// What has an answer already is not checked again, and another request under its key hears of that first.
func TestChecksComeBehindTheKey(t *testing.T) {
	calls := 0
	m := newMachine(t, &fakeGateway{})
	check := taking(0, nil, &calls)
	for range 2 {
		if _, err := m.Do(by(t.Context(), "checkout"), method, request("order-1001"), check); err != nil {
			t.Fatal(err)
		}
	}
	other := request("order-1001")
	other.Amount.CurrencyCode = "JPY"
	_, err := m.Do(by(t.Context(), "checkout"), method, other, check)
	if reasonOf(err) != "IDEMPOTENCY_KEY_REUSED" || calls != 1 {
		t.Errorf("got %v after %d checks, want IDEMPOTENCY_KEY_REUSED and one", err, calls)
	}
}
