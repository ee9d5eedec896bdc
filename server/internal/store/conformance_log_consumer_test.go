package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestConsumers(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			_, err := s.Consumer(t.Context(), "shop", "mailer")
			wantError(t, err, store.ErrNotFound)
			put := func(c store.Consumer, want int64) {
				t.Helper()
				version, err := s.PutConsumer(t.Context(), c)
				if want == 0 {
					wantError(t, err, store.ErrFenced)
				} else if version != want || err != nil {
					t.Errorf("PutConsumer = %d, %v; want %d", version, err, want)
				}
			}
			stands := func(want store.Consumer) {
				t.Helper()
				want.CreateTime, want.UpdateTime = time.Now(), time.Now()
				got, err := s.Consumer(t.Context(), want.Caller, want.Name)
				must(t, err)
				if d := cmp.Diff(want, got, cmpopts.EquateApproxTime(patience), cmpopts.EquateEmpty()); d != "" {
					t.Errorf("it stands as (-want +got):\n%s", d)
				}
			}
			c := store.Consumer{Caller: "shop", Name: "mailer", Epoch: "e1", Cursor: 7, Filter: []byte("filter")}
			ahead := c
			ahead.Version = 1
			put(ahead, 0)
			put(c, 1)
			put(c, 0)
			c.Version = 1
			stands(c)
			c.Epoch, c.Cursor, c.Acked, c.Filter = "e2", 9, []byte("acked"), nil
			c.Stream, c.StreamTime = "stream 1", time.Now().Truncate(time.Microsecond)
			put(c, 2)
			put(c, 0)
			c.Version = 2
			stands(c)
			c.Stream, c.StreamTime = "", time.Time{}
			put(c, 3)
			c.Version = 3
			stands(c)

			must(t, s.DeleteConsumer(t.Context(), "shop", "mailer"))
			wantError(t, s.DeleteConsumer(t.Context(), "shop", "mailer"), store.ErrNotFound)
			put(c, 0)
			_, err = s.Consumer(t.Context(), "shop", "mailer")
			wantError(t, err, store.ErrNotFound)
		})
	}
}

func TestListConsumers(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			for _, name := range []string{"b", "a", "c"} {
				for _, caller := range []string{"shop", "desk"} {
					_, err := s.PutConsumer(t.Context(), store.Consumer{Caller: caller, Name: name})
					must(t, err)
				}
			}
			for _, page := range []struct {
				caller, afterCaller, afterName string
				limit                          int
				want                           string
			}{
				{"", "", "", 10, "[desk/a desk/b desk/c shop/a shop/b shop/c]"},
				{"", "desk", "b", 2, "[desk/c shop/a]"},
				{"shop", "", "", 2, "[shop/a shop/b]"},
				{"shop", "shop", "b", 2, "[shop/c]"},
				{"till", "", "", 2, "[]"},
			} {
				found, err := s.Consumers(t.Context(), page.caller, page.afterCaller, page.afterName, page.limit)
				must(t, err)
				got := []string{}
				for _, c := range found {
					got = append(got, c.Caller+"/"+c.Name)
				}
				if fmt.Sprint(got) != page.want {
					t.Errorf("page %+v: got %v", page, got)
				}
			}
		})
	}
}

// Of those who write over the same version, one does.
func TestConsumersTogether(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			var work sync.WaitGroup
			var written atomic.Int64
			const writers, each = 8, 20
			for range writers {
				work.Go(func() {
					for made := 0; made < each; {
						c, err := s.Consumer(t.Context(), "shop", "mailer")
						if err != nil {
							c = store.Consumer{Caller: "shop", Name: "mailer"}
						}
						c.Cursor++
						if _, err := s.PutConsumer(t.Context(), c); err == nil {
							written.Add(1)
							made++
						}
					}
				})
			}
			work.Wait()
			c, err := s.Consumer(t.Context(), "shop", "mailer")
			must(t, err)
			if c.Cursor != writers*each || c.Version != writers*each || written.Load() != writers*each {
				t.Errorf("%d were written, and it stands as %+v", written.Load(), c)
			}
		})
	}
}
