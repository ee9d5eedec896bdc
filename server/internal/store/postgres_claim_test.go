package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// Any number of processes share a database: what one claims, no other gets while the lease lasts.
func TestPostgresClaimedByOne(t *testing.T) {
	url := pgcluster.Database(t)
	stores := []store.Store{open(t, store.Config{URL: url}), open(t, store.Config{URL: url})}
	names := numbered(60)
	for _, id := range names {
		begin(t, stores[0], request(id))
		must(t, stores[0].Postpone(t.Context(), store.Postpone{ID: id, Attempt: 1, State: store.Unknown, After: over}))
	}
	var claimed sync.Map
	var n atomic.Int64
	var claimers sync.WaitGroup
	for _, s := range stores {
		for range 4 {
			claimers.Go(func() {
				for {
					ops, err := s.Claim(t.Context(), lease, 7)
					if err != nil {
						t.Errorf("Claim: %v", err)
						return
					}
					// Rows that another claim has locked are passed over, so an empty answer is not the end.
					if n.Add(int64(len(ops))) >= int64(len(names)) {
						return
					}
					for _, op := range ops {
						if _, twice := claimed.LoadOrStore(op.ID, true); twice || op.Attempt != 2 {
							t.Errorf("%s was claimed twice, or under the attempt %d", op.ID, op.Attempt)
						}
					}
				}
			})
		}
	}
	claimers.Wait()
	if ops := claim(t, stores[1], 10); len(ops) > 0 || n.Load() != int64(len(names)) {
		t.Errorf("%d were claimed, and %d more afterwards", n.Load(), len(ops))
	}
	// Who held one before is fenced out, in whatever process it is.
	for _, s := range stores {
		wantError(t, s.Hold(t.Context(), store.Hold{ID: names[0], Attempt: 1, Lease: lease}), store.ErrFenced)
		wantError(t, s.Finish(t.Context(), store.Finish{ID: names[0], Attempt: 1, State: store.Failed}), store.ErrFenced)
	}
}

// A claim whose caller leaves while it is being committed is made, and its caller gets what it holds.
func TestPostgresLeavingDuringClaim(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := open(t, store.Config{URL: pgcluster.Database(t), Crash: func(point string) {
		if point == "claim.before_commit" {
			cancel()
		}
	}})
	begin(t, s, request("op_1"))
	postpone(t, s, "op_1", store.Unknown, over)
	if ops, err := s.Claim(ctx, lease, 1); err != nil || len(ops) != 1 {
		t.Errorf("Claim = %d operations, %v", len(ops), err)
	}
}

// Servers that start at once on an empty database do not stand in each other's way.
func TestPostgresOpenedAtOnce(t *testing.T) {
	url := pgcluster.Database(t)
	var opening sync.WaitGroup
	for range 4 {
		opening.Go(func() {
			s, err := store.Open(t.Context(), store.Config{URL: url})
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	opening.Wait()
}
