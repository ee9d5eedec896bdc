package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tillgate/tillgate/server/internal/operation"
)

// streamGrace is how long health watches and reflection have to end by themselves once no call is under way. They have
// no end of their own, and anybody may hold one.
const streamGrace = 200 * time.Millisecond

// drain stops the server without cutting what is under way. Load balancers hear at once that it is going, and have the
// lame-duck time to look elsewhere; then no new call is taken, and those under way, with the writes whose callers have
// left, come to their end. When the budget is spent, it gives up.
func drain(
	ctx context.Context, api *api, runner *operation.Runner, background *background,
	lameDuck, budget time.Duration, logger *slog.Logger,
) error {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	api.health.Shutdown()
	background.cancel()
	logger.InfoContext(ctx, "stopping", "lame_duck", lameDuck.String(), "budget", budget.String())
	select {
	case <-time.After(lameDuck):
	case <-ctx.Done():
	}

	stopped := make(chan struct{})
	go func() {
		api.server.GracefulStop()
		close(stopped)
	}()
	api.calls.wait(ctx)
	select {
	case <-stopped:
	case <-ctx.Done():
	case <-time.After(streamGrace):
	}
	api.server.Stop()
	<-stopped
	if left := runner.Drain(ctx); len(left) > 0 {
		return fmt.Errorf("%d writes were still under way when the time to stop was up; recovery will end them: %s",
			len(left), strings.Join(left, " "))
	}
	background.stop(ctx)
	logger.InfoContext(ctx, "stopped")
	return nil
}
