package config

import (
	"time"

	"github.com/alecthomas/kong"
)

// flags is the command line. Every flag can also be set by the environment variable that its help names.
type flags struct {
	Version kong.VersionFlag `env:"-" help:"Print the version and leave."`

	Serve   serveFlags   `cmd:"" default:"withargs" help:"Serve the API. This is the default command."`
	Sandbox sandboxFlags `cmd:"" help:"Run the sandbox alone: a Stripe on loopback that keeps its state in memory."`

	Migrate    migrateFlags    `cmd:"" help:"Bring the store to the schema of this build, or show what that would do."`
	Operations operationsFlags `cmd:"" help:"See what became of writes, and end those whose outcome is unknown. Asks a running server."`
	Events     eventsFlags     `cmd:"" help:"Follow the log of events, see to its consumers, and to what could not be published. Asks a running server."`
	Webhooks   webhooksFlags   `cmd:"" help:"Make, list and replace the endpoints at Stripe to which it sends events. Asks Stripe."`
}

// serveFlags are those of `server serve`.
type serveFlags struct {
	Sandbox            bool   `help:"Run against a sandbox in this process instead of Stripe: no account, no key, no money. Callers use the token 'sandbox'."`
	SandboxAddr        string `default:"127.0.0.1:12111" placeholder:"HOST:PORT" help:"With --sandbox: where the sandbox serves Stripe's API. Default: ${default}."`
	SandboxAllowRemote bool   `help:"With --sandbox: allow addresses that are not loopback. Whoever reaches them may call everything."`

	GRPCAddr    string `name:"grpc-addr" default:"127.0.0.1:50051" placeholder:"HOST:PORT" help:"Where the API is served. Port 0 takes a free one; the log line 'ready' names it. Default: ${default}."`
	WebhookAddr string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where Stripe's webhooks come in, at /webhooks/stripe: the one address that may face the internet, behind something that speaks TLS for it. Default: ${default}."`
	OpsAddr     string `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Where /livez and /readyz are served. Keep it away from the internet. Default: ${default}."`

	StripeURL     string `name:"stripe-url" placeholder:"URL" help:"Stripe's API. Default: https://api.stripe.com."`
	StripeAccount string `placeholder:"acct_..." help:"The Stripe account of the key. It is part of every idempotency key, so never change it."`
	StripeKeyFile string `placeholder:"FILE" help:"A file that holds the Stripe key, readable by this user alone. Or set TILLGATE_STRIPE_KEY; a key is never a flag, since others can read those."`

	WebhookSecretsFile string `placeholder:"FILE" help:"A file with the signing secrets of our endpoints at Stripe, readable by this user alone: whsec_... a line, behind it, for one that is being replaced, a space and the time until which it is good, 2027-01-31T00:00:00Z. It is read again when it changes. 'server webhooks register' makes an endpoint. Without it no webhooks are taken in."`

	Store          string        `placeholder:"URL" help:"Where every write is kept: sqlite:PATH for one server, postgres://... for any number. A URL with a password belongs in TILLGATE_STORE, since others can read flags. Default, with --sandbox alone: a file that goes with the process."`
	SealKeyFile    string        `placeholder:"FILE" help:"A file with the key that seals what is kept, readable by this user alone: one line of 'openssl rand -base64 32', or two while a key is replaced, the new one first. Goes with --store. Whoever loses it loses what is kept."`
	Retention      time.Duration `default:"2160h" placeholder:"DURATION" help:"How long the outcome of a write is kept. A key that is older is refused. At least 24h. Default: ${default}."`
	EventRetention time.Duration `default:"2160h" placeholder:"DURATION" help:"How long events are kept. A consumer that is further behind has lost some, and is told so. At least 744h, since Stripe lists events for 30 days. Default: ${default}."`
	ResendWindow   time.Duration `default:"15m" placeholder:"DURATION" help:"How long a write whose outcome is unknown is sent again, with the same key; later it is only looked for. From 1m to 23h, since Stripe forgets keys after 24h. Default: ${default}."`

	LameDuck    *time.Duration `placeholder:"DURATION" help:"How long to go on serving after a signal while health says NOT_SERVING, so that load balancers look elsewhere. Default: 5s, with --sandbox 0s."`
	DrainBudget time.Duration  `default:"35s" placeholder:"DURATION" help:"How long a stop may take in all. A call to Stripe may take 30s; what is cut then has an unknown outcome. Default: ${default}."`

	Callers string `placeholder:"FILE" help:"The JSON file that names who may call and what they may do. It is read again when it changes."`

	TLSCert  string `name:"tls-cert" placeholder:"FILE" help:"The server's certificate chain, PEM."`
	TLSKey   string `name:"tls-key" placeholder:"FILE" help:"The private key of --tls-cert, PEM."`
	Insecure bool   `help:"Serve without TLS. Refused with a live key."`
}

// sandboxFlags are those of `server sandbox`.
type sandboxFlags struct {
	SandboxAddr        string `default:"127.0.0.1:12111" placeholder:"HOST:PORT" help:"Where the sandbox serves Stripe's API. Port 0 takes a free one. Default: ${default}."`
	SandboxAllowRemote bool   `help:"Allow an address that is not loopback."`
}

const description = `Tillgate is the one service in a company that talks to Stripe. Other services call it over gRPC.

Try it, with nothing but this program:

  server --sandbox

Serve for real:

  TILLGATE_STRIPE_KEY=... server --stripe-account acct_... --callers callers.json --tls-cert cert.pem --tls-key key.pem \
    --store sqlite:tillgate.db --seal-key-file seal.key

Every setting: server serve --help. What became of a write: server operations --help.
Stripe's webhooks: server webhooks --help.
Exit codes: 0 after a clean stop, 1 after a failure, 2 for a fault in the configuration.`
