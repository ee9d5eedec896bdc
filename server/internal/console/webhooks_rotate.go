package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// untilMargin is how much longer than the first endpoint its secret is good, for what is on its way when it goes.
	untilMargin = 10 * time.Minute
	// progressEvery is how often the wait says that it goes on.
	progressEvery = time.Hour
)

// rotate makes a second endpoint, waits while both are good, and deletes the first. An event that comes from both is one.
func (w *endpoints) rotate(ctx context.Context, c config.RotateWebhook) error {
	standing, err := w.at(ctx, c.URL)
	switch {
	case err != nil:
		return err
	case len(standing) == 0:
		return fmt.Errorf("no endpoint at Stripe has this URL; to make one: server webhooks register --url %s", c.URL)
	case len(standing) > 1:
		return fmt.Errorf("%d endpoints have this URL already: %s, the newest first\n"+
			"  to end a rotation that was interrupted, delete the older one: server webhooks rotate --finish %s",
			len(standing), idsOf(standing), printable(standing[len(standing)-1].ID))
	}
	old := standing[0]
	end := time.Now().Add(c.Overlap)
	file, err := openSecrets(c.SecretsFile, false)
	if err != nil {
		return err
	}
	marked, err := file.retire(old.ID, end.Add(untilMargin), time.Now())
	if err != nil {
		return err
	}
	made, err := w.create(ctx, c.URL)
	if err != nil {
		return err
	}
	file.add(made)
	if err := w.handOver(made, file); err != nil {
		return err
	}
	if c.SecretsFile != "" && !marked {
		_, _ = fmt.Fprintf(w.stderr, "No secret of %s stands in the file, so none was marked.\n", printable(old.ID))
	}
	if err := w.wait(ctx, old, end); err != nil {
		return err
	}
	if err := w.finish(ctx, old.ID); err != nil {
		return fmt.Errorf("%w\n  %s still stands; to delete it: server webhooks rotate --finish %[2]s", err, printable(old.ID))
	}
	return nil
}

// wait waits for the end of the overlap. To interrupt it is safe.
func (w *endpoints) wait(ctx context.Context, old stripegw.WebhookEndpoint, end time.Time) error {
	_, _ = fmt.Fprintf(w.stderr, waiting, printable(old.ID), untilText(end))
	over := time.NewTimer(time.Until(end))
	defer over.Stop()
	progress := time.NewTicker(progressEvery)
	defer progress.Stop()
	for {
		select {
		case <-over.C:
			return nil
		case <-progress.C:
			_, _ = fmt.Fprintf(w.stderr, "%s left\n", inShort(time.Until(end)))
		case <-ctx.Done():
			return fmt.Errorf("it was interrupted: both endpoints stand, and both are good\n"+
				"  when all servers have the new secret, and not before %s: server webhooks rotate --finish %s",
				untilText(end), printable(old.ID))
		}
	}
}

const waiting = `
Both endpoints stand, and an event that comes from both is one. The first one, %s, is deleted at %s.
Until then all servers must have the new secret beside the old one. Ctrl-C is safe, and says how to end this later.
`

// finish deletes an endpoint that has a successor.
func (w *endpoints) finish(ctx context.Context, id string) error {
	all, err := w.gateway.WebhookEndpoints(ctx)
	if err != nil {
		return fromStripe(err)
	}
	at := slices.IndexFunc(all, func(e stripegw.WebhookEndpoint) bool { return e.ID == id })
	if at < 0 {
		return errors.New("there is no such endpoint at Stripe, or not any more; see: server webhooks list")
	}
	if !slices.ContainsFunc(all, func(e stripegw.WebhookEndpoint) bool {
		return e.ID != id && e.URL == all[at].URL && e.Status == "enabled"
	}) {
		return errors.New("no other endpoint with its URL is enabled, so it is not deleted: no events would come any more")
	}
	if err := w.gateway.DeleteWebhookEndpoint(ctx, id); err != nil {
		return fromStripe(err)
	}
	_, err = fmt.Fprintf(w.stdout, "The endpoint %s is deleted. Its secret is of no use any more.\n", printable(id))
	return err
}
