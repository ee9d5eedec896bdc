package operation_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// M-45: who stands still between two steps has lost the operation. What it writes late changes nothing, and it sends
// nothing more.
func TestM45_FencedBetweenSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, stripe := openStore(t), newStepStripe(nil)
		paused, other := stripe.on(t, db, nil), stripe.on(t, db, nil)
		paused.store.fail(func(change string) error {
			switch change {
			case "hold": // Who stands still renews nothing.
				return store.ErrUnavailable
			case "advance":
				<-time.After(time.Minute)
			}
			return nil
		}, nil)
		stop := other.recovering(t)
		defer stop()
		ctx, out, err := paused.pay(t, "order-1001", 2*time.Minute)
		if err != nil || paymentID(t, out) != "pi_1" || paused.gateway.sends() != 1 {
			t.Errorf("got %v, %v after %d sends; want the other's answer", out, err, paused.gateway.sends())
		}
		stripe.did(t, stepNames...)
		stripe.toldOnce(t, paused, other)
		if op := other.row(t, ctx); op.Attempt != 2 || op.StepsDone != 2 {
			t.Errorf("the row is %+v", op)
		}
	})
}

// M-45: a server whose clock says that its lease is over sends no further step, even if nobody has taken the operation.
func TestM45_StandsStillBetweenSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stripe := newStepStripe(nil)
		m := stripe.on(t, openStore(t), nil)
		m.store.fail(failing(store.ErrUnavailable, "hold"), nil)
		m.gateway.write = func(ctx context.Context, s stripegw.Sending) stripegw.Result {
			<-time.After(time.Minute)
			return stripe.write(ctx, s)
		}
		ctx, _, err := m.pay(t, "order-1001", 2*time.Minute)
		if op := m.row(t, ctx); reasonOf(err) != "OUTCOME_PENDING" || m.gateway.sends() != 1 || op.StepsDone != 0 {
			t.Errorf("got %v after %d sends; the row is %+v", err, m.gateway.sends(), op)
		}
	})
}

// M-45: all calls of one key that come between two steps get the one answer, here and on another server.
func TestM45_CallsOfOneKeyBetweenSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, stripe := openStore(t), newStepStripe(nil)
		one, two := stripe.on(t, db, nil), stripe.on(t, db, nil)
		one.store.fail(func(change string) error {
			if change == "advance" {
				<-time.After(3 * time.Second)
			}
			return nil
		}, nil)
		var calls sync.WaitGroup
		for i, m := range []*machine{one, one, two, two} {
			calls.Go(func() {
				<-time.After(time.Duration(i) * 1100 * time.Millisecond)
				_, out, err := m.pay(t, "order-1001", 20*time.Second)
				if err != nil || paymentID(t, out) != "pi_1" || out.Replayed != (i > 0) {
					t.Errorf("call %d: %v, %v", i, out, err)
				}
			})
		}
		calls.Wait()
		stripe.did(t, stepNames...)
		if sends := one.gateway.sends() + two.gateway.sends(); sends != 3 {
			t.Errorf("%d sends", sends)
		}
	})
}

// M-45: that a step is done is written down once, whatever the store does meanwhile, and nothing is sent before it is.
func TestM45_StoreFailsBetweenSteps(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after error
		lasts         time.Duration
		want          string
	}{
		{"surely not written", store.ErrUnavailable, nil, 3 * time.Second, ""},
		{"written, and nobody knows", nil, store.ErrUncertain, 3 * time.Second, ""},
		{"for longer than the lease", store.ErrUnavailable, nil, time.Minute, "OUTCOME_PENDING"},
		{"written, and nobody knows for longer than the lease", nil, store.ErrUncertain, time.Minute, "OUTCOME_PENDING"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stripe := newStepStripe(nil)
				m := stripe.on(t, openStore(t), nil)
				began := time.Now()
				at := func(err error) func(string) error {
					return func(change string) error {
						if time.Since(began) < tt.lasts && slices.Contains([]string{"advance", "hold"}, change) {
							return err
						}
						return nil
					}
				}
				m.store.fail(at(tt.before), at(tt.after))
				ctx, _, err := m.pay(t, "order-1001", 30*time.Second)
				if reasonOf(err) != tt.want {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				if tt.want != "" && m.gateway.sends() != 1 {
					t.Errorf("%d sends while no step could be written down", m.gateway.sends())
				}
				stop := m.recovering(t)
				<-time.After(2 * time.Minute)
				stop()
				stripe.did(t, stepNames...)
				if op := m.row(t, ctx); op.State != store.Succeeded || op.StepsDone != 2 {
					t.Errorf("the row is %+v", op)
				}
			})
		})
	}
}

