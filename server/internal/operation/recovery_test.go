package operation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	noAnswer      = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NO_ANSWER
	stripeFailure = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_STRIPE_FAILURE
)

// M-13, M-16: an answer that was lost is asked for again with the same bytes and key, until it comes.
func TestM13M16_LostAnswerIsRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{form: "amount=2000"})
		m.gateway.answers(uncertain(noAnswer), uncertain(noAnswer), paid("pi_1"))
		stop := m.recovering(t)
		defer stop()
		ctx, _, err := m.pay(t, "order-1001", 5*time.Second)
		if reasonOf(err) != "OUTCOME_PENDING" {
			t.Fatalf("got %v, want OUTCOME_PENDING", err)
		}
		if op := m.row(t, ctx); op.State != store.Pending || op.Uncertainty != int32(noAnswer) {
			t.Errorf("the row is %v for %v", op.State, op.Uncertainty)
		}
		m.gateway.form = "amount=2000&new_default=1" // M-31: a deploy in between changes nothing of what was begun
		start := time.Now()
		_, out, err := m.pay(t, "order-1001", 30*time.Second)
		if err != nil || !out.Replayed || out.ClientSecret != "" {
			t.Errorf("the same key: %v, replayed %t", err, out.Replayed)
		}
		if waited := time.Since(start); waited > 10*time.Second {
			t.Errorf("it took %v", waited)
		}
		for i, s := range m.gateway.sent {
			if s.Request.Form != "amount=2000" || s.Key != m.gateway.sent[0].Key || (i > 0) != (s.MaxSends == 1) || (i > 0) != s.Repeat {
				t.Errorf("send %d is %q under %s, up to %d", i, s.Request.Form, s.Key, s.MaxSends)
			}
		}
		if op := m.row(t, ctx); len(op.StripeRequestIDs) != 3 || len(op.Parameters) != 0 || op.ObjectID != "pi_1" {
			t.Errorf("the row is %+v", op)
		}
	})
}

// M-14: Stripe keeps a failure of its own under the key; what it did is found in its lists, while the caller waits.
func TestM14_FailureAfterTheEffectIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{lookUp: func(stripegw.Search) (stripegw.Finding, error) {
			return stripegw.Finding{Found: true, Outcome: operation.Outcome{Resource: &paymentsv1.Payment{Id: "pi_1"}}}, nil
		}})
		m.gateway.answers(uncertain(stripeFailure))
		_, out, err := m.pay(t, "order-1001", 5*time.Second)
		if err != nil || paymentID(t, out) != "pi_1" || m.gateway.sends() != 1 {
			t.Errorf("got %v after %d sends", err, m.gateway.sends())
		}
	})
}

// M-15: what is not found stays UNKNOWN, is looked for ever more rarely, is told to a person once, and never fails.
func TestM15_FailureBeforeTheEffectStaysUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		kept := uncertain(stripeFailure)
		kept.KeepsFailing = true
		m.gateway.answers(uncertain(stripeFailure), kept)
		stop := m.recovering(t)
		ctx, _, err := m.pay(t, "order-1001", 5*time.Second)
		if reasonOf(err) != "OUTCOME_PENDING" {
			t.Fatalf("got %v", err)
		}
		<-time.After(4 * time.Hour)
		stop()
		op := m.row(t, ctx)
		if op.State != store.Unknown || op.Uncertainty != int32(stripeFailure) || op.LookUps < 10 || op.LookUps > 20 {
			t.Errorf("the row is %v for %d after %d look-ups", op.State, op.Uncertainty, op.LookUps)
		}
		if m.gateway.sends() != 2 || m.log.count("operation unknown") != 1 {
			t.Errorf("%d sends and %d alerts, want 2 and 1", m.gateway.sends(), m.log.count("operation unknown"))
		}
		if _, _, err := m.pay(t, "order-1001", 5*time.Second); reasonOf(err) != "OUTCOME_PENDING" {
			t.Errorf("the same key: %v, want OUTCOME_PENDING at once", err)
		}
		// A later look-up finds it after all.
		m.gateway.lookUp = func(stripegw.Search) (stripegw.Finding, error) {
			return stripegw.Finding{Found: true, Outcome: operation.Outcome{Resource: &paymentsv1.Payment{Id: "pi_1"}}}, nil
		}
		stop = m.recovering(t)
		<-time.After(2 * time.Hour)
		stop()
		if _, out, err := m.pay(t, "order-1001", 5*time.Second); err != nil || paymentID(t, out) != "pi_1" {
			t.Errorf("once found: %v", err)
		}
	})
}

