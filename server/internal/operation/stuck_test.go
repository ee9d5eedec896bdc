package operation_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// newBlindMachine has a Stripe that keeps its failure of the first payment, and whose lists can not be read.
func newBlindMachine(t *testing.T) *machine {
	t.Helper()
	kept := uncertain(stripeFailure)
	kept.KeepsFailing = true
	m := newMachine(t, &fakeGateway{lookUp: func(stripegw.Search) (stripegw.Finding, error) {
		return stripegw.Finding{}, apierr.Unavailable(nil, time.Second)
	}})
	m.gateway.answers(kept)
	return m
}

// A look-up that always fails is made ever more rarely: it must not take the room of what can be recovered.
func TestLookUpThatAlwaysFailsIsRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newBlindMachine(t)
		stop := m.recovering(t)
		if _, _, err := m.pay(t, "order-1001", 5*time.Second); reasonOf(err) != "OUTCOME_PENDING" {
			t.Fatal(err)
		}
		<-time.After(2 * time.Hour)
		stop()
		if n := m.gateway.lookUps(); n < 10 || n > 100 {
			t.Errorf("%d look-ups in two hours", n)
		}
	})
}

// What can not be opened can be neither sent nor looked for: a person hears of it, and can end it.
func TestParametersThatCanNotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		scope := operation.Scope{Account: "acct_1"}
		dead := onStore(t, &fakeGateway{}, s, scope)
		dead.gateway.answers(uncertain(noAnswer))
		ctx, _, _ := dead.pay(t, "order-1001", 5*time.Second)

		keys, err := seal.NewKeys()
		if err != nil {
			t.Fatal(err)
		}
		m := onStore(t, &fakeGateway{}, s, scope)
		m.Runner = m.with(keys, nil)
		stop := m.recovering(t)
		<-time.After(2 * time.Hour)
		stop()
		if op := m.row(t, ctx); op.State != store.Unknown || m.gateway.sends()+m.gateway.lookUps() != 0 {
			t.Errorf("the row is in state %v after %d sends and %d look-ups", op.State, m.gateway.sends(), m.gateway.lookUps())
		}
		if alerts, lines := m.log.count("operation unknown"), m.log.count(
			"the parameters of an operation can not be opened: is its seal key in the file?"); alerts != 1 || lines > 100 {
			t.Errorf("%d alerts and %d lines, want one and few", alerts, lines)
		}
	})
}

// Whose operation was abandoned by somebody else, and begun anew with another request, does not hear that one's answer.
func TestOvertakenByAnotherRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		other := request("order-1001")
		other.Amount.MinorUnits = 9999
		m.gateway.answers(notDone(), paid("pi_of_9999"))
		second := make(chan error, 1)
		lost := true
		// The commit that abandons the first is made and its answer lost; before it is repeated, the key is used anew.
		m.store.fail(nil, func(change string) error {
			if change != "finish" || !lost {
				return nil
			}
			lost = false
			go func() {
				beside := onStore(t, m.gateway, m.store.Store, operation.Scope{Account: "acct_1"})
				_, err := beside.Do(by(context.Background(), "checkout"), method, other)
				second <- err
			}()
			return store.ErrUncertain
		})
		_, out, err := m.pay(t, "order-1001", 10*time.Second)
		if reasonOf(err) != "OUTCOME_PENDING" {
			t.Errorf("the caller of 2000 hears %v, %v; want OUTCOME_PENDING", out.Resource, err)
		}
		if err := <-second; err != nil {
			t.Errorf("the caller of 9999 hears %v", err)
		}
	})
}

// That nothing can be claimed is said, though not every half second.
func TestClaimThatFailsIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.store.fail(failing(errors.New("permission denied"), "claim"), nil)
		stop := m.recovering(t)
		<-time.After(10 * time.Minute)
		stop()
		if n := m.log.count("what is open can not be looked for; nothing is recovered meanwhile"); n < 9 || n > 12 {
			t.Errorf("it was said %d times in ten minutes", n)
		}
	})
}
