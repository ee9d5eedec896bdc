package operation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// M-28: a process that stood still for longer than its lease sends no more, also where nobody has taken the operation
// over meanwhile: it may have stood still for days, and Stripe have forgotten the key.
func TestM28_EndedLeaseIsNotTakenUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		var again error
		m.gateway.write = func(ctx context.Context, s stripegw.Sending) stripegw.Result {
			if again = s.BeforeSend(ctx); again != nil {
				t.Errorf("a send within the lease is refused: %v", again)
			}
			m.store.fail(failing(store.ErrUnavailable, "hold"), nil) // Who stands still renews nothing.
			<-time.After(25 * time.Hour)
			m.store.fail(nil, nil)
			// Neither for the next send, nor by itself.
			for range 3 {
				again = s.BeforeSend(ctx)
				<-time.After(7 * time.Second)
			}
			return uncertain(paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NO_ANSWER)
		}
		ctx, _, err := m.pay(t, "order-1001", time.Minute)
		<-time.After(26 * time.Hour)
		if again == nil || reasonOf(err) != "OUTCOME_PENDING" {
			t.Errorf("after a day without the lease the next send may go: %v; the caller hears %v", again, err)
		}
		if op := m.row(t, ctx); op.Sends != 2 {
			t.Errorf("the row counts %d sends, want the two within the lease", op.Sends)
		}
	})
}

// M-28: a process that stood still between begin and its first send leaves the operation to recovery, which looks at its
// age.
func TestM28_StandsStillBeforeTheFirstSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.store.fail(nil, func(change string) error {
			if change == "begin" {
				<-time.After(25 * time.Hour)
			}
			return nil
		})
		ctx, _, err := m.pay(t, "order-1001", 26*time.Hour)
		if reasonOf(err) != "OUTCOME_PENDING" || m.gateway.sends() != 0 {
			t.Errorf("got %v after %d sends, want OUTCOME_PENDING and none", err, m.gateway.sends())
		}
		stop := m.recovering(t)
		<-time.After(time.Minute)
		stop()
		if op := m.row(t, ctx); op.State != store.Unknown || m.gateway.sends() != 0 || m.gateway.lookUps() == 0 {
			t.Errorf("the row is in state %v after %d sends and %d look-ups", op.State, m.gateway.sends(), m.gateway.lookUps())
		}
	})
}
