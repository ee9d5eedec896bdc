package eventlog

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// repairOverlap is how far a pass goes back behind where the one before has ended, in seconds of Stripe's time: an
	// event may come late into the list. Where there are very many events it is maxOverlapPages, if that is less.
	repairOverlap   = 600
	maxOverlapPages = 10
	// stripeKeeps is how long Stripe lists events (stripe-go event.go). It bears the error of a host's clock.
	stripeKeeps = 30*24*time.Hour - 20*time.Minute
	// receiveAtOnce is how many events are written side by side, so that they share commits.
	receiveAtOnce = 16
)

// Repair finds what no webhook has brought. It looks through Stripe's list of events, from the newest back to where it
// was the last time, and receives what is not known; only then it moves its cursor. So it can be killed anywhere, and
// any number may run: what two find is received once.
//
// It pages by events and never by time, of which Stripe's has whole seconds, and ours need not be right. It receives
// the types that our endpoint asks for.
type Repair struct {
	c       Config
	metrics *repairMetrics
	objects objects
	wanted  map[string]bool
	// seen is the cursor as it stood the last time: where it has moved since, another server is at it.
	seen string
	told atomic.Int64 // when it was last said that it fails, in nanoseconds
}

// NewRepair returns a Repair.
func NewRepair(c Config) *Repair {
	c = c.withDefaults()
	r := &Repair{
		c: c, metrics: newRepairMetrics(c.Registerer), objects: objects{log: c.Store, keys: c.Keys},
		wanted: map[string]bool{},
	}
	for _, kind := range stripegw.EventTypes() {
		r.wanted[kind] = true
	}
	return r
}

// Run repairs until the context ends.
func (r *Repair) Run(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	under.Go(func() { r.every(ctx, r.resync) })
	r.every(ctx, r.Pass)
}

// every does something at once, and again and again.
func (r *Repair) every(ctx context.Context, do func(context.Context) error) {
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			r.metrics.failures.Inc()
			r.sayFailed(ctx, err)
		}
		// A little less, at random: servers that were started together do not stay together.
		wait := time.Duration(float64(r.c.RepairEvery) * (1 - rand.Float64()/4)) //nolint:gosec // not a secret
		if pause(ctx, wait) != nil {
			return
		}
	}
}

// sayFailed tells the operator, now and then, that nothing is repaired.
func (r *Repair) sayFailed(ctx context.Context, err error) {
	if !sayAgain(&r.told) {
		return
	}
	r.c.Logger.LogAttrs(ctx, slog.LevelWarn, "Stripe's list of events can not be looked through; it is tried again",
		causeAttrs(err)...)
}

// Pass looks through the list once. Where another server has done so since the last time, it does nothing.
func (r *Repair) Pass(ctx context.Context) error {
	place := &fact{store: r.c.Store, name: cursorFact}
	var last cursor
	known, err := place.read(ctx, &last)
	if err != nil {
		return err
	}
	if known {
		r.metrics.lastSuccess.Set(float64(last.Success))
	}
	before := r.seen
	r.seen = place.text
	if before != "" && before != place.text {
		return nil
	}
	w := &walk{repair: r, last: last, first: !known}
	if err := w.run(ctx); err != nil {
		return err
	}
	if known && !w.found && r.c.Now().Sub(time.Unix(last.Success, 0)) > stripeKeeps {
		// The cursor moves only when it is on disk that all objects are to be read: a crash in between loses nothing.
		if err := r.openGap(ctx, last); err != nil {
			return err
		}
	}
	next := cursor{ID: w.newest.ID, Created: w.newest.Created, Success: r.c.Now().Unix()}
	if next.ID == "" {
		next.ID, next.Created = last.ID, last.Created
	}
	switch err := place.write(ctx, next); {
	case errors.Is(err, store.ErrFenced):
		return nil // Another server has just done the same.
	case err != nil:
		return err
	}
	r.seen = place.text
	r.metrics.lastSuccess.Set(float64(next.Success))
	return nil
}

// page reads a page of Stripe's list, within our share of its budget, and waits for as long as Stripe has no answer.
func page[T any](
	ctx context.Context, r *Repair, list func(ctx context.Context) ([]T, bool, error),
) (items []T, more bool, err error) {
	for {
		err = r.c.Budget.do(ctx, func(ctx context.Context) (err error) {
			items, more, err = list(ctx)
			return err
		})
		if err == nil || ctx.Err() != nil || !unanswered(err) {
			return items, more, err
		}
		r.metrics.failures.Inc()
		if !errors.Is(err, errPaused) {
			r.sayFailed(ctx, err)
		}
		if err := pause(ctx, r.c.Budget.wait()); err != nil {
			return nil, false, apierr.From(err)
		}
	}
}
