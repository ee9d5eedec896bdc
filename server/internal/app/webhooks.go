package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// noServer is where nothing is served.
func noServer() *server { return &server{stop: func() {}, finish: func(context.Context) {}} }

// listenForWebhooks takes the address that Stripe sends to; nil where nobody could sign for it.
func listenForWebhooks(ctx context.Context, c config.Serve) (net.Listener, error) {
	if c.Sandbox == nil && len(c.WebhookSecrets) == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	return listen(ctx, "--webhook-addr", c.WebhookAddr)
}

// startWebhooks serves what Stripe sends to, the one listener that may face the internet.
func startWebhooks(
	c config.Serve, e *events, secrets *webhook.Secrets,
	registry prometheus.Registerer, logger *slog.Logger, listener net.Listener, failed chan<- error,
) (*server, error) {
	handler, err := webhook.New(webhook.Config{
		Store: e.log, Keys: c.Store.Keys, Secrets: secrets, Live: c.Stripe.Key.Live(), Account: c.Stripe.Account,
		Wake: e.projector.Wake, Now: time.Now, Logger: logger, Registerer: registry,
	})
	if err != nil {
		return nil, fmt.Errorf("build the webhooks: %w", err)
	}
	s := webhook.NewServer(handler, logger)
	go func() {
		if err := s.Serve(webhook.Limit(listener)); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return &server{
		addr: listener.Addr().String(),
		stop: func() { _ = s.Close() },
		// What is being taken in is answered; Stripe sends the rest again, to the next server.
		finish: func(ctx context.Context) { _ = s.Shutdown(ctx) },
	}, nil
}
