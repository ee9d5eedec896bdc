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

// draining is what a stop takes down, and how long it may take.
type draining struct {
	api      *api
	runner   *operation.Runner
	recovery *background
	webhooks *server
	telling  *background

	lameDuck, budget time.Duration
	logger           *slog.Logger
}

// drain stops the server without cutting what is under way. Load balancers hear at once that it is going, and have the
// lame-duck time to look elsewhere; then no new call is taken, and those under way, with the writes whose callers have
// left, come to their end. What makes the log goes last, so that it tells of them. When the budget is spent, it gives up.
func drain(ctx context.Context, d draining) error {
	ctx, cancel := context.WithTimeout(ctx, d.budget)
	defer cancel()
	d.api.health.Shutdown()
	d.recovery.cancel()
	d.logger.InfoContext(ctx, "stopping", "lame_duck", d.lameDuck.String(), "budget", d.budget.String())
	select {
	case <-time.After(d.lameDuck):
	case <-ctx.Done():
	}

	stopped := make(chan struct{})
	go func() {
		d.api.server.GracefulStop()
		close(stopped)
	}()
	d.api.calls.wait(ctx)
	select {
	case <-stopped:
	case <-ctx.Done():
	case <-time.After(streamGrace):
	}
	d.api.server.Stop()
	<-stopped
	d.webhooks.finish(ctx)
	if left := d.runner.Drain(ctx); len(left) > 0 {
		return fmt.Errorf("%d writes were still under way when the time to stop was up; recovery will end them: %s",
			len(left), strings.Join(left, " "))
	}
	d.end(ctx)
	return nil
}

// end stops what runs beside the calls, and says how that went.
func (d draining) end(ctx context.Context) {
	recovered, told := d.recovery.stop(ctx), d.telling.stop(ctx)
	if !recovered || !told {
		d.logger.WarnContext(ctx, "stopped, although parts still run in the background: the time to stop was up",
			"recovery_runs", !recovered, "events_or_reloads_run", !told)
		return
	}
	d.logger.InfoContext(ctx, "stopped")
}
