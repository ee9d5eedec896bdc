package operation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/stripegw"
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
				g := &fakeGateway{}
				ctx, cancel := context.WithTimeout(by(t.Context(), "checkout"), tt.deadline)
				defer cancel()
				calls := 0
				check := taking(tt.takes, tt.verdict, &calls)
				_, err := newRunner(g, operation.Scope{}).Do(ctx, method, request("order-1001"), check, check)
				if sent := g.sent.Load() == 1; reasonOf(err) != tt.want || sent != (tt.want == "") || calls != tt.calls {
					t.Errorf("%v, sent %t, after %d checks; want %q after %d", err, sent, calls, tt.want, tt.calls)
				}
			})
		})
	}
}

// A caller that leaves during a check has sent nothing.
func TestChecksWhoseCallerLeaves(t *testing.T) {
	g := &fakeGateway{}
	ctx, cancel := context.WithCancel(by(t.Context(), "checkout"))
	_, err := newRunner(g, operation.Scope{}).Do(ctx, method, request("order-1001"), func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	})
	if reasonOf(apierr.From(err)) != "CANCELLED" || g.sent.Load() != 0 {
		t.Errorf("got %v after %d sends, want CANCELLED and none", err, g.sent.Load())
	}
}

// refusingGateway finds every request malformed.
type refusingGateway struct{ fakeGateway }

func (g *refusingGateway) Prepare(proto.Message, string) (stripegw.Request, error) {
	return stripegw.Request{}, apierr.InvalidField("amount", "is wrong")
}

// What is wrong without asking anyone is refused without asking anyone.
func TestChecksComeBehindPrepare(t *testing.T) {
	calls := 0
	runner := newRunner(&refusingGateway{}, operation.Scope{})
	_, err := runner.Do(by(t.Context(), "checkout"), method, request("order-1001"), taking(0, nil, &calls))
	if reasonOf(err) != "INVALID_FIELD" || calls != 0 {
		t.Errorf("got %v after %d checks, want INVALID_FIELD and none", err, calls)
	}
}
