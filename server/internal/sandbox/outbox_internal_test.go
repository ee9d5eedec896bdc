package sandbox

import (
	"slices"
	"testing"
	"time"
)

// The outbox gives what is due first, of that what came first, and no more at once than an endpoint has room for.
func TestOutboxOrder(t *testing.T) {
	t.Parallel()
	var o outbox
	begin := time.Unix(1_700_000_000, 0)
	for i, wait := range []time.Duration{3, 1, 2, 1, 9} {
		o.add(&outgoing{event: string(rune('a' + i)), endpoint: []string{"one", "two"}[i%2], due: begin.Add(wait)})
	}
	got := []string{}
	for out := o.take(begin.Add(3), 2); out != nil; out = o.take(begin.Add(3), 2) {
		got = append(got, out.event)
	}
	if want := []string{"b", "d", "c", "a"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if at, waiting := o.next(3); !waiting || !at.Equal(begin.Add(9)) {
		t.Errorf("next at %v %v", at, waiting)
	}
	if _, waiting := o.next(2); waiting {
		t.Error("an endpoint with two under way has room for a third of two")
	}
}

// What comes back after its endpoint was closed changes nothing, also where there is another of that name.
func TestOutboxForgetsWhatWasClosed(t *testing.T) {
	t.Parallel()
	var o outbox
	now := time.Unix(1_700_000_000, 0)
	o.add(&outgoing{endpoint: "one", due: now})
	o.add(&outgoing{endpoint: "one", due: now})
	old := o.take(now, 1)
	o.close("one")
	o.add(&outgoing{endpoint: "one", due: now})
	o.back(old, true)
	if o.size != 1 || o.take(now, 1) == nil || o.take(now, 2) != nil {
		t.Errorf("%d on their way, want the new one", o.size)
	}
}

// A full outbox takes no more: the event is listed, and waits for its webhook for ever.
func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	s.AddEndpoint("http://receiver.test")
	s.world.outbox.size = maxOutbox
	if _, err := s.AddEvent(MadeEvent{Type: "charge.updated", Object: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if s.Undelivered() != maxOutbox {
		t.Errorf("%d are on their way, want %d", s.Undelivered(), maxOutbox)
	}
	if all := s.Events(); len(all) != 1 || all[0].Pending != 1 {
		t.Errorf("%+v", all)
	}
}
