package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// step is the nth step done of an operation.
func step(id string, attempt int64, n int) store.Advance {
	return store.Advance{
		ID: id, Attempt: attempt, Lease: lease, StepsDone: n, Parameters: []byte("sealed steps after " + string('0'+rune(n))),
		StripeRequestIDs: []string{"req_" + string('0'+rune(n))},
	}
}

// Whoever goes on to the next step begins it as new, with what is left to send.
func TestAdvance(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			want := begin(t, s, request("op_1"))
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease, Sends: 1}))
			must(t, s.Postpone(t.Context(), store.Postpone{
				ID: "op_1", Attempt: 1, State: store.Unknown, After: time.Hour, Uncertainty: 3, NeverSend: true, LookUps: 1,
				StripeRequestIDs: []string{"req_0"},
			}))
			must(t, s.Advance(t.Context(), step("op_1", 1, 1)))
			want.StepsDone, want.Parameters, want.StripeRequestIDs = 1, []byte("sealed steps after 1"), []string{"req_0", "req_1"}
			want.UpdateTime, want.LastSend, want.DueTime = time.Now(), time.Now(), time.Now().Add(lease)
			got := get(t, s, "op_1")
			if d := diff(got, want); d != "" {
				t.Errorf("advanced (-want +got):\n%s", d)
			}
			if !got.LastSend.After(got.BeginTime) {
				t.Errorf("the last send is %v, the begin %v", got.LastSend, got.BeginTime)
			}
			if len(claim(t, s, 10)) > 0 {
				t.Error("it was claimed while it is held")
			}
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease, Sends: 1}))
			if op := get(t, s, "op_1"); op.Sends != 2 {
				t.Errorf("%d sends of the step, want 2", op.Sends)
			}
			finish(t, s, "op_1", 1, store.Succeeded)
			if op := get(t, s, "op_1"); op.StepsDone != 1 || op.Parameters != nil {
				t.Errorf("it ended as %+v", op)
			}
		})
	}
}

// What was written is not written twice, and no step comes back, whatever comes late.
func TestAdvanceRepeated(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			begin(t, s, request("op_1"))
			first, second := step("op_1", 1, 1), step("op_1", 1, 2)
			wantError(t, s.Advance(t.Context(), second), store.ErrFenced)
			must(t, s.Advance(t.Context(), first))
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: over, Sends: 1}))
			must(t, s.Advance(t.Context(), first))
			op := get(t, s, "op_1")
			if op.StepsDone != 1 || op.Sends != 2 || len(op.StripeRequestIDs) != 1 {
				t.Errorf("repeated: %+v", op)
			}
			if len(claim(t, s, 10)) > 0 {
				t.Error("who repeated it does not hold it")
			}
			other := first
			other.Parameters = []byte("others")
			wantError(t, s.Advance(t.Context(), other), store.ErrFenced)
			must(t, s.Advance(t.Context(), second))
			wantError(t, s.Advance(t.Context(), first), store.ErrFenced)
			if op := get(t, s, "op_1"); op.StepsDone != 2 || string(op.Parameters) != "sealed steps after 2" {
				t.Errorf("it stands as %+v", op)
			}
		})
	}
}

// A step that is done is there when the store is opened again. One that is begun anew has none, nor one that is erased.
func TestAdvanceStays(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s, err := store.Open(t.Context(), store.Config{URL: url})
			must(t, err)
			for _, id := range []string{"op_1", "op_2"} {
				begin(t, s, request(id))
				must(t, s.Advance(t.Context(), step(id, 1, 1)))
			}
			want := get(t, s, "op_1")
			must(t, s.Close())
			s = open(t, store.Config{URL: url})
			// Opened by the next process, a SQLite store has taken it from the last one: it is due.
			want.DueTime = get(t, s, "op_1").DueTime
			if d := diff(get(t, s, "op_1"), want); d != "" {
				t.Errorf("opened again (-want +got):\n%s", d)
			}
			finish(t, s, "op_1", 1, store.Abandoned)
			again := request("op_1")
			again.Token = []byte("of another call")
			anew := begin(t, s, again)
			if anew.StepsDone != 0 || string(anew.Parameters) != string(again.Parameters) {
				t.Errorf("begun anew: %+v", anew)
			}
			must(t, s.Advance(t.Context(), step("op_1", 2, 1)))
			finish(t, s, "op_2", 1, store.Succeeded)
			if n, err := s.Erase(t.Context(), -time.Hour, 10); n != 1 || err != nil {
				t.Fatalf("erased %d, %v", n, err)
			}
			if d := diff(get(t, s, "op_2"), store.Operation{ID: "op_2", State: store.Succeeded, Erased: true}); d != "" {
				t.Errorf("erased (-want +got):\n%s", d)
			}
		})
	}
}

// M-32, M-45: a step whose commit was lost stands once, and one that the server gets late brings none back.
func TestM45_AnswerLostOfAdvance(t *testing.T) {
	for _, how := range []loss{lossOfSend, lossOfAnswer, lossAtOnce} {
		s, p, _ := behindProxy(t)
		warmSteps(t, s)
		begin(t, s, request("op_1"))
		p.loseNext(how)
		must(t, s.Advance(t.Context(), step("op_1", 1, 1)))
		if op := get(t, s, "op_1"); op.StepsDone != 1 || op.Sends != 1 || len(op.StripeRequestIDs) != 1 {
			t.Errorf("after %v it stands as %+v", how, op)
		}
	}
	s, p, _ := behindProxy(t)
	warmSteps(t, s)
	begin(t, s, request("op_1"))
	p.loseNext(lossThenLate)
	must(t, s.Advance(t.Context(), step("op_1", 1, 1)))
	must(t, s.Advance(t.Context(), step("op_1", 1, 2)))
	close(p.late)
	<-p.answered
	if op := get(t, s, "op_1"); op.StepsDone != 2 || string(op.Parameters) != "sealed steps after 2" {
		t.Errorf("a step is back: %+v", op)
	}
}

// warmSteps lets all that an advance sends be prepared.
func warmSteps(t *testing.T, s store.Store) {
	t.Helper()
	begin(t, s, request("op_warm_steps"))
	must(t, s.Advance(t.Context(), step("op_warm_steps", 1, 1)))
	if err := s.Advance(t.Context(), step("op_warm_steps", 1, 3)); !errors.Is(err, store.ErrFenced) {
		t.Fatal(err)
	}
	finish(t, s, "op_warm_steps", 1, store.Succeeded)
}
