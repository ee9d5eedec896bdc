package console_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/console"
)

// fakeLog is an EventService that notes what it was asked.
type fakeLog struct {
	paymentsv1.UnimplementedEventServiceServer

	events    []*paymentsv1.Event
	consumers []*paymentsv1.Consumer
	letters   []*paymentsv1.DeadLetter
	// ends are what the streams end with, in turn, once they have told what there is; the others stay open. cut is how many
	// events each of these tells.
	ends []error
	cut  int

	mu      sync.Mutex
	streams []*paymentsv1.StreamEventsRequest
	lists   []*paymentsv1.ListEventsRequest
	seeks   []*paymentsv1.SeekConsumerRequest
	deletes []*paymentsv1.DeleteConsumerRequest
	retries []string
	tokens  []string
}

// StreamEvents implements EventService; its tokens are positions.
func (f *fakeLog) StreamEvents(
	req *paymentsv1.StreamEventsRequest, stream grpc.ServerStreamingServer[paymentsv1.StreamEventsResponse],
) error {
	f.mu.Lock()
	f.streams = append(f.streams, &paymentsv1.StreamEventsRequest{
		Filter: req.GetFilter(), ResumeToken: req.GetResumeToken(), Start: req.GetStart(),
	})
	f.tokens = append(f.tokens, strings.Join(metadata.ValueFromIncomingContext(stream.Context(), "authorization"), ","))
	n := len(f.streams)
	f.mu.Unlock()
	at, head := 0, len(f.events)
	switch {
	case req.GetResumeToken() != "":
		at, _ = strconv.Atoi(req.GetResumeToken())
	case req.GetStart() != paymentsv1.StreamStart_STREAM_START_OLDEST:
		at = head
	}
	say := func(events []*paymentsv1.Event, at int) error {
		return stream.Send(&paymentsv1.StreamEventsResponse{
			Events: events, ResumeToken: strconv.Itoa(at), Position: int64(at), HeadPosition: int64(head),
		})
	}
	if err := say(nil, at); err != nil {
		return err
	}
	end := head
	if n <= len(f.ends) {
		end = min(at+f.cut, head)
	}
	if at < end {
		if err := say(f.events[at:end], end); err != nil {
			return err
		}
	}
	if n <= len(f.ends) {
		return f.ends[n-1]
	}
	<-stream.Context().Done()
	return stream.Context().Err()
}

// ListEvents implements EventService, two a page.
func (f *fakeLog) ListEvents(_ context.Context, req *paymentsv1.ListEventsRequest) (*paymentsv1.ListEventsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists = append(f.lists, req)
	start := int(req.GetAfterPosition())
	if req.GetPageToken() != "" {
		start, _ = strconv.Atoi(req.GetPageToken())
	}
	end := min(start+2, len(f.events))
	resp := &paymentsv1.ListEventsResponse{Events: f.events[min(start, end):end]}
	if end < len(f.events) {
		resp.NextPageToken = strconv.Itoa(end)
	}
	return resp, nil
}

// ListConsumers implements EventService.
func (f *fakeLog) ListConsumers(context.Context, *paymentsv1.ListConsumersRequest) (*paymentsv1.ListConsumersResponse, error) {
	return &paymentsv1.ListConsumersResponse{Consumers: f.consumers}, nil
}

// SeekConsumer implements EventService.
func (f *fakeLog) SeekConsumer(
	_ context.Context, req *paymentsv1.SeekConsumerRequest,
) (*paymentsv1.SeekConsumerResponse, error) {
	f.seeks = append(f.seeks, req)
	return &paymentsv1.SeekConsumerResponse{Consumer: f.consumers[0]}, nil
}

// DeleteConsumer implements EventService.
func (f *fakeLog) DeleteConsumer(
	_ context.Context, req *paymentsv1.DeleteConsumerRequest,
) (*paymentsv1.DeleteConsumerResponse, error) {
	f.deletes = append(f.deletes, req)
	return &paymentsv1.DeleteConsumerResponse{}, nil
}

// ListDeadLetters implements EventService.
func (f *fakeLog) ListDeadLetters(
	_ context.Context, req *paymentsv1.ListDeadLettersRequest,
) (*paymentsv1.ListDeadLettersResponse, error) {
	resp := &paymentsv1.ListDeadLettersResponse{}
	for _, letter := range f.letters {
		if req.GetQuarantined() == (letter.GetCause() >= paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE) {
			resp.DeadLetters = append(resp.DeadLetters, letter)
		}
	}
	return resp, nil
}

// RetryDeadLetter implements EventService.
func (f *fakeLog) RetryDeadLetter(
	_ context.Context, req *paymentsv1.RetryDeadLetterRequest,
) (*paymentsv1.RetryDeadLetterResponse, error) {
	f.retries = append(f.retries, req.GetDeadLetterId())
	return &paymentsv1.RetryDeadLetterResponse{}, nil
}

// serveLog serves the fake on loopback and returns the way to it.
func serveLog(t *testing.T, f *fakeLog) config.Connection {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	paymentsv1.RegisterEventServiceServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("the server ended with %v", err)
		}
	})
	return config.Connection{Addr: listener.Addr().String(), Token: config.NewToken(token), Timeout: 10 * time.Second}
}

// manyEvents are events of payments, at the positions from 1 on.
func manyEvents(n int) []*paymentsv1.Event {
	events := make([]*paymentsv1.Event, 0, n)
	for i := range n {
		events = append(events, &paymentsv1.Event{
			Position: int64(i + 1), Type: paymentsv1.EventType_EVENT_TYPE_PAYMENT_SUCCEEDED,
			RawType: "payment_intent.succeeded", ObjectId: fmt.Sprintf("pi_%024d", i+1), OperationId: operationID(i + 1),
			PublishTime: timestamppb.New(time.Date(2026, 11, 23, 10, 0, i, 0, time.UTC)),
		})
	}
	return events
}

