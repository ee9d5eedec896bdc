package store_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// tell publishes an event of a kind and waits for its position.
func tell(t *testing.T, s store.Store, objectID, kind string) int64 {
	t.Helper()
	cause := fmt.Sprintf("evt_at_%d", head(t, s).Position)
	published, err := s.Ingest(t.Context(), store.Ingest{Events: []store.Event{happened(objectID, kind, cause)}})
	if err != nil || !published {
		t.Fatalf("Ingest = %v, %v", published, err)
	}
	var e store.LogEvent
	eventually(t, "it has a position", func() bool {
		e, err = s.EventByID(t.Context(), store.EventID(objectID, kind, cause))
		return err == nil
	})
	return e.Position
}

func TestReadLog(t *testing.T) {
	filter := func(objectIDs, kinds, notKinds []string) store.LogFilter {
		return store.LogFilter{ObjectIDs: objectIDs, Kinds: kinds, NotKinds: notKinds}
	}
	tests := []struct {
		name  string
		after int64
		f     store.LogFilter
		limit int
		want  []int64
		upTo  int64
	}{
		{"all", 0, store.LogFilter{}, 100, []int64{1, 2, 3, 4, 5, 6}, 6},
		{"resumed", 4, store.LogFilter{}, 100, []int64{5, 6}, 6},
		{"a page", 1, store.LogFilter{}, 3, []int64{2, 3, 4}, 4},
		{"at the head", 6, store.LogFilter{}, 100, nil, 6},
		{"ahead of the head", 9, store.LogFilter{}, 100, nil, 9},
		{"an object", 0, filter([]string{"pi_2"}, nil, nil), 100, []int64{2, 5}, 6},
		{"an object, a page", 0, filter([]string{"pi_2"}, nil, nil), 1, []int64{2}, 2},
		{"objects", 1, filter([]string{"pi_3", "pi_2", "pi_none"}, nil, nil), 2, []int64{2, 3}, 3},
		{"an object that is not there", 2, filter([]string{"pi_none"}, nil, nil), 2, nil, 6},
		{"a kind", 0, filter(nil, []string{"b"}, nil), 100, []int64{2, 4}, 6},
		{"kinds", 0, filter(nil, []string{"b", "c", "it's"}, nil), 2, []int64{2, 3}, 3},
		{"not kinds", 0, filter(nil, nil, []string{"a", "b"}), 100, []int64{3, 6}, 6},
		{"kinds and not kinds", 0, filter(nil, []string{"a", "b"}, []string{"b"}), 100, []int64{1, 5}, 6},
		{"an object and a kind", 0, filter([]string{"pi_2"}, []string{"b"}, nil), 100, []int64{2}, 6},
		{"a kind that is not there", 3, filter(nil, []string{"none"}, nil), 2, nil, 6},
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			if events, upTo, err := s.ReadLog(t.Context(), 0, store.LogFilter{}, 10); len(events) > 0 || upTo != 0 || err != nil {
				t.Errorf("an empty log: %v, %d, %v", events, upTo, err)
			}
			for _, told := range []struct{ objectID, kind string }{
				{"pi_1", "a"}, {"pi_2", "b"}, {"pi_3", "c"}, {"pi_1", "b"}, {"pi_2", "a"}, {"pi_4", "c"},
			} {
				tell(t, s, told.objectID, told.kind)
			}
			for _, test := range tests {
				events, upTo, err := s.ReadLog(t.Context(), test.after, test.f, test.limit)
				must(t, err)
				var got []int64
				for _, event := range events {
					got = append(got, event.Position)
				}
				if !slices.Equal(got, test.want) || upTo != test.upTo {
					t.Errorf("%s: got %v up to %d, want %v up to %d", test.name, got, upTo, test.want, test.upTo)
				}
			}
		})
	}
}

