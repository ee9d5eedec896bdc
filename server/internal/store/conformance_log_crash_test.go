package store_test

import (
	"slices"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// crashInLog is what a child does that is to be killed at a change of the log.
func crashInLog(t *testing.T, s store.Store, change string) {
	t.Helper()
	receive(t, s, delivery("evt_1", "pi_1"))
	claimed, err := s.ClaimDeliveries(t.Context(), over, 1) // The next process must not wait for the lease.
	must(t, err)
	d := claimed[0]
	if change == "defer" {
		makeDead(t, s, d)
	} else {
		tellsOf(t, s, d)
	}
	t.Error("it did not crash")
}

// tellsOf ingests a delivery with an event and the object.
func tellsOf(t *testing.T, s store.Store, d store.ClaimedDelivery) {
	t.Helper()
	o := object(d.ObjectID, readObject(t, s, d.ObjectID).Version, 4)
	i := store.Ingest{
		ID: d.ID, Attempt: d.Attempt, Object: &o, Events: []store.Event{happened(d.ObjectID, "payment_intent.processing", d.ID)},
	}
	if published, err := s.Ingest(t.Context(), i); !published || err != nil {
		t.Errorf("Ingest = %v, %v", published, err)
	}
}

// killedAt lets a process be killed at a crash point, and opens what it left.
func (e engine) killedAt(t *testing.T, point string) store.Store {
	t.Helper()
	url := e.url(t)
	lines, _ := child(t, url, point)
	for lines.Scan() {
		if text := lines.Text(); text != "open" {
			t.Errorf("the child says %q", text)
		}
	}
	s := open(t, store.Config{URL: url})
	sequence(t, s)
	return s
}

// Stripe was not answered, and sends it again: it is there, and told once.
func TestW01_KilledBetweenCommitAndAnswer(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.killedAt(t, "receive.after_commit")
			if fresh, err := s.Receive(t.Context(), delivery("evt_1", "pi_1")); fresh || err != nil {
				t.Errorf("sent again: %v, %v; want it known", fresh, err)
			}
			tellsOf(t, s, claimOne(t, s, "evt_1"))
			if fresh, err := s.Receive(t.Context(), delivery("evt_1", "pi_1")); fresh || err != nil {
				t.Errorf("sent once more: %v, %v", fresh, err)
			}
			if got := claimDeliveries(t, s, 10); len(got) > 0 {
				t.Errorf("it is tried again: %v", deliveryIDs(got))
			}
			wholeLog(t, s, 1)
		})
	}
}

// Stripe was not answered, and sends it again: it is new.
func TestW02_KilledBeforeTheCommit(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.killedAt(t, "receive.before_commit")
			if got := claimDeliveries(t, s, 10); len(got) > 0 {
				t.Errorf("what was not received is tried: %v", deliveryIDs(got))
			}
			receive(t, s, delivery("evt_1", "pi_1"))
			tellsOf(t, s, claimOne(t, s, "evt_1"))
			wholeLog(t, s, 1)
		})
	}
}

// A process that is killed when it ingests, or gives up, leaves the whole change or nothing of it.
func TestT05_CrashPointsOfTheLog(t *testing.T) {
	type stands struct{ waiting, dead, events, version int64 }
	tests := map[string]stands{
		"ingest.before_commit": {waiting: 1},
		"ingest.after_commit":  {events: 1, version: 1},
		"defer.before_commit":  {waiting: 1},
		"defer.after_commit":   {dead: 1},
	}
	for _, point := range store.LogCrashPoints() {
		if _, ok := tests[point]; !ok && !slices.Contains([]string{"receive.before_commit", "receive.after_commit"}, point) {
			t.Errorf("there is no test of %s", point)
		}
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			for point, want := range tests {
				t.Run(point, func(t *testing.T) {
					t.Parallel()
					s := e.killedAt(t, point)
					wholeLog(t, s, int(want.events))
					stats, err := s.LogStats(t.Context())
					must(t, err)
					got := stands{stats.Waiting, stats.Dead, head(t, s).Position, readObject(t, s, "pi_1").Version}
					if got != want {
						t.Errorf("it stands as %+v, want %+v", got, want)
					}
					if want.waiting > 0 {
						tellsOf(t, s, claimOne(t, s, "evt_1"))
						wholeLog(t, s, 1)
					}
				})
			}
		})
	}
}
