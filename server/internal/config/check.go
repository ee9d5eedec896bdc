package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// KeyVariable is the environment variable with the Stripe key.
	KeyVariable = "TILLGATE_STRIPE_KEY"
	// SandboxToken is the bearer token of the sandbox's caller.
	SandboxToken = "sandbox"
	// SandboxAccount is fixed, so that keys that are derived in the sandbox stay the same.
	SandboxAccount = "acct_1SandboxTillgate"
	sandboxKey     = "sk_test_sandbox"
	sandboxCaller  = "dev"
	defaultURL     = "https://api.stripe.com"
	// defaultLameDuck is what load balancers need to hear of a change.
	defaultLameDuck = 5 * time.Second
)

var accountID = regexp.MustCompile(`^acct_[A-Za-z0-9]{1,64}$`)

// faults collects what is wrong, so that all of it is said at once.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

// check turns the flags into a configuration, or into a list of every fault in them.
func (f serveFlags) check() (*Serve, error) {
	var found faults
	serve := &Serve{GRPCAddr: f.GRPCAddr, OpsAddr: f.OpsAddr, DrainBudget: f.DrainBudget}
	f.checkStop(&found, serve)
	checkAddr(&found, "--ops-addr", f.OpsAddr)
	serve.TLS = f.checkTLS(&found)
	if f.Sandbox {
		f.checkSandbox(&found, serve)
	} else {
		checkAddr(&found, "--grpc-addr", f.GRPCAddr)
		f.checkStripe(&found, serve)
	}
	f.checkStore(&found, serve)
	f.checkWebhook(&found, serve)
	checkCrash(&found, serve)
	serve.CallersFile = f.Callers
	serve.Callers = append(serve.Callers, f.checkCallers(&found)...)
	if len(found) > 0 {
		return nil, errors.Join(found...)
	}
	return serve, nil
}

func (f serveFlags) checkStop(found *faults, serve *Serve) {
	switch {
	case f.LameDuck != nil:
		serve.LameDuck = *f.LameDuck
	case !f.Sandbox:
		// No load balancer looks at a sandbox, and whoever presses Ctrl-C there does not want to wait.
		serve.LameDuck = defaultLameDuck
	}
	if serve.LameDuck < 0 {
		found.add("--lame-duck must not be negative")
	}
	if f.DrainBudget <= serve.LameDuck {
		found.add("--drain-budget must be longer than --lame-duck")
	}
}

func (f serveFlags) checkSandbox(found *faults, serve *Serve) {
	serve.Sandbox = &Sandbox{Addr: f.SandboxAddr}
	*found = append(*found, checkSandboxAddr("--sandbox-addr", f.SandboxAddr, f.SandboxAllowRemote)...)
	*found = append(*found, checkSandboxAddr("--grpc-addr", f.GRPCAddr, f.SandboxAllowRemote)...)
	if os.Getenv(KeyVariable) != "" || f.StripeKeyFile != "" {
		found.add("--sandbox beside a Stripe key: unset %s and --stripe-key-file, or leave --sandbox out", KeyVariable)
	}
	if f.StripeURL != "" {
		found.add("--sandbox beside --stripe-url: the sandbox is the Stripe of this process")
	}
	serve.Stripe.Account = SandboxAccount
	if f.StripeAccount != "" {
		serve.Stripe.Account = f.StripeAccount
		checkAccount(found, f.StripeAccount)
	}
	serve.Stripe.Key, _ = stripegw.ParseKey(sandboxKey)
	serve.Callers = []auth.Caller{newSandboxCaller()}
}

func newSandboxCaller() auth.Caller {
	return auth.NewCaller(sandboxCaller, SandboxToken, allScopes()...)
}

func (f serveFlags) checkStripe(found *faults, serve *Serve) {
	serve.Stripe = Stripe{URL: defaultURL, Account: f.StripeAccount}
	serve.Stripe.Key = f.checkKey(found, serve)
	live := serve.Stripe.Key.Live()
	if f.StripeURL != "" {
		serve.Stripe.URL = f.StripeURL
		checkURL(found, f.StripeURL, live)
	}
	checkAccount(found, f.StripeAccount)
	switch {
	case f.Insecure && live:
		found.add("--insecure is refused with a live key")
	case !f.Insecure && f.TLSCert == "" && f.TLSKey == "":
		found.add("no TLS: give --tls-cert and --tls-key, or --insecure with a test key")
	}
}

