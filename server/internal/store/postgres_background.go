package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pgLog is what goes on in the background for the log. Its connections are not those of a pool, and live long.
type pgLog struct {
	config *pgx.ConnConfig
	// work waits for what runs until the store is closed at the latest.
	work               sync.WaitGroup
	listening, hinting sync.Once

	mu       sync.Mutex
	closed   bool
	running  map[*context.CancelFunc]struct{}
	watchers map[chan struct{}]struct{}

	// committed and hint are asked to number, and to hint, when something was committed. leads is whether this process
	// numbers.
	committed, hint chan struct{}
	leads           atomic.Bool

	standLimit time.Duration
}

func newPgLog(config *pgxpool.Config) *pgLog {
	l := &pgLog{
		config: config.ConnConfig.Copy(), running: map[*context.CancelFunc]struct{}{}, watchers: map[chan struct{}]struct{}{},
		committed: make(chan struct{}, 1), hint: make(chan struct{}, 1), standLimit: standLimit,
	}
	l.config.RuntimeParams["idle_session_timeout"] = "0"
	return l
}

// close ends what goes on, and waits for it.
func (l *pgLog) close() {
	l.mu.Lock()
	l.closed = true
	for end := range l.running {
		(*end)()
	}
	l.mu.Unlock()
	l.work.Wait()
}

// enter begins something that ends with the context or the store; done is to be called then. It is not ok if the store
// has ended.
func (l *pgLog) enter(ctx context.Context) (_ context.Context, done func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, false
	}
	l.work.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	end := &cancel
	l.running[end] = struct{}{}
	return ctx, func() {
		cancel()
		l.mu.Lock()
		delete(l.running, end)
		l.mu.Unlock()
		l.work.Done()
	}, true
}

// start lets something run until the store ends, whatever becomes of the context.
func (l *pgLog) start(ctx context.Context, run func(ctx context.Context)) {
	if ctx, done, ok := l.enter(context.WithoutCancel(ctx)); ok {
		go func() {
			defer done()
			run(ctx)
		}()
	}
}
