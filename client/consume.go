package client

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// maxTries is how often the handler gets an event before it is poison.
const maxTries = 5

// ConsumeOption changes one thing about Consume. Of an option that is given twice, the last one holds.
type ConsumeOption func(*consumeSettings)

type consumeSettings struct {
	concurrency int
	start       paymentsv1.StreamStart
	onPoison    func(ctx context.Context, event *paymentsv1.Event, err error) error
}

// Concurrency sets how many objects are handled at a time. Default: 1. The events of one object, one payment say, are
// handled one after the other all the same. Events of no object are handled in any order.
func Concurrency(objects int) ConsumeOption {
	return func(s *consumeSettings) { s.concurrency = objects }
}

// FromOldest begins a consumer that is new with the oldest event that the log holds. Default: with what is published from
// now on. One that exists goes on where it was.
func FromOldest() ConsumeOption {
	return func(s *consumeSettings) { s.start = paymentsv1.StreamStart_STREAM_START_OLDEST }
}

// OnPoison sets what becomes of an event whose handler has failed 5 times, with its last error. Where the function returns
// nil, the event is acknowledged and will not come again: write it down somewhere. Where it returns an error, Consume ends
// with a PoisonError. Default: Consume ends with a PoisonError.
func OnPoison(put func(ctx context.Context, event *paymentsv1.Event, err error) error) ConsumeOption {
	return func(s *consumeSettings) { s.onPoison = put }
}

// PoisonError is what Consume ends with where an event could not be handled. The event is not acknowledged: it comes again
// with the next Consume.
type PoisonError struct {
	// Event is the event.
	Event *paymentsv1.Event
	// Err is what the handler returned last, and what OnPoison did.
	Err error
}

// Error names the event, and nothing of what it holds.
func (e *PoisonError) Error() string {
	return fmt.Sprintf("event %s at position %d could not be handled: %v", e.Event.GetId(), e.Event.GetPosition(), e.Err)
}

// Unwrap returns Err.
func (e *PoisonError) Unwrap() error { return e.Err }

// Consume hands events to a function, those that are not acknowledged yet and then those that come, until the context
// ends. The server remembers the consumer by its name, 1 to 64 of `a-z 0-9 . _ -`, for each caller; it is made when it is
// first named. A filter of nil is all events; a change of it holds from then on.
//
// An event is acknowledged once its handler has returned nil, with others, at most 100 ms or 100 events later. So each one
// comes at least once, and again where the process or the server ends before that: the same event has the same id. The
// events of one object come in the order of the log, one at a time, and the next one not before the last is handled; with
// Concurrency, those of several objects at a time.
//
// Where a handler returns an error or panics, the same event is given to it again, after about 1, 4, 16 and 64 s. Events of
// the same object wait for it, and the others go on. What fails for the fifth time is poison: see OnPoison.
//
// The stream is opened again, after a random wait that grows to 2 s, and not before google.rpc.RetryInfo says, when it
// breaks, when the server ends it, and when nothing was heard for 15 s. What is being handled is then not handled a second
// time.
//
// Consume returns the context's error when that has ended; a PoisonError; and otherwise what Tillgate said where another
// stream would not go on: that the consumer was taken over (see IsTakenOver), the reasons POSITION_EXPIRED (events were lost;
// SeekConsumer goes on behind them), CREDENTIALS_INVALID, SCOPE_MISSING, INVALID_FIELD. The context of the handlers ends
// with all of these; those that are under way are waited for, and what they have done is acknowledged.
func (c *Client) Consume(
	ctx context.Context, name string, filter *paymentsv1.EventFilter,
	handle func(context.Context, *paymentsv1.Event) error, opts ...ConsumeOption,
) error {
	settings := consumeSettings{concurrency: 1}
	for _, opt := range opts {
		opt(&settings)
	}
	switch {
	case name == "":
		return errors.New("consume events: the consumer has no name, by which the server would remember it")
	case handle == nil:
		return errors.New("consume events: there is no handler")
	case settings.concurrency < 1:
		return fmt.Errorf("consume events: Concurrency: %d is less than 1", settings.concurrency)
	}
	// The first fault ends everything.
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &consumer{
		consumeSettings: settings, client: c, name: name, handle: handle, ctx: running, cancel: cancel,
		open: map[int64]*delivery{}, busy: map[string]bool{},
		some: make(chan struct{}, 1), full: make(chan struct{}, 1),
	}
	req := &paymentsv1.StreamEventsRequest{Consumer: name, Filter: copyOf(filter), Start: settings.start}
	s := &subscription[paymentsv1.StreamEventsResponse]{
		client: c, method: paymentsv1.EventService_StreamEvents_FullMethodName, take: r.take, silence: silence,
		open: func(ctx context.Context) (grpc.ServerStreamingClient[paymentsv1.StreamEventsResponse], error) {
			r.reopen()
			return c.Events.StreamEvents(ctx, req)
		},
	}
	acking := make(chan struct{})
	go func() {
		defer close(acking)
		r.acknowledge()
	}()
	if err := s.run(running); err != nil {
		r.fail(err)
	}
	r.finish()
	<-acking
	r.flushLast(ctx)
	if r.err != nil {
		return r.err
	}
	return ctx.Err()
}
