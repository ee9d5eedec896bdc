package store

import (
	"context"
	"slices"
	"sync"
)

// maxBatch is how many changes share a commit at most, so that the first of them does not wait for the work of too many.
const maxBatch = 128

// group lets changes that come at the same time share a commit, which is what a change costs. Nobody waits for company: a
// change that finds a free lane goes at once, alone, on the goroutine of its caller; those that come while all lanes are
// busy go together in the next turn.
type group[C any] struct {
	// commit makes the changes and notes in each how it went. It must not need a context of theirs: one that left does not
	// cut the others.
	commit func(batch []C)
	// lanes is how many commits may be under way at once; batch how many changes may share one.
	lanes, batch int

	mu      sync.Mutex
	busy    int
	waiting []*waiter[C]
}

type waiter[C any] struct {
	change C
	lead   chan []*waiter[C] // this one's goroutine is to commit these
	done   chan struct{}
}

// do makes a change, and returns nil once it was tried: how it went stands in the change. It returns the context's error
// if that ends before its turn: the change was not tried then.
func (g *group[C]) do(ctx context.Context, change C) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.busy < g.lanes {
		g.busy++
		g.mu.Unlock()
		g.run([]*waiter[C]{{change: change, done: make(chan struct{})}})
		return nil
	}
	w := &waiter[C]{change: change, lead: make(chan []*waiter[C], 1), done: make(chan struct{})}
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()

	select {
	case <-ctx.Done():
		if g.leave(w) {
			return ctx.Err()
		}
	case <-w.done:
		return nil
	case batch := <-w.lead:
		g.run(batch)
		return nil
	}
	// Its turn had come by then.
	select {
	case <-w.done:
	case batch := <-w.lead:
		g.run(batch)
	}
	return nil
}

// leave is whether a change could be taken back before its turn.
func (g *group[C]) leave(w *waiter[C]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, w)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// run commits a batch, then hands the lane to the first of those who wait.
func (g *group[C]) run(batch []*waiter[C]) {
	defer func() {
		for _, w := range batch {
			close(w.done)
		}
		g.next()
	}()
	changes := make([]C, len(batch))
	for i, w := range batch {
		changes[i] = w.change
	}
	g.commit(changes)
}

func (g *group[C]) next() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.busy--
		return
	}
	n := min(len(g.waiting), g.batch)
	batch := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	batch[0].lead <- batch
}
