package store_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/store"
)

// However many begin for one reference at once, on however many servers, one of them is its maker.
func TestReferenceTogether(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			stores := []store.Store{open(t, store.Config{URL: url})}
			if e.name == "postgres" {
				stores = append(stores, open(t, store.Config{URL: url}))
			}
			for round := range int64(4) {
				makers := beginForOne(t, stores, round)
				if len(makers) != 1 {
					t.Fatalf("round %d: the makers are %v, want one", round, makers)
				}
				switch maker := makers[0]; round {
				case 0:
					finish(t, stores[0], maker, 1, store.Failed)
				case 1:
					finish(t, stores[0], maker, 1, store.Abandoned)
				default:
					succeed(t, stores[0], maker, 1, "cus_"+maker)
				}
			}
			db := e.database(t, url)
			if n := count(t, db, `SELECT count(*) FROM operations`); n != 4 {
				t.Errorf("%d operations stand, want 4", n)
			}
			if n := count(t, db, `SELECT generation FROM customer_references`); n != 4 {
				t.Errorf("the generation is %d, want 4", n)
			}
		})
	}
}

// beginForOne begins 64 operations at once, and says which are makers.
func beginForOne(t *testing.T, stores []store.Store, round int64) (makers []string) {
	t.Helper()
	var mu sync.Mutex
	found := map[string]int{}
	var callers sync.WaitGroup
	for i := range 64 {
		callers.Go(func() {
			b := forReference(fmt.Sprintf("op_%d_%02d", round, i))
			b.Over = round // only of the last rounds is anything over
			op, begun, err := stores[i%len(stores)].Begin(t.Context(), b)
			if err != nil || op.State != store.Pending || op.Generation != round+1 || begun != (op.ID == b.ID) {
				t.Errorf("Begin(%s) = %s of generation %d, %t, %v", b.ID, op.ID, op.Generation, begun, err)
			}
			mu.Lock()
			defer mu.Unlock()
			found[op.ID]++
			if begun {
				makers = append(makers, op.ID)
			}
		})
	}
	callers.Wait()
	if len(makers) == 1 && found[makers[0]] != 64 {
		t.Errorf("they found %v", found)
	}
	return makers
}

// Many references and other changes at once, each in another order: none waits for another for good, and one that can
// not be made takes nothing from its neighbours.
func TestReferencesCrosswise(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			stores := []store.Store{open(t, store.Config{URL: url})}
			if e.name == "postgres" {
				stores = append(stores, open(t, store.Config{URL: url}))
			}
			db := e.database(t, url)
			execute(t, db, e.poison...)
			const workers, references = 24, 12
			var work sync.WaitGroup
			var mu sync.Mutex
			makers := map[string]int{}
			for worker := range workers {
				work.Go(func() {
					s := stores[worker%len(stores)]
					for i := range references {
						b := request(fmt.Sprintf("op_%02d_%02d", (worker*7+i*5)%workers, i))
						b.Reference = fmt.Sprintf("user-%02d", (worker*5+i*7)%references)
						b.Token = fmt.Appendf(nil, "%d %d", worker, i)
						poisoned := worker%8 == 3
						if poisoned {
							b.Caller = "poison"
						}
						op, begun, err := s.Begin(t.Context(), b)
						if err != nil && !poisoned || begun && poisoned {
							t.Errorf("Begin(%s) = %t, %v", b.ID, begun, err)
						}
						if !begun {
							continue
						}
						mu.Lock()
						makers[b.Reference]++
						mu.Unlock()
						if err := s.Hold(t.Context(), store.Hold{ID: op.ID, Attempt: op.Attempt, Lease: lease}); err != nil {
							t.Errorf("Hold(%s): %v", op.ID, err)
						}
						if err := s.Finish(t.Context(), store.Finish{
							ID: op.ID, Attempt: op.Attempt, State: store.Succeeded, ObjectID: "cus_" + op.ID,
						}); err != nil {
							t.Errorf("Finish(%s): %v", op.ID, err)
						}
					}
				})
			}
			work.Wait()
			want := map[string]int{}
			for i := range references {
				want[fmt.Sprintf("user-%02d", i)] = 1
			}
			if d := cmp.Diff(want, makers); d != "" {
				t.Errorf("makers (-want +got):\n%s", d)
			}
			if n := count(t, db, `SELECT count(*) FROM customer_references
				WHERE object_id = 'cus_' || operation_id`); n != references {
				t.Errorf("%d references know what was made, want %d", n, references)
			}
		})
	}
}

// Whatever begins, fails, is abandoned and begins anew for whichever reference, at once and in any order: nothing waits
// for another for good, and no reference ever has two makers.
func TestReferencesAtRandom(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			stores := []store.Store{open(t, store.Config{URL: url})}
			if e.name == "postgres" {
				stores = append(stores, open(t, store.Config{URL: url}))
			}
			ends := []store.State{store.Abandoned, store.Abandoned, store.Abandoned, store.Failed, store.Succeeded}
			var work sync.WaitGroup
			for worker := range 64 {
				work.Go(func() {
					for i := range 25 {
						b := request(fmt.Sprintf("op_%02d", rand.IntN(100)))
						b.Reference = fmt.Sprintf("user-%02d", rand.IntN(12))
						b.Token = fmt.Appendf(nil, "%d %d", worker, i)
						s := stores[worker%len(stores)]
						op, begun, err := s.Begin(t.Context(), b)
						if begun {
							err = s.Finish(t.Context(), store.Finish{
								ID: op.ID, Attempt: op.Attempt, State: ends[rand.IntN(len(ends))], ObjectID: "cus_" + op.ID,
							})
						}
						if err != nil {
							t.Errorf("%s for %s, begun %t: %v", b.ID, b.Reference, begun, err)
						}
					}
				})
			}
			work.Wait()
			if n := count(t, e.database(t, url), `SELECT count(*) FROM (SELECT reference FROM operations
				WHERE state NOT IN (3, 5) GROUP BY reference HAVING count(*) > 1) AS of_two`); n > 0 {
				t.Errorf("%d references have more than one maker", n)
			}
		})
	}
}
