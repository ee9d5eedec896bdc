package client_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Each event is handled once, in the order of the log, and acknowledged; the end of the context is the end of it.
func TestConsume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{log: manyEvents(250, 7)}
		c, _ := h.serve(t)
		filter := &paymentsv1.EventFilter{Types: []paymentsv1.EventType{paymentsv1.EventType_EVENT_TYPE_PAYMENT_SUCCEEDED}}
		var got handled
		err := c.Consume(within(t, time.Minute), "ledger", filter, got.handle, client.FromOldest())
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		streams, calls, acked := h.seen()
		if diff := cmp.Diff(upTo(250), got.got()); diff != "" {
			t.Errorf("handled others, or in another order (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(upTo(250), acked); diff != "" {
			t.Errorf("acknowledged others (-want +got):\n%s", diff)
		}
		if len(streams) != 1 || len(calls) > 5 {
			t.Errorf("%d streams and %d acknowledgements, want 1 and few", len(streams), len(calls))
		}
		want := &paymentsv1.StreamEventsRequest{
			Consumer: "ledger", Filter: filter, Start: paymentsv1.StreamStart_STREAM_START_OLDEST,
		}
		if !proto.Equal(h.reqs[0], want) {
			t.Errorf("asked for %v, want %v", h.reqs[0], want)
		}
	})
}

func TestConsumeRefusesWhatCanNotWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{}
		c, _ := h.serve(t)
		var got handled
		for want, err := range map[string]error{
			"no name":    c.Consume(t.Context(), "", nil, got.handle),
			"no handler": c.Consume(t.Context(), "ledger", nil, nil),
			"less than":  c.Consume(t.Context(), "ledger", nil, got.handle, client.Concurrency(0)),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
		if streams, _, _ := h.seen(); len(streams) != 0 {
			t.Errorf("%d streams were opened", len(streams))
		}
	})
}

// As many objects as are allowed are handled at a time, and none of them twice at a time.
func TestConsumeConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{log: manyEvents(100, 5)}
		c, _ := h.serve(t)
		var mu sync.Mutex
		now, last, most := map[string]bool{}, map[string]int64{}, 0
		err := c.Consume(within(t, time.Minute), "ledger", nil, func(_ context.Context, e *paymentsv1.Event) error {
			mu.Lock()
			if now[e.GetObjectId()] || e.GetPosition() < last[e.GetObjectId()] {
				t.Errorf("event %d beside or behind %d of its object", e.GetPosition(), last[e.GetObjectId()])
			}
			now[e.GetObjectId()], last[e.GetObjectId()] = true, e.GetPosition()
			most = max(most, len(now))
			mu.Unlock()
			wait(time.Second)
			mu.Lock()
			defer mu.Unlock()
			delete(now, e.GetObjectId())
			return nil
		}, client.Concurrency(3))
		if _, _, acked := h.seen(); !errors.Is(err, context.DeadlineExceeded) || most != 3 || len(acked) != 100 {
			t.Errorf("got %v, at most %d at a time, %d acknowledged", err, most, len(acked))
		}
	})
}

// Events of no object wait for none.
func TestConsumeWithoutObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{log: events("", "", "")}
		c, _ := h.serve(t)
		var got handled
		_ = c.Consume(within(t, 100*time.Millisecond), "ledger", nil, func(ctx context.Context, e *paymentsv1.Event) error {
			got.add(e)
			<-ctx.Done()
			return nil
		}, client.Concurrency(3))
		if len(got.got()) != 3 {
			t.Errorf("%v were handled at a time", got.got())
		}
	})
}

