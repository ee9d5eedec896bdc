package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// gate stops commits of one kind of change just before they are made, until it is opened.
type gate struct {
	change  string
	opened  chan struct{}
	waiting atomic.Int64
	once    sync.Once
}

func newGate(t *testing.T, change string) *gate {
	t.Helper()
	g := &gate{change: change, opened: make(chan struct{})}
	t.Cleanup(g.open)
	return g
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

func (g *gate) crash(point string) {
	if point == g.change+".before_commit" {
		g.waiting.Add(1)
		<-g.opened
	}
}

// fill begins operations in the background until all lanes are busy and one has to wait.
func (g *gate) fill(t *testing.T, s store.Store) (names []string, done *sync.WaitGroup) {
	t.Helper()
	done = &sync.WaitGroup{}
	for i, id := range numbered(32) {
		names = append(names, id)
		done.Go(func() {
			if _, begun, err := s.Begin(t.Context(), request(id)); err != nil || !begun {
				t.Errorf("Begin(%s) = %v, %v", id, begun, err)
			}
		})
		if !within(beat, func() bool { return g.waiting.Load() > int64(i) }) {
			return names, done
		}
	}
	t.Fatal("there is no end of lanes")
	return nil, nil
}

// Nothing is seen before it is committed, and who leaves before their turn has changed nothing.
func TestWaiting(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			g := newGate(t, "begin")
			s := open(t, store.Config{URL: e.url(t), Crash: g.crash})
			names, done := g.fill(t, s)

			ctx, cancel := context.WithCancel(t.Context())
			left := make(chan error, 1)
			go func() {
				_, _, err := s.Begin(ctx, request("op_left"))
				left <- err
			}()
			select {
			case err := <-left:
				t.Fatalf("it did not wait: %v", err)
			default:
			}
			cancel()
			wantError(t, <-left, context.Canceled)
			for _, id := range names {
				if _, err := s.Get(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s is seen before it is committed: %v", id, err)
				}
			}
			g.open()
			done.Wait()
			for _, id := range names {
				get(t, s, id)
			}
			_, err := s.Get(t.Context(), "op_left")
			wantError(t, err, store.ErrNotFound)
			_, _, err = s.Begin(ctx, request("op_left"))
			wantError(t, err, context.Canceled)
			_, err = s.Get(t.Context(), "op_left")
			wantError(t, err, store.ErrNotFound)
		})
	}
}

// A caller that leaves while its change is being committed does not cut it.
func TestLeavingDuringCommit(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			g := newGate(t, "begin")
			s := open(t, store.Config{URL: e.url(t), Crash: g.crash})
			ctx, cancel := context.WithCancel(t.Context())
			left := make(chan error, 1)
			go func() {
				_, _, err := s.Begin(ctx, request("op_1"))
				left <- err
			}()
			eventually(t, "it reaches its commit", func() bool { return g.waiting.Load() > 0 })
			cancel()
			g.open()
			if err := <-left; err != nil {
				t.Errorf("Begin: %v", err)
			}
			get(t, s, "op_1")
		})
	}
}

func TestCloseWaits(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			g := newGate(t, "begin")
			url := e.url(t)
			s, err := store.Open(t.Context(), store.Config{URL: url, Crash: g.crash})
			must(t, err)
			names, done := g.fill(t, s)
			closed := make(chan error, 1)
			go func() { closed <- s.Close() }()
			if within(beat, func() bool { return len(closed) > 0 }) {
				t.Fatal("it was closed while changes were under way")
			}
			g.open()
			done.Wait()
			must(t, <-closed)
			again := open(t, store.Config{URL: url})
			for _, id := range names {
				get(t, again, id)
			}
		})
	}
}

// One change that can not be made does not touch those that share its commit.
func TestPoisonInBatch(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s := open(t, store.Config{URL: url})
			execute(t, e.database(t, url), e.poison...)
			begin(t, s, request("op_ends"))
			var changes sync.WaitGroup
			for i, id := range numbered(100) {
				changes.Go(func() {
					b := request(id)
					if i%5 == 2 {
						b.Caller = "poison"
					}
					_, begun, err := s.Begin(t.Context(), b)
					if poisoned := i%5 == 2; poisoned == (err == nil) || begun == poisoned {
						t.Errorf("Begin(%s) = %v, %v; poisoned: %v", id, begun, err, poisoned)
					}
					if errors.Is(err, store.ErrUncertain) {
						t.Errorf("Begin(%s): %v; want it surely not made", id, err)
					}
				})
				if i%10 == 5 {
					changes.Go(func() {
						err := s.Finish(t.Context(), store.Finish{
							ID: "op_ends", Attempt: 1, State: store.Failed, Events: []store.Event{
								{ObjectID: "pi_1", Kind: "payment_intent.payment_failed", Cause: "c"},
								{ObjectID: "pi_1", Kind: "poison", Cause: "c"},
							},
						})
						if err == nil {
							t.Error("the poison was taken")
						}
					})
				}
			}
			changes.Wait()
			db := e.database(t, url)
			if n := count(t, db, `SELECT count(*) FROM operations`); n != 81 {
				t.Errorf("%d operations stand, want 81", n)
			}
			if n := count(t, db, `SELECT count(*) FROM events`); n != 0 {
				t.Errorf("%d events stand, want none", n)
			}
			if op := get(t, s, "op_ends"); op.State != store.Pending {
				t.Errorf("op_ends is %v", op.State)
			}
		})
	}
}
