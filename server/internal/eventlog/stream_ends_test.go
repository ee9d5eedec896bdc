package eventlog_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/store"
)

// A stream ends when its caller's right does, with the token to go on from.
func TestE28_ScopeIsLost(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"), caller("billing"))
			lost := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{})
			kept := s.opened(as(t, "billing"), t, &paymentsv1.StreamEventsRequest{})
			s.publishPayments(t, "a", 3)
			lost.take(t, 3)
			// The callers file was read again: shop may do something else now.
			s.tokens.Replace([]auth.Caller{
				auth.NewCaller("shop", "shop-token", paymentsv1.Scope_SCOPE_PAYMENTS_READ), caller("billing"),
			})
			err := lost.end()
			info := infoOf(err)
			if status.Code(err) != codes.PermissionDenied || info.GetReason() != "SCOPE_MISSING" ||
				info.GetMetadata()["scope"] != "EVENTS_READ" || info.GetMetadata()["resume_token"] != lost.token {
				t.Errorf("it ended with %v %v", err, info)
			}
			kept.take(t, 3)
			s.tokens.Replace([]auth.Caller{caller("shop"), caller("billing")})
			s.publishPayments(t, "b", 2)
			again := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{ResumeToken: info.GetMetadata()["resume_token"]})
			if diff := cmp.Diff(span(4, 5), positionsOf(again.take(t, 2))); diff != "" {
				t.Errorf("with its right back it goes on with (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(span(4, 5), positionsOf(kept.take(t, 2))); diff != "" {
				t.Errorf("another caller's goes on with (-want +got):\n%s", diff)
			}
		})
	}
}

// A stream ends when its credential does, also one that nothing was sent on.
func TestE29_CredentialExpires(t *testing.T) {
	short := caller("shop")
	short.Expires = time.Now().Add(1500 * time.Millisecond)
	s := newHouse(t, engines[0].open(t), newKeys(t)).serve(t, nil, short)
	r := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{Consumer: "c"})
	err := r.end()
	info := infoOf(err)
	if status.Code(err) != codes.Unauthenticated || info.GetReason() != "CREDENTIALS_INVALID" ||
		info.GetMetadata()["resume_token"] != r.token {
		t.Errorf("it ended with %v %v", err, info)
	}
	if late := time.Since(short.Expires); late < 0 || late > 5*time.Second {
		t.Errorf("it ended %v after the credential", late)
	}
}

// When the server stops, all streams end at once, each with its token; whoever comes then is sent elsewhere.
func TestO10_StreamsEndWhenTheServerStops(t *testing.T) {
	s := newHouse(t, engines[0].open(t), newKeys(t)).serve(t, nil, caller("shop"))
	const n = 100
	readers := make([]*reader, 0, n)
	for i := range n {
		req := &paymentsv1.StreamEventsRequest{}
		if i%2 == 0 {
			req.Consumer = fmt.Sprintf("c%d", i)
		}
		readers = append(readers, s.opened(as(t, "shop"), t, req))
	}
	last := s.publishPayments(t, "a", 3)
	for _, r := range readers {
		r.take(t, 3)
	}
	begin := time.Now()
	s.streams.Shutdown()
	for _, r := range readers {
		err := r.end()
		info := infoOf(err)
		if status.Code(err) != codes.Unavailable || info.GetReason() != "STREAM_ENDED" ||
			info.GetMetadata()["cause"] != "SHUTDOWN" || info.GetMetadata()["resume_token"] != r.token || retryOf(err) <= 0 {
			t.Fatalf("a stream ended with %v %v", err, info)
		}
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if _, err := s.open(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{}).stream.Recv(); infoOf(err).GetReason() != "STREAM_ENDED" {
		t.Errorf("a new stream: %v", err)
	}

	other := newHouse(t, s.store, s.keys).serve(t, nil, caller("shop"))
	other.publishPayments(t, "b", 2)
	again := other.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{ResumeToken: readers[1].token})
	if diff := cmp.Diff(span(last+1, last+2), positionsOf(again.take(t, 2))); diff != "" {
		t.Errorf("elsewhere it goes on with (-want +got):\n%s", diff)
	}
}

