package stripegw

import (
	"context"
	"sync/atomic"
)

// unreachableAfter is how many sends in a row must fail before Stripe counts as unreachable: one or two are the weather.
const unreachableAfter = 3

// reachability remembers how many sends in a row brought no answer, or one that says that Stripe itself is in trouble.
type reachability struct{ failures atomic.Int32 }

func (r *reachability) answered() { r.failures.Store(0) }

// noAnswer takes the caller's context: one that gave up says nothing about Stripe.
func (r *reachability) noAnswer(ctx context.Context) {
	if ctx.Err() == nil {
		r.failures.Add(1)
	}
}

// Reachable says whether Stripe has lately answered. It only looks back: it sends nothing.
func (g *Gateway) Reachable() bool { return g.reachability.failures.Load() < unreachableAfter }
