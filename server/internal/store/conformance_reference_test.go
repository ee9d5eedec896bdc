package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

const reference = "user-4711"

// forReference is a begin for the reference.
func forReference(id string) store.Begin {
	b := request(id)
	b.Reference = reference
	return b
}

// follow begins what must be left to its maker.
func follow(t *testing.T, s store.Store, b store.Begin, maker string) store.Operation {
	t.Helper()
	op, begun, err := s.Begin(t.Context(), b)
	if err != nil || begun || op.ID != maker {
		t.Fatalf("Begin(%s) = %s, %t, %v; want it to find %s", b.ID, op.ID, begun, err, maker)
	}
	return op
}

// takeOver begins as a maker of this generation.
func takeOver(t *testing.T, s store.Store, b store.Begin, generation int64) store.Operation {
	t.Helper()
	op := begin(t, s, b)
	if op.ID != b.ID || op.Reference != b.Reference || op.Generation != generation {
		t.Fatalf("Begin(%s) = %s for %s of generation %d, want %d", b.ID, op.ID, op.Reference, op.Generation, generation)
	}
	if d := diff(get(t, s, b.ID), op); d != "" {
		t.Errorf("read (-want +got):\n%s", d)
	}
	return op
}

func succeed(t *testing.T, s store.Store, id string, attempt int64, object string) {
	t.Helper()
	must(t, s.Finish(t.Context(), store.Finish{
		ID: id, Attempt: attempt, State: store.Succeeded, Outcome: []byte("sealed"), ObjectID: object,
	}))
}

func eraseAll(t *testing.T, s store.Store) {
	t.Helper()
	if _, err := s.Erase(t.Context(), -time.Hour, 100); err != nil {
		t.Fatal(err)
	}
}

// Whoever comes first makes it; all others find them, as they stand, and leave nothing behind.
func TestReferenceHasOneMaker(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			takeOver(t, s, forReference("op_1"), 1)
			for _, state := range []store.State{store.Pending, store.Unknown, store.Succeeded} {
				switch state {
				case store.Unknown:
					postpone(t, s, "op_1", state, time.Hour)
				case store.Succeeded:
					succeed(t, s, "op_1", 1, "cus_1")
				default:
				}
				maker := follow(t, s, forReference("op_2"), "op_1")
				if d := diff(maker, get(t, s, "op_1")); d != "" || maker.State != state || maker.Generation != 1 {
					t.Errorf("the maker (-want +got):\n%s", d)
				}
				_, err := s.Get(t.Context(), "op_2")
				wantError(t, err, store.ErrNotFound)
				follow(t, s, forReference("op_1a"), "op_1")
			}
			// Another reference is another's, and so is none.
			other := forReference("op_3")
			other.Reference = "user-4712"
			takeOver(t, s, other, 1)
			if op := begin(t, s, request("op_4")); op.Reference != "" || op.Generation != 0 {
				t.Errorf("without a reference it is for %q of generation %d", op.Reference, op.Generation)
			}
			// The maker's own call is answered as ever.
			again := forReference("op_1")
			again.Token = []byte("another call's")
			if op := follow(t, s, again, "op_1"); op.State != store.Succeeded || op.ObjectID != "cus_1" {
				t.Errorf("the maker finds itself as %+v", op)
			}
		})
	}
}

// A begin whose answer was lost is repeated, for a reference too.
func TestReferenceBeginRepeated(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			first := takeOver(t, s, forReference("op_1"), 1)
			if d := diff(takeOver(t, s, forReference("op_1"), 1), first); d != "" {
				t.Errorf("the second time (-want +got):\n%s", d)
			}
		})
	}
}

// A maker that made nothing is followed by another one, under another generation.
func TestReferenceIsTakenOver(t *testing.T) {
	for _, e := range engines {
		for _, tt := range []struct {
			state  store.State
			erased bool
		}{{store.Failed, false}, {store.Abandoned, false}, {store.Failed, true}, {store.Abandoned, true}} {
			t.Run(fmt.Sprintf("%s/%d/%t", e.name, tt.state, tt.erased), func(t *testing.T) {
				s := e.fresh(t)
				takeOver(t, s, forReference("op_1"), 1)
				finish(t, s, "op_1", 1, tt.state)
				if tt.erased {
					eraseAll(t, s)
				}
				takeOver(t, s, forReference("op_2"), 2)
				follow(t, s, forReference("op_3"), "op_2")
				finish(t, s, "op_2", 1, tt.state)
				takeOver(t, s, forReference("op_3"), 3)
				again := forReference("op_2")
				again.Token = []byte("another call's")
				if tt.state == store.Abandoned {
					follow(t, s, again, "op_3")
				} else {
					follow(t, s, again, "op_2") // its own refusal
				}
			})
		}
	}
}

