package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// recorder is a commit that takes a second and remembers its batches.
type recorder struct {
	mu      sync.Mutex
	batches [][]int
	busy    int
	most    int
}

func (r *recorder) commit(batch []*int) {
	r.mu.Lock()
	var numbers []int
	for _, c := range batch {
		numbers = append(numbers, *c)
	}
	r.batches = append(r.batches, numbers)
	r.busy++
	r.most = max(r.most, r.busy)
	r.mu.Unlock()
	<-time.After(time.Second)
	r.mu.Lock()
	r.busy--
	r.mu.Unlock()
	for _, c := range batch {
		*c = -*c // it was tried
	}
}

func (r *recorder) sizes() []int {
	var sizes []int
	for _, batch := range r.batches {
		sizes = append(sizes, len(batch))
	}
	slices.Sort(sizes)
	return sizes
}

func TestGroup(t *testing.T) {
	tests := map[string]struct {
		lanes, batch, changes int
		sizes                 []int
	}{
		"one goes alone":             {lanes: 1, batch: 8, changes: 1, sizes: []int{1}},
		"who waits goes together":    {lanes: 1, batch: 8, changes: 6, sizes: []int{1, 5}},
		"a batch is full":            {lanes: 1, batch: 4, changes: 8, sizes: []int{1, 3, 4}},
		"each alone":                 {lanes: 1, batch: 1, changes: 3, sizes: []int{1, 1, 1}},
		"free lanes are taken first": {lanes: 3, batch: 8, changes: 3, sizes: []int{1, 1, 1}},
		"then they share":            {lanes: 2, batch: 8, changes: 7, sizes: []int{1, 1, 5}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				g := group[*int]{commit: r.commit, lanes: test.lanes, batch: test.batch}
				for range 2 { // the second time, the lanes must be free again
					r.batches = nil
					var changes sync.WaitGroup
					for i := range test.changes {
						changes.Go(func() {
							n := i + 1
							if err := g.do(t.Context(), &n); err != nil || n != -(i+1) {
								t.Errorf("change %d: %v, it is %d", i+1, err, n)
							}
						})
						synctest.Wait() // so that they come in this order
					}
					changes.Wait()
					if got := r.sizes(); !slices.Equal(got, test.sizes) {
						t.Errorf("batches of %v, want %v", got, test.sizes)
					}
				}
				if r.most > test.lanes {
					t.Errorf("%d commits at once, want %d at most", r.most, test.lanes)
				}
				if g.busy != 0 || len(g.waiting) != 0 {
					t.Errorf("afterwards %d are busy and %d wait", g.busy, len(g.waiting))
				}
			})
		})
	}
}

// Who leaves before their turn is not tried; who leaves after it hears how it went.
func TestGroupLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		g := group[*int]{commit: r.commit, lanes: 1, batch: 2}
		var changes sync.WaitGroup
		start := func(ctx context.Context, n int, want error) {
			changes.Go(func() {
				tried := n
				if err := g.do(ctx, &tried); !errors.Is(err, want) || (tried < 0) != (want == nil) {
					t.Errorf("change %d: %v, it is %d; want %v", n, err, tried, want)
				}
			})
			synctest.Wait()
		}
		leaving, leave := context.WithCancel(t.Context())
		late, leaveLate := context.WithCancel(t.Context())
		start(leaving, 1, nil) // its commit is under way when it leaves
		start(leaving, 2, context.Canceled)
		start(late, 3, nil) // leads the second batch when it leaves
		start(late, 4, nil) // goes along in it
		start(t.Context(), 5, nil)
		leave()
		synctest.Wait()
		<-time.After(time.Second)
		synctest.Wait()
		leaveLate()
		changes.Wait()
		start(leaving, 6, context.Canceled)
		changes.Wait()
		if want := [][]int{{1}, {3, 4}, {5}}; !slices.EqualFunc(r.batches, want, slices.Equal) {
			t.Errorf("batches %v, want %v", r.batches, want)
		}
	})
}

// A commit that panics takes its own goroutine with it, and nobody else's turn.
func TestGroupPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		g := group[*int]{lanes: 1, batch: 1, commit: func(batch []*int) {
			if *batch[0] == 1 {
				panic("1") //nolint:forbidigo // what the test is about
			}
			r.commit(batch)
		}}
		func() {
			defer func() { _ = recover() }()
			n := 1
			_ = g.do(t.Context(), &n)
			t.Error("it did not panic")
		}()
		n := 2
		if err := g.do(t.Context(), &n); err != nil || n != -2 {
			t.Errorf("the next change: %v, it is %d", err, n)
		}
	})
}
