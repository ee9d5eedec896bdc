package config

import (
	"errors"
	"time"

	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// noWebhooks is a warning. Nothing is lost without webhooks, but late.
const noWebhooks = "no --webhook-secrets-file: no webhooks are taken in, and events come by the repair loop alone, up to 2 minutes late"

// leastEventRetention is longer than the 30 days for which Stripe lists events (https://docs.stripe.com/api/events): the
// repair loop knows by the log what was told.
const leastEventRetention = 31 * 24 * time.Hour

// WebhookFileExposed is a warning, at the start and for as long as the file is watched.
const WebhookFileExposed = "the webhook secrets file can be read by other users; make its mode 0600"

// checkWebhook reads what is needed to take in webhooks, and how long events are kept.
func (f serveFlags) checkWebhook(found *faults, serve *Serve) {
	serve.WebhookAddr, serve.WebhookSecretsFile = f.WebhookAddr, f.WebhookSecretsFile
	serve.EventRetention = f.EventRetention
	checkAddr(found, "--webhook-addr", f.WebhookAddr)
	if f.EventRetention < leastEventRetention {
		found.add("--event-retention must be at least %v: what Stripe still lists would be told a second time", leastEventRetention)
	}
	switch {
	case f.Sandbox && f.WebhookSecretsFile != "":
		found.add("--sandbox beside --webhook-secrets-file: the sandbox signs its webhooks for this process by itself")
	case f.Sandbox:
	case f.WebhookSecretsFile == "":
		serve.Warnings = append(serve.Warnings, noWebhooks)
	default:
		serve.WebhookSecrets = f.checkWebhookSecrets(found, serve)
	}
}

// checkWebhookSecrets reads the secrets file. Neither its text nor its name stands in a fault, as with the seal key.
func (f serveFlags) checkWebhookSecrets(found *faults, serve *Serve) []webhook.Secret {
	data, mode, err := readFile(f.WebhookSecretsFile)
	if err == nil {
		var secrets []webhook.Secret
		if secrets, err = webhook.ParseSecrets(data, time.Now()); err == nil {
			if readableByOthers(mode) {
				serve.Warnings = append(serve.Warnings, WebhookFileExposed)
			}
			return secrets
		}
	}
	found.add("--webhook-secrets-file: %w", withoutPath(err))
	return nil
}

// ParseCallers reads the callers file by the rules that it was held to at the start, for a reload. The callers are all that
// may call: in the sandbox its own is among them.
func (s *Serve) ParseCallers(data []byte) ([]auth.Caller, error) {
	callers, err := auth.ParseCallers(data)
	switch {
	case err != nil:
		return nil, err
	case s.Sandbox == nil:
		return callers, nil
	}
	var found faults
	checkSandboxCallers(&found, "", callers)
	if len(found) > 0 {
		return nil, errors.Join(found...)
	}
	return append([]auth.Caller{newSandboxCaller()}, callers...), nil
}
