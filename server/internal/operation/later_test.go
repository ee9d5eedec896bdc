package operation_test

import (
	"testing"
	"testing/synctest"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// A new build that would send other parameters sends the stored ones of all that began before it: Stripe refuses other
// parameters under a key that it has seen.
func TestM31_DeployWithOtherDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		before := onStore(t, &fakeGateway{form: "amount=2000"}, s, operation.Scope{Account: "acct_1"})
		before.gateway.answers(uncertain(noAnswer))
		const inFlight = 100
		keys := map[string]string{} // by operation
		for i := range inFlight {
			_, _, err := before.pay(t, orderKey(i), 5*time.Second)
			if reasonOf(err) != "OUTCOME_PENDING" {
				t.Fatal(err)
			}
		}
		for _, sent := range before.gateway.sent {
			keys[sent.OperationID] = sent.Key
		}
		after := onStore(t, &fakeGateway{form: "amount=2000&new_default=1"}, s, operation.Scope{Account: "acct_1"})
		stop := after.recovering(t)
		<-time.After(time.Minute)
		stop()
		for _, sent := range after.gateway.sent {
			if sent.Request.Form != "amount=2000" || sent.Key != keys[sent.OperationID] {
				t.Errorf("%s was sent as %q under another key or with other bytes", sent.OperationID, sent.Request.Form)
			}
		}
		if after.gateway.sends() != inFlight {
			t.Errorf("%d sends, want %d", after.gateway.sends(), inFlight)
		}
	})
}

func orderKey(i int) string {
	return "order-" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + "-attempt-1"
}

// The account is part of every name, so that one key at two accounts is two operations. Nothing finds a duplicate across
// accounts, as the README says.
func TestM38_TwoAccountsOneKey(t *testing.T) {
	first := onStore(t, &fakeGateway{}, openStore(t), operation.Scope{Account: "acct_1"})
	second := onStore(t, &fakeGateway{}, openStore(t), operation.Scope{Account: "acct_2"})
	for _, m := range []*machine{first, second} {
		if _, out, err := m.pay(t, "order-1001", 5*time.Second); err != nil || out.Replayed {
			t.Errorf("got %v, replayed %t", err, out.Replayed)
		}
	}
	if a, b := first.gateway.sent[0], second.gateway.sent[0]; a.Key == b.Key || a.OperationID == b.OperationID {
		t.Error("two accounts share a name")
	}
}

// What a slow look-up brings, which began before the end was written, changes nothing of the end.
func TestM47_EndIsNotTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		scope := operation.Scope{Account: "acct_1"}
		found := func(state paymentsv1.PaymentState, after time.Duration) func(stripegw.Search) (stripegw.Finding, error) {
			return func(stripegw.Search) (stripegw.Finding, error) {
				<-time.After(after)
				return stripegw.Finding{
					Found: true, Outcome: operation.Outcome{Resource: &paymentsv1.Payment{Id: "pi_1", State: state}},
				}, nil
			}
		}
		dead := onStore(t, &fakeGateway{}, s, scope)
		kept := uncertain(noAnswer)
		kept.KeepsFailing = true
		dead.gateway.answers(kept)
		dead.gateway.lookUp = func(stripegw.Search) (stripegw.Finding, error) { return stripegw.Finding{}, nil }
		ctx, _, _ := dead.pay(t, "order-1001", 5*time.Second)

		slow := onStore(t, &fakeGateway{lookUp: found(paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING, time.Minute)}, s, scope)
		slow.store.fail(failing(store.ErrUnavailable, "hold"), nil)
		stopSlow := slow.recovering(t)
		<-time.After(5 * time.Second)
		ended := make(chan struct{})
		go func() { // It claims nothing more, and goes on with what it has.
			defer close(ended)
			stopSlow()
		}()
		quick := onStore(t, &fakeGateway{lookUp: found(paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED, 0)}, s, scope)
		stopQuick := quick.recovering(t)
		<-time.After(2 * time.Minute)
		<-ended
		stopQuick()
		if slow.gateway.lookUps() != 1 || quick.row(t, ctx).State != store.Succeeded {
			t.Fatalf("%d slow look-ups, the row is %v", slow.gateway.lookUps(), quick.row(t, ctx).State)
		}
		_, out, err := quick.pay(t, "order-1001", 5*time.Second)
		payment, _ := out.Resource.(*paymentsv1.Payment)
		if err != nil || payment.GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
			t.Errorf("the key answers %v, %v; want the end that was written first", payment, err)
		}
	})
}