// To look for what is rare takes many short reads and no long one, and each says how far it has come.
func TestReadLogLooksAtSoMany(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			var events []store.Event
			for i := range 200 {
				events = append(events, happened("pi_1", "frequent", fmt.Sprintf("evt_%d", i)))
			}
			events = append(events, happened("pi_2", "rare", "evt_rare"))
			_, err := s.Ingest(t.Context(), store.Ingest{Events: events})
			must(t, err)
			eventually(t, "all is numbered", func() bool { return head(t, s).Position == 201 })
			var looked []int64
			for at := int64(0); at < 201; {
				found, upTo, err := s.ReadLog(t.Context(), at, store.LogFilter{Kinds: []string{"rare"}}, 1)
				if must(t, err); upTo <= at {
					t.Fatalf("it has looked up to %d from %d", upTo, at)
				}
				if at = upTo; (len(found) > 0) != (at == 201) {
					t.Errorf("up to %d: %v", at, stories(found))
				}
				looked = append(looked, at)
			}
			if want := []int64{64, 128, 192, 201}; !slices.Equal(looked, want) {
				t.Errorf("it has looked up to %v, want %v", looked, want)
			}
			// Of an object, its own events alone are looked at.
			found, upTo, err := s.ReadLog(t.Context(), 0, store.LogFilter{ObjectIDs: []string{"pi_2"}}, 1)
			if err != nil || len(found) != 1 || upTo != 201 {
				t.Errorf("of pi_2: %v up to %d, %v", stories(found), upTo, err)
			}
		})
	}
}

func TestPositionAt(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			at := func(when time.Time, want int64) {
				t.Helper()
				if got, err := s.PositionAt(t.Context(), when); got != want || err != nil {
					t.Errorf("at %v: %d, %v; want %d", when, got, err, want)
				}
			}
			at(time.Now(), 0)
			for range 7 {
				tell(t, s, "pi_1", "a")
			}
			events := wholeLog(t, s, 7)
			at(time.Now().Add(-time.Hour), 0)
			at(time.Now().Add(time.Hour), 7)
			for _, event := range events {
				at(event.Time.Add(time.Microsecond), event.Position)
				at(event.Time, event.Position-1)
			}
		})
	}
}

// Who watches hears of what was committed, and no more once their context has ended.
func TestWatch(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			var work sync.WaitGroup
			var heard [2]atomic.Int64
			var stop [2]context.CancelFunc
			for i := range heard {
				var ctx context.Context
				ctx, stop[i] = context.WithCancel(t.Context())
				work.Go(func() { s.Watch(ctx, func() { heard[i].Add(1) }) })
			}
			defer work.Wait()
			defer stop[0]()
			defer stop[1]()
			for i := range heard {
				eventually(t, "somebody hears of an event", func() bool {
					before := heard[i].Load()
					tell(t, s, "pi_1", "a")
					return within(beat, func() bool { return heard[i].Load() > before })
				})
			}
			stop[0]()
			before := heard[1].Load()
			begin(t, s, request("op_1"))
			ends(t, s, "op_1", nil, happened("pi_1", "payment_intent.processing", "tg1-1"))
			eventually(t, "our own write is heard of", func() bool { return heard[1].Load() > before })
		})
	}
}

// What was rolled back leaves no gap and no trace, and holds up nobody.
func TestE03_RolledBack(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s := open(t, store.Config{URL: url})
			sequence(t, s)
			execute(t, e.database(t, url), e.poison...)
			const writers, each = 16, 20
			var work sync.WaitGroup
			for w := range writers {
				work.Go(func() {
					object := fmt.Sprintf("pi_%d", w)
					for n := 1; n <= each; n++ {
						if n%10 != 5 {
							publish(t, s, object, n)
							continue
						}
						phantom, poison := happened(object, "phantom", strconv.Itoa(n)), happened(object, "poison", "c")
						state := store.Object{ID: "phantom_" + object, Kind: "thing"}
						_, err := s.Ingest(t.Context(), store.Ingest{Object: &state, Events: []store.Event{phantom, poison}})
						if err == nil {
							t.Error("the poison was taken")
						}
					}
				})
			}
			r := &reader{store: s}
			r.read(t, writers*each*9/10)
			work.Wait()
			r.read(t, writers*each*9/10)
			db := e.database(t, url)
			if n := count(t, db, `SELECT count(*) FROM events WHERE kind <> 'thing.changed'`); n > 0 {
				t.Errorf("%d phantoms", n)
			}
			if n := count(t, db, `SELECT count(*) FROM objects`); n > 0 {
				t.Errorf("%d objects of changes that were not made", n)
			}
		})
	}
}
