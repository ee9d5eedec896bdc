package proof_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// reader reads the log by streams that break off again and again, now at one server and now at another, and goes on from
// its token each time.
type reader struct {
	servers []paymentsv1.EventServiceClient
	lots    *rand.Rand
	// breaks is after how many events a stream is left, at most; 0 is never.
	breaks int

	token string
	start paymentsv1.StreamStart

	mu      sync.Mutex
	seen    []string // the ids, by position
	streams int
	delays  []time.Duration
	fault   error
}

func newReader(lots *rand.Rand, breaks int, servers ...paymentsv1.EventServiceClient) *reader {
	return &reader{
		servers: servers, lots: rand.New(rand.NewPCG(lots.Uint64(), 2)), breaks: breaks,
		start: paymentsv1.StreamStart_STREAM_START_OLDEST,
	}
}

// run reads until the context ends. Streams that end are opened again: what a caller does without thinking.
func (r *reader) run(ctx context.Context) {
	for ctx.Err() == nil && r.failed() == nil {
		r.stream(ctx)
		<-time.After(time.Duration(5+r.lots.IntN(20)) * time.Millisecond)
	}
}

func (r *reader) stream(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	from := r.servers[r.lots.IntN(len(r.servers))]
	stream, err := from.StreamEvents(ctx, &paymentsv1.StreamEventsRequest{ResumeToken: r.token, Start: r.start})
	if err != nil {
		return
	}
	r.mu.Lock()
	r.streams++
	r.mu.Unlock()
	left := -1
	if r.breaks > 0 {
		left = 1 + r.lots.IntN(r.breaks)
	}
	for left != 0 {
		message, err := stream.Recv()
		if err != nil {
			return
		}
		r.take(message)
		r.token = message.GetResumeToken()
		if left > 0 {
			left = max(0, left-len(message.GetEvents()))
		}
	}
}

// take holds what came to what must come: every position, once, in order.
func (r *reader) take(message *paymentsv1.StreamEventsResponse) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range message.GetEvents() {
		if want := int64(len(r.seen) + 1); e.GetPosition() != want && r.fault == nil {
			r.fault = fmt.Errorf("position %d came where %d was due", e.GetPosition(), want)
		}
		r.seen = append(r.seen, e.GetId())
		r.delays = append(r.delays, time.Since(e.GetPublishTime().AsTime()))
	}
	if message.GetPosition() < int64(len(r.seen)) && r.fault == nil {
		r.fault = fmt.Errorf("the token of position %d came behind position %d", message.GetPosition(), len(r.seen))
	}
}

func (r *reader) failed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}

func (r *reader) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

// percentiles are of how long after its commit an event came.
func (r *reader) percentiles() (p50, p99 time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sorted := slices.Sorted(slices.Values(r.delays))
	if len(sorted) == 0 {
		return 0, 0
	}
	return sorted[len(sorted)/2], sorted[len(sorted)*99/100]
}
