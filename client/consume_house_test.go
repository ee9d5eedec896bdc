package client_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// house is an EventService with a log and one consumer, which delivers what is not acknowledged to each stream anew.
type house struct {
	paymentsv1.UnimplementedEventServiceServer

	// log are the events.
	log []*paymentsv1.Event
	// ends are what the streams end with, in turn, once they have delivered all; the last one, and all behind, stay open.
	ends []error
	// mute is whether the streams send no heartbeat.
	mute bool
	// lag is how long the streams but the first take to deliver what was open when they began.
	lag time.Duration
	// refusals are what acknowledgements are told, in turn, before they succeed.
	refusals []error

	mu      sync.Mutex
	streams []time.Time
	reqs    []*paymentsv1.StreamEventsRequest
	calls   []time.Time
	acked   []int64
}

// StreamEvents implements EventService.
func (h *house) StreamEvents(
	req *paymentsv1.StreamEventsRequest, stream grpc.ServerStreamingServer[paymentsv1.StreamEventsResponse],
) error {
	h.mu.Lock()
	h.streams = append(h.streams, time.Now())
	h.reqs = append(h.reqs, req)
	n := len(h.streams)
	open := slices.DeleteFunc(slices.Clone(h.log), func(e *paymentsv1.Event) bool {
		return slices.Contains(h.acked, e.GetPosition())
	})
	h.mu.Unlock()
	if !h.mute {
		if err := stream.Send(&paymentsv1.StreamEventsResponse{}); err != nil {
			return err
		}
	}
	if n > 1 {
		wait(h.lag)
	}
	for page := range slices.Chunk(open, 100) {
		if err := stream.Send(&paymentsv1.StreamEventsResponse{Events: page}); err != nil {
			return err
		}
	}
	if n <= len(h.ends) {
		return h.ends[n-1]
	}
	for {
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-time.After(5 * time.Second):
		}
		if h.mute {
			continue
		}
		if err := stream.Send(&paymentsv1.StreamEventsResponse{}); err != nil {
			return err
		}
	}
}

// ack answers AckEvents.
func (h *house) ack(req *paymentsv1.AckEventsRequest) (proto.Message, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, time.Now())
	if n := len(h.calls); n <= len(h.refusals) && h.refusals[n-1] != nil {
		return nil, h.refusals[n-1]
	}
	h.acked = append(h.acked, req.GetPositions()...)
	return &paymentsv1.AckEventsResponse{}, nil
}

func (h *house) seen() (streams, calls []time.Time, acked []int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.streams), slices.Clone(h.calls), slices.Sorted(slices.Values(h.acked))
}

// pings lets idle connections be tried as often as Tillgate does.
var pings = grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true})

// serve starts the house and returns a client of it.
func (h *house) serve(t *testing.T, opts ...client.Option) (*client.Client, *fake) {
	t.Helper()
	f := &fake{events: h, answer: func(_ context.Context, _ int, req proto.Message) (proto.Message, error) {
		ack, _ := req.(*paymentsv1.AckEventsRequest)
		return h.ack(ack)
	}, options: []grpc.ServerOption{pings}}
	return f.serve(t, opts...), f
}

// events makes events of these objects, at the positions from 1 on.
func events(objects ...string) []*paymentsv1.Event {
	all := make([]*paymentsv1.Event, 0, len(objects))
	for i, object := range objects {
		all = append(all, &paymentsv1.Event{Id: fmt.Sprintf("ev_%d", i+1), Position: int64(i + 1), ObjectId: object})
	}
	return all
}

// manyEvents makes n events of as many objects as are told.
func manyEvents(n, objects int) []*paymentsv1.Event {
	names := make([]string, 0, n)
	for i := range n {
		names = append(names, fmt.Sprintf("pi_%d", i%objects))
	}
	return events(names...)
}

// upTo is 1, 2, 3, ..., n.
func upTo(n int64) []int64 {
	all := make([]int64, 0, n)
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

// handled collects what a handler got.
type handled struct {
	mu        sync.Mutex
	positions []int64
}

func (h *handled) add(e *paymentsv1.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.positions = append(h.positions, e.GetPosition())
}

func (h *handled) got() []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.positions)
}

// handle notes each event, and is content.
func (h *handled) handle(_ context.Context, e *paymentsv1.Event) error {
	h.add(e)
	return nil
}
