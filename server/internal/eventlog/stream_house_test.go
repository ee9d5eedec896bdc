package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/interceptor"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/service"
	"github.com/tillgate/tillgate/server/internal/store"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// house is the streams of one server: on a store, with a tail.
type house struct {
	store   store.Store
	keys    *seal.Keys
	tail    *eventlog.Tail
	streams *eventlog.Streams
}

// newKeys are the seal keys of all servers of one store.
func newKeys(tb testing.TB) *seal.Keys {
	tb.Helper()
	keys, err := seal.NewKeys()
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

// newHouse runs a server's streams until the end of the test.
func newHouse(tb testing.TB, s store.Store, keys *seal.Keys, change ...func(*eventlog.StreamsConfig)) *house {
	tb.Helper()
	logger := slog.New(slog.DiscardHandler)
	h := &house{store: s, keys: keys, tail: eventlog.NewTail(s, keys, logger)}
	c := eventlog.StreamsConfig{Log: s, Tail: h.tail, Keys: keys, Logger: logger, OpenRate: 100_000}
	for _, edit := range change {
		edit(&c)
	}
	var err error
	if h.streams, err = eventlog.NewStreams(tb.Context(), c); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	var running sync.WaitGroup
	running.Go(func() { h.tail.Run(ctx) })
	running.Go(func() { s.Sequence(ctx) })
	tb.Cleanup(func() {
		h.streams.Shutdown()
		cancel()
		running.Wait()
	})
	return h
}

// payload is the message of an object as the log keeps it.
func (h *house) payload(tb testing.TB, objectID string, m proto.Message) []byte {
	tb.Helper()
	wrapped, err := anypb.New(m)
	if err != nil {
		tb.Fatal(err)
	}
	plain, err := proto.Marshal(wrapped)
	if err != nil {
		tb.Fatal(err)
	}
	return h.keys.Seal("event/resource", objectID, plain)
}

// processing is an event of a payment that may come any number of times.
func (h *house) processing(tb testing.TB, objectID, cause string) store.Event {
	tb.Helper()
	return store.Event{
		ObjectID: objectID, ObjectKind: "payment_intent", Kind: "payment_intent.processing", Cause: cause,
		StripeEventID: cause, Occurred: time.Unix(1_700_000_000, 0),
		Resource: h.payload(tb, objectID, &paymentsv1.Payment{Id: objectID}),
	}
}

// publish writes events in one transaction, and waits until they have positions. It returns that of the last.
func (h *house) publish(tb testing.TB, events ...store.Event) int64 {
	tb.Helper()
	before := h.head(tb).Position
	if _, err := h.store.Ingest(tb.Context(), store.Ingest{Events: events}); err != nil {
		tb.Fatal(err)
	}
	want := before + int64(len(events))
	poll(tb, "positions", func() bool { return h.head(tb).Position >= want })
	return h.head(tb).Position
}

// publishPayments publishes n events, of payments pi_0 to pi_9 in turn, and returns the position of the last.
func (h *house) publishPayments(tb testing.TB, name string, n int) (last int64) {
	tb.Helper()
	events := make([]store.Event, 0, n)
	for i := range n {
		events = append(events, h.processing(tb, fmt.Sprintf("pi_%d", i%10), fmt.Sprintf("evt_%s%d", name, i)))
	}
	for chunk := range slices.Chunk(events, 500) {
		last = h.publish(tb, chunk...)
	}
	return last
}

func (h *house) head(tb testing.TB) store.Head {
	tb.Helper()
	head, err := h.store.Head(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return head
}

// poll waits for something to become true.
func poll(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-timeout.C:
			tb.Fatalf("no %s within %v", what, patience)
		}
	}
}

// caller may read events, and no more than these beside.
func caller(name string, more ...paymentsv1.Scope) auth.Caller {
	return auth.NewCaller(name, name+"-token", append(more, paymentsv1.Scope_SCOPE_EVENTS_READ)...)
}

