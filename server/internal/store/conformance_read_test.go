package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestGetNothing(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			_, err := e.fresh(t).Get(t.Context(), "op_1")
			wantError(t, err, store.ErrNotFound)
		})
	}
}

func TestList(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			for _, id := range []string{"op_1", "op_2", "op_3", "op_4", "op_5"} {
				b := request(id)
				if id == "op_2" || id == "op_4" {
					b.Caller = "till"
				}
				begin(t, s, b)
			}
			postpone(t, s, "op_2", store.Unknown, time.Hour)
			finish(t, s, "op_3", 1, store.Succeeded)
			finish(t, s, "op_5", 1, store.Failed)
			third := get(t, s, "op_3").BeginTime

			tests := map[string]struct {
				filter store.Filter
				after  string
				limit  int
				want   []string
			}{
				"all":            {want: []string{"op_5", "op_4", "op_3", "op_2", "op_1"}},
				"limit":          {limit: 2, want: []string{"op_5", "op_4"}},
				"after":          {after: "op_4", limit: 2, want: []string{"op_3", "op_2"}},
				"after the last": {after: "op_1"},
				"caller":         {filter: store.Filter{Caller: "till"}, want: []string{"op_4", "op_2"}},
				"nobody":         {filter: store.Filter{Caller: "none"}},
				"one state":      {filter: store.Filter{States: []store.State{1}}, want: []string{"op_4", "op_1"}},
				"open":           {filter: store.Filter{States: []store.State{1, 4}}, want: []string{"op_4", "op_2", "op_1"}},
				"mixed states":   {filter: store.Filter{States: []store.State{3, 4}}, want: []string{"op_5", "op_2"}},
				"start":          {filter: store.Filter{Start: third}, want: []string{"op_5", "op_4", "op_3"}},
				"end":            {filter: store.Filter{End: third}, want: []string{"op_2", "op_1"}},
				"all at once": {
					filter: store.Filter{Caller: "shop", States: []store.State{1}, End: third},
					want:   []string{"op_1"},
				},
				"after of another": {filter: store.Filter{Caller: "shop"}, after: "op_4", want: []string{"op_3", "op_1"}},
			}
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					limit := test.limit
					if limit == 0 {
						limit = 100
					}
					found, err := s.List(t.Context(), test.filter, test.after, limit)
					must(t, err)
					if d := cmp.Diff(test.want, ids(found), cmpopts.EquateEmpty()); d != "" {
						t.Errorf("listed (-want +got):\n%s", d)
					}
					for _, op := range found {
						if d := diff(op, get(t, s, op.ID)); d != "" {
							t.Errorf("other than read alone (-want +got):\n%s", d)
						}
					}
				})
			}
			_, err := s.List(t.Context(), store.Filter{}, "op_9", 10)
			wantError(t, err, store.ErrNotFound)
		})
	}
}

// Pages fit together even where all began at the same time, and while what was on them is erased.
func TestListPages(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s, names := open(t, store.Config{URL: url}), numbered(10)
			for _, id := range names {
				begin(t, s, request(id))
			}
			finish(t, s, "op_004", 1, store.Failed)
			execute(t, e.database(t, url), e.sameTime)
			var all []string
			for after := ""; ; after = all[len(all)-1] {
				page, err := s.List(t.Context(), store.Filter{}, after, 3)
				must(t, err)
				all = append(all, ids(page)...)
				if len(page) < 3 {
					break
				}
			}
			slices.Reverse(names)
			if d := cmp.Diff(names, all); d != "" {
				t.Errorf("listed (-want +got):\n%s", d)
			}

			if _, err := s.Erase(t.Context(), -time.Hour, 1); err != nil {
				t.Fatal(err)
			}
			found, err := s.List(t.Context(), store.Filter{}, "", 100)
			must(t, err)
			names = slices.DeleteFunc(names, func(id string) bool { return id == "op_004" })
			if d := cmp.Diff(names, ids(found)); d != "" {
				t.Errorf("listed beside an erased one (-want +got):\n%s", d)
			}
			_, err = s.List(t.Context(), store.Filter{}, "op_004", 10)
			wantError(t, err, store.ErrNotFound)
		})
	}
}

// All that was said to be written is there when the store is opened again.
func TestReopened(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s, err := store.Open(t.Context(), store.Config{URL: url})
			must(t, err)
			begin(t, s, request("op_1"))
			finish(t, s, "op_1", 1, store.Succeeded)
			want := get(t, s, "op_1")
			must(t, s.Close())
			must(t, s.Close())
			if _, _, err := s.Begin(t.Context(), request("op_2")); err == nil {
				t.Error("a closed store began an operation")
			}
			if d := diff(get(t, open(t, store.Config{URL: url}), "op_1"), want); d != "" {
				t.Errorf("opened again (-want +got):\n%s", d)
			}
		})
	}
}
