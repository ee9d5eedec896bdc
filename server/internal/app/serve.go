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

	"golang.org/x/net/netutil"

	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// serve runs the server until the context ends, then stops it without cutting what is under way.
func serve(ctx context.Context, c config.Serve, stdout io.Writer, logger *slog.Logger) error {
	for _, warning := range c.Warnings {
		logger.WarnContext(ctx, warning)
	}
	ready := []any{}
	failed := make(chan error, 3)

	if c.Sandbox != nil {
		simulated, err := startSandbox(ctx, *c.Sandbox, c.Stripe.Account, logger, failed)
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
	defer gateway.Close()
	crash, err := crashAt(c.CrashAt)
	if err != nil {
		return err
	}
	operations, closeStore, err := openStore(ctx, c, crash, logger)
	if err != nil {
		return err
	}
	defer closeStore()
	runner := operation.New(operation.Config{
		Gateway:      gateway,
		Store:        operations,
		Keys:         c.Store.Keys,
		Scope:        operation.Scope{Account: c.Stripe.Account, Live: c.Stripe.Key.Live()},
		ResendWindow: c.ResendWindow,
		Retention:    c.Retention,
		Logger:       logger,
		Crash:        crash,
	})
	api, err := newAPI(apiConfig{ //nolint:contextcheck // the chain takes the context of each call
		Tokens:     auth.NewTokens(c.Callers, time.Now),
		Runner:     runner,
		Gateway:    gateway,
		Logger:     logger,
		TLS:        c.TLS,
		Reflection: c.Sandbox != nil,
		Live:       c.Stripe.Key.Live(),
	})
	if err != nil {
		return err
	}

	apiListener, err := listen(ctx, "--grpc-addr", c.GRPCAddr)
	if err != nil {
		return err
	}
	go func() { failed <- api.server.Serve(netutil.LimitListener(apiListener, maxConnections)) }()
	ops, err := startHTTP(ctx, "--ops-addr", c.OpsAddr, opsHandler(api.health, gateway.Reachable, runner.StoreWritable), logger, failed)
	if err != nil {
		api.server.Stop()
		return err
	}
	defer ops.stop()

	background := startBackground(ctx, runner)
	defer background.cancel()
	select {
	case <-background.started: // What the process before left open is in good hands.
	case <-ctx.Done():
	}
	api.setServing()
	addr := apiListener.Addr().String()
	if c.Sandbox != nil {
		printFirstCall(stdout, addr, c.Stripe.URL, c.TLS != nil)
	}
	// Whoever waits for this line may use what was said before it.
	logger.InfoContext(ctx, "ready", append([]any{"grpc_addr", addr, "ops_addr", ops.addr}, ready...)...)

	select {
	case <-ctx.Done():
		return drain(context.WithoutCancel(ctx), api, runner, background, c.LameDuck, c.DrainBudget, logger)
	case err := <-failed:
		api.server.Stop()
		return fmt.Errorf("a listener ended: %w", err)
	}
}

// server is one HTTP listener.
type server struct {
	addr string
	stop func()
}

// startHTTP serves a handler, whose end, other than by stop, goes to failed.
func startHTTP(
	ctx context.Context, flag, addr string, handler http.Handler, logger *slog.Logger, failed chan<- error,
) (*server, error) {
	listener, err := listen(ctx, flag, addr)
	if err != nil {
		return nil, err
	}
	s := &http.Server{
		Handler: handler,
		// Whoever connects must say what it wants at once; an answer may take as long as a simulated delay.
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		// Longer than stripegw keeps a connection that nobody uses: a request that meets the end of its connection has an
		// unknown outcome.
		IdleTimeout: 2 * time.Minute,
		ErrorLog:    slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
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
