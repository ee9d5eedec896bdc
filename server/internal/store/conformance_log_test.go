package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tillgate/tillgate/server/internal/store"
)

// logged opens a new database, and lets the log be numbered where somebody must.
func (e engine) logged(t *testing.T) store.Store {
	t.Helper()
	s := e.fresh(t)
	sequence(t, s)
	return s
}

// delivery is an event of an object as it comes in.
func delivery(id, objectID string) store.Delivery {
	return store.Delivery{
		ID: id, State: store.DeliveryWaiting, Kind: "payment_intent.processing", ObjectID: objectID,
		APIVersion: "2023-10-16", Account: "acct_1", Created: 1_700_000_000, Body: []byte("sealed body of " + id),
	}
}

func receive(t *testing.T, s store.Store, deliveries ...store.Delivery) {
	t.Helper()
	for _, d := range deliveries {
		if fresh, err := s.Receive(t.Context(), d); !fresh || err != nil {
			t.Fatalf("Receive(%s) = %v, %v; want it fresh", d.ID, fresh, err)
		}
	}
}

func claimDeliveries(t *testing.T, s store.Store, limit int) []store.ClaimedDelivery {
	t.Helper()
	claimed, err := s.ClaimDeliveries(t.Context(), lease, limit)
	if err != nil {
		t.Fatalf("ClaimDeliveries: %v", err)
	}
	return claimed
}

// claimOne claims the one delivery that is due.
func claimOne(t *testing.T, s store.Store, id string) store.ClaimedDelivery {
	t.Helper()
	claimed := claimDeliveries(t, s, 10)
	if len(claimed) != 1 || claimed[0].ID != id {
		t.Fatalf("claimed %v, want %s", deliveryIDs(claimed), id)
	}
	return claimed[0]
}

func deliveryIDs(claimed []store.ClaimedDelivery) []string {
	found := make([]string, len(claimed))
	for i, d := range claimed {
		found[i] = d.ID
	}
	return found
}

// makeDead makes a dead letter of a delivery that is claimed.
func makeDead(t *testing.T, s store.Store, d store.ClaimedDelivery) {
	t.Helper()
	must(t, s.Defer(t.Context(), store.Deferral{ID: d.ID, Attempt: d.Attempt, Cause: 2, Dead: true, Counted: true}))
}

// happened is an event of an object.
func happened(objectID, kind, cause string) store.Event {
	return store.Event{
		ObjectID: objectID, ObjectKind: "payment_intent", Kind: kind, Cause: cause, Resource: []byte("sealed " + kind),
	}
}

// object is the state of an object as it is written over a version.
func object(id string, version int64, state int32) store.Object {
	text := fmt.Sprintf("%s in %d", id, state)
	return store.Object{
		ID: id, Kind: "payment_intent", Version: version, Basis: store.BasisEvent, Created: 1_700_000_000, Cause: "evt_" + id,
		State: state, Resource: []byte("sealed whole " + text), Public: []byte("sealed public " + text),
	}
}

// ingest writes a state and events, of no delivery.
func ingest(t *testing.T, s store.Store, o store.Object, events ...store.Event) (published bool) {
	t.Helper()
	published, err := s.Ingest(t.Context(), store.Ingest{Object: &o, Events: events})
	must(t, err)
	return published
}

func readObject(t *testing.T, s store.Store, id string) store.Object {
	t.Helper()
	o, err := s.Object(t.Context(), id)
	must(t, err)
	return o
}

// wantObject compares all but the time.
func wantObject(t *testing.T, s store.Store, want store.Object) {
	t.Helper()
	got := readObject(t, s, want.ID)
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(store.Object{}, "UpdateTime")); d != "" {
		t.Errorf("the object (-want +got):\n%s", d)
	}
}

// wholeLog reads the log from its beginning, once it has so many events.
func wholeLog(t *testing.T, s store.Store, n int) []store.LogEvent {
	t.Helper()
	eventually(t, fmt.Sprintf("the log has %d events", n), func() bool { return head(t, s).Position >= int64(n) })
	events, upTo, err := s.ReadLog(t.Context(), 0, store.LogFilter{}, n+10)
	must(t, err)
	if len(events) != n || upTo != int64(n) {
		t.Errorf("%d events up to %d, want %d", len(events), upTo, n)
	}
	return events
}

// stories are events in short.
func stories(events []store.LogEvent) []string {
	told := make([]string, len(events))
	for i, e := range events {
		told[i] = fmt.Sprintf("%d %s %s %s: %s", e.Position, e.ObjectID, e.Kind, e.Cause, e.Resource)
	}
	return told
}

func wantStories(t *testing.T, s store.Store, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, stories(wholeLog(t, s, len(want)))); d != "" {
		t.Errorf("the log (-want +got):\n%s", d)
	}
}
