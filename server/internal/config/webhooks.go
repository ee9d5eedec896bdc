package config

import (
	"errors"
	"net/url"
	"regexp"
	"time"
)

// longestOverlap is longer than Stripe goes on trying to deliver an event.
const longestOverlap = 7 * 24 * time.Hour

// Webhooks is the configuration of `server webhooks`: one of Register, List and Rotate is set.
type Webhooks struct {
	// Stripe is whom to ask. Its account is not set: it is that of the key.
	Stripe Stripe
	// Register is `server webhooks register`.
	Register *RegisterWebhook
	// List is `server webhooks list`.
	List *ListWebhooks
	// Rotate is `server webhooks rotate`.
	Rotate *RotateWebhook
}

// RegisterWebhook is which endpoint to make at Stripe.
type RegisterWebhook struct {
	// URL is where Stripe sends events.
	URL string
	// SecretsFile takes the secret; empty: it is printed.
	SecretsFile string
}

// ListWebhooks is how to list the endpoints.
type ListWebhooks struct {
	// JSON is whether to print each as a line of JSON.
	JSON bool
}

// RotateWebhook is which endpoint to replace: the one with a URL, or, where a second one stands already, by its id.
type RotateWebhook struct {
	// URL is that of the endpoint, and SecretsFile as in RegisterWebhook.
	URL, SecretsFile string
	// Overlap is how long both endpoints stand.
	Overlap time.Duration
	// Finish is the id of the endpoint to delete now.
	Finish string
}

// webhooksFlags are those of `server webhooks`.
type webhooksFlags struct {
	StripeURL     string `name:"stripe-url" placeholder:"URL" help:"Stripe's API. Default: https://api.stripe.com."`
	StripeKeyFile string `placeholder:"FILE" help:"A file that holds the Stripe key. Or set TILLGATE_STRIPE_KEY; a key is never a flag, since others can read those. A restricted key needs the right to write webhook endpoints."`

	Register registerFlags  `cmd:"" help:"Make an endpoint at Stripe, for the events that Tillgate needs and in the API version that it reads, and show its signing secret."`
	List     endpointsFlags `cmd:"" help:"List the endpoints at Stripe, and how they differ from what register makes."`
	Rotate   rotateFlags    `cmd:"" help:"Replace a signing secret: make a second endpoint with the same URL, wait while both are good, and delete the first. Stripe's API can not change a secret."`
}

type registerFlags struct {
	URL         string `name:"url" env:"-" placeholder:"URL" help:"Where Stripe reaches this service: https://pay.example.com/webhooks/stripe. Plain http with a test key alone."`
	SecretsFile string `env:"-" placeholder:"FILE" help:"Append the secret to this file, the --webhook-secrets-file of the servers, in place of printing it. Made with mode 0600 where there is none."`
}

type endpointsFlags struct {
	JSON bool `env:"-" help:"Print each as a line of JSON."`
}

type rotateFlags struct {
	URL         string        `name:"url" env:"-" placeholder:"URL" help:"The URL of the endpoint, as list shows it."`
	Overlap     time.Duration `env:"-" default:"24h" placeholder:"DURATION" help:"How long both endpoints stand, so that nothing that the first one still has to deliver is lost, and all servers have the new secret. From 1m to 168h. Default: ${default}."`
	SecretsFile string        `env:"-" placeholder:"FILE" help:"Append the new secret to this file in place of printing it, and write behind the old one until when it is good."`
	Finish      string        `env:"-" placeholder:"we_..." help:"Delete this endpoint now, and nothing else: the end of a rotation that was interrupted."`
}

var endpointID = regexp.MustCompile(`^we_[A-Za-z0-9_]{1,250}$`)

func (f webhooksFlags) check(command string) (*Webhooks, error) {
	var found faults
	webhooks := &Webhooks{Stripe: Stripe{URL: defaultURL}}
	webhooks.Stripe.Key = serveFlags{StripeKeyFile: f.StripeKeyFile}.checkKey(&found, &Serve{})
	live := webhooks.Stripe.Key.Live()
	if f.StripeURL != "" {
		webhooks.Stripe.URL = f.StripeURL
		checkURL(&found, f.StripeURL, live)
	}
	switch command {
	case "webhooks register":
		checkEndpointURL(&found, f.Register.URL, live)
		webhooks.Register = &RegisterWebhook{URL: f.Register.URL, SecretsFile: f.Register.SecretsFile}
	case "webhooks list":
		webhooks.List = &ListWebhooks{JSON: f.List.JSON}
	default:
		webhooks.Rotate = f.Rotate.check(&found, live)
	}
	if len(found) > 0 {
		return nil, errors.Join(found...)
	}
	return webhooks, nil
}

func (f rotateFlags) check(found *faults, live bool) *RotateWebhook {
	switch {
	case f.Finish == "":
		checkEndpointURL(found, f.URL, live)
	case f.URL != "" || f.SecretsFile != "":
		found.add("--finish stands alone: it deletes that endpoint, and does nothing else")
	case !endpointID.MatchString(f.Finish):
		found.add("--finish must be the id of an endpoint, we_...")
	}
	if f.Overlap < time.Minute || f.Overlap > longestOverlap {
		found.add("--overlap must be from 1m to %v", longestOverlap)
	}
	return &RotateWebhook{URL: f.URL, SecretsFile: f.SecretsFile, Overlap: f.Overlap, Finish: f.Finish}
}

func checkEndpointURL(found *faults, text string, live bool) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		found.add("no --url: give the one under which Stripe reaches this service, https://.../webhooks/stripe")
	case err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http"):
		found.add("--url must be an https URL, not %q", text)
	case u.Scheme == "http" && live:
		found.add("--url must be https with a live key")
	case u.User != nil || u.Fragment != "":
		found.add("--url must have no user and no fragment")
	}
}
