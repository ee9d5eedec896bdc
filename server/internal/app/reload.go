package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// reloads returns what watches the files whose new content is to be in force without a restart: the callers file and that
// of the signing secrets, as far as there are such. SIGHUP makes it look at once.
func reloads(
	c config.Serve, tokens *auth.Tokens, secrets *webhook.Secrets, registry prometheus.Registerer, logger *slog.Logger,
) ([]func(context.Context), error) {
	failed, err := config.NewReloadFailed(registry)
	if err != nil {
		return nil, fmt.Errorf("count the reloads: %w", err)
	}
	files := []config.File{
		{Name: "callers", Path: c.CallersFile, Load: func(content []byte) error {
			callers, err := c.ParseCallers(content)
			if err == nil {
				tokens.Replace(callers)
			}
			return err
		}},
		{Name: "webhook-secrets-file", Path: c.WebhookSecretsFile, Private: config.WebhookFileExposed, Load: func(content []byte) error {
			standing, err := webhook.ParseSecrets(content, time.Now())
			if err == nil {
				secrets.Replace(standing)
			}
			return err
		}},
	}
	var watching []func(context.Context)
	for _, file := range files {
		if file.Path == "" {
			continue
		}
		file.Failed, file.Logger = failed, logger
		watching = append(watching, func(ctx context.Context) {
			again, forget := onHangup(ctx)
			defer forget()
			file.Again = again
			config.WatchFile(ctx, file)
		})
	}
	return watching, nil
}

// onHangup returns a channel that hears of every SIGHUP, until it is to be forgotten or the context ends.
func onHangup(ctx context.Context) (again <-chan struct{}, forget func()) {
	signals, heard := make(chan os.Signal, 1), make(chan struct{}, 1)
	signal.Notify(signals, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case <-signals:
				select {
				case heard <- struct{}{}:
				default: // It has not even looked since the last one.
				}
			case <-ctx.Done():
				signal.Stop(signals)
				return
			}
		}
	}()
	return heard, cancel
}