// M-45: past the window no step is sent. What was sent is looked for; once it is found, the next one waits for a look-up
// too, or for a person.
func TestM45_WindowIsOverAtALaterStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stripe := newStepStripe(map[string][]meeting{"schedule": slices.Repeat([]meeting{lostAfter}, 100)})
		stripe.hidden = []string{"schedule", stripegw.OnlyStep}
		m := stripe.on(t, openStore(t), nil)
		stop := m.recovering(t)
		ctx, _, _ := m.pay(t, "order-1001", 5*time.Second)
		<-time.After(operation.DefaultResendWindow + time.Minute)
		if op := m.row(t, ctx); op.State != store.Unknown || op.StepsDone != 1 || op.Sends < 10 {
			t.Fatalf("the row is %+v", op)
		}
		sends := m.gateway.sends()
		find := func(hidden ...string) {
			stripe.mu.Lock()
			defer stripe.mu.Unlock()
			stripe.hidden = hidden
		}
		find(stripegw.OnlyStep)
		<-time.After(time.Hour)
		op := m.row(t, ctx)
		if op.State != store.Unknown || op.StepsDone != 2 || op.Uncertainty != int32(heldBack) || m.gateway.sends() != sends {
			t.Errorf("after %d more sends the row is %+v", m.gateway.sends()-sends, op)
		}
		if n := m.log.count("operation unknown"); n != 1 {
			t.Errorf("%d alerts", n)
		}
		// Somebody does at Stripe what was left.
		stripe.mu.Lock()
		stripe.effect(stripegw.OnlyStep)
		stripe.mu.Unlock()
		find()
		<-time.After(2 * time.Hour)
		stop()
		if op := m.row(t, ctx); op.State != store.Succeeded || m.gateway.sends() != sends {
			t.Errorf("after %d more sends the row is %+v", m.gateway.sends()-sends, op)
		}
	})
}

// M-45: an operation that becomes too old while its caller waits sends no further step either.
func TestM45_WindowIsOverInAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stripe := newStepStripe(nil)
		m := stripe.on(t, openStore(t), nil)
		m.gateway.write = func(ctx context.Context, s stripegw.Sending) stripegw.Result {
			<-time.After(operation.DefaultResendWindow)
			return stripe.write(ctx, s)
		}
		ctx, _, err := m.pay(t, "order-1001", time.Hour)
		op := m.row(t, ctx)
		if reasonOf(err) != "OUTCOME_PENDING" || op.State != store.Unknown || op.StepsDone != 1 || m.gateway.sends() != 1 {
			t.Errorf("got %v after %d sends; the row is %+v", err, m.gateway.sends(), op)
		}
		if n := m.log.count("operation unknown"); n != 1 {
			t.Errorf("%d alerts", n)
		}
		// A person looks, and says what became of it.
		resolve := &paymentsv1.ResolveOperationRequest{
			OperationId: op.ID, Resolution: &paymentsv1.ResolveOperationRequest_ObjectId{ObjectId: "pi_1"},
		}
		ended, err := m.Resolve(ctx, resolve, "operator")
		if err != nil || ended.GetState() != paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED {
			t.Fatalf("got %v, %v", ended, err)
		}
		search := m.gateway.resolved
		if search.Request.Path != "/v1/schedule" || len(search.Next) != 1 || search.Next[0].Name != stripegw.OnlyStep {
			t.Errorf("its result was read by %+v", search)
		}
	})
}
