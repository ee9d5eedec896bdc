package app

import (
	"context"
	"sync"

	"github.com/tillgate/tillgate/server/internal/operation"
)

// background is what runs beside the calls: recovery, and the care for the store.
type background struct {
	// started is closed once recovery has taken what was due when the process began.
	started chan struct{}

	cancel context.CancelFunc
	ended  chan struct{}
}

func startBackground(ctx context.Context, runner *operation.Runner) *background {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &background{started: make(chan struct{}), cancel: cancel, ended: make(chan struct{})}
	var under sync.WaitGroup
	under.Go(func() { runner.Recover(ctx, func() { close(b.started) }) })
	under.Go(func() { runner.Keep(ctx) })
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
