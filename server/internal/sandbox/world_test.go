package sandbox

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The oldest events go first, and a list goes on behind them. They are made directly: through the API this would take
// too long.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	c := &call{at: time.Now(), params: &node{kids: map[string]*node{}}}
	const more = 3
	for i := range maxEvents + more {
		s.emit(c, strconv.Itoa(i), &refund{ID: "re_3" + fmt.Sprintf("%023d", i)}, nil)
	}
	rows := s.world.events.rows
	if len(rows) != maxEvents || len(s.world.events.place) != maxEvents || rows[0].Type != strconv.Itoa(more) {
		t.Fatalf("%d events are kept, the oldest is %s", len(rows), rows[0].Type)
	}
	for i, e := range rows {
		if got, ok := s.world.events.get(e.ID); !ok || got != e {
			t.Fatalf("event %d is found as %v", i, got)
		}
	}
}

// Appointments are kept in the order of their times, and those of one time in the order in which they were made.
func TestAgendaKeepsItsOrder(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	begin := time.Now()
	var got []string
	note := func(name string, at time.Duration) {
		s.schedule(&call{}, begin.Add(at), func(s *Sandbox, c *call) {
			got = append(got, fmt.Sprint(name, c.at.Sub(begin)))
			if name == "b" { // an appointment may make another, which is due as well
				s.schedule(&call{}, begin.Add(2*time.Second), func(*Sandbox, *call) { got = append(got, "e") })
			}
		})
	}
	note("c", 3*time.Second)
	note("a", time.Second)
	note("d", 3*time.Second)
	note("b", time.Second)
	note("never", time.Hour)
	s.catchUp(begin.Add(3 * time.Second))
	s.catchUp(begin.Add(4 * time.Second))
	if diff := cmp.Diff([]string{"a1s", "b1s", "e", "c3s", "d3s"}, got); diff != "" {
		t.Error(diff)
	}
}

// previous_attributes has what differs, as it was: inside a hash only that, null for what was not there.
func TestPreviousAttributes(t *testing.T) {
	t.Parallel()
	was := `{"a":1,"b":{"x":1,"y":2},"c":[1],"d":null,"gone":7,"hash":{"z":1}}`
	now := `{"a":1,"b":{"x":1,"y":3},"c":[1,2],"d":"new","added":{"z":1},"hash":null}`
	want := map[string]any{
		"b": map[string]any{"y": 2.0}, "c": []any{1.0}, "d": nil, "gone": 7.0, "added": nil,
		"hash": map[string]any{"z": 1.0},
	}
	if diff := cmp.Diff(want, previous([]byte(was), []byte(now))); diff != "" {
		t.Error(diff)
	}
}