// until is where a tail prints, which is ended once so many lines are there.
type until struct {
	strings.Builder

	lines int
	end   func()
}

// Write counts lines.
func (u *until) Write(p []byte) (int, error) {
	n, err := u.Builder.Write(p)
	if strings.Count(u.String(), "\n") >= u.lines {
		u.end()
	}
	return n, err
}

// tailed runs a tail to the end of so many lines.
func tailed(t *testing.T, f *fakeLog, c config.TailEvents, lines int) (out, said string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stdout, stderr := &until{lines: lines, end: cancel}, &strings.Builder{}
	err = console.Events(ctx, config.Events{Connection: serveLog(t, f), Tail: &c}, stdout, stderr)
	return stdout.String(), stderr.String(), err
}

const (
	oldest = paymentsv1.StreamStart_STREAM_START_OLDEST
	newest = paymentsv1.StreamStart_STREAM_START_NEWEST
)

func TestTailPrintsLines(t *testing.T) {
	f := &fakeLog{events: manyEvents(2)}
	f.events[1] = &paymentsv1.Event{
		Position: 12345678, RawType: "payout.paid\x1b", PublishTime: f.events[0].GetPublishTime(), ObjectId: "po_1",
	}
	out, said, err := tailed(t, f, config.TailEvents{Start: oldest, Types: []paymentsv1.EventType{8}}, 2)
	want := "       1  2026-11-23T10:00:00Z  payment-succeeded                pi_000000000000000000000001    op_0000000000...\n" +
		"12345678  2026-11-23T10:00:00Z  payout.paid?                     po_1                           -\n"
	if diff := cmp.Diff(want, out); diff != "" || err != nil || said != "" {
		t.Errorf("got %v, said %q, and printed other lines (-want +got):\n%s", err, said, diff)
	}
	for line := range strings.Lines(out) {
		if utf8.RuneCountInString(line) > 120 {
			t.Errorf("the line is longer than 120: %s", line)
		}
	}
	if got := f.streams[0]; len(got.GetFilter().GetTypes()) != 1 || f.tokens[0] != "Bearer "+token {
		t.Errorf("asked for %v with %q", got, f.tokens[0])
	}
	out, _, err = tailed(t, f, config.TailEvents{Start: oldest, JSON: true}, 2)
	if strings.Count(out, `"position":`) != 2 || err != nil {
		t.Errorf("as JSON it prints %s, %v", out, err)
	}
}

// Where to begin: a position is reached by a list, and the stream goes on behind it.
func TestTailFrom(t *testing.T) {
	for _, tt := range []struct {
		name  string
		tail  config.TailEvents
		first int64
		lists int
	}{
		{"oldest", config.TailEvents{Start: oldest}, 1, 0},
		{"a position", config.TailEvents{From: 4}, 4, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeLog{events: manyEvents(7)}
			out, _, err := tailed(t, f, tt.tail, 7-int(tt.first)+1)
			if first := strings.Fields(out)[0]; err != nil || first != strconv.FormatInt(tt.first, 10) || len(f.lists) != tt.lists {
				t.Errorf("got %v after %d lists, printed\n%s", err, len(f.lists), out)
			}
		})
	}
}

// A stream that breaks goes on behind what was printed.
func TestTailConnectsAgain(t *testing.T) {
	f := &fakeLog{events: manyEvents(3), cut: 1, ends: []error{status.Error(codes.Unavailable, ""), nil}}
	out, said, err := tailed(t, f, config.TailEvents{Start: oldest}, 3)
	if err != nil || strings.Count(out, "\n") != 3 || strings.Count(said, "connecting again") != 2 {
		t.Errorf("got %v, said %q, printed\n%s", err, said, out)
	}
	if f.streams[1].GetResumeToken() != "1" || f.streams[1].GetStart() != 0 || f.streams[2].GetResumeToken() != "2" {
		t.Errorf("asked for %v", f.streams)
	}
}

func TestTailSaysThatThereIsNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stdout, stderr := &strings.Builder{}, &until{lines: 1, end: cancel}
	way := serveLog(t, &fakeLog{events: manyEvents(1)})
	err := console.Events(ctx, config.Events{Connection: way, Tail: &config.TailEvents{Start: newest}}, stdout, stderr)
	if err != nil || stdout.String() != "" || !strings.HasPrefix(stderr.String(), "Nothing yet") {
		t.Errorf("got %v, said %q, printed %q", err, stderr, stdout)
	}
}

// What will not mend by itself ends it, in words.
func TestTailEnds(t *testing.T) {
	for name, end := range map[string]error{
		"PERMISSION_DENIED": status.Error(codes.PermissionDenied, ""), "OUT_OF_RANGE": status.Error(codes.OutOfRange, ""),
	} {
		_, _, err := tailed(t, &fakeLog{ends: []error{end}}, config.TailEvents{Start: oldest}, 1)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	nowhere := config.Connection{Addr: "127.0.0.1:1", Token: config.NewToken(token), Timeout: 10 * time.Second}
	err := console.Events(t.Context(), config.Events{Connection: nowhere, Tail: &config.TailEvents{}}, &strings.Builder{},
		&strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "no server can be reached") {
		t.Errorf("got %v", err)
	}
	way := serveLog(t, &fakeLog{events: manyEvents(1)})
	err = console.Events(t.Context(), config.Events{Connection: way, Tail: &config.TailEvents{Start: oldest}}, fullDisk{},
		&strings.Builder{})
	if !errors.Is(err, errFull) {
		t.Errorf("got %v on a full disk", err)
	}
}
