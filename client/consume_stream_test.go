package client_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// A stream that breaks is opened again, and what is being handled meanwhile is not handled again.
func TestConsumeResumes(t *testing.T) {
	const handling = 40 * time.Second
	for _, tt := range []struct {
		name     string
		house    *house
		cut      bool
		min, max time.Duration
	}{
		{
			"the server stops", &house{ends: []error{refuse(codes.Unavailable, "STREAM_ENDED", retryIn(3*time.Second))}}, false,
			3 * time.Second, 3200 * time.Millisecond,
		},
		{
			"too many streams", &house{ends: []error{refuse(codes.ResourceExhausted, "RATE_LIMITED", retryIn(2*time.Second))}}, false,
			2 * time.Second, 2200 * time.Millisecond,
		},
		{"a proxy", &house{ends: []error{status.Error(codes.Unavailable, "")}}, false, 0, 200 * time.Millisecond},
		{"a reset", &house{ends: []error{status.Error(codes.Internal, "RST_STREAM")}}, false, 0, 200 * time.Millisecond},
		{"an end for no reason", &house{ends: []error{nil}}, false, 0, 200 * time.Millisecond},
		{"a lost connection", &house{}, true, 0, 2 * time.Second},
		{"no heartbeats", &house{mute: true}, false, 15 * time.Second, 15200 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.house.log = manyEvents(3, 2)
				c, f := tt.house.serve(t)
				if tt.cut {
					time.AfterFunc(time.Second, f.cut)
				}
				var got handled
				err := c.Consume(within(t, time.Minute*3), "ledger", nil, func(_ context.Context, e *paymentsv1.Event) error {
					got.add(e)
					wait(handling)
					return nil
				})
				streams, _, acked := tt.house.seen()
				if !errors.Is(err, context.DeadlineExceeded) || len(streams) < 2 {
					t.Fatalf("got %v after %d streams", err, len(streams))
				}
				if !slices.Equal(got.got(), upTo(3)) || !slices.Equal(acked, upTo(3)) {
					t.Errorf("handled %v and acknowledged %v, want each once", got.got(), acked)
				}
				if wait := streams[1].Sub(streams[0]); !tt.cut && (wait < tt.min || wait > tt.max) {
					t.Errorf("the second stream came after %v, want from %v to %v", wait, tt.min, tt.max)
				}
			})
		})
	}
}

// A server that is away is asked again and again, less and less often, and the hook hears of it.
func TestConsumeBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{mute: true, ends: slices.Repeat([]error{status.Error(codes.Unavailable, "")}, 1000)}
		heard := 0
		c, _ := h.serve(t, client.WithOnRetry(func(method string, attempt int, err error, wait time.Duration) {
			heard++
			if method != paymentsv1.EventService_StreamEvents_FullMethodName || attempt != heard || err == nil ||
				wait > 2*time.Second {
				t.Errorf("heard of %s, attempt %d, %v, %v", method, attempt, err, wait)
			}
		}))
		var got handled
		_ = c.Consume(within(t, 10*time.Minute), "ledger", nil, got.handle)
		if streams, _, _ := h.seen(); len(streams) < 300 || len(streams) > 900 || heard < len(streams)-1 {
			t.Errorf("%d streams in 10 minutes, and heard of %d", len(streams), heard)
		}
	})
}

