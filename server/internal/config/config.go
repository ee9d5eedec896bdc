// Package config turns flags, the environment and the callers file into a checked configuration. It reports every fault
// at once, and reads everything that can be wrong before anything is started.
package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/stripegw"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// Command is what was asked for: one of its fields is set, or none where only help was.
type Command struct {
	// Serve is `server serve`.
	Serve *Serve
	// Sandbox is `server sandbox`.
	Sandbox *Sandbox
	// Migrate is `server migrate`.
	Migrate *Migrate
	// Operations is `server operations`.
	Operations *Operations
	// Events is `server events`.
	Events *Events
	// Webhooks is `server webhooks`.
	Webhooks *Webhooks
}

// Serve is the configuration of the server.
type Serve struct {
	// Sandbox runs in the same process; nil with a real Stripe.
	Sandbox *Sandbox
	// GRPCAddr and OpsAddr are where the API and the health pages listen.
	GRPCAddr, OpsAddr string
	// TLS is nil where the API is served without.
	TLS *tls.Config
	// Stripe is whom we talk to. With a sandbox only Account and Key are set.
	Stripe Stripe
	// Store is where every write is kept.
	Store Store
	// Retention is how long the outcome of a write is kept, and ResendWindow how long one that is unknown is sent again.
	Retention, ResendWindow time.Duration
	// CrashAt is the point at which the process ends itself, for tests; empty, or not with a live key. Whether there is
	// such a point is for app to say.
	CrashAt string
	// LameDuck is how long calls are still welcome after a signal, and DrainBudget how long a stop may take in all.
	LameDuck, DrainBudget time.Duration
	// Callers may call. CallersFile is where they stand, for a reload by ParseCallers; empty where there is none.
	Callers     []auth.Caller
	CallersFile string
	// WebhookAddr is where Stripe's webhooks come in. WebhookSecrets prove them, and stand in WebhookSecretsFile, for a
	// reload by webhook.ParseSecrets. Without secrets, and outside the sandbox, there is no such listener.
	WebhookAddr        string
	WebhookSecrets     []webhook.Secret
	WebhookSecretsFile string
	// EventRetention is how long events are kept.
	EventRetention time.Duration
	// Warnings are what an operator should hear once.
	Warnings []string
}

// Stripe is the account that we act on.
type Stripe struct {
	// URL of the API, without a path.
	URL string
	// Account is Stripe's id of it.
	Account string
	// Key is our key to it.
	Key stripegw.Key
}

// Sandbox is the configuration of the sandbox.
type Sandbox struct {
	// Addr is where it serves Stripe's API.
	Addr string
}

// Parse reads the command line and the environment. Help goes to stdout. An error lists every fault, a line each, and
// shows no secret, wherever one was put.
func Parse(args []string, stdout io.Writer) (Command, error) {
	command, err := parse(args, stdout)
	return command, withoutSecrets(err)
}

func parse(args []string, stdout io.Writer) (Command, error) {
	var f flags
	helped := false
	parser, err := kong.New(&f,
		kong.Name("server"),
		kong.Description(description),
		kong.DefaultEnvars("TILLGATE"),
		kong.Vars{"version": version()},
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return Command{}, fmt.Errorf("build the command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return Command{}, nil
	case err != nil:
		return Command{}, err
	}

	// Behind the command stand its arguments.
	switch command, _, _ := strings.Cut(parsed.Command(), " <"); command {
	case "sandbox":
		faults := checkSandboxAddr("--sandbox-addr", f.Sandbox.SandboxAddr, f.Sandbox.SandboxAllowRemote)
		return Command{Sandbox: &Sandbox{Addr: f.Sandbox.SandboxAddr}}, errors.Join(faults...)
	case "migrate":
		migrate, err := f.Migrate.check()
		return Command{Migrate: migrate}, err
	case "operations list", "operations show", "operations resolve":
		operations, err := f.Operations.check(command)
		return Command{Operations: operations}, err
	case "events tail", "events consumers list", "events consumers seek", "events consumers delete",
		"events dead-letters list", "events dead-letters retry":
		events, err := f.Events.check(command)
		return Command{Events: events}, err
	case "webhooks register", "webhooks list", "webhooks rotate":
		webhooks, err := f.Webhooks.check(command)
		return Command{Webhooks: webhooks}, err
	}
	serve, err := f.Serve.check()
	if err != nil {
		return Command{}, err
	}
	serve.Warnings = append(serve.Warnings, unknownVariables(parser.Model.Node)...)
	return Command{Serve: serve}, nil
}

// unknownVariables warns of variables that look like settings and are none: most are misspelt.
func unknownVariables(root *kong.Node) []string {
	known := map[string]bool{KeyVariable: true, CrashVariable: true, TokenVariable: true}
	addVariables(known, root)
	var warnings []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "TILLGATE_") && !known[name] {
			warnings = append(warnings, "the environment variable "+name+" is no setting; it is not used")
		}
	}
	return warnings
}

// addVariables adds the variables of all flags of a command and of the commands below it.
func addVariables(known map[string]bool, command *kong.Node) {
	for _, flag := range command.Flags {
		for _, name := range flag.Envs {
			known[name] = true
		}
	}
	for _, below := range command.Children {
		addVariables(known, below)
	}
}
