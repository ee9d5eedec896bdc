package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// deliveryTimeout is how long the sandbox waits for the answer to a webhook.
const deliveryTimeout = 10 * time.Second

// simulated is a Stripe on loopback that is served, and sends webhooks.
type simulated struct {
	*server

	sandbox *sandbox.Sandbox
}

// startSandbox serves Stripe's API on loopback.
func startSandbox(
	ctx context.Context, c config.Sandbox, account string, logger *slog.Logger, failed chan<- error,
) (*simulated, error) {
	s := &simulated{sandbox: sandbox.New(sandbox.Config{Now: time.Now, Account: account})}
	var err error
	if s.server, err = startHTTP(ctx, "--sandbox-addr", c.Addr, s.sandbox, logger, failed); err != nil {
		return nil, err
	}
	delivering := startBackground(ctx, func(ctx context.Context) {
		s.sandbox.Deliver(ctx, &http.Client{Timeout: deliveryTimeout})
	})
	stop := s.stop
	s.stop = func() {
		delivering.cancel()
		stop()
	}
	return s, nil
}

// serveSandbox runs the sandbox alone until the context ends. What it holds is gone then.
func serveSandbox(ctx context.Context, c config.Sandbox, stdout io.Writer, logger *slog.Logger) error {
	failed := make(chan error, 1)
	simulated, err := startSandbox(ctx, c, config.SandboxAccount, logger, failed)
	if err != nil {
		return err
	}
	defer simulated.stop()
	_, _ = fmt.Fprintf(stdout, sandboxHelp, simulated.addr)
	logger.InfoContext(ctx, "ready", "sandbox_addr", simulated.addr)

	select {
	case <-ctx.Done():
		logger.InfoContext(ctx, "stopped")
		return nil
	case err := <-failed:
		return fmt.Errorf("the listener ended: %w", err)
	}
}

const sandboxHelp = `A Stripe that keeps its state in memory is served on http://%[1]s, for any sk_test_ key:

  curl http://%[1]s/v1/payment_intents -u sk_test_sandbox: -d amount=2000 -d currency=usd \
    -d payment_method=pm_card_visa -d "payment_method_types[]=card" -d confirm=true

What moved money: curl http://%[1]s/_sandbox/ledger
`
