package operation_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/store"
)

// M-34: what can not be written down is not sent, and readiness says so until it can be again.
func TestM34_StoreThatCannotBeWrittenAtBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go m.Keep(ctx)
		m.store.fail(failing(store.ErrUnavailable, "begin", "check"), nil)
		_, _, err := m.pay(t, "order-1001", 5*time.Second)
		if reasonOf(err) != "STORE_UNAVAILABLE" || m.gateway.sends() != 0 || m.StoreWritable() {
			t.Errorf("got %v after %d sends, writable %t", err, m.gateway.sends(), m.StoreWritable())
		}
		<-time.After(5 * time.Second)
		if m.StoreWritable() {
			t.Error("it counts as writable while it is not")
		}
		m.store.fail(nil, nil)
		<-time.After(5 * time.Second)
		if !m.StoreWritable() {
			t.Error("it does not count as writable again")
		}
		if _, _, err := m.pay(t, "order-1001", 5*time.Second); err != nil {
			t.Errorf("the same key: %v", err)
		}
	})
}

// M-24: a write whose time is up before it could be written down did nothing, and its caller hears so, now and with more time.
func TestM24_StoreThatIsTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.store.fail(func(change string) error {
			if change == "begin" {
				<-time.After(2 * time.Second)
			}
			return nil
		}, nil)
		_, _, err := m.pay(t, "order-1001", time.Second)
		if reasonOf(err) != "DEADLINE_TOO_SHORT" || m.gateway.sends() != 0 {
			t.Errorf("got %v after %d sends, want DEADLINE_TOO_SHORT and none", err, m.gateway.sends())
		}
		if _, _, err := m.pay(t, "order-1001", 5*time.Second); err != nil || m.gateway.sends() != 1 {
			t.Errorf("with more time: %v after %d sends", err, m.gateway.sends())
		}
	})
}

// M-32: a commit whose outcome is not known may have begun the write: nobody is told that nothing happened, and the same
// key finds out.
func TestM32_BeginOfUnknownOutcome(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after func(string) error
	}{
		{"it was made", nil, failing(store.ErrUncertain, "begin")},
		{"it was not made", failing(store.ErrUncertain, "begin"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t, &fakeGateway{})
				m.store.fail(tt.before, tt.after)
				_, _, err := m.pay(t, "order-1001", 5*time.Second)
				if reasonOf(err) != "OUTCOME_PENDING" || m.gateway.sends() != 0 {
					t.Errorf("got %v after %d sends, want OUTCOME_PENDING before any", err, m.gateway.sends())
				}
				m.store.fail(nil, nil)
				stop := m.recovering(t)
				defer stop()
				if _, _, err := m.pay(t, "order-1001", 30*time.Second); err != nil || m.gateway.sends() != 1 {
					t.Errorf("the same key: %v after %d sends, want one", err, m.gateway.sends())
				}
			})
		})
	}
}

// M-33, M-35: what Stripe said is kept in memory until it can be written down, and then it is.
func TestM33M35_StoreThatCannotBeWrittenAtFinish(t *testing.T) {
	for _, failure := range []error{store.ErrUnavailable, store.ErrUncertain, errors.New("disk full")} {
		t.Run(failure.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t, &fakeGateway{})
				m.store.fail(failing(failure, "finish", "hold"), nil)
				ctx, _, err := m.pay(t, "order-1001", 5*time.Second)
				if reasonOf(err) != "OUTCOME_PENDING" || m.gateway.sends() != 1 {
					t.Errorf("got %v after %d sends", err, m.gateway.sends())
				}
				if m.log.count("an outcome can not be stored; it is kept in memory and tried again") != 1 {
					t.Error("nobody was told")
				}
				<-time.After(10 * time.Minute)
				m.store.fail(nil, nil)
				if left := m.Drain(t.Context()); len(left) != 0 {
					t.Errorf("%v were left", left)
				}
				if op := m.row(t, ctx); op.State != store.Succeeded || m.gateway.sends() != 1 {
					t.Errorf("the row is %v after %d sends, want what was kept", op.State, m.gateway.sends())
				}
			})
		})
	}
}

// M-52: a key that is older than the retention is refused, and never run again.
func TestM52_KeyOlderThanTheRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{}) // It remembers for a day.
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go m.Keep(ctx)
		paid, _, err := m.pay(t, "order-1001", 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(23 * time.Hour)
		if _, out, err := m.pay(t, "order-1001", 5*time.Second); err != nil || !out.Replayed {
			t.Errorf("before the retention is over: %v", err)
		}
		<-time.After(3 * time.Hour)
		if _, _, err := m.pay(t, "order-1001", 5*time.Second); reasonOf(err) != "IDEMPOTENCY_KEY_EXPIRED" || m.gateway.sends() != 1 {
			t.Errorf("got %v after %d sends, want IDEMPOTENCY_KEY_EXPIRED and one", err, m.gateway.sends())
		}
		if op, err := m.store.Get(t.Context(), call.From(paid).OperationID()); err != nil || !op.Erased || op.IdempotencyKey != "" ||
			op.ObjectID != "" || len(op.Outcome) != 0 || op.State != store.Succeeded {
			t.Errorf("what is left is %+v, %v", op, err)
		}
	})
}
