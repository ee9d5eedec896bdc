package store_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestClaim(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			for i, id := range []string{"op_late", "op_early", "op_middle", "op_future", "op_ended", "op_held"} {
				begin(t, s, request(id))
				switch id {
				case "op_ended":
					finish(t, s, id, 1, store.Failed)
				case "op_held":
				case "op_future":
					postpone(t, s, id, store.Unknown, time.Hour)
				default:
					due := []time.Duration{9, 3, 2}[i]
					// What may still be sent comes before what can only be looked for, however long that is due.
					postpone(t, s, id, []store.State{store.Unknown, store.Pending, store.Pending}[i], -due*time.Minute)
				}
			}
			before := get(t, s, "op_early")
			first := claim(t, s, 2)
			if d := cmp.Diff([]string{"op_early", "op_middle"}, ids(first)); d != "" {
				t.Fatalf("claimed (-want +got):\n%s", d)
			}
			before.Attempt, before.UpdateTime, before.DueTime = 2, time.Now(), time.Now().Add(lease)
			if d := diff(first[0], before); d != "" {
				t.Errorf("claimed (-want +got):\n%s", d)
			}
			if d := diff(get(t, s, "op_early"), first[0]); d != "" {
				t.Errorf("read (-want +got):\n%s", d)
			}
			if first[0].Age < 0 || first[0].Age > patience {
				t.Errorf("Age is %v", first[0].Age)
			}
			if d := cmp.Diff([]string{"op_late"}, ids(claim(t, s, 10))); d != "" {
				t.Errorf("claimed the second time (-want +got):\n%s", d)
			}
			if got := claim(t, s, 10); len(got) > 0 {
				t.Errorf("claimed %v while their leases last", ids(got))
			}
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_late", Attempt: 2, Lease: over}))
			if got := claim(t, s, 10); len(got) != 1 || got[0].ID != "op_late" || got[0].Attempt != 3 {
				t.Errorf("claimed %+v once the lease was over", got)
			}
		})
	}
}

// What a clock that was ahead has put off far into the future is due: nothing is put off for so long.
func TestClaimPutOffByAWrongClock(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			for id, due := range map[string]time.Duration{"op_soon": time.Hour, "op_far": 25 * time.Hour} {
				begin(t, s, request(id))
				postpone(t, s, id, store.Unknown, due)
			}
			if d := cmp.Diff([]string{"op_far"}, ids(claim(t, s, 10))); d != "" {
				t.Errorf("claimed (-want +got):\n%s", d)
			}
		})
	}
}

// However many claim at once, each operation is one claimer's.
func TestClaimTogether(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			var begins sync.WaitGroup
			names := numbered(100)
			for _, id := range names {
				begins.Go(func() {
					b := request(id)
					b.Lease = over
					if _, _, err := s.Begin(t.Context(), b); err != nil {
						t.Error(err)
					}
				})
			}
			begins.Wait()
			var mu sync.Mutex
			var all []string
			var claimers sync.WaitGroup
			for range 8 {
				claimers.Go(func() {
					for {
						ops, err := s.Claim(t.Context(), time.Hour, 3)
						if err != nil {
							t.Error(err)
							return
						}
						if len(ops) == 0 {
							return
						}
						mu.Lock()
						all = append(all, ids(ops)...)
						tooMany := len(all) > len(names)
						mu.Unlock()
						if tooMany {
							return
						}
					}
				})
			}
			claimers.Wait()
			slices.Sort(all)
			if d := cmp.Diff(names, all); d != "" {
				t.Errorf("claimed (-want +got):\n%s", d)
			}
		})
	}
}

func TestTake(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			take := func(id string, want error) {
				t.Helper()
				if _, err := s.Take(t.Context(), id, lease); want != nil || err != nil {
					wantError(t, err, want)
				}
			}
			take("op_1", store.ErrNotFound)
			begin(t, s, request("op_1"))
			take("op_1", store.ErrFenced)
			postpone(t, s, "op_1", store.Pending, time.Hour)
			take("op_1", store.ErrFenced)
			postpone(t, s, "op_1", store.Unknown, time.Hour)
			op, err := s.Take(t.Context(), "op_1", lease)
			must(t, err)
			if op.Attempt != 2 || op.State != store.Unknown || op.Sends != 1 {
				t.Errorf("taken: %+v", op)
			}
			take("op_1", store.ErrFenced) // held
			wantError(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease}), store.ErrFenced)
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 2, Lease: over}))
			take("op_1", nil) // the lease is over
			must(t, s.Postpone(t.Context(), store.Postpone{ID: "op_1", Attempt: 3, State: store.Unknown, After: over}))
			if got := claim(t, s, 1); len(got) != 1 {
				t.Fatal("not claimed")
			}
			take("op_1", store.ErrFenced) // held by a claim
			finish(t, s, "op_1", 4, store.Succeeded)
			take("op_1", store.ErrFenced)
		})
	}
}

func TestErase(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s := open(t, store.Config{URL: url})
			for _, id := range []string{"op_1", "op_2", "op_3", "op_pending", "op_unknown"} {
				begin(t, s, request(id))
			}
			postpone(t, s, "op_unknown", store.Unknown, time.Hour)
			for i, state := range []store.State{store.Succeeded, store.Failed, store.Abandoned} {
				id := []string{"op_1", "op_2", "op_3"}[i]
				must(t, s.Finish(t.Context(), store.Finish{
					ID: id, Attempt: 1, State: state, Outcome: []byte("sealed"), ObjectID: "pi_1", Reason: 3,
					StripeRequestIDs: []string{"req_1"}, Resolver: "jo", Note: "note",
					Events: []store.Event{{ObjectID: id, Kind: "k", Cause: "c", Resource: []byte("sealed")}},
				}))
			}
			erase := func(age time.Duration, limit, want int) {
				t.Helper()
				if n, err := s.Erase(t.Context(), age, limit); n != want || err != nil {
					t.Errorf("Erase(%v, %d) = %d, %v; want %d", age, limit, n, err, want)
				}
			}
			erase(time.Hour, 10, 0)
			erase(-time.Hour, 2, 2)
			if d := diff(get(t, s, "op_1"), store.Operation{ID: "op_1", State: store.Succeeded, Erased: true}); d != "" {
				t.Errorf("erased (-want +got):\n%s", d)
			}
			if get(t, s, "op_3").Erased {
				t.Error("the one that ended last was erased before its turn")
			}
			erase(-time.Hour, 2, 1)
			erase(-time.Hour, 2, 0)
			for _, id := range []string{"op_pending", "op_unknown"} {
				if op := get(t, s, id); op.Erased || op.Parameters == nil {
					t.Errorf("an open operation was erased: %+v", op)
				}
			}
			if n := count(t, e.database(t, url), `SELECT count(*) FROM events`); n != 3 {
				t.Errorf("%d events are left of 3: the log has an age of its own", n)
			}
		})
	}
}
