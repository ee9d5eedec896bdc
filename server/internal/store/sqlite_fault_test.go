package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// wantUnavailable is the error of a change that the store could not make, and surely did not.
func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrUncertain) {
		t.Errorf("error is %v, want %v and nothing uncertain", err, store.ErrUnavailable)
	}
}

// finishLarge ends an operation with an answer for which new pages are needed.
func finishLarge(t *testing.T, s store.Store, id string) error {
	t.Helper()
	return s.Finish(t.Context(), store.Finish{
		ID: id, Attempt: 1, State: store.Succeeded, Outcome: make([]byte, 100<<10),
		Events: []store.Event{{ObjectID: "pi_1", Kind: "payment_intent.succeeded", Cause: "tg1-1"}},
	})
}

// A disk that is full, or may only be read, refuses each change and keeps what stands; then it goes on.
func TestSQLiteCanNotWrite(t *testing.T) {
	conditions := map[string]struct{ fault, mend string }{
		"full":      {"max_page_count = 1", "max_page_count = 1000000"},
		"read-only": {"query_only = 1", "query_only = 0"},
	}
	for name, condition := range conditions {
		t.Run(name, func(t *testing.T) {
			url := sqlite.url(t)
			s, db := open(t, store.Config{URL: url}), sqlite.database(t, url)
			begin(t, s, request("op_1"))
			standing := get(t, s, "op_1")
			must(t, store.Pragma(t.Context(), s, condition.fault))

			var refused, made atomic.Int64
			var changes sync.WaitGroup
			for _, id := range numbered(64) {
				changes.Go(func() {
					b := request(id)
					b.Parameters = make([]byte, 20<<10)
					_, _, err := s.Begin(t.Context(), b)
					if err == nil {
						made.Add(1)
						return
					}
					wantUnavailable(t, err)
					refused.Add(1)
				})
			}
			changes.Wait()
			if refused.Load() == 0 {
				t.Error("nothing was refused")
			}
			wantUnavailable(t, finishLarge(t, s, "op_1"))
			if d := diff(get(t, s, "op_1"), standing); d != "" {
				t.Errorf("a Finish that was refused has changed something (-want +got):\n%s", d)
			}
			if n := count(t, db, `SELECT count(*) FROM events`); n != 0 {
				t.Errorf("%d events", n)
			}
			if n := count(t, db, `SELECT count(*) FROM operations`); n != 1+int(made.Load()) {
				t.Errorf("%d operations stand, want those %d that were said to", n, 1+made.Load())
			}
			if name == "read-only" {
				wantUnavailable(t, s.Check(t.Context()))
			}

			must(t, store.Pragma(t.Context(), s, condition.mend))
			must(t, s.Check(t.Context()))
			must(t, finishLarge(t, s, "op_1"))
			begin(t, s, request("op_after"))
			if n := count(t, db, `SELECT count(*) FROM events`); n != 1 {
				t.Errorf("%d events", n)
			}
		})
	}
}

// A commit that failed in a way that nobody knows is uncertain, and nothing else: who takes it for surely not made sends it
// a second time.
func TestSQLiteCommitError(t *testing.T) {
	err := store.CommitError(errors.New("the disk has gone"))
	wantError(t, err, store.ErrUncertain)
	if errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v passes for surely not made", err)
	}
}

// together makes changes that share a commit, and returns their errors.
func together(t *testing.T, s store.Store, g *gate, changes ...func() error) []error {
	t.Helper()
	var first, all sync.WaitGroup
	first.Go(func() {
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the first commit is under way", func() bool { return g.waiting.Load() == 1 })
	errs := make([]error, len(changes))
	for i, change := range changes {
		all.Go(func() { errs[i] = change() })
		eventually(t, "the change waits", func() bool { return store.Waiting(s) == i+1 })
	}
	g.open()
	first.Wait()
	all.Wait()
	return errs
}

// A disk that is full in the middle of a batch can end the transaction of all: then none of them was made, and each is told.
func TestSQLiteFullInBatch(t *testing.T) {
	g := newGate(t, "check")
	s := open(t, store.Config{URL: sqlite.url(t), Crash: g.crash})
	for _, id := range numbered(10) {
		begin(t, s, request(id))
	}
	must(t, store.Pragma(t.Context(), s, "max_page_count = 1"))
	var changes []func() error
	for i, id := range numbered(10) {
		changes = append(changes, func() error {
			if i == 5 {
				return finishLarge(t, s, id)
			}
			return s.Hold(t.Context(), store.Hold{ID: id, Attempt: 1, Lease: lease, Sends: 1})
		})
	}
	errs := together(t, s, g, changes...)
	for i, id := range numbered(10) {
		made := get(t, s, id).Sends == 2
		if errs[i] != nil {
			wantUnavailable(t, errs[i])
		}
		if made != (errs[i] == nil) || made && i == 5 {
			t.Errorf("%s: made: %v, and it was told %v", id, made, errs[i])
		}
	}
}

// A mistake of ours in the middle of a commit leaves its company uncertain, not content.
func TestSQLitePanicInBatch(t *testing.T) {
	g := newGate(t, "check")
	s := open(t, store.Config{URL: sqlite.url(t), Crash: func(point string) {
		g.crash(point)
		if point == "hold.before_commit" {
			panic("a test's") //nolint:forbidigo // it stands for a mistake of ours
		}
	}})
	begin(t, s, request("op_1"))
	panicked := errors.New("it panicked")
	hold := func() (err error) {
		defer func() {
			if recover() != nil {
				err = panicked
			}
		}()
		return s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease, Sends: 1})
	}
	errs := together(t, s, g, hold, hold, hold)
	wantError(t, errs[0], panicked)
	for _, err := range errs[1:] {
		wantError(t, err, store.ErrUncertain)
	}
	if op := get(t, s, "op_1"); op.Sends != 1 {
		t.Errorf("%d sends", op.Sends)
	}
	must(t, s.Check(t.Context()))
}
