package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tillgate/tillgate/server/internal/store"
)

// A delivery ends with what it tells: the events and the state of the object, or none of it.
func TestIngest(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			receive(t, s, delivery("evt_1", "pi_1"))
			claimOne(t, s, "evt_1")
			o := object("pi_1", 0, 4)
			event := happened("pi_1", "payment_intent.processing", "evt_1")
			event.StripeEventID, event.OperationID = "evt_1", "op_1"
			event.Occurred = time.Unix(1_700_000_000, 0).UTC()
			i := store.Ingest{ID: "evt_1", Attempt: 1, Object: &o, Events: []store.Event{event}}

			for _, id := range []string{"evt_1", "evt_none"} {
				fenced := i
				fenced.ID, fenced.Attempt = id, 2
				_, err := s.Ingest(t.Context(), fenced)
				wantError(t, err, store.ErrFenced)
			}
			conflicting, ahead := i, o
			conflicting.Object, ahead.Version = &ahead, 1
			_, err := s.Ingest(t.Context(), conflicting)
			wantError(t, err, store.ErrConflict)
			if h := head(t, s); h.Position != 0 || h.Oldest != 1 {
				t.Errorf("nothing was ingested, and the head is %+v", h)
			}

			// What this attempt has already written stands, and is said again.
			for range 2 {
				if published, err := s.Ingest(t.Context(), i); !published || err != nil {
					t.Fatalf("Ingest = %v, %v", published, err)
				}
			}
			events := wholeLog(t, s, 1)
			want := []store.LogEvent{{Event: event, Position: 1, Time: time.Now()}}
			if d := cmp.Diff(want, events, cmpopts.EquateApproxTime(patience)); d != "" {
				t.Errorf("the log (-want +got):\n%s", d)
			}
			stands := o
			stands.Version = 1
			wantObject(t, s, stands)
			if since := time.Since(readObject(t, s, "pi_1").UpdateTime); since < -time.Second || since > patience {
				t.Errorf("it changed %v ago", since)
			}
			if got := claimDeliveries(t, s, 10); len(got) > 0 {
				t.Errorf("claimed %v when it was done", deliveryIDs(got))
			}
			byID, err := s.EventByID(t.Context(), store.EventID("pi_1", "payment_intent.processing", "evt_1"))
			must(t, err)
			if d := cmp.Diff(events[0], byID); d != "" {
				t.Errorf("by its id (-want +got):\n%s", d)
			}
			_, err = s.EventByID(t.Context(), "ev_none")
			wantError(t, err, store.ErrNotFound)
		})
	}
}

// A delivery may tell nothing: a duplicate, or what is kept up to date and not published.
func TestIngestNothing(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			receive(t, s, delivery("evt_1", "pi_1"), delivery("evt_2", "pi_1"), delivery("evt_3", ""))
			claimDeliveries(t, s, 10)
			event := happened("pi_1", "payment_intent.processing", "tg1-1")
			for id, want := range map[string]store.Ingest{
				"evt_1": {}, "evt_2": {Events: []store.Event{event}}, "evt_3": {Events: []store.Event{event}},
			} {
				want.ID, want.Attempt = id, 1
				_, err := s.Ingest(t.Context(), want)
				must(t, err)
			}
			wantStories(t, s, "1 pi_1 payment_intent.processing tg1-1: sealed payment_intent.processing")
			if o := readObject(t, s, "pi_1"); o.Version != 0 || o.ID != "pi_1" {
				t.Errorf("an object came from nowhere: %+v", o)
			}
			// One of no object, of which there may be many.
			for i := range 2 {
				event := store.Event{Kind: "balance.available", Cause: fmt.Sprintf("evt_b%d", i)}
				if published, err := s.Ingest(t.Context(), store.Ingest{Events: []store.Event{event}}); !published || err != nil {
					t.Errorf("Ingest = %v, %v", published, err)
				}
			}
			wholeLog(t, s, 3)
		})
	}
}

