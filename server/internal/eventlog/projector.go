package eventlog

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// claimLease is how long nobody else takes a delivery that was claimed; claimSize how many are claimed at a time.
	claimLease = 30 * time.Second
	claimSize  = 256
	// claimEvery is how often the projector looks for deliveries that nobody told it of: those that were put off, those
	// of another server that died, and all where a hint was lost.
	claimEvery = 500 * time.Millisecond
	// storeTimeout bounds one call of the store.
	storeTimeout = 10 * time.Second
	// sayEvery is how often the same trouble is told.
	sayEvery = time.Minute
)

// Projector makes events of what was received. Any number of them may run, in any number of processes.
type Projector struct {
	c       Config
	log     store.Log
	objects objects
	metrics *projectorMetrics
	woken   chan struct{}
	// lane takes the groups that Stripe must be asked about, so that those that need no asking do not wait for it.
	lane       chan group
	storeTold  atomic.Int64 // when it was last said that the store fails, in nanoseconds
	stripeTold atomic.Int64 // when it was last said that Stripe has no answers
}

// NewProjector returns a Projector.
func NewProjector(c Config) *Projector {
	c = c.withDefaults()
	return &Projector{
		c: c, log: c.Store, objects: objects{log: c.Store, keys: c.Keys},
		metrics: newProjectorMetrics(c.Registerer, c.Budget), woken: make(chan struct{}, 1),
		lane: make(chan group, 4*c.Fetchers),
	}
}

// Wake has the projector look for deliveries now. It never blocks.
func (p *Projector) Wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// Run works until the context ends, and returns when nothing is under way any more. What it has claimed it gives back;
// what it can not is taken up by the next one when its lease has run out.
func (p *Projector) Run(ctx context.Context) {
	work := make(chan group)
	var under sync.WaitGroup
	defer under.Wait()
	for range p.c.Workers {
		under.Go(func() { p.each(ctx, work, false) })
	}
	for range p.c.Fetchers {
		under.Go(func() { p.each(ctx, p.lane, true) })
	}
	tick := time.NewTicker(claimEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		for p.claim(ctx, work) {
		}
		select {
		case <-p.woken:
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// each works on groups until the context ends, and gives back what waits for it then.
func (p *Projector) each(ctx context.Context, groups <-chan group, mayFetch bool) {
	for ctx.Err() == nil {
		select {
		case g := <-groups:
			p.work(ctx, g, mayFetch)
		case <-ctx.Done():
		}
	}
	for {
		select {
		case g := <-groups:
			p.leave(ctx, g.items)
		default:
			return
		}
	}
}

// leave gives back what was claimed by a projector that stops.
func (p *Projector) leave(ctx context.Context, items []item) {
	p.giveBack(context.WithoutCancel(ctx), items, "stopping", 0)
}

// claim takes what is due and hands it out. It is true where more may be due.
func (p *Projector) claim(ctx context.Context, work chan<- group) (more bool) {
	claiming, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	claimed, err := p.log.ClaimDeliveries(claiming, claimLease, claimSize)
	if err != nil {
		p.sayStore(ctx, "claim deliveries", err)
		return false
	}
	for _, g := range grouped(p.readAll(ctx, claimed)) {
		select {
		case work <- g:
		case <-ctx.Done():
			p.leave(ctx, g.items)
		}
	}
	return len(claimed) == claimSize
}

// sayStore tells the operator, now and then, that the store fails. What was under way is claimed again later.
func (p *Projector) sayStore(ctx context.Context, doing string, err error) {
	if ctx.Err() != nil || !sayAgain(&p.storeTold) {
		return
	}
	p.c.Logger.LogAttrs(ctx, slog.LevelWarn, "events are not published: the store fails",
		append([]slog.Attr{slog.String("doing", doing)}, apierr.StoreUnavailable(err).LogAttrs()...)...)
}

// sayStripe tells the operator, now and then, that events wait for Stripe.
func (p *Projector) sayStripe(ctx context.Context, err error) {
	if ctx.Err() != nil || !sayAgain(&p.stripeTold) {
		return
	}
	p.c.Logger.LogAttrs(ctx, slog.LevelWarn, "events wait for objects that must be read at Stripe, which has no answer",
		apierr.From(err).LogAttrs()...)
}

// sayAgain is whether something is to be told again that was last told then.
func sayAgain(told *atomic.Int64) bool {
	last, at := told.Load(), time.Now().UnixNano()
	return (last == 0 || at-last >= int64(sayEvery)) && told.CompareAndSwap(last, at)
}
