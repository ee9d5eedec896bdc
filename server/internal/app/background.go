package app

import (
	"context"
	"sync"
	"time"
)

// partsGrace is how long a process that ends waits for what runs beside the calls, once the time to stop is up or where
// it ends without one.
const partsGrace = 2 * time.Second

// background is what runs beside the calls.
type background struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// startBackground runs the parts until it is stopped, whatever becomes of the context.
func startBackground(ctx context.Context, parts ...func(context.Context)) *background {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &background{cancel: cancel, ended: make(chan struct{})}
	var under sync.WaitGroup
	for _, part := range parts {
		under.Go(func() { part(ctx) })
	}
	go func() {
		under.Wait()
		close(b.ended)
	}()
	return b
}

// stop takes on nothing new, and waits until what is under way has ended or the context has. It reports whether all has
// ended.
func (b *background) stop(ctx context.Context) bool {
	b.cancel()
	select {
	case <-b.ended:
	case <-ctx.Done():
	}
	select {
	case <-b.ended:
		return true
	default:
		return false
	}
}

// stopSoon is stop for a process that ends, which waits for nothing that does not end by itself.
func (b *background) stopSoon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partsGrace)
	defer cancel()
	b.stop(ctx)
}
