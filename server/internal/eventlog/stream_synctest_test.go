package eventlog_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// tap is a stream without a network, under a clock of the test's own.
type tap struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error

	mu       sync.Mutex
	messages []*paymentsv1.StreamEventsResponse
	times    []time.Time
	// closed is whether the caller reads nothing: sends block then until the stream is over.
	closed chan struct{}
}

// tap opens a stream of the caller shop.
func (h *house) tap(t *testing.T, req *paymentsv1.StreamEventsRequest) *tap {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out := &tap{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(out.ended)
		defer cancel() // as gRPC ends the context of a stream when its handler has returned
		out.err = h.streams.Stream(ctx, caller("shop"), req, func(resp *paymentsv1.StreamEventsResponse) error {
			out.mu.Lock()
			closed := out.closed
			out.mu.Unlock()
			if closed != nil {
				select {
				case <-closed:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			out.mu.Lock()
			defer out.mu.Unlock()
			out.messages = append(out.messages, resp)
			out.times = append(out.times, time.Now())
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-out.ended
	})
	return out
}

// close makes the caller stop to read.
func (p *tap) close() (reopen func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	closed := make(chan struct{})
	p.closed = closed
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.closed = nil
		close(closed)
	}
}

func (p *tap) all() []*paymentsv1.StreamEventsResponse {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.messages)
}

func (p *tap) events() (events []*paymentsv1.Event) {
	for _, m := range p.all() {
		events = append(events, m.GetEvents()...)
	}
	return events
}

// lastOf is the newest message.
func (p *tap) last() *paymentsv1.StreamEventsResponse {
	all := p.all()
	return all[len(all)-1]
}

// why is how the stream ended; nil while it goes on.
func (p *tap) why() *apierr.Error {
	select {
	case <-p.ended:
		return apierr.From(p.err)
	default:
		return nil
	}
}

// elapse lets time pass.
func elapse(d time.Duration) {
	synctest.Wait()
	<-time.After(d)
	synctest.Wait()
}

func none(ids ...string) *paymentsv1.EventFilter { return &paymentsv1.EventFilter{ObjectIds: ids} }

// A stream is never silent for more than five seconds, and says where the log is.
func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, engines[0].open(t), newKeys(t))
		p := h.tap(t, &paymentsv1.StreamEventsRequest{Filter: none("pi_none")})
		elapse(time.Second)
		if got := len(p.all()); got != 1 {
			t.Fatalf("%d messages came at once, want a heartbeat", got)
		}
		h.publishPayments(t, "a", 7)
		elapse(30 * time.Second)
		p.mu.Lock()
		defer p.mu.Unlock()
		for i := 1; i < len(p.times); i++ {
			if gap := p.times[i].Sub(p.times[i-1]); gap > 5*time.Second {
				t.Errorf("it was silent for %v", gap)
			}
		}
		if n := len(p.messages); n != 7 || p.messages[n-1].GetHeadPosition() != 7 || p.messages[n-1].GetPosition() != 7 {
			t.Errorf("%d messages came, the last is %v", n, p.messages[n-1])
		}
	})
}

// Where the filter matches nothing for a day, the token moves on all the same, past what is erased meanwhile.
func TestE16_FilterMatchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, engines[0].open(t), newKeys(t))
		plain := h.tap(t, &paymentsv1.StreamEventsRequest{Filter: none("pi_none")})
		named := h.tap(t, &paymentsv1.StreamEventsRequest{Filter: none("pi_none"), Consumer: "c"})
		elapse(time.Second)
		begin := plain.last().GetResumeToken()
		h.publishPayments(t, "a", 50)
		elapse(time.Minute)
		token := plain.last().GetResumeToken()
		named.cancel()
		synctest.Wait()
		h.erase(t)

		if stale := h.tap(t, &paymentsv1.StreamEventsRequest{Filter: none("pi_none"), ResumeToken: begin}); stale != nil {
			elapse(time.Second)
			if e := stale.why(); e == nil || e.Reason != paymentsv1.ErrorReason_ERROR_REASON_POSITION_EXPIRED {
				t.Errorf("the token of the beginning: %v", e)
			}
		}
		again := h.tap(t, &paymentsv1.StreamEventsRequest{Filter: none("pi_none"), ResumeToken: token})
		again2 := h.tap(t, &paymentsv1.StreamEventsRequest{Filter: none("pi_none"), Consumer: "c"})
		elapse(time.Second)
		if again.why() != nil || again2.why() != nil {
			t.Errorf("the stream ended with %v, the consumer with %v", again.why(), again2.why())
		}
		consumers, _, err := h.streams.Consumers(t.Context(), "shop", "", "", 10)
		if err != nil || consumers[0].GetCursor() != 50 || consumers[0].GetLag() != 0 {
			t.Errorf("the consumer is %v, %v, want the cursor 50", consumers, err)
		}
	})
}

