package operation_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// otherBytes is what Stripe says of a key that it knows from another request.
func otherBytes() stripegw.Result {
	result := notDone()
	result.Err = apierr.KeyReused()
	return result
}

// A key that Stripe knows and the store does not was used before the store was lost: what it made then is its answer. Only
// where nothing is found was it another request's.
func TestKeyOfALostStore(t *testing.T) {
	for _, tt := range []struct {
		name  string
		found bool
		want  string
		state store.State
	}{
		{"found", true, "", store.Succeeded},
		{"not found", false, "IDEMPOTENCY_KEY_REUSED", store.Abandoned},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var looked stripegw.Search
				m := newMachine(t, &fakeGateway{lookUp: func(s stripegw.Search) (stripegw.Finding, error) {
					looked = s
					return stripegw.Finding{Found: tt.found, Outcome: paid("pi_before").Outcome}, nil
				}})
				m.gateway.answers(otherBytes())
				ctx, out, err := m.pay(t, "order-1001", 5*time.Second)
				if reasonOf(err) != tt.want || err == nil && paymentID(t, out) != "pi_before" {
					t.Errorf("got %v, %v, want %q", out.Resource, err, tt.want)
				}
				row := m.row(t, ctx)
				if row.State != tt.state || looked.From.After(row.BeginTime.Add(-24*time.Hour)) {
					t.Errorf("the row is %v, looked for from %v on, begun at %v", row.State, looked.From, row.BeginTime)
				}
				if tt.found {
					return
				}
				// Begun anew, perhaps with another request: what the first one made is not its answer.
				before := m.gateway.lookUps()
				if _, _, err := m.pay(t, "order-1001", 5*time.Second); reasonOf(err) != tt.want || m.gateway.lookUps() != before {
					t.Errorf("begun anew: %v after %d look-ups", err, m.gateway.lookUps()-before)
				}
			})
		})
	}
}

// A row whose answer was lost, and whose key then turns out to be another request's, did nothing and never will.
func TestKeyReusedInRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.answers(uncertain(noAnswer), otherBytes())
		stop := m.recovering(t)
		defer stop()
		ctx, _, err := m.pay(t, "order-1001", 5*time.Second)
		if reasonOf(err) != "OUTCOME_PENDING" {
			t.Fatal(err)
		}
		<-time.After(10 * time.Second)
		if row := m.row(t, ctx); row.State != store.Abandoned {
			t.Errorf("%s is %v, want it abandoned", call.From(ctx).OperationID(), row.State)
		}
	})
}

// Where Stripe knows the key of a reference and the store does not, somebody made its object before the store was lost:
// nobody is told that nothing was done, and nobody makes another one.
func TestReferenceOfALostStore(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first []stripegw.Result
	}{
		{"at once", []stripegw.Result{otherBytes()}},
		{"in recovery", []stripegw.Result{uncertain(noAnswer), otherBytes()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t, &fakeGateway{})
				m.gateway.answers(append(tt.first, customer("cus_2"))...)
				stop := m.recovering(t)
				defer stop()
				if e := m.ensure(byShop); reasonOf(e.err) != "OUTCOME_PENDING" {
					t.Errorf("the first hears %v", e.err)
				}
				<-time.After(time.Hour)
				for _, by := range []ensuring{byShop, byBilling} {
					if e := m.ensure(by); reasonOf(e.err) != "OUTCOME_PENDING" {
						t.Errorf("later %s hears %v, %v", by.caller, e.Ensured, e.err)
					}
				}
				if m.gateway.sends() != len(tt.first) {
					t.Errorf("%d sends, want %d", m.gateway.sends(), len(tt.first))
				}
			})
		})
	}
}
