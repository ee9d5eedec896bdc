package eventlog

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// lookWhenFull is how often a stream that can deliver no more looks for what was acknowledged at another server.
	lookWhenFull = 100 * time.Millisecond
	// holdTimeout bounds the writes by which a stream takes, keeps and leaves its consumer.
	holdTimeout = 2 * time.Second
)

// hold is a stream's side of its consumer.
type hold struct {
	place  *place
	leave  func()
	holder *holder
	// known is the standing that open was last compared with.
	known *standing
	// open are the positions that were delivered and are not acknowledged.
	open []int64
	// renewTime is when the stream last said that it has the consumer; lookTime when it last read the consumer.
	renewTime, lookTime time.Time
}

// take opens the consumer of a stream: it makes it where it is new, and takes it from the stream that had it.
func (st *stream) take(ctx context.Context, caller string, req *paymentsv1.StreamEventsRequest) error {
	p, leave := st.consumers.enter(consumerKey{caller, req.GetConsumer()})
	h := &hold{place: p, leave: leave, holder: newHolder(rand.Text())}
	if err := st.takeLocked(ctx, h, req); err != nil {
		leave()
		return err
	}
	st.consumer = h
	return nil
}

func (st *stream) takeLocked(ctx context.Context, h *hold, req *paymentsv1.StreamEventsRequest) error {
	if err := h.place.lock(ctx); err != nil {
		return err
	}
	defer h.place.unlock()
	head, err := st.log.Head(ctx)
	if err != nil {
		return err
	}
	filter := req.GetFilter()
	if filter == nil {
		filter = &paymentsv1.EventFilter{}
	}
	h.place.known = nil // Another server may have had it since.
	at, err := st.consumers.change(ctx, h.place, true, func(at *standing) error {
		switch {
		case at.row.Version == 0:
			at.row.Epoch, at.progress = head.Epoch, progress{cursor: head.Position}
			if req.GetStart() == paymentsv1.StreamStart_STREAM_START_OLDEST {
				at.cursor = head.Oldest - 1
			}
		case at.row.Epoch != head.Epoch:
			return otherLog(head.Oldest)
		case at.cursor < head.Oldest-1:
			return expired(head.Oldest)
		case !sameFilter(at.filter, filter):
			// The runs also hold what the old filter left out, and the new one may want. What was acknowledged in them may be
			// delivered again.
			at.progress = progress{cursor: at.cursor}
		}
		at.filter = filter
		at.row.Stream, at.row.StreamTime = h.holder.id, time.Now()
		return nil
	})
	if err != nil {
		return err
	}
	h.place.end()
	h.place.holder = h.holder
	h.holder.tell(at)
	h.known, h.renewTime, h.lookTime = at, time.Now(), time.Now()
	st.of(head.Epoch)
	st.position = at.cursor
	return nil
}

// room is how many events may be delivered now, and which are acknowledged already.
func (st *stream) room() (limit int, done progress) {
	h := st.consumer
	if h == nil {
		return maxEvents, progress{}
	}
	if now := h.holder.standing(); now != h.known {
		h.known = now
		h.open = slices.DeleteFunc(h.open, now.has)
	}
	return min(maxEvents, maxOpen-len(h.open)), h.known.progress
}

// opened notes what is about to be delivered.
func (st *stream) opened(events []*entry) {
	if st.consumer == nil {
		return
	}
	for _, e := range events {
		st.consumer.open = append(st.consumer.open, e.position)
	}
}

// nextLook is when the stream must see to its consumer, or something else comes.
func (h *hold) nextLook(other time.Time, full bool) time.Time {
	next := h.renewTime.Add(renewal)
	if full {
		next = h.lookTime.Add(lookWhenFull)
	}
	if next.Before(other) {
		return next
	}
	return other
}

// renew says, where it is time, that the stream has its consumer, and moves the cursor over what the filter leaves out. A
// store that fails does not end the stream: nor can anybody else take the consumer then.
func (st *stream) renew(ctx context.Context) error {
	h := st.consumer
	if h == nil {
		return nil
	}
	full := len(h.open) >= maxOpen && time.Since(h.lookTime) >= lookWhenFull
	due := time.Since(h.renewTime) >= renewal
	if !due && !full {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, holdTimeout)
	defer cancel()
	now := time.Now()
	h.lookTime = now
	if due {
		h.renewTime = now
	}
	err := st.keep(ctx, due)
	if errors.Is(err, errTaken) || errors.Is(err, store.ErrNotFound) {
		return takenOver()
	}
	return nil
}

// keep reads the consumer, and where it is due, writes that the stream has it.
func (st *stream) keep(ctx context.Context, due bool) error {
	h := st.consumer
	if err := h.place.lock(ctx); err != nil {
		return err
	}
	defer h.place.unlock()
	if h.place.holder != h.holder {
		return errTaken
	}
	h.place.known = nil
	_, err := st.consumers.change(ctx, h.place, false, func(at *standing) error {
		switch {
		case at.row.Stream != h.holder.id:
			return errTaken
		case !due:
			return errUnchanged
		}
		at.row.StreamTime = time.Now()
		at.progress = st.settle(at)
		return nil
	})
	if errors.Is(err, errTaken) || errors.Is(err, store.ErrNotFound) {
		h.place.end()
	}
	return err
}

// settle moves the cursor to where the stream is, if nothing is open.
func (st *stream) settle(at *standing) progress {
	if slices.ContainsFunc(st.consumer.open, func(position int64) bool { return !at.has(position) }) {
		return at.progress
	}
	return at.passed(st.position)
}

// release leaves the consumer to the next stream. Where the server stops, nobody waits for that: the stream counts as
// closed a little later.
func (st *stream) release(ctx context.Context) {
	h := st.consumer
	defer h.leave()
	select {
	case <-st.stopping:
		return
	default:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), holdTimeout)
	defer cancel()
	if err := h.place.lock(ctx); err != nil {
		return
	}
	defer h.place.unlock()
	if h.place.holder != h.holder {
		return // It is another's.
	}
	h.place.holder = nil
	// If it can not be written, the consumer still is where it was: what is not acknowledged is delivered again.
	_, _ = st.consumers.change(ctx, h.place, false, func(at *standing) error {
		if at.row.Stream != h.holder.id {
			return errUnchanged
		}
		at.row.Stream, at.row.StreamTime = "", time.Time{}
		at.progress = st.settle(at)
		return nil
	})
}
