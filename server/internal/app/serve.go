package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// drainBudget is how long a stop may take: longer than any call to Stripe may, so that charges under way finish.
const drainBudget = 35 * time.Second

// serve runs the server until the context ends, then stops it without cutting what is under way.
func serve(ctx context.Context, c config.Serve, stdout io.Writer, logger *slog.Logger) error {
	for _, warning := range c.Warnings {
		logger.WarnContext(ctx, warning)
	}
	ready := []any{}
	failed := make(chan error, 3)

	if c.Sandbox != nil {
		simulated, err := startSandbox(ctx, *c.Sandbox, c.Stripe.Account, failed)
		if err != nil {
			return err
		}
		defer simulated.stop()
		c.Stripe.URL = "http://" + simulated.addr
		ready = append(ready, "sandbox_addr", simulated.addr)
	}
	gateway, err := stripegw.New(stripegw.Config{URL: c.Stripe.URL, Key: c.Stripe.Key, Logger: logger})
	if err != nil {
		return fmt.Errorf("build the gateway to Stripe: %w", err)
	}
	runner := operation.New(operation.Config{
		Gateway: gateway,
		Scope:   operation.Scope{Account: c.Stripe.Account, Live: c.Stripe.Key.Live()},
		Logger:  logger,
	})
	api, err := newAPI(apiConfig{ //nolint:contextcheck // the chain takes the context of each call
		Tokens:     auth.NewTokens(c.Callers, time.Now),
		Runner:     runner,
		Gateway:    gateway,
		Logger:     logger,
		TLS:        c.TLS,
		Reflection: c.Sandbox != nil,
	})
	if err != nil {
		return err
	}

	apiListener, err := listen(ctx, "--grpc-addr", c.GRPCAddr)
	if err != nil {
		return err
	}
	go func() { failed <- api.server.Serve(apiListener) }()
	ops, err := startHTTP(ctx, "--ops-addr", c.OpsAddr, opsHandler(api.health), failed)
	if err != nil {
		api.server.Stop()
		return err
	}
	defer ops.stop()

	api.setServing()
	addr := apiListener.Addr().String()
	logger.InfoContext(ctx, "ready", append([]any{"grpc_addr", addr, "ops_addr", ops.addr}, ready...)...)
	if c.Sandbox != nil {
		printFirstCall(stdout, addr, c.Stripe.URL)
	}

	select {
	case <-ctx.Done():
		logger.InfoContext(ctx, "stopping", "budget", drainBudget.String())
		return drain(context.WithoutCancel(ctx), api, runner, logger)
	case err := <-failed:
		api.server.Stop()
		return fmt.Errorf("a listener ended: %w", err)
	}
}

// drain takes no new calls, lets those under way and the writes whose callers have left come to their end, and gives up
// when the budget is spent.
func drain(ctx context.Context, api *api, runner *operation.Runner, logger *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, drainBudget)
	defer cancel()
	api.health.Shutdown()
	stopped := make(chan struct{})
	go func() {
		api.server.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
		api.server.Stop()
		<-stopped
	}
	if left := runner.Drain(ctx); left > 0 {
		return fmt.Errorf("%d writes were still under way when the time to stop was up; their outcome is not known", left)
	}
	logger.InfoContext(ctx, "stopped")
	return nil
}

// server is one HTTP listener.
type server struct {
	addr string
	stop func()
}

// startHTTP serves a handler, whose end, other than by stop, goes to failed.
func startHTTP(
	ctx context.Context, flag, addr string, handler http.Handler, failed chan<- error,
) (*server, error) {
	listener, err := listen(ctx, flag, addr)
	if err != nil {
		return nil, err
	}
	// Whoever connects must say what it wants at once; an answer may take as long as a simulated delay.
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	go func() {
		if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return &server{addr: listener.Addr().String(), stop: func() { _ = s.Close() }}, nil
}

func listen(ctx context.Context, flag, addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return listener, nil
}
