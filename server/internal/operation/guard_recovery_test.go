package operation_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// M-14: a failure that Stripe was heard to repeat is what it will always say: recovery looks at once, and asks no more.
func TestM14_FailureThatIsKeptIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		kept := uncertain(stripeFailure)
		kept.KeepsFailing = true
		m.gateway.answers(kept)
		ctx, _, err := m.pay(t, "order-1001", 5*time.Second)
		if reasonOf(err) != "OUTCOME_PENDING" || m.gateway.sends() != 1 {
			t.Fatalf("got %v after %d sends", err, m.gateway.sends())
		}
		stop := m.recovering(t)
		<-time.After(10 * time.Second)
		stop()
		if op := m.row(t, ctx); op.State != store.Unknown || op.Attempt < 2 || m.gateway.sends() != 1 {
			t.Errorf("the row is in state %v at attempt %d, after %d sends", op.State, op.Attempt, m.gateway.sends())
		}
	})
}

// M-27: recovery sends only while the operation is its own. Whoever has taken it over sends it.
func TestM27_RecoveryThatWasOvertakenSendsNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"somebody took it over", store.ErrFenced},
		{"the store is gone", store.ErrUnavailable},
		{"nobody knows", store.ErrUncertain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t, &fakeGateway{})
				m.gateway.answers(uncertain(noAnswer))
				if _, _, err := m.pay(t, "order-1001", 5*time.Second); reasonOf(err) != "OUTCOME_PENDING" {
					t.Fatalf("got %v", err)
				}
				m.store.fail(failing(tt.err, "hold"), nil)
				stop := m.recovering(t)
				<-time.After(time.Minute)
				stop()
				if m.gateway.sends() != 1 {
					t.Errorf("it was sent %d times, without a hold on it", m.gateway.sends())
				}
				m.store.fail(nil, nil)
				stop = m.recovering(t)
				<-time.After(time.Minute)
				stop()
				if m.gateway.sends() == 1 {
					t.Error("it is not sent again once it can be held")
				}
			})
		})
	}
}
