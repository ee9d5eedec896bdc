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
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// serve runs the server until the context ends, then stops it without cutting what is under way.
func serve(ctx context.Context, c config.Serve, stdout io.Writer, logger *slog.Logger) error {
	for _, warning := range c.Warnings {
		logger.WarnContext(ctx, warning)
	}
	ready := []any{}
	failed := make(chan error, 4)
	registry := newRegistry()

	secrets := webhook.NewSecrets(c.WebhookSecrets)
	webhooks, err := listenForWebhooks(ctx, c)
	if err != nil {
		return err
	}
	if webhooks != nil {
		defer webhooks.Close() //nolint:errcheck // It is closed by who serves it, too.
		ready = append(ready, "webhook_addr", webhooks.Addr().String())
	}
	if c.Sandbox != nil {
		simulated, err := startSandbox(ctx, *c.Sandbox, c.Stripe.Account, logger, failed)
		if err != nil {
			return err
		}
		defer simulated.stop()
		c.Stripe.URL = "http://" + simulated.addr
		ready = append(ready, "sandbox_addr", simulated.addr)
		_, secret := simulated.sandbox.AddEndpoint("http://" + webhooks.Addr().String() + webhook.Path)
		secrets.Replace([]webhook.Secret{webhook.NewSecret(secret)})
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
	stored, closeStore, err := openStore(ctx, c, crash, logger)
	if err != nil {
		return err
	}
	defer closeStore()
	runner := operation.New(operation.Config{
		Gateway:      gateway,
		Store:        stored,
		Keys:         c.Store.Keys,
		Scope:        operation.Scope{Account: c.Stripe.Account, Live: c.Stripe.Key.Live()},
		ResendWindow: c.ResendWindow,
		Retention:    c.Retention,
		Logger:       logger,
		Crash:        crash,
	})
	events, err := newEvents(ctx, c, stored, gateway, registry, logger)
	if err != nil {
		return err
	}
	tokens := auth.NewTokens(c.Callers, time.Now)
	watching, err := reloads(c, tokens, secrets, registry, logger)
	if err != nil {
		return err
	}
	api, err := newAPI(apiConfig{ //nolint:contextcheck // the chain takes the context of each call
		Tokens:     tokens,
		Runner:     runner,
		Gateway:    gateway,
		Events:     events,
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
	defer api.server.Stop()
	ops, err := startHTTP(ctx, "--ops-addr", c.OpsAddr,
		opsHandler(api.health, gateway.Reachable, runner.StoreWritable, registry), logger, failed)
	if err != nil {
		return err
	}
	defer ops.stop()

	recovered := make(chan struct{})
	recovery := startBackground(ctx, func(ctx context.Context) {
		runner.Recover(ctx, func() { close(recovered) })
	}, runner.Keep)
	defer recovery.cancel()
	telling := startBackground(ctx, append(events.parts(), watching...)...)
	defer telling.stopSoon(ctx)
	receiving := noServer()
	if webhooks != nil {
		if receiving, err = startWebhooks(c, events, secrets, registry, logger, webhooks, failed); err != nil {
			return err
		}
		defer receiving.stop()
	}
	select {
	case <-recovered: // What the process before left open is in good hands.
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
		events.streams.Shutdown()
		return drain(context.WithoutCancel(ctx), draining{
			api: api, runner: runner, recovery: recovery, webhooks: receiving, telling: telling,
			lameDuck: c.LameDuck, budget: c.DrainBudget, logger: logger,
		})
	case err := <-failed:
		return fmt.Errorf("a listener ended: %w", err)
	}
}

// server is one HTTP listener.
type server struct {
	addr string
	stop func()
	// finish answers what is under way, and takes nothing new.
	finish func(context.Context)
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
	return &server{
		addr: listener.Addr().String(), stop: func() { _ = s.Close() }, finish: func(ctx context.Context) { _ = s.Shutdown(ctx) },
	}, nil
}

func listen(ctx context.Context, flag, addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return listener, nil
}
