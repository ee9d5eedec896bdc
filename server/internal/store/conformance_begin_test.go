package store_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestBegin(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			b := request("op_1")
			op := begin(t, s, b)
			now := time.Now()
			want := store.Operation{
				ID: "op_1", Caller: b.Caller, Method: b.Method, IdempotencyKey: b.IdempotencyKey,
				State: store.Pending, Attempt: 1, RequestHash: b.RequestHash, Parameters: b.Parameters, Sends: 1,
				BeginTime: now, UpdateTime: now, LastSend: now, DueTime: now.Add(lease),
			}
			if d := diff(op, want); d != "" {
				t.Errorf("begun (-want +got):\n%s", d)
			}
			if d := diff(get(t, s, "op_1"), op); d != "" {
				t.Errorf("read (-want +got):\n%s", d)
			}
			if op.Age < 0 || op.Age > patience {
				t.Errorf("Age is %v", op.Age)
			}
		})
	}
}

// Whoever comes second gets the row that stands, and can compare the hash.
func TestBeginAgain(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			first := begin(t, s, request("op_1"))
			other := request("op_1")
			other.Token, other.RequestHash, other.Parameters = []byte("another"), []byte("\x01other"), []byte("other")
			for _, state := range []store.State{store.Pending, store.Unknown, store.Succeeded} {
				switch state {
				case store.Unknown:
					postpone(t, s, "op_1", state, time.Hour)
				case store.Succeeded:
					finish(t, s, "op_1", 1, state)
				default:
				}
				op, begun, err := s.Begin(t.Context(), other)
				if err != nil || begun {
					t.Fatalf("Begin of one that is %v = %v, %v", state, begun, err)
				}
				same := string(op.RequestHash) == string(first.RequestHash)
				if !same || op.State != state || op.Attempt != 1 || op.Sends != 1 {
					t.Errorf("the row that stands is %+v", op)
				}
			}
		})
	}
}

// A Begin whose answer was lost is repeated, and finds its own row.
func TestBeginRepeated(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			first := begin(t, s, request("op_1"))
			again := begin(t, s, request("op_1"))
			if d := diff(again, first); d != "" {
				t.Errorf("the second time (-want +got):\n%s", d)
			}
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: over}))
			if got := ids(claim(t, s, 1)); !slices.Equal(got, []string{"op_1"}) {
				t.Fatalf("claimed %v", got)
			}
			op, begun, err := s.Begin(t.Context(), request("op_1"))
			if err != nil || begun || op.Attempt != 2 {
				t.Errorf("after it was taken over, Begin = attempt %d, %v, %v; want another's", op.Attempt, begun, err)
			}
		})
	}
}

func TestBeginAnew(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			begin(t, s, request("op_1"))
			must(t, s.Postpone(t.Context(), store.Postpone{
				ID: "op_1", Attempt: 1, State: store.Unknown, After: time.Hour, Uncertainty: 2, NeverSend: true,
				StripeRequestIDs: []string{"req_1"},
			}))
			must(t, s.Finish(t.Context(), store.Finish{
				ID: "op_1", Attempt: 1, State: store.Abandoned, Outcome: []byte("none"), Resolver: "jo", Note: "looked",
			}))
			if op := get(t, s, "op_1"); op.Outcome != nil || op.State != store.Abandoned || op.EndTime.IsZero() {
				t.Errorf("abandoned: %+v", op)
			}

			b := request("op_1")
			b.Token, b.RequestHash, b.Parameters = []byte("second"), []byte("\x01second"), []byte("second")
			b.Lease = 2 * lease
			op := begin(t, s, b)
			now := time.Now()
			want := store.Operation{
				ID: "op_1", Caller: b.Caller, Method: b.Method, IdempotencyKey: b.IdempotencyKey,
				State: store.Pending, Attempt: 2, RequestHash: b.RequestHash, Parameters: b.Parameters, Sends: 2, StripeRequestIDs: []string{"req_1"},
				BeginTime: now, UpdateTime: now, LastSend: now, DueTime: now.Add(2 * lease),
			}
			if d := diff(op, want); d != "" {
				t.Errorf("begun anew (-want +got):\n%s", d)
			}
			wantError(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease}), store.ErrFenced)
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 2, Lease: lease, Sends: 1}))
		})
	}
}

// What was erased is refused for ever: Stripe has forgotten its key too.
func TestErasedIsNotBegunAnew(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			begin(t, s, request("op_1"))
			finish(t, s, "op_1", 1, store.Abandoned)
			if n, err := s.Erase(t.Context(), -time.Hour, 10); n != 1 || err != nil {
				t.Fatalf("Erase = %d, %v", n, err)
			}
			op, begun, err := s.Begin(t.Context(), request("op_1"))
			if err != nil || begun || !op.Erased || op.State != store.Abandoned {
				t.Errorf("Begin = %+v, %v, %v", op, begun, err)
			}
		})
	}
}

// Many callers with one key, at once: one of them begins.
func TestBeginTogether(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			var begun atomic.Int64
			var callers sync.WaitGroup
			for i := range 200 {
				callers.Go(func() {
					b := request("op_1")
					b.Token = []byte{byte(i), byte(i >> 8), 1}
					op, mine, err := s.Begin(t.Context(), b)
					if err != nil || op.Attempt != 1 || op.Sends != 1 {
						t.Errorf("Begin = %+v, %v", op, err)
					}
					if mine {
						begun.Add(1)
					}
				})
			}
			callers.Wait()
			if n := begun.Load(); n != 1 {
				t.Errorf("%d callers began it", n)
			}
		})
	}
}
