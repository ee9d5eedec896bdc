package eventlog

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// Gateway is how the log reaches Stripe, and how it reads what Stripe sends. Its errors are apierr.Error.
type Gateway interface {
	// EventResource reads the object that an event holds.
	EventResource(e stripegw.StripeEvent) (stripegw.Resource, error)
	// FetchObject reads an object as it is now. RESOURCE_MISSING where it is gone.
	FetchObject(ctx context.Context, kind, id string) (stripegw.Resource, error)
	// RefundsOfCharge reads all refunds of a charge, the newest first.
	RefundsOfCharge(ctx context.Context, chargeID string) ([]stripegw.Resource, error)
	// ListEvents reads a page of what happened, the newest first, from behind the event with the id `after` on.
	ListEvents(ctx context.Context, since int64, after string) (events []stripegw.ListedEvent, more bool, err error)
	// ListObjects reads a page of all objects of a type, the newest first, from behind the one with the id `after` on.
	ListObjects(ctx context.Context, kind, after string) (resources []stripegw.Resource, more bool, err error)
}

// Config is what the parts of the log need that write it: Projector, Repair and Keeper.
type Config struct {
	// Store holds the log. Required, as Gateway, Keys and Logger are.
	Store store.Store
	// Gateway reaches Stripe.
	Gateway Gateway
	// Keys seal what is stored.
	Keys *seal.Keys
	// Logger hears of what an operator should know. It gets no word of Stripe's, and nothing personal.
	Logger *slog.Logger
	// Registerer takes the metrics. Default: none.
	Registerer prometheus.Registerer
	// Live is whether our key at Stripe is one of the live mode, and Account the account that it is of. What is of
	// another mode, or names another account, is put into quarantine.
	Live    bool
	Account string
	// Wake is called when Repair has received something: it is for Projector.Wake. Default: nothing; the projector
	// finds it within half a second.
	Wake func()

	// Budget is what Projector and Repair ask of Stripe together, in requests a second: the share of the background.
	// Default: 10. It holds for all parts that were given the same Budget by NewBudget.
	Budget *Budget
	// Workers is how many objects are worked on at a time, and Fetchers how many of those that Stripe is asked about.
	// Default: 16 and 4.
	Workers, Fetchers int
	// RetryAfter is how long something waits that failed for the first time. It doubles. Default: 1 s.
	RetryAfter time.Duration
	// RepairEvery is how often Stripe's list of events is looked through. Default: a minute; it is a little less each
	// time.
	RepairEvery time.Duration
	// Retention is how long events are kept. Default: 90 days.
	Retention time.Duration
	// Now is the clock by which is told whether Stripe still lists all that was missed, and what can not be read for a
	// day is given up. Both bear minutes of error. Default: time.Now.
	Now func() time.Time
}

// Budget is a share of what Stripe lets us ask.
type Budget struct{ *pacer }

// DefaultBudget is what is asked in the background, in requests a second: a tenth of what Stripe allows in the live
// mode, and less than half of what it allows in the test mode.
const DefaultBudget = 10

// NewBudget returns a budget of so many requests a second.
func NewBudget(requests float64) *Budget { return newBudget(rate.Limit(requests), defaultRetryAfter) }

func newBudget(limit rate.Limit, first time.Duration) *Budget { return &Budget{newPacer(limit, first)} }

const (
	defaultWorkers     = 16
	defaultFetchers    = 4
	defaultRetryAfter  = time.Second
	defaultRepairEvery = time.Minute
	defaultRetention   = 90 * 24 * time.Hour
)

func (c Config) withDefaults() Config {
	if c.Workers == 0 {
		c.Workers = defaultWorkers
	}
	if c.Fetchers == 0 {
		c.Fetchers = defaultFetchers
	}
	if c.RetryAfter == 0 {
		c.RetryAfter = defaultRetryAfter
	}
	if c.RepairEvery == 0 {
		c.RepairEvery = defaultRepairEvery
	}
	if c.Retention == 0 {
		c.Retention = defaultRetention
	}
	if c.Budget == nil {
		c.Budget = newBudget(DefaultBudget, c.RetryAfter)
	}
	if c.Wake == nil {
		c.Wake = func() {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