// M-30, M-54, M-29: what is found unfinished after the window is looked up and never sent.
func TestM30M54_OldOperationIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		dead := onStore(t, &fakeGateway{}, s, operation.Scope{Account: "acct_1"})
		dead.gateway.answers(uncertain(noAnswer))
		ctx, _, _ := dead.pay(t, "order-1001", 5*time.Second)
		<-time.After(operation.DefaultResendWindow)
		next := onStore(t, &fakeGateway{}, s, operation.Scope{Account: "acct_1"})
		stop := next.recovering(t)
		<-time.After(time.Minute)
		stop()
		if next.gateway.sends() != 0 || next.gateway.lookUps() == 0 || next.row(t, ctx).State != store.Unknown {
			t.Errorf("%d sends, %d look-ups, %v; want no send and UNKNOWN",
				next.gateway.sends(), next.gateway.lookUps(), next.row(t, ctx).State)
		}
		search := next.gateway.searches[0]
		if op := next.row(t, ctx); search.OperationID != op.ID || search.From.After(op.BeginTime) || search.To.Before(op.BeginTime) {
			t.Errorf("it looked for %+v", search)
		}
	})
}

// M-27, M-28: who stood still past the lease has lost the operation, and what it writes late changes nothing.
func TestM27M28_PausedWorkerIsFencedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		paused := onStore(t, &fakeGateway{write: func(context.Context, stripegw.Sending) stripegw.Result {
			<-time.After(time.Minute)
			return paid("pi_late")
		}}, s, operation.Scope{Account: "acct_1"})
		paused.store.fail(failing(store.ErrUnavailable, "hold"), nil) // Who stands still renews nothing.
		other := onStore(t, &fakeGateway{}, s, operation.Scope{Account: "acct_1"})
		stop := other.recovering(t)
		ctx, out, err := paused.pay(t, "order-1001", 2*time.Minute)
		stop()
		if err != nil || paymentID(t, out) != "pi_1" {
			t.Errorf("the late one answers %v with %v, want what the other wrote", err, out.Resource)
		}
		if op := paused.row(t, ctx); op.ObjectID != "pi_1" || op.Attempt != 2 || other.gateway.sends() != 1 {
			t.Errorf("the row is %+v after %d sends of the other", op, other.gateway.sends())
		}
	})
}

// Who is at it for long keeps its lease, and nobody else takes the operation.
func TestLeaseIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		slow := onStore(t, &fakeGateway{write: func(context.Context, stripegw.Sending) stripegw.Result {
			<-time.After(time.Minute)
			return paid("pi_1")
		}}, s, operation.Scope{Account: "acct_1"})
		other := onStore(t, &fakeGateway{}, s, operation.Scope{Account: "acct_1"})
		stop := other.recovering(t)
		_, _, err := slow.pay(t, "order-1001", 2*time.Minute)
		stop()
		if err != nil || other.gateway.sends() != 0 {
			t.Errorf("%v, and %d sends of another", err, other.gateway.sends())
		}
	})
}

