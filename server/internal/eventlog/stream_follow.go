package eventlog

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
)

// readAgain is how long nothing may be heard of an object before it is read all the same.
const readAgain = time.Minute

// Follow reads an object at once, after every event of it, and when nothing was heard of it for a minute, and sends what it
// has read where that is another than the last; until read says that it was the last one, or fails, or the context ends.
// It ends with STREAM_ENDED when the server stops, or send takes longer than 20 seconds.
func (s *Streams) Follow(
	ctx context.Context, caller auth.Caller, objectID string,
	read func(context.Context) (m proto.Message, last bool, err error), send func(proto.Message) error,
) error {
	err := s.follow(ctx, caller, objectID, read, send)
	s.metrics.end(err)
	return err
}

func (s *Streams) follow(
	ctx context.Context, caller auth.Caller, objectID string,
	read func(context.Context) (m proto.Message, last bool, err error), send func(proto.Message) error,
) error {
	leave, err := s.enter(caller.Name)
	if err != nil {
		return err
	}
	defer leave()
	// What is published from here on is heard of; what was before, the first read sees.
	listener, ignore := s.tail.listen(&paymentsv1.EventFilter{ObjectIds: []string{objectID}})
	defer ignore()
	reading, cancel := s.untilStop(ctx)
	defer cancel()

	sender := newSender(s.stopping, nil)
	var sent proto.Message
	for {
		now, last, err := read(reading)
		switch {
		case reading.Err() != nil:
			return context.Cause(reading)
		case err != nil:
			return err
		case sent == nil || !proto.Equal(now, sent):
			if err := sender.do(ctx, func() error { return send(now) }); err != nil {
				return err
			}
			sent = now
		}
		if last {
			return nil
		}
		timer := time.NewTimer(readAgain)
		select {
		case <-listener.heard:
		case <-timer.C:
		case <-reading.Done():
		}
		timer.Stop()
		if reading.Err() != nil {
			return context.Cause(reading)
		}
	}
}

// untilStop is a context that also ends when the server stops.
func (s *Streams) untilStop(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		select {
		case <-s.stopping:
			end(stopped())
		case <-over:
		}
	}()
	return ctx, func() {
		close(over)
		end(nil)
	}
}
