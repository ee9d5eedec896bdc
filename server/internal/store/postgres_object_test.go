package store_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// Many processes write the state of one object at once, from its beginning: each state stands on the one before it, and none
// is lost.
func TestPostgresObjectTogether(t *testing.T) {
	const writers, each = 8, 5
	url := pgcluster.Database(t)
	stores := []store.Store{open(t, store.Single(store.Config{URL: url})), open(t, store.Single(store.Config{URL: url}))}
	sequence(t, stores[0])
	execute(t, engines[1].database(t, url), commitsSlowly...)
	var work sync.WaitGroup
	for w := range writers {
		work.Go(func() {
			s := stores[w%len(stores)]
			for n := 0; n < each; {
				o, err := s.Object(t.Context(), "pi_1")
				if err != nil {
					t.Errorf("Object: %v", err)
					return
				}
				next := object("pi_1", o.Version, int32(o.Version)+1)
				_, err = s.Ingest(t.Context(), store.Ingest{Object: &next, Events: []store.Event{
					{
						ObjectID: "pi_1", Kind: "payment_intent.changed", Cause: fmt.Sprint(w, n),
						OperationID: strconv.FormatInt(next.Version+1, 10),
					},
				}})
				if err == nil {
					n++
				} else if !errors.Is(err, store.ErrConflict) {
					t.Errorf("Ingest: %v", err)
					return
				}
			}
		})
	}
	work.Wait()
	if o := readObject(t, stores[1], "pi_1"); o.Version != writers*each || o.State != writers*each {
		t.Errorf("it has the version %d and the state %d, want %d", o.Version, o.State, writers*each)
	}
	(&reader{store: stores[1]}).read(t, writers*each)
}
