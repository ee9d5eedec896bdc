package proof_test

import (
	"context"
	"runtime"
	"time"

	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/store"
)

// simStore is the store as one machine has it. It takes time, and fails as the history says: before a change, or with
// the change made, or nobody knows.
type simStore struct {
	store.Store

	m *machine
}

// Begin notes what began.
func (s *simStore) Begin(ctx context.Context, b store.Begin) (op store.Operation, begun bool, err error) {
	alive, err := s.change(ctx, "begin "+b.ID, func() error {
		op, begun, err = s.Store.Begin(ctx, b)
		if begun {
			s.m.h.begins(op, b.Lease)
		}
		return err
	})
	if !alive {
		// Who waits for this write waits until it is settled: it must come to an end, and nobody hears of it.
		err = store.ErrUnavailable
	}
	if err != nil {
		return store.Operation{}, false, err
	}
	return op, begun, nil
}

// Hold implements store.Store.
func (s *simStore) Hold(ctx context.Context, h store.Hold) error {
	return s.mustChange(ctx, "hold "+h.ID, func() error {
		err := s.Store.Hold(ctx, h)
		s.m.h.dueIn(h.ID, h.Lease, err)
		return err
	})
}

// Advance implements store.Store.
func (s *simStore) Advance(ctx context.Context, a store.Advance) error {
	return s.mustChange(ctx, "advance "+a.ID, func() error {
		err := s.Store.Advance(ctx, a)
		s.m.h.dueIn(a.ID, a.Lease, err)
		return err
	})
}

// Finish implements store.Store.
func (s *simStore) Finish(ctx context.Context, f store.Finish) error {
	return s.mustChange(ctx, "finish "+f.ID, func() error {
		err := s.Store.Finish(ctx, f)
		s.m.h.finishes(s.m, f, err)
		return err
	})
}

// Postpone implements store.Store.
func (s *simStore) Postpone(ctx context.Context, p store.Postpone) error {
	return s.mustChange(ctx, "postpone "+p.ID, func() error {
		err := s.Store.Postpone(ctx, p)
		s.m.h.dueIn(p.ID, p.After, err)
		s.m.h.note("%s postpones %s for %s: state %d, %v", s.m.name, short(p.ID), p.After, p.State, err)
		return err
	})
}

// Take implements store.Store.
func (s *simStore) Take(ctx context.Context, id string, lease time.Duration) (op store.Operation, err error) {
	err = s.mustChange(ctx, "take "+id, func() error {
		op, err = s.Store.Take(ctx, id, lease)
		s.m.h.dueIn(id, lease, err)
		return err
	})
	return op, err
}

// Claim asks the store only if something may be due, which the history knows, and now and then all the same: an idle
// machine claims twice a second, and hours may pass.
func (s *simStore) Claim(ctx context.Context, lease time.Duration, limit int) (ops []store.Operation, err error) {
	if s.m.idle() {
		return nil, nil
	}
	err = s.mustChange(ctx, "claim", func() error {
		ops, err = s.Store.Claim(ctx, lease, limit)
		for _, op := range ops {
			s.m.h.dueIn(op.ID, lease, nil)
			s.m.h.note("%s claims %s: attempt %d, state %d, age %s", s.m.name, short(op.ID), op.Attempt, op.State, op.Age)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ops, nil
}

// Get implements store.Store.
func (s *simStore) Get(ctx context.Context, id string) (store.Operation, error) {
	// Several calls may follow one operation.
	what := "get " + s.m.name + id + call.From(ctx).RequestID()
	if !s.m.point(what) || s.m.h.fails(what) < 1 {
		return store.Operation{}, store.ErrUnavailable
	}
	return s.Store.Get(ctx, id)
}

// mustChange is change on a goroutine that ends with its machine.
func (s *simStore) mustChange(ctx context.Context, what string, change func() error) error {
	alive, err := s.change(ctx, what, change)
	if !alive {
		runtime.Goexit()
	}
	return err
}

// change makes a change, or fails. It says whether the machine lives to see it.
func (s *simStore) change(ctx context.Context, what string, change func() error) (alive bool, err error) {
	if !s.m.point(what) {
		return false, nil
	}
	if err := ctx.Err(); err != nil {
		return true, err
	}
	roll := s.m.h.fails(what + s.m.name)
	switch {
	case roll < 0.4:
		return true, store.ErrUnavailable
	case roll < 0.6:
		s.m.h.count(func(c *counts) { c.Uncertain++ })
		return true, store.ErrUncertain
	}
	err = change()
	if !s.m.point(what) {
		return false, nil
	}
	if err == nil && (roll < 1 || ctx.Err() != nil) {
		s.m.h.count(func(c *counts) { c.Uncertain++ })
		return true, store.ErrUncertain
	}
	return true, err
}

// fails is under 1 if the store fails this time, and says how.
func (h *history) fails(what string) float64 { return h.share("store "+what, &h.storeFaults) }

// share is under 1 in this part of the cases, by lot; h.mu guards the part.
func (h *history) share(what string, part *float64) float64 {
	h.mu.Lock()
	of := *part
	h.mu.Unlock()
	if of == 0 {
		return 1
	}
	return h.dice(what) / of
}

// idle is whether a claim of this machine would surely find nothing. One in 64 asks all the same.
func (m *machine) idle() bool {
	m.h.mu.Lock()
	defer m.h.mu.Unlock()
	if m.dead || time.Until(m.until) > 0 {
		return false
	}
	m.h.counters["idle "+m.name]++
	if m.h.counters["idle "+m.name]%64 == 0 {
		return false
	}
	for _, due := range m.h.due {
		if time.Until(due) <= 0 {
			return false
		}
	}
	return true
}
