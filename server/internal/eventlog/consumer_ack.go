package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

// ackTimeout bounds the write for several calls, each of which has its own deadline.
const ackTimeout = 10 * time.Second

// ack is a call to AckEvents.
type ack struct {
	positions []int64
	// done is closed when the rest stands.
	done   chan struct{}
	cursor int64
	err    error
}

// Ack acknowledges events of a consumer of a caller, and returns the cursor when it is on disk. Calls for one consumer that
// come at the same time are written as one.
func (s *Streams) Ack(ctx context.Context, caller, name string, positions []int64) (cursor int64, err error) {
	p, leave := s.consumers.enter(consumerKey{caller, name})
	defer leave()
	mine := &ack{positions: positions, done: make(chan struct{})}
	p.mu.Lock()
	p.waiting = append(p.waiting, mine)
	p.mu.Unlock()

	select {
	case p.changing <- struct{}{}:
		s.ackWaiting(ctx, p)
		p.unlock()
		<-mine.done // It was among them, or somebody else's turn has done it.
	case <-mine.done:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	return mine.cursor, mine.err
}

// ackWaiting makes one change of all calls that wait. The place is locked.
func (s *Streams) ackWaiting(ctx context.Context, p *place) {
	p.mu.Lock()
	calls := p.waiting
	p.waiting = nil
	p.mu.Unlock()
	if len(calls) == 0 {
		return
	}
	// The others must not fail because this one is in a hurry.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTimeout)
	defer cancel()
	remembered := p.known != nil
	at, err := s.consumers.change(ctx, p, false, func(at *standing) error { return s.ackAll(ctx, at, calls, remembered) })
	if errors.Is(err, errStale) {
		p.known = nil
		at, err = s.consumers.change(ctx, p, false, func(at *standing) error { return s.ackAll(ctx, at, calls, false) })
	}
	if errors.Is(err, store.ErrNotFound) {
		err = errNoConsumer(p.key.name)
	}
	for _, call := range calls {
		switch {
		case err != nil:
			call.err = s.storeError(ctx, err)
		case call.err == nil:
			call.cursor = at.cursor
		}
		close(call.done)
	}
}

// errStale is why calls are looked at again: what is remembered of the consumer may be old.
var errStale = errors.New("the consumer may stand elsewhere")

// ackAll makes the progress of each call that is in order, and gives the others their errors. It refuses nothing, and takes
// nothing for done, by what is only remembered: a change would be fenced, these would not.
func (s *Streams) ackAll(ctx context.Context, at *standing, calls []*ack, remembered bool) error {
	head, err := s.headFor(ctx, at, calls)
	if err != nil {
		return err
	}
	changed, refused := false, false
	for _, call := range calls {
		next, err := s.ackOne(ctx, at, head, call.positions)
		call.err = err
		refused = refused || err != nil
		if err == nil && (next.cursor != at.cursor || !slices.Equal(next.runs, at.runs)) {
			at.progress = next
			changed = true
		}
	}
	switch {
	case remembered && (refused || !changed):
		return errStale
	case !changed:
		return errUnchanged
	}
	return nil
}

// headFor is where the log ends, once the consumer is known to be one of this log. It is read where the tail does not know
// of all that is acknowledged.
func (s *Streams) headFor(ctx context.Context, at *standing, calls []*ack) (int64, error) {
	known, ok := s.tail.await(ctx, func(*ring) bool { return true })
	newest := int64(0)
	for _, call := range calls {
		newest = max(newest, slices.Max(call.positions))
	}
	if ok && known.epoch == at.row.Epoch && newest <= known.end {
		return known.end, nil
	}
	head, err := s.log.Head(ctx)
	if err != nil {
		return 0, err
	}
	if head.Epoch != at.row.Epoch {
		return 0, otherLog(head.Oldest)
	}
	return head.Position, nil
}

// ackOne returns the progress with what one call acknowledges. What the consumer has passed, it has: whether that was an
// event for it is not looked at again.
func (s *Streams) ackOne(ctx context.Context, at *standing, head int64, positions []int64) (progress, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(positions)))
	if newest := sorted[len(sorted)-1]; newest > head {
		return at.progress, unknownPosition(positions, newest)
	}
	wanted := newPicker(at.filter)
	next, unknown, err := at.acknowledge(sorted, maxOpen, func(after, upTo int64, limit int) ([]int64, error) {
		return s.positions(ctx, wanted, after, upTo, limit)
	})
	switch {
	case errors.Is(err, errUnknownPosition):
		return at.progress, unknownPosition(positions, unknown)
	case errors.Is(err, store.ErrExpired):
		return at.progress, s.expiredNow(ctx)
	case err != nil:
		return at.progress, s.storeError(ctx, err)
	}
	return next, nil
}

// unknownPosition refuses a position by where it stands in the request.
func unknownPosition(positions []int64, unknown int64) error {
	return apierr.InvalidField(fmt.Sprintf("positions[%d]", slices.Index(positions, unknown)),
		"is no event that was delivered to this consumer")
}

// positions returns those of the events that are wanted behind one position and up to another, at most limit.
func (s *Streams) positions(ctx context.Context, wanted picker, after, upTo int64, limit int) (found []int64, err error) {
	if wanted.all() { // Positions have no gaps.
		for position := after + 1; position <= upTo && len(found) < limit; position++ {
			found = append(found, position)
		}
		return found, nil
	}
	for after < upTo && len(found) < limit {
		events, looked, ok := s.tail.now().pick(after, func(e *entry) bool { return wanted.picks(e.kind, e.objectID) },
			limit-len(found), ringBytes)
		if ok {
			for _, e := range events {
				found = append(found, e.position)
			}
		} else if found, looked, err = s.storedPositions(ctx, wanted, after, limit, found); err != nil {
			return nil, err
		}
		if looked <= after {
			break
		}
		after = looked
	}
	return slices.DeleteFunc(found, func(position int64) bool { return position > upTo }), nil
}

// storedPositions is one read of the store.
func (s *Streams) storedPositions(
	ctx context.Context, wanted picker, after int64, limit int, found []int64,
) (more []int64, looked int64, err error) {
	leave, err := s.enterStore(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	rows, looked, err := s.log.ReadLog(ctx, after, wanted.logFilter(), min(limit-len(found), pageEvents))
	for _, row := range rows {
		found = append(found, row.Position)
	}
	return found, looked, err
}
