package eventlog

import (
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	const own, other = "tg1-own", "evt_2"
	unknown := store.Object{ID: "pi_1"}
	row := func(basis store.Basis, cause string) store.Object {
		return store.Object{ID: "pi_1", Version: 1, Basis: basis, Created: 100, Cause: cause, State: 3}
	}
	ended := func(basis store.Basis, cause string) store.Object {
		o := row(basis, cause)
		o.Ended, o.State = true, 7
		return o
	}
	at := func(created int64, cause string) news {
		return news{created: created, kind: "payment_intent.processing", cause: cause, readable: true, state: 4}
	}
	first := func(n news) news {
		n.kind, n.begins = "payment_intent.created", true
		return n
	}
	end := func(n news) news {
		n.ended, n.state = true, 7
		return n
	}
	foreign := func(n news) news {
		n.readable, n.state, n.ended = false, 0, false
		return n
	}
	for _, tt := range []struct {
		name string
		row  store.Object
		news news
		want verdict
	}{
		{"unknown, its beginning", unknown, first(at(100, other)), take},
		{"unknown, its end", unknown, end(at(100, other)), take},
		{"unknown, our own write", unknown, at(100, own), take},
		{"unknown, something else", unknown, at(100, other), fetch},
		{"unknown, its beginning at another version", unknown, foreign(first(at(100, other))), fetch},
		{"unknown, our own write at another version", unknown, foreign(at(100, own)), fetch},

		{"an older event", row(store.BasisEvent, other), at(99, "evt_1"), keep},
		{"a newer event", row(store.BasisEvent, other), at(101, "evt_3"), take},
		{"an event of the same second", row(store.BasisEvent, other), at(100, "evt_3"), compare},
		{"its beginning late", row(store.BasisEvent, other), first(at(100, "evt_3")), keep},
		{"its beginning, by a clock that went back", row(store.BasisEvent, other), first(at(101, "evt_3")), keep},
		{"its beginning at another version", row(store.BasisRead, other), foreign(first(at(101, "evt_3"))), keep},
		{"its end in the same second", row(store.BasisEvent, other), end(at(100, "evt_3")), take},
		{"its end, by a clock that went back", row(store.BasisRead, other), end(at(99, "evt_3")), take},
		{"another version, older", row(store.BasisEvent, other), foreign(at(99, "evt_3")), keep},
		{"another version, newer", row(store.BasisEvent, other), foreign(at(101, "evt_3")), fetch},
		{"another version, the same second", row(store.BasisEvent, other), foreign(at(100, "evt_3")), fetch},

		{"after a read, older", row(store.BasisRead, other), at(99, "evt_3"), keep},
		{"after a read, newer", row(store.BasisRead, other), at(101, "evt_3"), compare},
		{"after a read, the same second", row(store.BasisRead, other), at(100, "evt_3"), compare},
		{"after a write, another change, older", row(store.BasisWrite, own), at(99, "evt_3"), keep},
		{"after a write, another change, newer", row(store.BasisWrite, own), at(101, "evt_3"), compare},

		{"the write's own event", row(store.BasisWrite, own), at(101, own), joined},
		{"the write's own event, older", row(store.BasisWrite, own), at(99, own), joined},
		{"the write's beginning", row(store.BasisWrite, own), first(at(101, own)), joined},
		{"the write's own event at another version", row(store.BasisWrite, own), foreign(at(101, own)), joined},
		{"the write's late end", row(store.BasisWrite, own), end(at(101, own)), take},
		{"the write ended it", ended(store.BasisWrite, own), end(at(101, own)), joined},
		{"a second event of one request", row(store.BasisEvent, own), at(101, own), compare},
		{"a second event of one request, older", row(store.BasisEvent, own), at(99, own), keep},
		{"the same event of another's request", row(store.BasisWrite, other), at(101, other), compare},

		{"ended, another state", ended(store.BasisEvent, other), at(101, "evt_3"), keep},
		{"ended, the same state, newer", ended(store.BasisEvent, other), end(at(101, "evt_3")), take},
		{"ended, the same state, older", ended(store.BasisEvent, other), end(at(99, "evt_3")), keep},
		{"ended, the same state, the same second", ended(store.BasisEvent, other), end(at(100, "evt_3")), keep},
		{"ended, after a read", ended(store.BasisRead, other), end(at(101, "evt_3")), compare},
		{"ended, another version, newer", ended(store.BasisEvent, other), foreign(at(101, "evt_3")), fetch},
		{"ended, its beginning", ended(store.BasisEvent, other), first(at(101, "evt_3")), keep},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := decide(tt.row, tt.news); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
	// What has no state at all is not taken back either.
	gone := store.Object{ID: "cus_1", Version: 3, Basis: store.BasisEvent, Created: 100, Ended: true}
	if got := decide(gone, news{created: 101, kind: "customer.updated", cause: other, readable: true}); got != keep {
		t.Errorf("a deleted customer: got %d", got)
	}
}
