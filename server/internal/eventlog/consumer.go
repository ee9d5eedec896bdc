package eventlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// maxOpen is how many events of a consumer may be delivered and not acknowledged.
	maxOpen = 1000
	// renewal is how often a stream says that it has its consumer, and sees whether another took it.
	renewal = 5 * time.Second
	// goneAfter is how long after that a stream counts as closed that could not say so.
	goneAfter = 3 * renewal
)

// consumerLog is where consumers stand: store.Log.
type consumerLog interface {
	Consumer(ctx context.Context, caller, name string) (store.Consumer, error)
	PutConsumer(ctx context.Context, c store.Consumer) (version int64, err error)
	DeleteConsumer(ctx context.Context, caller, name string) error
	Consumers(ctx context.Context, caller, afterCaller, afterName string, limit int) ([]store.Consumer, error)
}

// standing is a consumer as it stands in the store.
type standing struct {
	progress

	row    store.Consumer
	filter *paymentsv1.EventFilter
}

func newStanding(row store.Consumer) (*standing, error) {
	at, err := decodeRuns(row.Cursor, row.Acked)
	if err != nil {
		return nil, fmt.Errorf("consumer %s of %s: %w", row.Name, row.Caller, err)
	}
	filter, err := decodeFilter(row.Filter)
	if err != nil {
		return nil, fmt.Errorf("consumer %s of %s: its filter can not be read", row.Name, row.Caller)
	}
	return &standing{progress: at, row: row, filter: filter}, nil
}

// consumers are the consumers that this process is at. What they are stands in the store, where other servers change it
// too: every change is fenced by the version.
type consumers struct {
	log consumerLog

	mu     sync.Mutex
	places map[consumerKey]*place
}

type consumerKey struct{ caller, name string }

// place is a consumer that a stream or a call here is at.
type place struct {
	key consumerKey
	// users is guarded by consumers.mu.
	users int
	// changing is held, by sending to it, by whoever changes the consumer. It guards what follows.
	changing chan struct{}
	known    *standing
	holder   *holder

	// waiting are the calls to AckEvents whose turn has not come.
	mu      sync.Mutex
	waiting []*ack
}

// holder is the stream of a consumer.
type holder struct {
	// id names it among all streams of all servers.
	id string
	// lost is closed when it has the consumer no more.
	lost chan struct{}
	// moved holds something when the consumer has another standing than the stream knows.
	moved chan struct{}

	mu  sync.Mutex
	now *standing
}

func newHolder(id string) *holder {
	return &holder{id: id, lost: make(chan struct{}), moved: make(chan struct{}, 1)}
}

// tell is for whoever has changed or read the consumer.
func (h *holder) tell(s *standing) {
	h.mu.Lock()
	h.now = s
	h.mu.Unlock()
	select {
	case h.moved <- struct{}{}:
	default:
	}
}

func (h *holder) standing() *standing {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func newConsumers(log consumerLog) *consumers {
	return &consumers{log: log, places: map[consumerKey]*place{}}
}

// enter returns the place of a consumer, which is forgotten when the last one has left.
func (c *consumers) enter(key consumerKey) (p *place, leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p = c.places[key]
	if p == nil {
		p = &place{key: key, changing: make(chan struct{}, 1)}
		c.places[key] = p
	}
	p.users++
	return p, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if p.users--; p.users == 0 {
			delete(c.places, key)
		}
	}
}

// lock waits for its turn to change the consumer.
func (p *place) lock(ctx context.Context) error {
	select {
	case p.changing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *place) unlock() { <-p.changing }

// load returns the standing, from the store where it is not known. The place is locked.
func (c *consumers) load(ctx context.Context, p *place) (*standing, error) {
	if p.known != nil {
		return p.known, nil
	}
	row, err := c.log.Consumer(ctx, p.key.caller, p.key.name)
	if err != nil {
		return nil, err
	}
	s, err := newStanding(row)
	if err != nil {
		return nil, err
	}
	p.learn(s)
	return s, nil
}

// learn keeps what is known to stand in the store, and tells the stream. The place is locked.
func (p *place) learn(s *standing) {
	p.known = s
	if p.holder != nil {
		p.holder.tell(s)
	}
}

// errUnchanged is what a change returns that is none.
var errUnchanged = errors.New("nothing is to be changed")

// change reads a consumer and writes it as the function changes it, again and again until nobody comes between. The
// function may change all but the maps and lists of the standing, which it may replace. A consumer that is not there is
// made where create is set. The place is locked.
func (c *consumers) change(ctx context.Context, p *place, create bool, edit func(*standing) error) (*standing, error) {
	for {
		was, err := c.load(ctx, p)
		if create && errors.Is(err, store.ErrNotFound) {
			was = &standing{row: store.Consumer{Caller: p.key.caller, Name: p.key.name}}
		} else if err != nil {
			return nil, err
		}
		next := *was
		if err := edit(&next); errors.Is(err, errUnchanged) {
			return was, nil
		} else if err != nil {
			return nil, err
		}
		if next.row.Filter, err = encodeFilter(next.filter); err != nil {
			return nil, fmt.Errorf("encode a filter: %w", err)
		}
		next.row.Cursor, next.row.Acked = next.cursor, next.encodeRuns()
		next.row.Version, err = c.log.PutConsumer(ctx, next.row)
		if err == nil {
			p.learn(&next)
			return &next, nil
		}
		p.known = nil // Somebody else has changed it, or it is not known whether we have.
		if !errors.Is(err, store.ErrFenced) {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// end takes the consumer from the stream that has it here. The place is locked.
func (p *place) end() {
	if p.holder != nil {
		close(p.holder.lost)
		p.holder = nil
	}
}

// errNoConsumer is what a caller hears who has no such consumer.
func errNoConsumer(name string) error { return apierr.ResourceMissing("consumer", name) }
