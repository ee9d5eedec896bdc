package operation_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// M-45: the steps of one operation go out one after the other, each under a key of its own, and the last one's answer is
// the operation's.
func TestM45_StepsOfOneOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stripe := newStepStripe(nil)
		m := stripe.on(t, openStore(t), nil)
		ctx, out, err := m.pay(t, "order-1001", 5*time.Second)
		if err != nil || paymentID(t, out) != "pi_1" || out.ClientSecret == "" || out.Replayed {
			t.Fatalf("got %v, %v", out, err)
		}
		stripe.did(t, stepNames...)
		stripe.toldOnce(t, m)
		op := m.row(t, ctx)
		if op.StepsDone != 2 || op.Sends != 1 || len(op.StripeRequestIDs) != 3 || op.Attempt != 1 {
			t.Errorf("the row is %+v", op)
		}
		if shown, err := m.Operation(ctx, op.ID); err != nil || shown.GetStepsDone() != 2 {
			t.Errorf("it is shown as %v, %v", shown, err)
		}
		if sent := m.gateway.sent[2]; sent.Request.Path != "/v1/made_schedule" || sent.Request.Form != "c=3" || sent.Repeat {
			t.Errorf("the last step is %v with %s, repeated %t", sent.Request, sent.Request.Form, sent.Repeat)
		}
		if _, again, err := m.pay(t, "order-1001", 5*time.Second); err != nil || !again.Replayed || m.gateway.sends() != 3 {
			t.Errorf("the same key: %v, %v after %d sends", again, err, m.gateway.sends())
		}
	})
}

// M-45: a server that ends anywhere between two steps leaves the rest to recovery, which resumes at the step.
func TestM45_CrashBetweenSteps(t *testing.T) {
	for _, tt := range []struct {
		point string
		times int
	}{{"send.before", 3}, {"send.after", 3}, {"step.done", 2}, {"step.next", 2}} {
		for n := 1; n <= tt.times; n++ {
			t.Run(fmt.Sprint(tt.point, " ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testCrashBetweenSteps(t, tt.point, n, "", 0) })
			})
		}
	}
}

// M-45: recovery that ends anywhere between two steps leaves them to the next.
func TestM45_CrashOfRecoveryBetweenSteps(t *testing.T) {
	for _, tt := range []struct {
		first, point string
		times        int
	}{
		{"send.before", "recover.claimed", 1},
		{"send.before", "resend.before", 1},
		{"send.after", "recover.sent", 3},
		{"send.after", "step.done", 2},
		{"send.after", "step.next", 2},
	} {
		for n := 1; n <= tt.times; n++ {
			t.Run(fmt.Sprint(tt.point, " ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testCrashBetweenSteps(t, tt.first, 1, tt.point, n) })
			})
		}
	}
}

// testCrashBetweenSteps lets one server die in a write, and the next one in its recovery if there is a point for that.
func testCrashBetweenSteps(t *testing.T, first string, n int, then string, times int) {
	t.Helper()
	db, stripe := openStore(t), newStepStripe(nil)
	var crashed [2]atomic.Bool
	servers := []*machine{stripe.on(t, db, crashesAt(first, n, &crashed[0]))}
	if _, _, err := servers[0].pay(t, "order-1001", 5*time.Second); reasonOf(err) != "OUTCOME_PENDING" || !crashed[0].Load() {
		t.Fatalf("got %v, crashed %t", err, crashed[0].Load())
	}
	if then != "" {
		servers = append(servers, stripe.on(t, db, crashesAt(then, times, &crashed[1])))
		stop := servers[1].recovering(t)
		<-time.After(20 * time.Second)
		stop()
		if !crashed[1].Load() {
			t.Fatalf("recovery did not come to %s", then)
		}
	}
	last := stripe.on(t, db, nil)
	stop := last.recovering(t)
	defer stop()
	ctx, out, err := last.pay(t, "order-1001", time.Minute)
	if err != nil || paymentID(t, out) != "pi_1" || !out.Replayed {
		t.Fatalf("got %v, %v", out, err)
	}
	stripe.did(t, stepNames...)
	stripe.toldOnce(t, append(servers, last)...)
	if op := last.row(t, ctx); op.StepsDone != 2 || op.State != store.Succeeded || len(op.Parameters) != 0 {
		t.Errorf("the row is %+v", op)
	}
}