// What fails comes again, later and later. Its object waits for it, and the others go on.
func TestConsumeTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{log: events("pi_1", "pi_1", "pi_2")}
		c, _ := h.serve(t)
		var got handled
		var times []time.Time
		err := c.Consume(within(t, 10*time.Minute), "ledger", nil, func(_ context.Context, e *paymentsv1.Event) error {
			got.add(e)
			if e.GetPosition() != 1 {
				return nil
			}
			times = append(times, time.Now())
			switch len(times) {
			case 1:
				return errors.New("the database is away")
			case 2:
				panic("a fault") //nolint:forbidigo // a handler's fault is what this is about
			case 3:
				runtime.Goexit()
			}
			return nil
		})
		if diff := cmp.Diff([]int64{1, 3, 1, 1, 1, 2}, got.got()); diff != "" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, and handled others (-want +got):\n%s", err, diff)
		}
		for i, limit := range []time.Duration{time.Second, 4 * time.Second, 16 * time.Second} {
			if wait := times[i+1].Sub(times[i]); wait < limit/2 || wait > limit {
				t.Errorf("the wait after try %d is %v, want up to %v", i+1, wait, limit)
			}
		}
		if _, _, acked := h.seen(); !slices.Equal(acked, upTo(3)) {
			t.Errorf("acknowledged %v", acked)
		}
	})
}

func TestConsumePoison(t *testing.T) {
	broken, refused := errors.New("it can not be read"), errors.New("the disk is full")
	for _, tt := range []struct {
		name  string
		opts  []client.ConsumeOption
		want  []error
		acked []int64
	}{
		{"nobody takes it", nil, []error{broken}, []int64{2}},
		{
			"somebody takes it",
			[]client.ConsumeOption{client.OnPoison(func(_ context.Context, _ *paymentsv1.Event, err error) error {
				if !errors.Is(err, broken) {
					return err
				}
				return nil
			})},
			[]error{context.DeadlineExceeded},
			[]int64{1, 2, 3},
		},
		{
			"somebody fails to",
			[]client.ConsumeOption{client.OnPoison(func(context.Context, *paymentsv1.Event, error) error { return refused })},
			[]error{broken, refused},
			[]int64{2},
		},
		{
			"somebody panics",
			[]client.ConsumeOption{client.OnPoison(func(context.Context, *paymentsv1.Event, error) error {
				panic("a fault") //nolint:forbidigo // a fault is what this is about
			})},
			[]error{broken},
			[]int64{2},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &house{log: events("pi_1", "pi_2", "pi_1")}
				c, _ := h.serve(t)
				tries := 0
				err := c.Consume(within(t, time.Hour), "ledger", nil, func(_ context.Context, e *paymentsv1.Event) error {
					if e.GetPosition() != 1 {
						return nil
					}
					tries++
					return broken
				}, tt.opts...)
				for _, want := range tt.want {
					if !errors.Is(err, want) {
						t.Errorf("got %v, want %v in it", err, want)
					}
				}
				var poison *client.PoisonError
				if is := errors.As(err, &poison); is != errors.Is(err, broken) || is && poison.Event.GetId() != "ev_1" {
					t.Errorf("got %v, of the event %v", err, poison)
				}
				if _, _, acked := h.seen(); tries != 5 || !slices.Equal(acked, tt.acked) {
					t.Errorf("%d tries, and acknowledged %v, want 5 and %v", tries, acked, tt.acked)
				}
			})
		})
	}
}

// When the context ends, what is being handled comes to its end and is acknowledged, and nothing else begins.
func TestConsumeEndsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{log: manyEvents(10, 10)}
		c, _ := h.serve(t)
		ctx, cancel := context.WithCancel(t.Context())
		var got handled
		err := c.Consume(ctx, "ledger", nil, func(ctx context.Context, e *paymentsv1.Event) error {
			got.add(e)
			cancel()
			<-ctx.Done()
			wait(time.Minute)
			return nil
		}, client.Concurrency(2))
		_, _, acked := h.seen()
		if err != context.Canceled || len(got.got()) > 2 || !slices.Equal(slices.Sorted(slices.Values(got.got())), slices.Compact(acked)) { //nolint:errorlint // it is the context's own
			t.Errorf("got %v, handled %v, acknowledged %v", err, got.got(), acked)
		}
	})
}
