package eventlog

import (
	"context"
	"errors"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
)

const (
	// heartbeat is how long a stream is silent at most.
	heartbeat = 5 * time.Second
	// catchUp is how long a stream waits for a log that is behind what its caller has seen: a server hears of what another
	// wrote a little later.
	catchUp = 2 * time.Second
)

// stream is one call to StreamEvents.
type stream struct {
	*Streams

	seesDeclines bool
	wanted       picker
	binding      tokenBinding
	epoch        string
	sum          epochSum
	// position is up to where all that is wanted was sent.
	position int64
	// consumer is nil where the caller remembers by itself where it is.
	consumer *hold

	send     func(*paymentsv1.StreamEventsResponse) error
	sender   *sender
	listener *listener
	sentTime time.Time
}

// Stream delivers events to a caller until the context ends, which is an error too. The errors are those of StreamEvents.
// send may block; it must end when the context does or Stream has returned, and no two run at the same time. What it gets
// is shared, and must not be changed.
func (s *Streams) Stream(
	ctx context.Context, caller auth.Caller, req *paymentsv1.StreamEventsRequest,
	send func(*paymentsv1.StreamEventsResponse) error,
) error {
	err := s.stream(ctx, caller, req, send)
	s.metrics.end(err)
	return err
}

func (s *Streams) stream(
	ctx context.Context, caller auth.Caller, req *paymentsv1.StreamEventsRequest,
	send func(*paymentsv1.StreamEventsResponse) error,
) error {
	leave, err := s.enter(caller.Name)
	if err != nil {
		return err
	}
	defer leave()
	st := &stream{
		Streams: s, seesDeclines: caller.Has(paymentsv1.Scope_SCOPE_DECLINES_READ_ALL),
		wanted: newPicker(req.GetFilter()), binding: bindToken(req.GetFilter(), caller.Name), send: send,
	}
	if err := st.begin(ctx, caller.Name, req); err != nil {
		return s.storeError(ctx, err)
	}
	var lost <-chan struct{}
	if st.consumer != nil {
		lost = st.consumer.holder.lost
		defer st.release(ctx)
	}
	st.sender = newSender(s.stopping, lost)
	var ignore func()
	st.listener, ignore = s.tail.listen(req.GetFilter())
	defer ignore()
	return withToken(s.storeError(ctx, st.run(ctx)), st.token())
}

// enter lets a stream in.
func (s *Streams) enter(caller string) (leave func(), err error) {
	select {
	case <-s.stopping:
		return nil, stopped()
	default:
	}
	shut, err := s.door.enter(caller)
	if err != nil {
		return nil, err
	}
	s.metrics.open.Inc()
	return func() {
		s.metrics.open.Dec()
		shut()
	}, nil
}

// token is where to go on from.
func (st *stream) token() string { return st.tokens.encode(st.sum, st.position, &st.binding) }

// begin finds where the stream begins.
func (st *stream) begin(ctx context.Context, caller string, req *paymentsv1.StreamEventsRequest) error {
	switch {
	case req.GetConsumer() != "":
		return st.take(ctx, caller, req)
	case req.GetResumeToken() != "":
		return st.resume(ctx, req.GetResumeToken())
	}
	head, err := st.log.Head(ctx)
	if err != nil {
		return err
	}
	st.of(head.Epoch)
	st.position = head.Position
	if req.GetStart() == paymentsv1.StreamStart_STREAM_START_OLDEST {
		st.position = head.Oldest - 1
	}
	return nil
}

// of says of which log the positions are.
func (st *stream) of(epoch string) { st.epoch, st.sum = epoch, sumEpoch(epoch) }

