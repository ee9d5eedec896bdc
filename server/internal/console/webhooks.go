package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/stripegw"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// Webhooks runs the command of `server webhooks` that was asked for. It asks Stripe, and no server. What is printed to be
// kept goes to stdout, what goes on meanwhile to stderr. An error is for the operator to read: it may have several lines.
func Webhooks(ctx context.Context, c config.Webhooks, stdout, stderr io.Writer) error {
	gateway, err := stripegw.New(stripegw.Config{
		URL: c.Stripe.URL, Key: c.Stripe.Key, Logger: slog.New(slog.NewTextHandler(stderr, nil)),
	})
	if err != nil {
		return fmt.Errorf("build the gateway to Stripe: %w", err)
	}
	defer gateway.Close()
	w := endpoints{gateway: gateway, stdout: stdout, stderr: stderr}
	switch {
	case c.Register != nil:
		return w.register(ctx, *c.Register)
	case c.List != nil:
		return w.list(ctx, *c.List)
	case c.Rotate != nil && c.Rotate.Finish != "":
		return w.finish(ctx, c.Rotate.Finish)
	case c.Rotate != nil:
		return w.rotate(ctx, *c.Rotate)
	default:
		return errors.New("no command was given")
	}
}

// endpoints is the way to the endpoints at Stripe.
type endpoints struct {
	gateway        *stripegw.Gateway
	stdout, stderr io.Writer
}

// register makes an endpoint, and gives its secret to whoever is to have it: Stripe tells it this once.
func (w *endpoints) register(ctx context.Context, c config.RegisterWebhook) error {
	if u, err := url.Parse(c.URL); err == nil && u.Path != webhook.Path {
		if _, err := fmt.Fprintf(w.stderr, otherPath, webhook.Path); err != nil {
			return err
		}
	}
	standing, err := w.at(ctx, c.URL)
	if err != nil {
		return err
	}
	if len(standing) > 0 {
		return fmt.Errorf("the endpoint %s at Stripe has this URL already; nothing was made\n"+
			"  for a new secret: server webhooks rotate --url %s", idsOf(standing), c.URL)
	}
	file, err := openSecrets(c.SecretsFile, true)
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
	_, err = fmt.Fprintf(w.stderr, registered, made.ID)
	return err
}

const registered = `
The endpoint %s gets events from now on. The servers take them once they run with --webhook-secrets-file; those that do
already read it again within seconds.
`

// otherPath is a warning: what stands in front of the servers may change the path.
const otherPath = `Warning: the servers answer at the path %s alone. With another one in the URL, what stands in front of them
must change it, or every event is refused with 404.
`

// create makes an endpoint.
func (w *endpoints) create(ctx context.Context, address string) (stripegw.WebhookEndpoint, error) {
	made, err := w.gateway.CreateWebhookEndpoint(ctx, address)
	if err != nil {
		return made, fmt.Errorf("%w\n  if it is not sure that nothing was made: server webhooks list shows it, and without its secret "+
			"it is of no use", fromStripe(err))
	}
	return made, nil
}

// handOver writes the secret to its file, or prints it. It is never lost to a file that can not be written.
func (w *endpoints) handOver(made stripegw.WebhookEndpoint, file *secretsFile) error {
	if file.path != "" {
		err := file.write()
		if err == nil {
			_, err = fmt.Fprintf(w.stdout, "The signing secret of %s stands in %s.\n", made.ID, file.path)
			return err
		}
		_, _ = fmt.Fprintf(w.stderr, "The secrets file can not be written: %v\nPut the secret there by hand:\n", err)
	}
	_, err := fmt.Fprintf(w.stdout, "The signing secret of %s, which Stripe tells this once. It is a line of the file that the servers "+
		"read by\n--webhook-secrets-file, mode 0600:\n\n%s\n", made.ID, made.Secret)
	return err
}

// at are the endpoints with a URL.
func (w *endpoints) at(ctx context.Context, address string) ([]stripegw.WebhookEndpoint, error) {
	all, err := w.gateway.WebhookEndpoints(ctx)
	if err != nil {
		return nil, fromStripe(err)
	}
	return slices.DeleteFunc(all, func(e stripegw.WebhookEndpoint) bool { return e.URL != address }), nil
}

func idsOf(all []stripegw.WebhookEndpoint) string {
	ids := make([]string, len(all))
	for i, e := range all {
		ids[i] = printable(e.ID)
	}
	return strings.Join(ids, ", ")
}

// fromStripe says why Stripe was asked in vain.
func fromStripe(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("it was interrupted")
	}
	e, ok := errors.AsType[*apierr.Error](err)
	if !ok {
		return err
	}
	lines := []string{e.Error()}
	if e.Reason == paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CREDENTIALS {
		lines = append(lines, "is it the right key, and may it read and write webhook endpoints?")
	}
	for _, key := range slices.Sorted(maps.Keys(e.Metadata)) {
		if key != "field" { // it stands among the violations
			lines = append(lines, printable(key)+": "+printable(e.Metadata[key]))
		}
	}
	for _, detail := range e.Details {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				lines = append(lines, printable(v.GetField())+": "+printable(v.GetDescription()))
			}
		}
	}
	return errors.New(strings.Join(lines, "\n  "))
}

// untilText is a time as the secrets file has it.
func untilText(at time.Time) string { return at.UTC().Truncate(time.Second).Format(time.RFC3339) }