// retryOf is when an error says to ask again.
func retryOf(err error) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			return retry.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// After a restart all come back at once. A few are let in; the others hear when to come again, each at another moment, and
// writes go on meanwhile.
func TestE22_Storm(t *testing.T) {
	h := newHouse(t, engines[0].open(t), newKeys(t), func(c *eventlog.StreamsConfig) { c.OpenRate = 20 })
	s := h.serve(t, nil, caller("shop"))
	const n = 300
	var admitted, refused atomic.Int64
	var mu sync.Mutex
	delays := map[time.Duration]bool{}
	ctx := as(t, "shop")
	storm, calm := context.WithCancel(ctx)
	var opening sync.WaitGroup
	for range n {
		opening.Go(func() {
			stream, err := s.client.StreamEvents(storm, &paymentsv1.StreamEventsRequest{})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			_, err = stream.Recv()
			if err == nil {
				admitted.Add(1)
				return
			}
			refused.Add(1)
			if status.Code(err) != codes.ResourceExhausted || infoOf(err).GetReason() != "RATE_LIMITED" {
				t.Errorf("a stream was refused with %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			delays[retryOf(err)] = true
		})
	}
	begin := time.Now()
	for i := range 20 { // what money writes do to the store
		if _, err := s.store.Ingest(ctx, store.Ingest{Events: []store.Event{s.processing(t, "pi_1", fmt.Sprintf("evt_storm%d", i))}}); err != nil {
			t.Error(err)
		}
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("20 writes took %v", took)
	}
	opening.Wait()
	calm()
	if got := admitted.Load(); got < 20 || got > 200 {
		t.Errorf("%d of %d were let in at 20 a second", got, n)
	}
	if int64(len(delays)) < refused.Load()/2 {
		t.Errorf("%d were refused, with %d different delays", refused.Load(), len(delays))
	}
}

// A caller has no more streams than its share, and all together no more than there is room for.
func TestStreamsAreLimited(t *testing.T) {
	h := newHouse(t, engines[0].open(t), newKeys(t), func(c *eventlog.StreamsConfig) { c.MaxStreams, c.MaxCallerStreams = 3, 2 })
	s := h.serve(t, nil, caller("shop"), caller("billing"))
	ctx, hangUp := context.WithCancel(as(t, "shop"))
	s.opened(ctx, t, &paymentsv1.StreamEventsRequest{})
	s.opened(ctx, t, &paymentsv1.StreamEventsRequest{})
	if _, err := s.open(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{}).stream.Recv(); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a third stream of a caller: %v", err)
	}
	s.opened(as(t, "billing"), t, &paymentsv1.StreamEventsRequest{})
	if _, err := s.open(as(t, "billing"), t, &paymentsv1.StreamEventsRequest{}).stream.Recv(); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a fourth stream: %v", err)
	}
	hangUp()
	poll(t, "room", func() bool {
		_, err := s.open(as(t, "billing"), t, &paymentsv1.StreamEventsRequest{}).stream.Recv()
		return err == nil
	})
}

// An object of 300 KiB is delivered; one of 5 MiB, which no client could take, is named.
func TestE23_LargeObjects(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			r := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{})
			for i, size := range []int{300 << 10, 5 << 20, 300 << 10, 300 << 10} {
				id := fmt.Sprintf("pi_%d", i)
				event := s.processing(t, id, fmt.Sprintf("evt_%d", i))
				event.Resource = s.payload(t, id, &paymentsv1.Payment{Id: id, RawState: strings.Repeat("x", size)})
				s.publish(t, event)
			}
			events := r.take(t, 4)
			for i, event := range events {
				if i == 1 {
					if event.GetReference().GetObjectId() != "pi_1" || event.GetReference().GetObjectType() != "payment_intent" {
						t.Errorf("the large one is %T", event.GetPayload())
					}
					continue
				}
				if len(event.GetPayment().GetRawState()) != 300<<10 {
					t.Errorf("event %d is %T", i, event.GetPayload())
				}
			}
		})
	}
}