// resume goes on behind a token. A position that this server has not heard of yet was seen at another one, which is ahead;
// if it stays unknown, the log has lost it, and to go on would be to go back in time.
func (st *stream) resume(ctx context.Context, token string) error {
	sum, position, err := st.tokens.decode(token, &st.binding)
	if err != nil {
		return apierr.InvalidField("resume_token", "is not a token of this log, for this filter and this caller")
	}
	head, err := st.log.Head(ctx)
	if err != nil {
		return err
	}
	st.of(head.Epoch)
	if sum != st.sum || position < head.Oldest-1 {
		return expired(head.Oldest)
	}
	st.position = position
	if position <= head.Position {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	if _, ok := st.tail.await(waiting, func(now *ring) bool { return now.epoch == st.epoch && now.end >= position }); !ok {
		return apierr.InvalidField("resume_token", "is ahead of the log")
	}
	return nil
}

// run sends what there is, and then what comes.
func (st *stream) run(ctx context.Context) error {
	// The tail may have just begun: until it has, nobody would say that there is something new.
	waiting, cancel := context.WithTimeout(ctx, catchUp)
	_, ok := st.tail.await(waiting, func(*ring) bool { return true })
	cancel()
	if !ok && ctx.Err() == nil {
		return apierr.StoreUnavailable(errNoTail)
	}
	if err := st.say(ctx, nil, st.position); err != nil {
		return err
	}
	for {
		if err := st.ended(ctx); err != nil {
			return err
		}
		if err := st.renew(ctx); err != nil {
			return err
		}
		limit, done := st.room()
		events, upTo, err := []*entry(nil), st.position, error(nil)
		if limit > 0 {
			events, upTo, err = st.read(ctx, st.position, st.wanted, done, limit)
		}
		moved := upTo > st.position
		switch {
		case err != nil:
			return err
		case len(events) > 0, time.Since(st.sentTime) >= heartbeat:
			if err := st.say(ctx, events, upTo); err != nil {
				return err
			}
		default:
			st.position = upTo
			if !moved {
				st.wait(ctx, limit == 0)
			}
		}
	}
}

const errNoTail = apierr.ConstError("the event log was not read yet")

// ended is why the stream must end, if it must.
func (st *stream) ended(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-st.stopping:
		return stopped()
	default:
	}
	if st.consumer != nil {
		select {
		case <-st.consumer.holder.lost:
			return takenOver()
		default:
		}
	}
	if now := st.tail.now(); now.epoch != st.epoch {
		return st.otherLog(ctx)
	}
	return nil
}

// otherLog ends a stream whose log was replaced. The tail may as well be the one that has not seen it yet.
func (st *stream) otherLog(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	if _, ok := st.tail.await(waiting, func(now *ring) bool { return now.epoch == st.epoch }); ok {
		return nil
	}
	return st.expiredNow(ctx)
}

// say sends events, or none, and up to where that was all.
func (st *stream) say(ctx context.Context, events []*entry, upTo int64) error {
	resp := &paymentsv1.StreamEventsResponse{
		ResumeToken: st.tokens.encode(st.sum, upTo, &st.binding), Position: upTo,
		HeadPosition: max(st.tail.now().end, upTo),
	}
	if len(events) > 0 {
		resp.Events = make([]*paymentsv1.Event, 0, len(events))
		for _, e := range events {
			resp.Events = append(resp.Events, e.as(st.seesDeclines))
		}
		st.opened(events)
	}
	if err := st.sender.do(ctx, func() error { return st.send(resp) }); err != nil {
		return err
	}
	st.position = upTo
	st.sentTime = time.Now()
	st.metrics.delivered.Add(float64(len(events)))
	return nil
}

// wait returns when there may be something to do. A consumer that can take no more does not care for new events.
func (st *stream) wait(ctx context.Context, full bool) {
	next := st.sentTime.Add(heartbeat)
	heard := st.listener.heard
	var lost, moved chan struct{}
	if st.consumer != nil {
		lost, moved = st.consumer.holder.lost, st.consumer.holder.moved
		next = st.consumer.nextLook(next, full)
	}
	if full {
		heard = nil
	}
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	select {
	case <-heard:
	case <-moved:
	case <-timer.C:
	case <-lost:
	case <-st.stopping:
	case <-ctx.Done():
	}
}

// errTaken is why a stream has its consumer no more.
var errTaken = errors.New("the consumer has another stream")
