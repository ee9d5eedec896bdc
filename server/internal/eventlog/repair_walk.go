package eventlog

import (
	"context"
	"slices"
	"sync"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// walk is one way through Stripe's list, from the newest event back.
type walk struct {
	repair *Repair
	// last is where the last pass began, unless this is the first one ever.
	last  cursor
	first bool
	// newest is the first event of the list. found is whether the one where the last pass began is still there.
	newest stripegw.ListedEvent
	found  bool
}

// run walks until it has passed the event where the last pass began, and the overlap behind that. Where that event is
// gone, it walks to the end of the list.
//
// The first pass of all has none: it takes the newest event for it. What happened before there was a Tillgate is not
// told: a new install must not replay a month.
func (w *walk) run(ctx context.Context) error {
	after, beyond := "", 0
	for {
		events, more, err := page(ctx, w.repair, func(ctx context.Context) ([]stripegw.ListedEvent, bool, error) {
			return w.repair.c.Gateway.ListEvents(ctx, 0, after)
		})
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return nil
		}
		w.begin(events[0])
		due := w.due(events)
		if err := w.repair.receive(ctx, due); err != nil {
			return err
		}
		if w.found {
			beyond++
		}
		oldest := events[len(events)-1]
		if !more || w.found && (oldest.Created < w.floor() || beyond > maxOverlapPages) {
			return nil
		}
		after = oldest.ID
	}
}

// begin notes the newest event of all.
func (w *walk) begin(newest stripegw.ListedEvent) {
	if w.newest.ID != "" {
		return
	}
	w.newest = newest
	if w.first {
		w.last.ID, w.last.Created = newest.ID, newest.Created
	}
}

// floor is how far back the overlap goes.
func (w *walk) floor() int64 { return w.last.Created - repairOverlap }

// due are the events of a page that ought to be known: all before the one where the last pass began is passed, and from
// there on those of the overlap.
func (w *walk) due(events []stripegw.ListedEvent) []stripegw.ListedEvent {
	var due []stripegw.ListedEvent
	for _, e := range events {
		w.found = w.found || e.ID == w.last.ID
		if !w.found || e.Created >= w.floor() {
			due = append(due, e)
		}
	}
	return due
}

// receive receives those of the events that are wanted and not known, the oldest first.
func (r *Repair) receive(ctx context.Context, events []stripegw.ListedEvent) error {
	unknown, err := r.unknown(ctx, events)
	if err != nil || len(unknown) == 0 {
		return err
	}
	defer r.c.Wake()
	var (
		under sync.WaitGroup
		mu    sync.Mutex
		fault error
	)
	for part := range slices.Chunk(unknown, receiveAtOnce) {
		for _, d := range part {
			under.Go(func() {
				fresh, err := r.receiveOne(ctx, d)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					fault = err
				}
				if fresh {
					r.metrics.repaired.Inc()
				}
			})
		}
		under.Wait()
		if fault != nil {
			return fault
		}
	}
	return nil
}

// receiveOne writes one event. It may be repeated: what is there stays.
func (r *Repair) receiveOne(ctx context.Context, d store.Delivery) (fresh bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return r.c.Store.Receive(ctx, d)
}

// unknown are the events that are wanted and were not received, the oldest first.
func (r *Repair) unknown(ctx context.Context, events []stripegw.ListedEvent) ([]store.Delivery, error) {
	wanted := map[string]store.Delivery{}
	var ids []string
	for _, listed := range slices.Backward(events) {
		e, err := stripegw.DecodeEvent(listed.Body)
		if err != nil || e.ID != listed.ID || !r.wanted[e.Type] {
			continue // A thin event, or one that can not be read, is not in Stripe's list; what has no type is none of ours.
		}
		wanted[e.ID] = r.delivery(e, listed.Body)
		ids = append(ids, e.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	known, err := r.c.Store.Known(ctx, ids)
	if err != nil {
		return nil, err
	}
	var deliveries []store.Delivery
	for _, id := range ids {
		if d := wanted[id]; !slices.Contains(known, id) {
			d.Body = r.c.Keys.Seal(bodyPurpose, id, d.Body)
			deliveries = append(deliveries, d)
		}
	}
	return deliveries, nil
}

// delivery is an event as it is received, with its body open. Our key lists nothing of another mode or account; if it
// ever does, it is not applied.
func (r *Repair) delivery(e stripegw.StripeEvent, body []byte) store.Delivery {
	d := store.Delivery{
		ID: e.ID, State: store.DeliveryWaiting, Kind: e.Type, ObjectID: e.ObjectID, APIVersion: e.APIVersion,
		Account: e.Account, Livemode: e.Livemode, Created: e.Created, Body: body,
	}
	switch {
	case e.Livemode != r.c.Live:
		d.State, d.Cause = store.DeliveryQuarantined, int32(paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE)
	case e.Account != "" && e.Account != r.c.Account:
		d.State, d.Cause = store.DeliveryQuarantined, int32(paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT)
	}
	return d
}
