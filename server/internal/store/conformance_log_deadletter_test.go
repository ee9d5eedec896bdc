package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tillgate/tillgate/server/internal/store"
)

func letterIDs(letters []store.DeadLetter) []string {
	found := make([]string, len(letters))
	for i, letter := range letters {
		found[i] = letter.ID
	}
	return found
}

// A dead letter holds up what came for its object, and nothing else, until it is revived.
func TestDeadLetterBlocksItsObject(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			receive(t, s, delivery("evt_dead", "pi_1"))
			dead := claimOne(t, s, "evt_dead")
			makeDead(t, s, dead)
			receive(t, s, delivery("evt_behind_1", "pi_1"), delivery("evt_beside", "pi_2"), delivery("evt_behind_2", "pi_1"))
			claimOne(t, s, "evt_beside")

			letters, err := s.DeadLetters(t.Context(), false, "", 10)
			must(t, err)
			want := dead
			want.State, want.Tries, want.Cause = store.DeliveryDead, 1, 2
			wanted := []store.DeadLetter{{ClaimedDelivery: want, UpdateTime: time.Now(), Blocked: 2}}
			if d := cmp.Diff(wanted, letters, cmpopts.EquateApproxTime(patience)); d != "" {
				t.Errorf("dead letters (-want +got):\n%s", d)
			}

			revived, err := s.Revive(t.Context(), "evt_dead")
			must(t, err)
			if d := cmp.Diff(wanted[0], revived, cmpopts.EquateApproxTime(patience)); d != "" {
				t.Errorf("revived (-want +got):\n%s", d)
			}
			claimed := claimDeliveries(t, s, 10)
			if got := deliveryIDs(claimed); !slices.Equal(got, []string{"evt_dead", "evt_behind_1", "evt_behind_2"}) {
				t.Fatalf("claimed %v", got)
			}
			if claimed[0].Tries != 0 || claimed[0].Attempt != 2 {
				t.Errorf("revived as %+v", claimed[0])
			}
			_, err = s.Revive(t.Context(), "evt_dead")
			wantError(t, err, store.ErrFenced)
			_, err = s.Revive(t.Context(), "evt_none")
			wantError(t, err, store.ErrNotFound)
		})
	}
}

// What can not be read is of no object: it holds up nothing. What is quarantined waits for nobody.
func TestDeadLetters(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			for _, id := range []string{"c", "a", "b"} {
				unreadable, other := delivery("dead_"+id, ""), delivery("other_"+id, "pi_1")
				unreadable.State, unreadable.Cause = store.DeliveryDead, 1
				other.State, other.Cause, other.Livemode = store.DeliveryQuarantined, 5, true
				receive(t, s, unreadable, other)
			}
			receive(t, s, delivery("evt_1", ""), delivery("evt_2", "pi_1"))
			if got := deliveryIDs(claimDeliveries(t, s, 10)); !slices.Equal(got, []string{"evt_1", "evt_2"}) {
				t.Errorf("claimed %v", got)
			}
			pages := []struct {
				quarantined bool
				after       string
				limit       int
				want        []string
			}{
				{false, "", 10, []string{"dead_c", "dead_a", "dead_b"}},
				{false, "", 2, []string{"dead_c", "dead_a"}},
				{false, "dead_c", 10, []string{"dead_a", "dead_b"}},
				{false, "dead_b", 10, []string{}},
				{true, "", 10, []string{"other_c", "other_a", "other_b"}},
				{true, "other_a", 10, []string{"other_b"}},
			}
			for _, page := range pages {
				letters, err := s.DeadLetters(t.Context(), page.quarantined, page.after, page.limit)
				must(t, err)
				if d := cmp.Diff(page.want, letterIDs(letters)); d != "" {
					t.Errorf("page %+v (-want +got):\n%s", page, d)
				}
				for _, letter := range letters {
					if letter.Blocked != 0 || letter.Cause == 0 || len(letter.Body) == 0 {
						t.Errorf("%+v", letter)
					}
				}
			}
			_, err := s.DeadLetters(t.Context(), false, "dead_none", 10)
			wantError(t, err, store.ErrNotFound)
			_, err = s.Revive(t.Context(), "other_a")
			wantError(t, err, store.ErrFenced)
			// A page goes on behind one that is revived meanwhile.
			_, err = s.Revive(t.Context(), "dead_c")
			must(t, err)
			letters, err := s.DeadLetters(t.Context(), false, "dead_c", 10)
			if got := letterIDs(letters); err != nil || !slices.Equal(got, []string{"dead_a", "dead_b"}) {
				t.Errorf("behind one that was revived: %v, %v", got, err)
			}
			stats, err := s.LogStats(t.Context())
			must(t, err)
			if stats.Oldest < 0 || stats.Oldest > patience {
				t.Errorf("the oldest waits for %v", stats.Oldest)
			}
			stats.Oldest = 0
			if d := cmp.Diff(store.LogStats{Waiting: 3, Dead: 2, Quarantined: 3}, stats); d != "" {
				t.Errorf("stats (-want +got):\n%s", d)
			}
		})
	}
}

// The dead letters of one object come back together: one that stayed would hold up the others, which are no dead letters
// any more and listed nowhere. What is quarantined, or of no object, stays where it is.
func TestReviveTakesAllOfTheObject(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			receive(t, s, delivery("evt_1", "pi_1"), delivery("evt_2", "pi_1"), delivery("evt_3", ""), delivery("evt_4", ""),
				delivery("evt_5", "pi_2"))
			for _, d := range claimDeliveries(t, s, 10) {
				makeDead(t, s, d)
			}
			other := delivery("evt_other", "pi_1")
			other.State, other.Cause = store.DeliveryQuarantined, 5
			receive(t, s, other, delivery("evt_behind", "pi_1"))

			letter, err := s.Revive(t.Context(), "evt_2")
			must(t, err)
			if letter.ID != "evt_2" || letter.Blocked != 1 {
				t.Errorf("revived %s, before %d", letter.ID, letter.Blocked)
			}
			if got := deliveryIDs(claimDeliveries(t, s, 10)); !slices.Equal(got, []string{"evt_1", "evt_2", "evt_behind"}) {
				t.Errorf("claimed %v", got)
			}
			_, err = s.Revive(t.Context(), "evt_1")
			wantError(t, err, store.ErrFenced)
			_, err = s.Revive(t.Context(), "evt_3")
			must(t, err)
			claimOne(t, s, "evt_3")
			letters, err := s.DeadLetters(t.Context(), false, "", 10)
			if got := letterIDs(letters); err != nil || !slices.Equal(got, []string{"evt_4", "evt_5"}) {
				t.Errorf("dead: %v, %v", got, err)
			}
		})
	}
}

// What turns out to be no event of ours holds up nothing of the object that it names.
func TestDeadLetterUnbound(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			receive(t, s, delivery("evt_dead", "pi_1"))
			dead := claimOne(t, s, "evt_dead")
			deferral := store.Deferral{ID: dead.ID, Attempt: dead.Attempt, Cause: 1, Dead: true, Unbound: true, Counted: true}
			must(t, s.Defer(t.Context(), deferral))
			must(t, s.Defer(t.Context(), deferral))
			receive(t, s, delivery("evt_true", "pi_1"))
			claimOne(t, s, "evt_true")
			letters, err := s.DeadLetters(t.Context(), false, "", 10)
			must(t, err)
			if len(letters) != 1 || letters[0].ObjectID != "" || letters[0].Cause != 1 || letters[0].Blocked != 0 {
				t.Errorf("dead letters: %+v", letters)
			}
		})
	}
}
