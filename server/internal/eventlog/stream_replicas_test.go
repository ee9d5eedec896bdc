package eventlog_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
)

// lagging is a store as a server sees it that hears of nothing behind a position.
type lagging struct {
	store.Store

	mu  sync.Mutex
	end int64
}

func (s *lagging) limit() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end
}

func (s *lagging) catchUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end = 1 << 40
}

func (s *lagging) Head(ctx context.Context) (store.Head, error) {
	head, err := s.Store.Head(ctx)
	head.Position = min(head.Position, s.limit())
	return head, err
}

func (s *lagging) ReadLog(
	ctx context.Context, after int64, f store.LogFilter, limit int,
) ([]store.LogEvent, int64, error) {
	events, upTo, err := s.Store.ReadLog(ctx, after, f, limit)
	end := s.limit()
	events = slices.DeleteFunc(events, func(e store.LogEvent) bool { return e.Position > end })
	return events, max(after, min(upTo, end)), err
}

// A stream that goes on at a server which is behind waits there, and never goes back in time; one whose position stays
// unknown is refused.
func TestE20_ReplicaThatLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		database, keys := engines[0].open(t), newKeys(t)
		ahead := newHouse(t, database, keys)
		p := ahead.tap(t, &paymentsv1.StreamEventsRequest{})
		ahead.publishPayments(t, "a", 10)
		elapse(time.Second)
		token := p.last().GetResumeToken()

		behind := &lagging{Store: database, end: 4}
		h := newHouse(t, behind, keys)
		elapse(time.Second)
		waiting := h.tap(t, &paymentsv1.StreamEventsRequest{ResumeToken: token})
		elapse(time.Second)
		if waiting.why() != nil || len(waiting.all()) > 0 {
			t.Fatalf("it did not wait: %v, %v", waiting.why(), waiting.all())
		}
		behind.catchUp()
		ahead.publishPayments(t, "b", 2)
		elapse(time.Second)
		if diff := cmp.Diff(span(11, 12), positionsOf(waiting.events())); diff != "" {
			t.Errorf("it goes on with (-want +got):\n%s", diff)
		}
	})
}

// A token that is ahead of the log is refused after a while.
func TestE09_TokenAheadOfTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		database, keys := engines[0].open(t), newKeys(t)
		ahead := newHouse(t, database, keys)
		p := ahead.tap(t, &paymentsv1.StreamEventsRequest{})
		ahead.publishPayments(t, "a", 10)
		elapse(time.Second)

		h := newHouse(t, &lagging{Store: database, end: 4}, keys)
		refused := h.tap(t, &paymentsv1.StreamEventsRequest{ResumeToken: p.last().GetResumeToken()})
		elapse(3 * time.Second)
		e := refused.why()
		if e == nil || e.Reason != paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD || e.Metadata["field"] != "resume_token" {
			t.Errorf("it ended with %v", e)
		}
		if len(refused.all()) > 0 {
			t.Errorf("it got %v", refused.all())
		}
	})
}

// A stream at another server that takes the consumer over ends the first within five seconds, and nothing is lost.
func TestE27_TakenOverElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		database, keys := engines[0].open(t), newKeys(t)
		here, there := newHouse(t, database, keys), newHouse(t, database, keys)
		first := here.tap(t, &paymentsv1.StreamEventsRequest{Consumer: "c"})
		elapse(time.Second)
		here.publishPayments(t, "a", 20)
		elapse(12 * time.Second)
		if _, err := there.streams.Ack(t.Context(), "shop", "c", span(1, 7)); err != nil {
			t.Fatal(err)
		}
		next := there.tap(t, &paymentsv1.StreamEventsRequest{Consumer: "c"})
		elapse(6 * time.Second)
		if e := first.why(); e == nil || e.Reason != paymentsv1.ErrorReason_ERROR_REASON_CONSUMER_TAKEN_OVER {
			t.Fatalf("the first ended with %v", e)
		}
		here.publishPayments(t, "b", 3)
		elapse(6 * time.Second)
		if next.why() != nil {
			t.Fatalf("the second ended with %v", next.why())
		}
		if diff := cmp.Diff(span(8, 23), positionsOf(next.events())); diff != "" {
			t.Errorf("the second got (-want +got):\n%s", diff)
		}
		// A consumer that is moved, or deleted, elsewhere ends its stream as soon.
		if err := here.streams.Delete(t.Context(), "shop", "c"); err != nil {
			t.Fatal(err)
		}
		elapse(6 * time.Second)
		if e := next.why(); e == nil || e.Reason != paymentsv1.ErrorReason_ERROR_REASON_CONSUMER_TAKEN_OVER {
			t.Errorf("the second ended with %v", e)
		}
	})
}

// silent is a store whose hints are all lost.
type silent struct{ store.Store }

func (silent) Watch(ctx context.Context, _ func()) { <-ctx.Done() }

// An event whose hint is lost is delivered all the same, within half a second.
func TestE26_HintIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, silent{engines[0].open(t)}, newKeys(t))
		p := h.tap(t, &paymentsv1.StreamEventsRequest{})
		elapse(time.Minute)
		for i := range 3 {
			h.publish(t, h.processing(t, "pi_1", string(rune('a'+i))))
			elapse(500 * time.Millisecond)
			if got := len(p.events()); got != i+1 {
				t.Errorf("%d events came, want %d", got, i+1)
			}
		}
	})
}

// broken is a store that can not be read for a while.
type broken struct {
	store.Store

	mu  sync.Mutex
	err error
}

func (s *broken) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *broken) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *broken) Head(ctx context.Context) (store.Head, error) {
	if err := s.fault(); err != nil {
		return store.Head{}, err
	}
	return s.Store.Head(ctx)
}

func (s *broken) ReadLog(
	ctx context.Context, after int64, f store.LogFilter, limit int,
) ([]store.LogEvent, int64, error) {
	if err := s.fault(); err != nil {
		return nil, 0, err
	}
	return s.Store.ReadLog(ctx, after, f, limit)
}

// A store that fails for a while ends no stream that waits, and what comes then comes; a new stream hears of it.
func TestStoreFailsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		database := &broken{Store: engines[0].open(t)}
		h := newHouse(t, database, newKeys(t))
		p := h.tap(t, &paymentsv1.StreamEventsRequest{})
		elapse(time.Second)
		database.set(errors.Join(store.ErrUnavailable, errors.New("cable")))
		elapse(20 * time.Second)
		other := h.tap(t, &paymentsv1.StreamEventsRequest{})
		elapse(time.Second)
		if e := other.why(); e == nil || e.Reason != paymentsv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE {
			t.Errorf("a new stream ended with %v", e)
		}
		database.set(nil)
		h.publishPayments(t, "a", 5)
		elapse(time.Second)
		if p.why() != nil || len(p.events()) != 5 {
			t.Errorf("it ended with %v, after %d events", p.why(), len(p.events()))
		}
	})
}
