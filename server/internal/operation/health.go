package operation

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// checkEvery is how often a store that failed is tried again.
	checkEvery = time.Second
	// checkTimeout is how slow a commit may be before the store counts as failed.
	checkTimeout = 2 * time.Second
	// idleCheckEvery is how often a store that nobody writes to is tried.
	idleCheckEvery = 15 * time.Second
	// eraseEvery is how often what is older than the retention is looked for; eraseBatch how much is erased at once.
	eraseEvery = time.Hour
	eraseBatch = 1000
	// DefaultRetention is how long a final operation is remembered.
	DefaultRetention = 90 * 24 * time.Hour
)

// health is whether the store could be written when it was last tried.
type health struct {
	failed  atomic.Bool
	written atomic.Int64 // when it last succeeded, in nanoseconds
}

// heard takes note of how a change went, and tells the operator when that is another way than the last. That somebody
// else holds a row, or that a caller left, says nothing.
func (r *Runner) heard(ctx context.Context, err error) {
	switch {
	case err == nil:
		r.health.written.Store(time.Now().UnixNano())
		if r.health.failed.CompareAndSwap(true, false) {
			r.logger.LogAttrs(ctx, slog.LevelInfo, "the store can be written again")
		}
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrUncertain):
		if r.health.failed.CompareAndSwap(false, true) {
			// The store's errors name no value of a row, and no password.
			r.logger.LogAttrs(ctx, slog.LevelError, "the store can not be written", slog.String("error", err.Error()))
		}
	}
}

// StoreWritable is whether the store could be written when it was last tried, which was within seconds. It is cheap.
func (r *Runner) StoreWritable() bool { return !r.health.failed.Load() }

// Keep looks after the store until the context ends: it tries one that failed, or that nobody writes to, and erases what
// is older than the retention.
func (r *Runner) Keep(ctx context.Context) {
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	erase := time.NewTicker(eraseEvery)
	defer erase.Stop()
	r.erase(ctx)
	for {
		select {
		case <-check.C:
			idle := time.Since(time.Unix(0, r.health.written.Load())) > idleCheckEvery
			if idle || !r.StoreWritable() {
				r.check(ctx)
			}
		case <-erase.C:
			r.erase(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (r *Runner) check(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := r.store.Check(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = store.ErrUnavailable
	}
	r.heard(ctx, err)
}

func (r *Runner) erase(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := r.store.Erase(ctx, r.retention, eraseBatch)
		if err != nil {
			r.logger.LogAttrs(ctx, slog.LevelError, "what is older than the retention can not be erased; it is tried again")
			return
		}
		if n < eraseBatch {
			return
		}
	}
}