// A maker that was abandoned begins anew as the same maker; if another one has taken over, it follows.
func TestReferenceBegunAnew(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			takeOver(t, s, forReference("op_1"), 1)
			finish(t, s, "op_1", 1, store.Abandoned)
			again := forReference("op_1")
			again.Token = []byte("second")
			if op := takeOver(t, s, again, 1); op.Attempt != 2 || op.State != store.Pending {
				t.Errorf("begun anew: %+v", op)
			}
			finish(t, s, "op_1", 2, store.Abandoned)
			takeOver(t, s, forReference("op_2"), 2)
			again.Token = []byte("third")
			follow(t, s, again, "op_2")
			if op := get(t, s, "op_1"); op.State != store.Abandoned || op.Attempt != 2 {
				t.Errorf("what follows was begun anew: %+v", op)
			}
			finish(t, s, "op_2", 1, store.Failed)
			if op := takeOver(t, s, again, 3); op.Attempt != 3 {
				t.Errorf("taken back: %+v", op)
			}
		})
	}
}

// What is over is made anew, once, however many know that it is over.
func TestReferenceIsOver(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			takeOver(t, s, forReference("op_1"), 1)
			succeed(t, s, "op_1", 1, "cus_1")
			over := forReference("op_2")
			over.Over = 1
			takeOver(t, s, over, 2)
			late := forReference("op_3")
			late.Over = 1
			if op := follow(t, s, late, "op_2"); op.Generation != 2 {
				t.Errorf("it finds generation %d", op.Generation)
			}
			succeed(t, s, "op_2", 1, "cus_2")
			eraseAll(t, s)
			if op := follow(t, s, late, "op_2"); op.ObjectID != "cus_2" || op.Generation != 2 || !op.Erased {
				t.Errorf("it finds %+v", op)
			}
			late.Over = 2
			takeOver(t, s, late, 3)
			follow(t, s, over, "op_2") // its own row, which is erased
		})
	}
}

// What the maker made outlives its row.
func TestReferenceOutlivesItsMaker(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s := open(t, store.Config{URL: url})
			takeOver(t, s, forReference("op_1"), 1)
			succeed(t, s, "op_1", 1, "cus_1")
			eraseAll(t, s)
			want := store.Operation{
				ID: "op_1", State: store.Succeeded, Erased: true, ObjectID: "cus_1", Reference: reference, Generation: 1,
			}
			if d := diff(follow(t, s, forReference("op_2"), "op_1"), want); d != "" {
				t.Errorf("the maker (-want +got):\n%s", d)
			}
			if d := diff(get(t, s, "op_1"), store.Operation{ID: "op_1", State: store.Succeeded, Erased: true}); d != "" {
				t.Errorf("erased (-want +got):\n%s", d)
			}
			// Its own key is refused, as ever.
			if op := follow(t, s, forReference("op_1"), "op_1"); !op.Erased || op.ObjectID != "" {
				t.Errorf("the key of before finds %+v", op)
			}
			if n := count(t, e.database(t, url), `SELECT count(*) FROM customer_references`); n != 1 {
				t.Errorf("%d references stand", n)
			}
		})
	}
}

// A key that was abandoned for one reference may be used for another. It is no maker of the first any more, whatever
// becomes of it.
func TestReferenceWhoseMakerWentElsewhere(t *testing.T) {
	for _, e := range engines {
		for _, erased := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", e.name, erased), func(t *testing.T) {
				s := e.fresh(t)
				takeOver(t, s, forReference("op_1"), 1)
				finish(t, s, "op_1", 1, store.Abandoned)
				other := forReference("op_1")
				other.Reference, other.Token = "user-4712", []byte("second")
				takeOver(t, s, other, 1)
				if erased {
					succeed(t, s, "op_1", 2, "cus_other")
					eraseAll(t, s)
				}
				takeOver(t, s, forReference("op_2"), 2)
				other = forReference("op_3")
				other.Reference = "user-4712"
				follow(t, s, other, "op_1")
			})
		}
	}
}
