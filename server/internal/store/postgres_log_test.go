package store_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// sequence lets a store number events until the end of the test, or until the function it returns is called.
func sequence(t *testing.T, s store.Store) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { s.Sequence(ctx) })
	stop = func() {
		cancel()
		work.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// publish writes an event of an object, of which it is the n-th.
func publish(t *testing.T, s store.Store, objectID string, n int) {
	t.Helper()
	if err := publishing(t.Context(), s, objectID, n); err != nil {
		t.Error(err)
	}
}

func publishing(ctx context.Context, s store.Store, objectID string, n int) error {
	published, err := s.Ingest(ctx, store.Ingest{Events: []store.Event{{
		ObjectID: objectID, ObjectKind: "thing", Kind: "thing.changed", Cause: fmt.Sprintf("evt_%s_%d", objectID, n),
		OperationID: strconv.Itoa(n), Resource: []byte("sealed thing"),
	}}})
	if err == nil && !published {
		err = fmt.Errorf("the event %d of %s was there already", n, objectID)
	}
	return err
}

// reader reads the log from its beginning on, and sees that positions have no gap and that the events of an object come in
// the order of their numbers.
type reader struct {
	store store.Store
	at    int64
	last  map[string]int
	seen  int
}

// read reads on until it has seen so many events.
func (r *reader) read(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d events are read, of which %d came", n, r.seen), func() bool {
		r.more(t)
		return r.seen >= n
	})
	if r.seen > n {
		t.Errorf("%d events are read, want %d", r.seen, n)
	}
}

func (r *reader) more(t *testing.T) {
	t.Helper()
	events, upTo, err := r.store.ReadLog(t.Context(), r.at, store.LogFilter{}, 100)
	if err != nil {
		t.Fatalf("ReadLog: %v", err)
	}
	if r.last == nil {
		r.last = map[string]int{}
	}
	for _, e := range events {
		var n int
		if _, err := fmt.Sscan(e.OperationID, &n); err != nil {
			t.Fatal(err)
		}
		if e.Position != r.at+1 {
			t.Errorf("behind position %d comes %d", r.at, e.Position)
		}
		if n <= r.last[e.ObjectID] {
			t.Errorf("at position %d is the event %d of %s, behind its event %d", e.Position, n, e.ObjectID, r.last[e.ObjectID])
		}
		r.at, r.last[e.ObjectID] = e.Position, n
		r.seen++
	}
	if upTo < r.at {
		t.Errorf("it has looked up to %d and read up to %d", upTo, r.at)
	}
}