// M-53: what was called undone is never done: the row is closed first, and recovery leaves it alone.
func TestM53_UndoneStaysUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.answers(notDone(), paid("pi_1"))
		stop := m.recovering(t)
		ctx, _, err := m.pay(t, "order-1001", 5*time.Second)
		if reasonOf(err) != "STRIPE_UNAVAILABLE" || m.row(t, ctx).State != store.Abandoned {
			t.Fatalf("got %v, the row is %v", err, m.row(t, ctx).State)
		}
		<-time.After(time.Hour)
		stop()
		if m.gateway.sends() != 1 {
			t.Errorf("%d sends: it was sent after its caller had been told that nothing was done", m.gateway.sends())
		}
		// The same key begins anew, with the same key at Stripe.
		if _, out, err := m.pay(t, "order-1001", 5*time.Second); err != nil || out.Replayed {
			t.Errorf("the same key: %v, replayed %t", err, out.Replayed)
		}
		if m.gateway.sent[0].Key != m.gateway.sent[1].Key || m.row(t, ctx).State != store.Succeeded {
			t.Error("it began under another key, or did not end")
		}
	})
}

// Where the row can not be closed, nobody is told that nothing was done.
func TestM53_UndoneIsNotToldBeforeItStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.answers(notDone())
		m.store.fail(failing(store.ErrUnavailable, "finish"), nil)
		_, _, err := m.pay(t, "order-1001", 5*time.Second)
		if reasonOf(err) != "OUTCOME_PENDING" {
			t.Errorf("got %v, want OUTCOME_PENDING", err)
		}
		m.store.fail(nil, nil)
		m.Drain(t.Context())
	})
}

// M-26: a key that is in use at Stripe is asked for again, never another one.
func TestM26_KeyInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.answers(uncertain(paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_IN_USE), notDone(), paid("pi_1"))
		stop := m.recovering(t)
		defer stop()
		ctx, _, err := m.pay(t, "order-1001", 5*time.Second)
		if reasonOf(err) != "OUTCOME_PENDING" {
			t.Fatalf("got %v", err)
		}
		<-time.After(10 * time.Second)
		// A send that surely did nothing says nothing about the one before.
		if op := m.row(t, ctx); op.State != store.Succeeded || m.gateway.sends() != 3 || m.gateway.sent[2].Key != m.gateway.sent[0].Key {
			t.Errorf("the row is %v after %d sends", op.State, m.gateway.sends())
		}
	})
}

// F12: recovery sends once per step, 2 s apart and then ever less often up to 30 s, and stops at the window.
func TestF12_RecoverySendsOncePerStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		var times []time.Time
		lost := uncertain(noAnswer)
		lost.Sends = 3
		m.gateway.write = func(context.Context, stripegw.Sending) stripegw.Result {
			times = append(times, time.Now())
			return lost
		}
		stop := m.recovering(t)
		ctx, _, _ := m.pay(t, "order-1001", 5*time.Second)
		<-time.After(time.Hour)
		stop()
		if n := len(times); n < 30 || n > 40 {
			t.Errorf("%d sends in all, want about one every 30 s for 15 minutes", n)
		}
		for i := 1; i < len(times); i++ {
			if gap := times[i].Sub(times[i-1]); gap < 2*time.Second || gap > 31*time.Second {
				t.Errorf("send %d came %v after the one before", i, gap)
			}
		}
		if last := times[len(times)-1].Sub(times[0]); last > operation.DefaultResendWindow {
			t.Errorf("the last send came %v after the first", last)
		}
		if op := m.row(t, ctx); op.State != store.Unknown {
			t.Errorf("the row is %v, want UNKNOWN", op.State)
		}
	})
}

// A look-up that fails concludes nothing either, and a person is told all the same.
func TestLookUpThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newBlindMachine(t)
		stop := m.recovering(t)
		ctx, _, _ := m.pay(t, "order-1001", 5*time.Second)
		<-time.After(time.Minute)
		stop()
		if op := m.row(t, ctx); op.State != store.Unknown || op.LookUps != 0 || m.log.count("operation unknown") != 1 {
			t.Errorf("the row is %v after %d look-ups, with %d alerts", op.State, op.LookUps, m.log.count("operation unknown"))
		}
	})
}

