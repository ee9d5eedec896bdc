package sandbox

import (
	"container/heap"
	"slices"
	"time"
)

// maxOutbox bounds the events on their way, to all endpoints together. What comes beyond it is not sent; it stands in
// GET /v1/events as everything does.
const maxOutbox = 200_000

// outgoing is one event on its way to one endpoint.
type outgoing struct {
	event    string // its id
	kind     string
	raw      []byte // the body, where that is no event
	endpoint string
	place    int64 // in the order of emission
	due      time.Time
	since    time.Time // when it was due first
	attempts int
	queue    *queue
}

// queue holds what one endpoint has to come: what is due first, and of that what was emitted first.
type queue struct {
	waiting waitingHeap
	sending int
}

// outbox holds what is on its way, by endpoint. The zero value is empty. The caller holds the sandbox's lock.
type outbox struct {
	queues map[string]*queue
	size   int
	last   int64 // the place of the newest
}

// add puts something into its endpoint's queue. It says whether there was room.
func (o *outbox) add(out *outgoing) bool {
	if o.size >= maxOutbox {
		return false
	}
	if o.queues == nil {
		o.queues = map[string]*queue{}
	}
	q := o.queues[out.endpoint]
	if q == nil {
		q = &queue{}
		o.queues[out.endpoint] = q
	}
	o.last++
	o.size++
	out.place, out.queue = o.last, q
	heap.Push(&q.waiting, out)
	return true
}

// take gives what is due next, if an endpoint has room for it: each gets so many at once.
func (o *outbox) take(now time.Time, atOnce int) *outgoing {
	var best *queue
	for _, q := range o.queues {
		if q.ready(atOnce) && !q.waiting[0].due.After(now) && (best == nil || q.waiting[0].before(best.waiting[0])) {
			best = q
		}
	}
	if best == nil {
		return nil
	}
	best.sending++
	out, _ := heap.Pop(&best.waiting).(*outgoing)
	return out
}

// next is when something is due that an endpoint has room for.
func (o *outbox) next(atOnce int) (at time.Time, waiting bool) {
	for _, q := range o.queues {
		if q.ready(atOnce) && (!waiting || q.waiting[0].due.Before(at)) {
			at, waiting = q.waiting[0].due, true
		}
	}
	return at, waiting
}

// back ends a try: what was taken is due again, or done with.
func (o *outbox) back(out *outgoing, again bool) {
	q := out.queue
	if o.queues[out.endpoint] != q {
		return // the endpoint was deleted meanwhile, or everything was reset
	}
	q.sending--
	if again {
		heap.Push(&q.waiting, out)
	} else {
		o.size--
	}
}

// close forgets what is on its way to an endpoint.
func (o *outbox) close(endpoint string) {
	if q := o.queues[endpoint]; q != nil {
		o.size -= len(q.waiting) + q.sending
		delete(o.queues, endpoint)
	}
}

func (q *queue) ready(atOnce int) bool { return len(q.waiting) > 0 && q.sending < atOnce }

func (o *outgoing) before(other *outgoing) bool {
	if !o.due.Equal(other.due) {
		return o.due.Before(other.due)
	}
	return o.place < other.place
}

// waitingHeap is a heap of container/heap.
type waitingHeap []*outgoing

func (h waitingHeap) Len() int           { return len(h) }
func (h waitingHeap) Less(i, j int) bool { return h[i].before(h[j]) }
func (h waitingHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is heap.Interface's.
func (h *waitingHeap) Push(item any) {
	if out, ok := item.(*outgoing); ok {
		*h = append(*h, out)
	}
}

// Pop is heap.Interface's.
func (h *waitingHeap) Pop() any {
	last := len(*h) - 1
	out := (*h)[last]
	*h = slices.Delete(*h, last, last+1)
	return out
}
