package app

import (
	"context"
	"sync"
)

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

// stop takes on nothing new, and waits until what is under way has ended or the context has.
func (b *background) stop(ctx context.Context) {
	b.cancel()
	select {
	case <-b.ended:
	case <-ctx.Done():
	}
}