// What another stream would not mend ends it.
func TestConsumeEndsWithWhatStays(t *testing.T) {
	for reason, code := range map[string]codes.Code{
		"CONSUMER_TAKEN_OVER": codes.Aborted, "POSITION_EXPIRED": codes.OutOfRange, "INVALID_FIELD": codes.InvalidArgument,
		"CREDENTIALS_INVALID": codes.Unauthenticated, "SCOPE_MISSING": codes.PermissionDenied,
		"NOT_IMPLEMENTED": codes.Unimplemented,
	} {
		t.Run(reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &house{log: events("pi_1"), ends: []error{refuse(code, reason)}}
				c, _ := h.serve(t)
				err := c.Consume(t.Context(), "ledger", nil, func(context.Context, *paymentsv1.Event) error {
					wait(time.Minute) // It goes on although the stream has ended.
					return nil
				})
				streams, _, acked := h.seen()
				if client.ReasonOf(err).String() != "ERROR_REASON_"+reason || len(streams) != 1 {
					t.Errorf("got %v after %d streams", err, len(streams))
				}
				if client.IsTakenOver(err) != (reason == "CONSUMER_TAKEN_OVER") {
					t.Errorf("%v is told from a takeover wrongly", err)
				}
				if !slices.Equal(slices.Compact(acked), upTo(1)) {
					t.Errorf("acknowledged %v, want what was under way", acked)
				}
			})
		})
	}
	if client.IsTakenOver(nil) || client.IsTakenOver(io.EOF) {
		t.Error("nothing is taken for a takeover")
	}
}

// Close ends it.
func TestConsumeEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{}
		c, _ := h.serve(t)
		time.AfterFunc(time.Second, c.Close)
		var got handled
		if err := c.Consume(t.Context(), "ledger", nil, got.handle); status.Code(err) != codes.Canceled {
			t.Errorf("got %v", err)
		}
	})
}

// An acknowledgement comes at most 100 ms after the handler, or with 100 others.
func TestConsumeAcknowledgesSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{log: manyEvents(300, 300)}
		c, _ := h.serve(t)
		var last time.Time
		_ = c.Consume(within(t, time.Minute), "ledger", nil, func(_ context.Context, _ *paymentsv1.Event) error {
			wait(10 * time.Millisecond)
			last = time.Now()
			return nil
		})
		_, calls, acked := h.seen()
		if late := calls[len(calls)-1].Sub(last); late > 100*time.Millisecond || len(acked) != 300 {
			t.Errorf("the last was acknowledged after %v, %d in all", late, len(acked))
		}
		if len(calls) < 25 || len(calls) > 35 {
			t.Errorf("%d calls in 3 s", len(calls))
		}
	})
}

// An acknowledgement that did not get through is sent again; one that is refused ends it.
func TestConsumeAcknowledgesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{log: manyEvents(3, 3), refusals: []error{
			status.Error(codes.Unavailable, ""), refuse(codes.Unavailable, "STORE_UNAVAILABLE", retryIn(time.Second)),
			status.Error(codes.DeadlineExceeded, ""),
		}}
		c, _ := h.serve(t)
		var got handled
		err := c.Consume(within(t, time.Minute), "ledger", nil, got.handle)
		_, calls, acked := h.seen()
		if !errors.Is(err, context.DeadlineExceeded) || len(calls) != 4 || !slices.Equal(acked, upTo(3)) {
			t.Errorf("got %v after %d calls, acknowledged %v", err, len(calls), acked)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		gone := refuse(codes.NotFound, "RESOURCE_MISSING")
		h := &house{log: manyEvents(3, 3), refusals: []error{gone, gone}}
		c, _ := h.serve(t)
		var got handled
		err := c.Consume(t.Context(), "ledger", nil, got.handle)
		if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING {
			t.Errorf("got %v", err)
		}
	})
}

// What was acknowledged while the next stream began is not handled again, and acknowledged again.
func TestConsumeAcknowledgementThatCrossedTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{log: manyEvents(2, 2), ends: []error{nil}, lag: 3 * time.Second}
		c, _ := h.serve(t)
		var got handled
		_ = c.Consume(within(t, time.Minute), "ledger", nil, func(ctx context.Context, e *paymentsv1.Event) error {
			wait(time.Second)
			return got.handle(ctx, e)
		})
		if _, _, acked := h.seen(); !slices.Equal(got.got(), upTo(2)) || !slices.Equal(acked, []int64{1, 1, 2, 2}) {
			t.Errorf("handled %v, acknowledged %v", got.got(), acked)
		}
	})
}
