package store

import (
	"context"
	"errors"
	"sync"
)

// sqliteWatchers are those who want to hear that the log has grown.
type sqliteWatchers struct {
	mu  sync.Mutex
	all map[chan struct{}]struct{}
}

func (w *sqliteWatchers) add(hints chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[chan struct{}]struct{}{}
	}
	w.all[hints] = struct{}{}
}

func (w *sqliteWatchers) remove(hints chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, hints)
}

// wake waits for nobody: who has not looked since the last hint needs no second one.
func (w *sqliteWatchers) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for hints := range w.all {
		select {
		case hints <- struct{}{}:
		default:
		}
	}
}

// grew is called after each change that may have published something.
func (s *sqliteStore) grew(published bool, err error) {
	if published && err == nil || errors.Is(err, ErrUncertain) {
		s.watchers.wake()
		s.epoch.noteLater(s.noteHead)
	}
}

// Watch hints at each commit: there is no other process.
func (s *sqliteStore) Watch(ctx context.Context, wake func()) {
	hints := make(chan struct{}, 1)
	s.watchers.add(hints)
	defer s.watchers.remove(hints)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hints:
			wake()
		}
	}
}

// Sequence has nothing to do: each commit gives its events their positions.
func (s *sqliteStore) Sequence(ctx context.Context) { <-ctx.Done() }
