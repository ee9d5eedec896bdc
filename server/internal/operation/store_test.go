package operation_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

func openStore(t *testing.T) store.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tillgate.db")
	if err := os.WriteFile(path, emptyStore(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + path, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// emptyStore is a store as it is made: to make one takes longer than most tests.
var emptyStore = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "operation")
	if err != nil {
		panic(err) //nolint:forbidigo // no test is there to fail yet
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "tillgate.db")
	s, err := store.Open(context.Background(), store.Config{URL: "sqlite:" + path, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = s.Close()
	}
	data, readErr := os.ReadFile(path)
	if err = errors.Join(err, readErr); err != nil {
		panic(err) //nolint:forbidigo // as above
	}
	return data
})

// faultyStore is a real store that fails as a test says.
type faultyStore struct {
	store.Store

	mu sync.Mutex
	// before and after are asked by the name of a change before and after it is made; an error takes its place.
	before, after func(change string) error
	// ends are those that were written.
	ends []store.Finish
}

func (s *faultyStore) fail(before, after func(change string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = before, after
}

func (s *faultyStore) around(change string, do func() error) error {
	s.mu.Lock()
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil {
		if err := before(change); err != nil {
			return err
		}
	}
	err := do()
	if after != nil && err == nil {
		return after(change)
	}
	return err
}

func (s *faultyStore) Begin(ctx context.Context, b store.Begin) (op store.Operation, begun bool, err error) {
	err = s.around("begin", func() (err error) {
		op, begun, err = s.Store.Begin(ctx, b)
		return err
	})
	return op, begun, err
}

func (s *faultyStore) Hold(ctx context.Context, h store.Hold) error {
	return s.around("hold", func() error { return s.Store.Hold(ctx, h) })
}

func (s *faultyStore) Advance(ctx context.Context, a store.Advance) error {
	// One that is late is not cut.
	return s.around("advance", func() error { return s.Store.Advance(context.WithoutCancel(ctx), a) })
}

func (s *faultyStore) Finish(ctx context.Context, f store.Finish) error {
	return s.around("finish", func() error {
		err := s.Store.Finish(ctx, f)
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.ends = append(s.ends, f)
		}
		return err
	})
}

// ended are the ends that were written so far.
func (s *faultyStore) ended() []store.Finish {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ends)
}

func (s *faultyStore) Postpone(ctx context.Context, p store.Postpone) error {
	return s.around("postpone", func() error { return s.Store.Postpone(ctx, p) })
}

func (s *faultyStore) Check(ctx context.Context) error {
	return s.around("check", func() error { return s.Store.Check(ctx) })
}

func (s *faultyStore) Claim(ctx context.Context, lease time.Duration, limit int) (claimed []store.Operation, err error) {
	err = s.around("claim", func() (err error) {
		claimed, err = s.Store.Claim(ctx, lease, limit)
		return err
	})
	return claimed, err
}

// failing fails these changes with an error.
func failing(err error, changes ...string) func(string) error {
	return func(change string) error {
		if slices.Contains(changes, change) {
			return err
		}
		return nil
	}
}
