package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
)

// closeTimeout bounds what a store may take to close.
const closeTimeout = 5 * time.Second

// openStore opens the store and makes sure that it is ours. Without a URL, as in the sandbox, it is a temporary file,
// which close removes.
func openStore(
	ctx context.Context, c config.Serve, crash func(string), logger *slog.Logger,
) (s store.Store, closeStore func(), err error) {
	url, remove := c.Store.URL, func() {}
	if url == "" {
		dir, err := os.MkdirTemp("", "tillgate-")
		if err != nil {
			return nil, nil, fmt.Errorf("make a temporary store: %w", err)
		}
		url, remove = "sqlite:"+filepath.Join(dir, "tillgate.db"), func() { _ = os.RemoveAll(dir) }
	}
	s, err = store.Open(ctx, store.Config{URL: url, Logger: logger, Crash: crash})
	if err != nil {
		remove()
		return nil, nil, err
	}
	closeStore = func() {
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				logger.ErrorContext(ctx, "the store did not close well", "error", err.Error())
			}
		case <-time.After(closeTimeout): // A disk that hangs must not keep the process: the store stands a kill.
			logger.ErrorContext(ctx, "the store does not close; it is left as it is")
		}
		remove()
	}
	scope := operation.Scope{Account: c.Stripe.Account, Live: c.Stripe.Key.Live()}
	if err := operation.Bind(ctx, s, scope, c.Store.Keys); err != nil {
		closeStore()
		return nil, nil, err
	}
	return s, closeStore, nil
}

// migrate shows how far the schema of a store is, and takes it to where this build needs it if it is to be applied.
func migrate(ctx context.Context, c config.Migrate, stdout interface{ Write([]byte) (int, error) }, logger *slog.Logger) error {
	migrations, err := store.Migrate(ctx, store.Config{URL: c.URL, Logger: logger}, c.Apply)
	if err != nil {
		return err
	}
	for _, m := range migrations {
		state := "pending"
		if m.Applied {
			state = "applied " + m.AppliedAt.UTC().Format("2006-01-02 15:04:05Z")
		}
		_, _ = fmt.Fprintf(stdout, "%5d  %-30s  %s\n", m.Version, m.Name, state)
	}
	return nil
}

// crashAt returns what ends the process at the named point, without a chance to tidy up, as a power cut does. A test
// asks for it; a name that no part has is a fault.
func crashAt(name string) (func(point string), error) {
	if name == "" {
		return nil, nil //nolint:nilnil // nobody is to be called
	}
	points := slices.Concat(operation.CrashPoints(), store.CrashPoints(), store.LogCrashPoints())
	if !slices.Contains(points, name) {
		return nil, fmt.Errorf("TILLGATE_CRASH_AT=%s is no crash point; there are %s", name, strings.Join(points, " "))
	}
	return func(point string) {
		if point == name {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // The signal is on its way: nothing more may happen.
		}
	}, nil
}