// M-45: whatever a step meets, those before it are not repeated, those behind it wait for it, and what a caller hears says
// what was done.
func TestM45_WhatAStepMeets(t *testing.T) {
	for _, tt := range []struct {
		name string
		met  meeting
		// first and later are what its caller hears where it is the first step, and where another came before.
		first, later string
		// recovered is whether recovery brings it to a good end; otherwise the row stands in this state, or in the state of
		// the first step.
		recovered       bool
		stands, stands1 store.State
	}{
		{name: "no answer, not done", met: lostBefore, first: "OUTCOME_PENDING", later: "OUTCOME_PENDING", recovered: true},
		{name: "no answer, done", met: lostAfter, first: "OUTCOME_PENDING", later: "OUTCOME_PENDING", recovered: true},
		{name: "a failure after the effect", met: failsAfter, recovered: true},
		{
			name: "a failure before the effect", met: failsBefore, first: "OUTCOME_PENDING", later: "OUTCOME_PENDING",
			stands: store.Unknown, stands1: store.Unknown,
		},
		{
			name: "a limit", met: limited, first: "STRIPE_UNAVAILABLE", later: "OUTCOME_PENDING", recovered: true,
			stands1: store.Abandoned,
		},
		{
			name: "a refusal", met: declines, first: "PAYMENT_DECLINED", later: "PAYMENT_DECLINED",
			stands: store.Failed, stands1: store.Failed,
		},
		{
			name: "a key that did something else", met: reused, first: "IDEMPOTENCY_KEY_REUSED", later: "IDEMPOTENCY_KEY_REUSED",
			stands: store.Failed, stands1: store.Abandoned,
		},
	} {
		for i, step := range stepNames {
			t.Run(tt.name+" at "+step, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					stripe := newStepStripe(map[string][]meeting{step: {tt.met}})
					m := stripe.on(t, openStore(t), nil)
					ctx, _, err := m.pay(t, "order-1001", 5*time.Second)
					want, stands, recovered := tt.later, tt.stands, tt.recovered
					if i == 0 {
						want, stands, recovered = tt.first, tt.stands1, tt.recovered && tt.stands1 == 0
					}
					if reasonOf(err) != want {
						t.Fatalf("got %v, want %q", err, want)
					}
					if done := metadataOf(err, "steps_done"); err != nil && stands == store.Failed && done != strings.Join(stepNames[:i], ",") {
						t.Errorf("it says that %q was done", done)
					}
					if op := m.row(t, ctx); i > 0 && tt.met == limited && (op.State != store.Pending || op.Uncertainty != int32(heldBack)) {
						t.Errorf("the row is %v for %d, want it pending and held back", op.State, op.Uncertainty)
					}
					stop := m.recovering(t)
					<-time.After(30 * time.Minute)
					stop()
					if recovered {
						stripe.did(t, stepNames...)
						stripe.toldOnce(t, m)
						stands = store.Succeeded
					} else {
						stripe.did(t, stepNames[:i]...)
					}
					op := m.row(t, ctx)
					if op.State != stands {
						t.Errorf("the row is %v, want %v", op.State, stands)
					}
					for _, end := range m.store.ended() {
						if end.State == store.Failed && len(end.Events) > 0 && step != stripegw.OnlyStep {
							t.Errorf("a step on the way is told of: %+v", end.Events)
						}
					}
					if stands == store.Failed {
						_, _, again := m.pay(t, "order-1001", 5*time.Second)
						if reasonOf(again) != want || metadataOf(again, "steps_done") != strings.Join(stepNames[:i], ",") {
							t.Errorf("the same key: %v with %q", again, metadataOf(again, "steps_done"))
						}
					}
				})
			})
		}
	}
}