// A person ends what the machine can not: with the object that it made, or with the word that it made none.
func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		name  string
		req   *paymentsv1.ResolveOperationRequest
		state paymentsv1.OperationState
		want  string
	}{
		{"it made an object", &paymentsv1.ResolveOperationRequest{
			Resolution: &paymentsv1.ResolveOperationRequest_ObjectId{ObjectId: "pi_found"},
		}, paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED, ""},
		{"it was declined", &paymentsv1.ResolveOperationRequest{
			Resolution: &paymentsv1.ResolveOperationRequest_ObjectId{ObjectId: "pi_declined"},
		}, paymentsv1.OperationState_OPERATION_STATE_FAILED, ""},
		{"it did nothing", &paymentsv1.ResolveOperationRequest{
			Resolution: &paymentsv1.ResolveOperationRequest_NotDone{NotDone: true},
		}, paymentsv1.OperationState_OPERATION_STATE_ABANDONED, ""},
		{"the object is another's", &paymentsv1.ResolveOperationRequest{
			Resolution: &paymentsv1.ResolveOperationRequest_ObjectId{ObjectId: "pi_other"},
		}, paymentsv1.OperationState_OPERATION_STATE_UNKNOWN, "INVALID_FIELD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t, &fakeGateway{})
				kept := uncertain(stripeFailure)
				kept.KeepsFailing = true
				m.gateway.answers(kept, paid("pi_anew"))
				ctx, _, _ := m.pay(t, "order-1001", 5*time.Second)
				id := call.From(ctx).OperationID()
				tt.req.OperationId, tt.req.Note = id, "seen in the dashboard"
				resolve := func() (*paymentsv1.Operation, error) {
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					defer cancel()
					return m.Resolve(ctx, tt.req, "ops")
				}
				if _, err := resolve(); reasonOf(err) != "UNEXPECTED_STATE" {
					t.Errorf("while it is pending: %v, want UNEXPECTED_STATE", err)
				}
				stop := m.recovering(t)
				<-time.After(10 * time.Second)
				stop()
				op, err := resolve()
				if reasonOf(err) != tt.want {
					t.Fatalf("got %v, want %q", err, tt.want)
				}
				if err == nil && (op.GetState() != tt.state || op.GetResolver() != "ops" || op.GetNote() == "") {
					t.Errorf("it ended as %v", op)
				}
				if row := m.row(t, ctx); row.State != store.State(tt.state) {
					t.Errorf("the row is %v", row.State)
				}
				if err == nil {
					if _, err := resolve(); tt.state == paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED &&
						reasonOf(err) != "UNEXPECTED_STATE" {
						t.Errorf("a second word: %v, want UNEXPECTED_STATE", err)
					}
				}
				_, out, err := m.pay(t, "order-1001", 5*time.Second)
				switch tt.state {
				case paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED:
					if err != nil || paymentID(t, out) != "pi_found" || !out.Replayed || out.ClientSecret != "" {
						t.Errorf("the key answers %v, %v", out.Resource, err)
					}
				case paymentsv1.OperationState_OPERATION_STATE_ABANDONED:
					if err != nil || paymentID(t, out) != "pi_anew" || out.Replayed {
						t.Errorf("the key answers %v, %v", out.Resource, err)
					}
				case paymentsv1.OperationState_OPERATION_STATE_FAILED:
					if reasonOf(err) != "PAYMENT_DECLINED" {
						t.Errorf("the key answers %v, %v", out.Resource, err)
					}
				default:
					if reasonOf(err) != "OUTCOME_PENDING" {
						t.Errorf("the key answers %v", err)
					}
				}
			})
		})
	}
}

func TestResolveMissing(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	_, err := m.Resolve(t.Context(), &paymentsv1.ResolveOperationRequest{OperationId: "op_none"}, "ops")
	if reasonOf(err) != "RESOURCE_MISSING" {
		t.Errorf("got %v, want RESOURCE_MISSING", err)
	}
}
