package eventlog

import (
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// ringEvents and ringBytes bound what the tail keeps: a stream that is farther behind reads the store.
	ringEvents = 8192
	ringBytes  = 32 << 20
)

// entry is an event as all streams share it. Nobody may change its messages.
type entry struct {
	position int64
	kind     paymentsv1.EventType
	objectID string
	// size is how long it is on the wire, about.
	size int
	// event is the whole one, hidden the one for callers who must not know why a card was refused; mostly they are one.
	event, hidden *paymentsv1.Event
}

func newEntry(event *paymentsv1.Event) *entry {
	e := &entry{
		position: event.GetPosition(), kind: event.GetType(), objectID: event.GetObjectId(),
		size: proto.Size(event), event: event, hidden: event,
	}
	hidden := proto.CloneOf(event)
	apierr.HideDeclines(hidden)
	if !proto.Equal(hidden, event) {
		e.hidden = hidden
	}
	return e
}

// as is the event for a caller who may see declines, or not.
func (e *entry) as(seesDeclines bool) *paymentsv1.Event {
	if seesDeclines {
		return e.event
	}
	return e.hidden
}

// ring is the newest events of the log, in order and without gaps. It is never changed, but for a newer one in its place:
// whoever has one may read it without a lock.
type ring struct {
	// epoch is that of the log.
	epoch string
	// end is the newest position of the log that the tail knows: that of the last entry, where there is one.
	end     int64
	entries []*entry
	bytes   int
}

// begin is the position behind which the ring has all.
func (r *ring) begin() int64 { return r.end - int64(len(r.entries)) }

// behind returns the entries behind a position. ok is false where the ring does not reach back so far.
func (r *ring) behind(position int64) (entries []*entry, ok bool) {
	if position < r.begin() {
		return nil, false
	}
	return r.entries[min(position, r.end)-r.begin():], true
}

// with returns the ring with newer entries, which follow its end without a gap, and without what it has no room for. Old
// rings share its memory, and see nothing of what was added behind their end.
func (r *ring) with(newer []*entry, maxEvents, maxBytes int) *ring {
	next := &ring{epoch: r.epoch, end: r.end, entries: r.entries, bytes: r.bytes}
	for _, e := range newer {
		if e.position != next.end+1 {
			// What is between was erased before it was read: the store says so to whoever asks for it.
			next.entries, next.bytes = nil, 0
		}
		next.entries = append(next.entries, e)
		next.end = e.position
		next.bytes += e.size
	}
	for len(next.entries) > maxEvents || (next.bytes > maxBytes && len(next.entries) > 1) {
		next.bytes -= next.entries[0].size
		next.entries = next.entries[1:]
	}
	return next
}

// pick returns the entries behind a position that are wanted, up to limit and up to a size, but at least one; and the
// position up to which it has looked. ok is false where the ring does not reach back so far.
func (r *ring) pick(position int64, wanted func(*entry) bool, limit, maxSize int) (found []*entry, upTo int64, ok bool) {
	entries, ok := r.behind(position)
	if !ok {
		return nil, 0, false
	}
	size := 0
	upTo = position
	for _, e := range entries {
		if wanted(e) {
			if len(found) == limit || (len(found) > 0 && size+e.size > maxSize) {
				return found, upTo, true
			}
			size += e.size
			found = append(found, e)
		}
		upTo = e.position
	}
	return found, upTo, true
}