// A caller that reads nothing for 20 seconds is cut off with its token; the others do not feel it, and what is kept for it
// is bounded: one message.
func TestE14_SlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, engines[0].open(t), newKeys(t))
		slow := h.tap(t, &paymentsv1.StreamEventsRequest{})
		var others []*tap
		for range 5 {
			others = append(others, h.tap(t, &paymentsv1.StreamEventsRequest{}))
		}
		elapse(time.Second)
		token := slow.last().GetResumeToken()
		slow.close()
		h.publishPayments(t, "a", 3000)
		elapse(time.Second)
		for _, other := range others {
			if got := len(other.events()); got != 3000 {
				t.Errorf("another stream got %d events, want 3000", got)
			}
		}
		elapse(18 * time.Second)
		if slow.why() != nil {
			t.Fatalf("it ended early, with %v", slow.why())
		}
		elapse(2 * time.Second)
		e := slow.why()
		if e == nil || e.Reason != paymentsv1.ErrorReason_ERROR_REASON_STREAM_ENDED || e.Metadata["cause"] != "SLOW_READER" ||
			e.Metadata["resume_token"] != token {
			t.Fatalf("it ended with %v %v", e, e.Metadata)
		}
		again := h.tap(t, &paymentsv1.StreamEventsRequest{ResumeToken: token})
		elapse(time.Second)
		if diff := cmp.Diff(span(1, 3000), positionsOf(again.events())); diff != "" {
			t.Errorf("with its token it goes on with (-want +got):\n%s", diff)
		}
	})
}

// A stream that gets no turn while 10,000 events land, more than are kept in memory, loses none.
func TestE18_StarvedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, engines[0].open(t), newKeys(t))
		p := h.tap(t, &paymentsv1.StreamEventsRequest{})
		elapse(time.Second)
		reopen := p.close()
		h.publishPayments(t, "a", 10_000)
		elapse(15 * time.Second)
		reopen()
		elapse(2 * time.Second)
		if diff := cmp.Diff(span(1, 10_000), positionsOf(p.events())); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// No message says that it is at a position before all that is wanted up to there was sent.
func TestE19_NoCheckpointBeforeItsEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, engines[0].open(t), newKeys(t))
		var taps []*tap
		for _, req := range []*paymentsv1.StreamEventsRequest{
			{Filter: none("pi_3", "pi_7")}, {Filter: none("pi_3", "pi_7"), Consumer: "c"},
		} {
			taps = append(taps, h.tap(t, req))
		}
		elapse(time.Second)
		for _, name := range []string{"a", "b", "c", "d"} {
			h.publishPayments(t, name, 400)
			elapse(3 * time.Second)
		}
		for _, p := range taps {
			sent := int64(0) // Of each ten events the 4th and the 8th are wanted.
			for _, m := range p.all() {
				sent += int64(len(m.GetEvents()))
				wanted := m.GetPosition()/10*2 + map[bool]int64{true: 1}[m.GetPosition()%10 >= 4] + map[bool]int64{true: 1}[m.GetPosition()%10 >= 8]
				if sent != wanted {
					t.Fatalf("at position %d %d events were sent, want %d", m.GetPosition(), sent, wanted)
				}
			}
			if sent != 320 {
				t.Errorf("%d events were sent, want 320", sent)
			}
		}
	})
}
