package console

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

const (
	// silence is how long a stream may say nothing: the server sends a heartbeat after 5 s.
	silence = 15 * time.Second
	// reconnectDelay is the first wait before a stream is opened again; each later one is twice as long, up to
	// reconnectMost.
	reconnectDelay = 500 * time.Millisecond
	reconnectMost  = 10 * time.Second
)

// errSilent is why a stream is left that says nothing.
var errSilent = status.Error(codes.DeadlineExceeded, "the stream was silent for too long")

// tail prints events until the context ends, which is how it is meant to end.
func (e *eventServer) tail(ctx context.Context, c config.TailEvents) error {
	t := &tail{
		eventServer: e, json: c.JSON, from: c.From, listed: c.From == 0,
		req: &paymentsv1.StreamEventsRequest{
			Filter: &paymentsv1.EventFilter{Types: c.Types, ObjectIds: c.ObjectIDs}, Start: c.Start,
		},
	}
	wait := reconnectDelay
	for {
		heard, err := t.stream(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // Ctrl-C is how it is meant to end
		case t.printing != nil:
			return t.printing
		case !t.connected || !mayReconnect(err):
			// What was wrong from the start will not mend by itself.
			return inWords(err, e.way)
		}
		if heard {
			wait = reconnectDelay
			_, _ = fmt.Fprintln(e.stderr, "The connection is lost; connecting again.")
		}
		if !pause(ctx, wait+retryDelay(err)) {
			return nil
		}
		wait = min(2*wait, reconnectMost)
	}
}

// tail is where a tail is.
type tail struct {
	*eventServer

	json bool
	req  *paymentsv1.StreamEventsRequest
	// from is the first position that is to be printed, and listed whether all before the stream is printed.
	from   int64
	listed bool
	// connected is whether a stream ever began, and told whether something was printed, be it that there is nothing.
	connected, told bool
	// printing is why nothing can be printed.
	printing error
}

// stream prints what one stream brings, and reports whether it brought anything, be it a heartbeat.
func (t *tail) stream(ctx context.Context) (heard bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	authorized := metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+t.way.Token.Reveal())
	alarm := time.AfterFunc(t.way.Timeout, func() { cancel(errSilent) })
	defer alarm.Stop()
	defer func() {
		if errors.Is(context.Cause(ctx), errSilent) {
			err = errSilent
		}
	}()
	stream, err := t.StreamEvents(authorized, t.req)
	if err != nil {
		return false, err
	}
	for {
		resp, err := stream.Recv()
		if err != nil {
			return heard, err
		}
		alarm.Stop() // To print may last.
		heard = true
		if err := t.take(ctx, resp); err != nil {
			return heard, err
		}
		if !t.told && resp.GetPosition() >= resp.GetHeadPosition() {
			t.told = true
			_, _ = fmt.Fprintln(t.stderr, "Nothing yet: waiting for events. Ctrl-C ends it; --from oldest shows what there is.")
		}
		t.connected = true
		alarm.Reset(silence)
	}
}

// take prints what came. From then on the stream goes on behind it.
func (t *tail) take(ctx context.Context, resp *paymentsv1.StreamEventsResponse) error {
	if !t.listed {
		// A stream can not begin at a position, but a list can: it has all up to where the stream has begun.
		upTo := resp.GetPosition()
		if events := resp.GetEvents(); len(events) > 0 {
			upTo = events[0].GetPosition() - 1
		}
		if err := t.before(ctx, upTo); err != nil {
			return err
		}
		t.listed = true
	}
	for _, event := range resp.GetEvents() {
		if event.GetPosition() < t.from {
			continue
		}
		if err := t.print(event); err != nil {
			return err
		}
	}
	t.req.ResumeToken, t.req.Start = resp.GetResumeToken(), 0
	return nil
}

// before prints the events from t.from up to a position.
func (t *tail) before(ctx context.Context, upTo int64) error {
	req := &paymentsv1.ListEventsRequest{PageSize: pageSize, Filter: t.req.GetFilter(), AfterPosition: t.from - 1}
	return everyPage(func(token string) (string, error) {
		req.PageToken = token
		ctx, cancel := context.WithTimeout(ctx, t.way.Timeout)
		defer cancel()
		resp, err := t.ListEvents(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+t.way.Token.Reveal()), req)
		if err != nil {
			return "", err
		}
		for _, event := range resp.GetEvents() {
			if event.GetPosition() > upTo {
				return "", nil // The stream brings it.
			}
			if err := t.print(event); err != nil {
				return "", err
			}
			t.from = event.GetPosition() + 1
		}
		return resp.GetNextPageToken(), nil
	})
}

// print prints a line.
func (t *tail) print(event *paymentsv1.Event) error {
	t.told = true
	if t.json {
		t.printing = printJSON(t.stdout, event)
		return t.printing
	}
	_, t.printing = fmt.Fprintf(t.stdout, "%8d  %s  %-31s  %-29s  %s\n", event.GetPosition(),
		event.GetPublishTime().AsTime().Format(time.RFC3339), eventType(event), orDash(event.GetObjectId()),
		shortID(event.GetOperationId()))
	return t.printing
}