// checkKey reads the Stripe key. Its text never stands in a fault.
func (f serveFlags) checkKey(found *faults, serve *Serve) stripegw.Key {
	text := os.Getenv(KeyVariable)
	switch {
	case text != "" && f.StripeKeyFile != "":
		found.add("two Stripe keys: unset %s or --stripe-key-file", KeyVariable)
		return stripegw.Key{}
	case f.StripeKeyFile != "":
		data, err := os.ReadFile(f.StripeKeyFile)
		if err != nil {
			found.add("--stripe-key-file: %w", err)
			return stripegw.Key{}
		}
		text = strings.TrimSpace(string(data))
		if info, err := os.Stat(f.StripeKeyFile); err == nil && info.Mode().Perm()&0o077 != 0 {
			serve.Warnings = append(serve.Warnings, "the Stripe key file can be read by other users; make its mode 0600")
		}
	case text == "":
		found.add("no Stripe key: set %s or --stripe-key-file, or run with --sandbox", KeyVariable)
		return stripegw.Key{}
	}
	key, err := stripegw.ParseKey(text)
	if err != nil {
		found.add("the Stripe key: %w", err)
	}
	if f.StripeKeyFile == "" && key.Live() {
		serve.Warnings = append(serve.Warnings, "the live Stripe key comes from the environment; --stripe-key-file is safer")
	}
	return key
}

func (f serveFlags) checkCallers(found *faults) []auth.Caller {
	if f.Callers == "" {
		if !f.Sandbox {
			found.add("no callers: give --callers, the file that names who may call")
		}
		return nil
	}
	data, _, err := readFile(f.Callers)
	if err != nil {
		found.add("--callers: %w", err)
		return nil
	}
	callers, err := auth.ParseCallers(data)
	if err != nil {
		found.add("--callers %s: %w", f.Callers, err)
	}
	if f.Sandbox {
		checkSandboxCallers(found, "--callers "+f.Callers+": ", callers)
	}
	return callers
}

// checkSandboxCallers looks for callers that would stand beside the sandbox's own.
func checkSandboxCallers(found *faults, where string, callers []auth.Caller) {
	for _, c := range callers {
		if c.Name == sandboxCaller {
			found.add("%s%q is the sandbox's own caller", where, c.Name)
		}
		if c.HasToken(SandboxToken) {
			found.add("%s%q has the sandbox's own token", where, c.Name)
		}
	}
}

func (f serveFlags) checkTLS(found *faults) *tls.Config {
	if f.TLSCert == "" && f.TLSKey == "" {
		return nil
	}
	if f.Insecure {
		found.add("--insecure beside --tls-cert: choose one")
	}
	if f.TLSCert == "" || f.TLSKey == "" {
		found.add("--tls-cert and --tls-key go together")
		return nil
	}
	certificate, err := tls.LoadX509KeyPair(f.TLSCert, f.TLSKey)
	if err != nil {
		found.add("--tls-cert and --tls-key: %w", err)
		return nil
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
}

func checkAccount(found *faults, account string) {
	if account == "" {
		found.add("no --stripe-account: give the id of the key's account, acct_...")
	} else if !accountID.MatchString(account) {
		found.add("--stripe-account must be an account id, acct_..., not %q", account)
	}
}

func checkURL(found *faults, text string, live bool) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http"):
		found.add("--stripe-url must be an http or https URL, not %q", text)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		found.add("--stripe-url must have no path, query, fragment or user")
	case u.Scheme == "http" && live:
		found.add("--stripe-url must be https with a live key")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		found.add("--stripe-url must be https: the key would travel in the clear to %s", u.Hostname())
	}
}

func checkAddr(found *faults, flag, addr string) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		found.add("%s must be HOST:PORT, not %q", flag, addr)
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		found.add("%s must have a port from 0 to 65535, not %q", flag, port)
	}
}

func checkSandboxAddr(flag, addr string, allowRemote bool) []error {
	var found faults
	checkAddr(&found, flag, addr)
	host, _, err := net.SplitHostPort(addr)
	if err == nil && !allowRemote && !isLoopback(host) {
		found.add("%s %s is not loopback, and the sandbox lets everybody in; --sandbox-allow-remote allows it", flag, addr)
	}
	return found
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

func allScopes() []paymentsv1.Scope {
	var scopes []paymentsv1.Scope
	for number := range paymentsv1.Scope_name {
		if number != 0 {
			scopes = append(scopes, paymentsv1.Scope(number))
		}
	}
	return scopes
}
