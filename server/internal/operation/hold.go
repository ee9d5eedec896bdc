package operation

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// lease is how long nobody else may take an operation that somebody is at. Who is at it for longer renews it; who
	// died leaves it to recovery when it is over.
	lease = 15 * time.Second
	// renewEvery leaves two tries before the lease is over.
	renewEvery = lease / 3
	// holdTimeout bounds one renewal.
	holdTimeout = 3 * time.Second
)

const (
	errStoodStill = apierr.ConstError("the process stood still for longer than the lease")
	errFenced     = apierr.ConstError("the operation was taken over")
	errTold       = apierr.ConstError("Stripe has told of the operation")
)

// hold is this process's hold on an operation: under its attempt, while its lease lasts.
type hold struct {
	runner *Runner
	op     store.Operation
	start  time.Time // when it was taken
	cancel context.CancelFunc
	ended  chan struct{}

	mu    sync.Mutex
	until time.Time // when the lease is over
	heard []string  // what Stripe has told of meanwhile
}

// hold keeps an operation that was taken at start, until release, whatever becomes of the context.
func (r *Runner) hold(ctx context.Context, op store.Operation, start time.Time) *hold {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h := &hold{runner: r, op: op, start: start, cancel: cancel, ended: make(chan struct{}), until: start.Add(lease)}
	go h.renew(ctx)
	return h
}

// release stops renewing.
func (h *hold) release() {
	h.cancel()
	<-h.ended
}

// renew keeps the lease while a send takes long.
func (h *hold) renew(ctx context.Context) {
	defer close(h.ended)
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := h.extend(ctx, 0); errors.Is(err, store.ErrFenced) || errors.Is(err, errStoodStill) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// extend takes another lease, for a number of sends that are about to be made. A lease that is over is not taken up again,
// even if nobody has taken the operation: it may have been over for days, and Stripe have forgotten the key.
func (h *hold) extend(ctx context.Context, sends int) error {
	if !h.valid() {
		return errStoodStill
	}
	ctx, cancel := context.WithTimeout(ctx, holdTimeout)
	defer cancel()
	start := time.Now()
	err := h.runner.store.Hold(ctx, store.Hold{ID: h.op.ID, Attempt: h.op.Attempt, Lease: lease, Sends: sends})
	h.runner.heard(ctx, err)
	if err == nil {
		h.keep(start)
	}
	return err
}

// keep notes a lease that was taken at start, or later.
func (h *hold) keep(start time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := start.Add(lease); until.After(h.until) {
		h.until = until
	}
}

// valid is whether the lease lasts, by both clocks: a process that is stopped keeps the one, a machine that sleeps the
// other.
func (h *hold) valid() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	return now.Before(h.until) && now.Round(0).Before(h.until.Round(0))
}

// beforeSend is asked before each further send: whether the operation is still ours, and the server not about to stop.
func (h *hold) beforeSend(ctx context.Context) error {
	if h.runner.flights.closing() {
		return errDraining
	}
	h.runner.crash("resend.before")
	switch err := h.extend(ctx, 1); {
	case errors.Is(err, store.ErrFenced):
		return h.whyFenced(ctx)
	case err != nil:
		return err
	case !h.valid():
		return errStoodStill
	}
	return nil
}

// whyFenced tells an operation of which Stripe has told meanwhile, and which is ours still, from one that is not.
func (h *hold) whyFenced(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, holdTimeout)
	defer cancel()
	op, err := h.runner.store.Get(ctx, h.op.ID)
	if err != nil || op.Attempt != h.op.Attempt || op.State != store.Pending || len(op.Told) == 0 {
		return errFenced
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = op.Told
	return errTold
}

// told are the objects of which Stripe has told since the operation was taken, as far as a send was held back for it.
func (h *hold) told() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.heard
}