// served is a house behind a real gRPC server on loopback.
type served struct {
	*house

	tokens *auth.Tokens
	addr   string
	conn   *grpc.ClientConn
	client paymentsv1.EventServiceClient
}

// serve serves a house to these callers.
func (h *house) serve(tb testing.TB, letters service.DeadLetters, callers ...auth.Caller) *served {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &served{house: h, tokens: auth.NewTokens(callers, time.Now), addr: listener.Addr().String()}
	policy, err := auth.NewPolicy(paymentsv1.File_payments_v1_event_service_proto.Services().Get(0))
	if err != nil {
		tb.Fatal(err)
	}
	validator, err := protovalidate.New()
	if err != nil {
		tb.Fatal(err)
	}
	server := grpc.NewServer(interceptor.ServerOptions(interceptor.Config{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Tokens: s.tokens, Policy: policy, Validator: validator,
	})...)
	paymentsv1.RegisterEventServiceServer(server, service.NewEvents(h.streams, letters))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	tb.Cleanup(func() {
		h.streams.Shutdown()
		server.Stop()
		if err := <-ended; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			tb.Errorf("the server ended with %v", err)
		}
	})
	s.conn = s.dial(tb)
	s.client = paymentsv1.NewEventServiceClient(s.conn)
	return s
}

func (s *served) dial(tb testing.TB) *grpc.ClientConn {
	tb.Helper()
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

// as is the context of a caller's call.
func as(tb testing.TB, name string) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	tb.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+name+"-token")
}

// reader is a client's end of a stream.
type reader struct {
	stream grpc.ServerStreamingClient[paymentsv1.StreamEventsResponse]
	// token and position are the newest.
	token    string
	position int64
}

// open opens a stream.
func (s *served) open(ctx context.Context, tb testing.TB, req *paymentsv1.StreamEventsRequest) *reader {
	tb.Helper()
	stream, err := s.client.StreamEvents(ctx, req)
	if err != nil {
		tb.Fatal(err)
	}
	return &reader{stream: stream}
}

// opened opens a stream and waits for its first heartbeat.
func (s *served) opened(ctx context.Context, tb testing.TB, req *paymentsv1.StreamEventsRequest) *reader {
	tb.Helper()
	r := s.open(ctx, tb, req)
	if events := r.next(tb); len(events) > 0 {
		tb.Fatalf("it begins with %d events, want a heartbeat", len(events))
	}
	return r
}

func (r *reader) next(tb testing.TB) []*paymentsv1.Event {
	tb.Helper()
	resp, err := r.stream.Recv()
	if err != nil {
		tb.Fatalf("the stream ended with %v", err)
	}
	r.token, r.position = resp.GetResumeToken(), resp.GetPosition()
	return resp.GetEvents()
}

// take reads n events.
func (r *reader) take(tb testing.TB, n int) (events []*paymentsv1.Event) {
	tb.Helper()
	for len(events) < n {
		events = append(events, r.next(tb)...)
	}
	if len(events) > n {
		tb.Fatalf("%d events came, want %d", len(events), n)
	}
	return events
}

// end reads until the stream ends, and returns how.
func (r *reader) end() error {
	for {
		resp, err := r.stream.Recv()
		if err != nil {
			return err
		}
		r.token, r.position = resp.GetResumeToken(), resp.GetPosition()
	}
}

// positionsOf are where the events stand.
func positionsOf(events []*paymentsv1.Event) []int64 {
	positions := make([]int64, 0, len(events))
	for _, event := range events {
		positions = append(positions, event.GetPosition())
	}
	return positions
}

// span is the positions from one to another.
func span(from, to int64) (positions []int64) {
	for position := from; position <= to; position++ {
		positions = append(positions, position)
	}
	return positions
}

// infoOf is the ErrorInfo of an error.
func infoOf(err error) *errdetails.ErrorInfo {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info
		}
	}
	return nil
}
