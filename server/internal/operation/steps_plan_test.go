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
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// M-37, M-45: a call that is repeated after the store was lost plans anew, with fewer steps where some were done. The keys
// are those of before, so that nothing is done twice.
func TestM45_StoreIsLostBetweenSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stripe := newStepStripe(map[string][]meeting{stripegw.OnlyStep: {lostAfter}})
		lost := stripe.on(t, openStore(t), nil)
		if _, _, err := lost.pay(t, "order-1001", 5*time.Second); reasonOf(err) != "OUTCOME_PENDING" {
			t.Fatal(err)
		}
		anew := stripe.on(t, openStore(t), nil)
		last := threeSteps()[2]
		last.Request.Path, last.Fills = "/v1/made_schedule", nil
		anew.gateway.steps = []stripegw.Step{last}
		if _, out, err := anew.pay(t, "order-1001", 5*time.Second); err != nil || paymentID(t, out) != "pi_1" {
			t.Errorf("got %v, %v", out, err)
		}
		stripe.did(t, stepNames...)
	})
}

// M-45: a row that was written before there were steps is of the only step, under the key that it has always had.
func TestM45_RowsOfOneStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openStore(t)
		dead := onStore(t, &fakeGateway{form: "amount=2000"}, db, operation.Scope{Account: "acct_1"})
		dead.gateway.answers(uncertain(noAnswer))
		ctx, _, _ := dead.pay(t, "order-1001-attempt-1", 5*time.Second)
		opened, err := sealKeys(t).Open("operation/parameters", dead.row(t, ctx).ID, dead.row(t, ctx).Parameters)
		const old = `{"method":"POST","path":"/v1/payment_intents","form":"amount=2000"}`
		if err != nil || string(opened) != old {
			t.Fatalf("the parameters are %s, %v; want %s", opened, err, old)
		}
		next := onStore(t, &fakeGateway{}, db, operation.Scope{Account: "acct_1"})
		stop := next.recovering(t)
		<-time.After(20 * time.Second)
		stop()
		if sent := next.gateway.sent[0]; sent.Key != dead.gateway.sent[0].Key || sent.Key != "tg1-"+wantKey {
			t.Errorf("it is sent under %s", sent.Key)
		}
		if op := next.row(t, ctx); op.State != store.Succeeded || op.StepsDone != 0 {
			t.Errorf("the row is %+v", op)
		}
	})
}

// What a write acts on is read before it is prepared, once, and not where the key has an answer; what its state does not
// allow begins nothing.
func TestDoOn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		takes time.Duration
		says  error
		want  string
	}{
		{"it allows it", time.Second, nil, ""},
		{"it does not", time.Second, apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE), "UNEXPECTED_STATE"},
		{"Stripe is slow", 5 * time.Second, nil, "STRIPE_UNAVAILABLE"},
		{"too late for the write", 1800 * time.Millisecond, nil, "DEADLINE_TOO_SHORT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stripe := newStepStripe(nil)
				m := stripe.on(t, openStore(t), nil)
				deadline := 10 * time.Second
				if tt.want == "DEADLINE_TOO_SHORT" {
					deadline = 2 * time.Second
				}
				read, looks := &paymentsv1.Payment{Id: "pi_read"}, 0
				look := func(ctx context.Context) (proto.Message, error) {
					looks++
					return read, taking(tt.takes, tt.says, new(int))(ctx)
				}
				ctx, cancel := context.WithTimeout(by(t.Context(), "checkout"), deadline)
				defer cancel()
				_, err := m.DoOn(ctx, method, request("order-1001"), look)
				if reasonOf(err) != tt.want || looks != 1 {
					t.Fatalf("got %v after %d looks, want %q", err, looks, tt.want)
				}
				if err != nil {
					if _, err := m.store.Get(t.Context(), "op_"+wantOperation); err == nil || m.gateway.sends() != 0 || m.gateway.on != nil {
						t.Errorf("it was prepared, or began: %v", err)
					}
					return
				}
				if m.gateway.on != proto.Message(read) {
					t.Errorf("it was prepared for %v", m.gateway.on)
				}
				out, err := m.DoOn(ctx, method, request("order-1001"), look)
				if err != nil || !out.Replayed || looks != 1 {
					t.Errorf("the same key: %v, %v after %d looks", out, err, looks)
				}
			})
		})
	}
}