// Who decided by an older state decides anew.
func TestIngestConflict(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			receive(t, s, delivery("evt_1", "pi_1"))
			claimOne(t, s, "evt_1")
			ingest(t, s, object("pi_1", 0, 1))
			ingest(t, s, object("pi_1", 1, 2))
			for _, version := range []int64{0, 1, 3} {
				o := object("pi_1", version, 3)
				_, err := s.Ingest(t.Context(), store.Ingest{
					ID: "evt_1", Attempt: 1, Object: &o, Events: []store.Event{happened("pi_1", "k", "evt_1")},
				})
				wantError(t, err, store.ErrConflict)
			}
			want := object("pi_1", 2, 2)
			wantObject(t, s, want)
			o := object("pi_1", 2, 3)
			if _, err := s.Ingest(t.Context(), store.Ingest{ID: "evt_1", Attempt: 1, Object: &o}); err != nil {
				t.Errorf("decided anew: %v", err)
			}
			want = object("pi_1", 3, 3)
			wantObject(t, s, want)
			if h := head(t, s); h.Position != 0 {
				t.Errorf("the head is %+v", h)
			}
		})
	}
}

// The time of an object says how new its state is: it stays where that is written as it stands.
func TestObjectTime(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			ingest(t, s, object("pi_1", 0, 1))
			before := readObject(t, s, "pi_1").UpdateTime
			same := object("pi_1", 1, 1)
			same.Basis, same.Created = store.BasisRead, same.Created-9
			ingest(t, s, same)
			want := same
			want.Version, want.Created = 2, same.Created+9
			wantObject(t, s, want) // What it covers does not get less.
			if got := readObject(t, s, "pi_1").UpdateTime; !got.Equal(before) {
				t.Errorf("it changed at %v, want %v as before", got, before)
			}
			ingest(t, s, object("pi_1", 2, 2))
			if got := readObject(t, s, "pi_1").UpdateTime; !got.After(before) {
				t.Errorf("it changed at %v, want later than %v", got, before)
			}
		})
	}
}

// An object that has ended never leaves that state, whoever says so. Other things about it may still change.
func TestM47_ObjectThatHasEnded(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			ended := object("pi_1", 0, 8)
			ended.Ended = true
			ingest(t, s, ended)
			for version, back := range []store.Object{object("pi_1", 0, 3), object("pi_1", 0, 8)} {
				back.Version = int64(version) + 1
				ingest(t, s, back, happened("pi_1", "payment_intent.processing", fmt.Sprintf("evt_%d", version)))
				want := ended
				want.Version = int64(version) + 2
				wantObject(t, s, want)
			}
			again := ended
			again.Version, again.Resource, again.Public = 3, []byte("sealed with a refund"), []byte("public with a refund")
			ingest(t, s, again)
			again.Version = 4
			wantObject(t, s, again)
			wantStories(t, s,
				"1 pi_1 payment_intent.processing evt_0: sealed public pi_1 in 8",
				"2 pi_1 payment_intent.processing evt_1: sealed public pi_1 in 8")
		})
	}
}

func TestObjects(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			for i, id := range []string{"pi_3", "pi_1", "pi_2", "pi_4", "cus_1"} {
				o := object(id, 0, 1)
				if id == "cus_1" {
					o.Kind = "customer"
				}
				o.Ended = i == 2
				ingest(t, s, o)
			}
			for _, page := range []struct {
				kind, after string
				limit       int
				want        []string
			}{
				{"payment_intent", "", 10, []string{"pi_1", "pi_3", "pi_4"}},
				{"payment_intent", "", 2, []string{"pi_1", "pi_3"}},
				{"payment_intent", "pi_3", 2, []string{"pi_4"}},
				{"customer", "", 10, []string{"cus_1"}},
				{"invoice", "", 10, nil},
			} {
				objects, err := s.Objects(t.Context(), page.kind, page.after, page.limit)
				must(t, err)
				var got []string
				for _, o := range objects {
					got = append(got, o.ID)
				}
				if !slices.Equal(got, page.want) {
					t.Errorf("%+v: got %v", page, got)
				}
			}
		})
	}
}
