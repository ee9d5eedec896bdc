package eventlog_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// follower is a call that follows pi_1, at a Stripe that says what the test sets.
type follower struct {
	state  paymentsv1.PaymentState
	err    error
	reads  int
	states []paymentsv1.PaymentState
	ended  chan struct{}
	why    error
}

// follow begins to follow. The fields are the test's while all wait.
func (h *house) follow(t *testing.T, f *follower) (cancel func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	f.ended = make(chan struct{})
	go func() {
		defer close(f.ended)
		f.why = h.streams.Follow(ctx, caller("shop"), "pi_1", func(context.Context) (proto.Message, bool, error) {
			f.reads++
			last := f.state == paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED
			return &paymentsv1.Payment{Id: "pi_1", State: f.state}, last, f.err
		}, func(m proto.Message) error {
			f.states = append(f.states, m.(*paymentsv1.Payment).GetState()) //nolint:forcetypeassert // it is what was read
			return nil
		})
	}()
	synctest.Wait()
	return func() {
		stop()
		<-f.ended
	}
}

const (
	requiresAction = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION
	processing     = paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING
	succeeded      = paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED
)

// A payment is read at once, after each of its events and after a minute of silence; it is told where it changed, and the
// end is the end.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, engines[0].open(t), newKeys(t))
		elapse(time.Second)
		f := &follower{state: requiresAction}
		defer h.follow(t, f)()
		h.publish(t, h.processing(t, "pi_2", "evt_1"))
		elapse(time.Second)
		if f.reads != 1 {
			t.Fatalf("it was read %d times, want 1: nothing became of it", f.reads)
		}
		h.publish(t, h.processing(t, "pi_1", "evt_2")) // tells nothing new
		elapse(time.Second)
		f.state = processing
		h.publish(t, h.processing(t, "pi_1", "evt_3"))
		elapse(time.Second)
		if f.reads != 3 {
			t.Errorf("it was read %d times, want 3", f.reads)
		}
		f.state = succeeded // and nobody tells
		elapse(time.Minute)
		if diff := cmp.Diff([]paymentsv1.PaymentState{requiresAction, processing, succeeded}, f.states); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		select {
		case <-f.ended:
			if f.why != nil {
				t.Errorf("it ended with %v", f.why)
			}
		default:
			t.Error("it goes on")
		}
	})
}

// A read that fails ends it, and so do the caller and the server.
func TestFollowEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, engines[0].open(t), newKeys(t))
		elapse(time.Second)
		missing := &follower{err: apierr.ResourceMissing("payment", "pi_1")}
		h.follow(t, missing)()
		if apierr.From(missing.why).Reason != paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING || len(missing.states) > 0 {
			t.Errorf("it ended with %v, after %v", missing.why, missing.states)
		}
		left := &follower{state: processing}
		h.follow(t, left)()
		if !errors.Is(left.why, context.Canceled) {
			t.Errorf("it ended with %v", left.why)
		}
		stopped := &follower{state: processing}
		h.follow(t, stopped)
		h.streams.Shutdown()
		<-stopped.ended
		if e := apierr.From(stopped.why); e.Reason != paymentsv1.ErrorReason_ERROR_REASON_STREAM_ENDED || e.Metadata["cause"] != "SHUTDOWN" {
			t.Errorf("it ended with %v", stopped.why)
		}
	})
}
