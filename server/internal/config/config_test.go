package config_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/config"
)

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func callersFile(t *testing.T, name string) string {
	t.Helper()
	return callersFileOf(t, name, "token")
}

func callersFileOf(t *testing.T, name, token string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(token))
	return write(t, "callers.json", `{"callers": [{"name": "`+name+`", "token_sha256": ["`+hex.EncodeToString(digest[:])+
		`"], "scopes": ["PAYMENTS_READ"]}]}`, 0o600)
}

// environment sets the variables of a test and hides those of the machine.
func environment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{config.KeyVariable, config.CrashVariable, config.TokenVariable} {
		t.Setenv(name, "")
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

func TestServe(t *testing.T) {
	good := []string{
		"--stripe-account", "acct_1", "--callers", callersFile(t, "checkout"), "--insecure",
		"--store", "sqlite:tillgate.db", "--seal-key-file", sealKeyFile(t, 0o600),
		"--webhook-secrets-file", secretsFile(t, 0o600),
	}
	for _, tt := range []struct {
		name  string
		args  []string
		env   map[string]string
		check func(*config.Serve) bool
	}{
		{"sandbox", []string{"--sandbox"}, nil, func(c *config.Serve) bool {
			return c.Sandbox.Addr == "127.0.0.1:12111" && c.GRPCAddr == "127.0.0.1:50051" && c.OpsAddr == "127.0.0.1:8081" &&
				len(c.Callers) == 1 && c.Callers[0].Name == "dev" && c.TLS == nil && c.LameDuck == 0
		}},
		{
			"sandbox by the environment", nil,
			map[string]string{"TILLGATE_SANDBOX": "true", "TILLGATE_GRPC_ADDR": "127.0.0.1:1"},
			func(c *config.Serve) bool { return c.Sandbox != nil && c.GRPCAddr == "127.0.0.1:1" },
		},
		{
			"a flag outranks the environment",
			[]string{"--sandbox", "--grpc-addr", "127.0.0.1:2"},
			map[string]string{"TILLGATE_GRPC_ADDR": "127.0.0.1:1"},
			func(c *config.Serve) bool { return c.GRPCAddr == "127.0.0.1:2" },
		},
		{
			"sandbox that stops fast",
			[]string{"--sandbox", "--drain-budget", "3s"},
			nil,
			func(c *config.Serve) bool { return c.LameDuck == 0 && c.DrainBudget == 3*time.Second },
		},
		{
			"sandbox with a lame duck",
			[]string{"--sandbox", "--lame-duck", "2s"},
			nil,
			func(c *config.Serve) bool { return c.LameDuck == 2*time.Second },
		},
		{
			"sandbox for all the network",
			[]string{"--sandbox", "--grpc-addr", ":0", "--sandbox-allow-remote"},
			nil,
			func(c *config.Serve) bool { return c.GRPCAddr == ":0" },
		},
		{
			"sandbox with more callers",
			[]string{"--sandbox", "--callers", callersFile(t, "checkout")},
			nil,
			func(c *config.Serve) bool { return len(c.Callers) == 2 },
		},
		{"test key from the environment", good, map[string]string{config.KeyVariable: "sk_test_1"}, func(c *config.Serve) bool {
			return c.Sandbox == nil && !c.Stripe.Key.IsZero() && !c.Stripe.Key.Live() && c.Stripe.URL == "https://api.stripe.com" &&
				len(c.Warnings) == 0 && c.LameDuck == 5*time.Second && c.DrainBudget == 35*time.Second
		}},
		{
			"serve by name", append([]string{"serve"}, good...),
			map[string]string{config.KeyVariable: "rk_test_1"},
			func(c *config.Serve) bool { return c.Stripe.Account == "acct_1" },
		},
		{
			"test key from a file", append([]string{"--stripe-key-file", write(t, "key", "sk_test_1\n", 0o600)}, good...), nil,
			func(c *config.Serve) bool { return !c.Stripe.Key.IsZero() && len(c.Warnings) == 0 },
		},
		{
			"key file that others can read", append([]string{"--stripe-key-file", write(t, "key", "sk_test_1", 0o644)}, good...), nil,
			func(c *config.Serve) bool { return len(c.Warnings) == 1 && strings.Contains(c.Warnings[0], "0600") },
		},
		{
			"loopback Stripe without TLS", append([]string{"--stripe-url", "http://127.0.0.1:12111"}, good...),
			map[string]string{config.KeyVariable: "sk_test_1"},
			func(c *config.Serve) bool { return c.Stripe.URL == "http://127.0.0.1:12111" },
		},
		{"variable that is no setting", []string{"--sandbox"}, map[string]string{"TILLGATE_GRPC_PORT": "x"}, func(c *config.Serve) bool {
			return len(c.Warnings) == 1 && strings.Contains(c.Warnings[0], "TILLGATE_GRPC_PORT")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.env)
			got, err := config.Parse(tt.args, &bytes.Buffer{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Serve == nil || got.Sandbox != nil || !tt.check(got.Serve) {
				t.Errorf("got %+v", got.Serve)
			}
		})
	}
}

// Every fault is said at once, in a line of its own.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		key  string
		want []string
	}{
		{"nothing", nil, "", []string{
			"no Stripe key", "no --stripe-account", "no callers", "no TLS", "no --store", "no --seal-key-file",
		}},
		{
			"everything",
			[]string{
				"--grpc-addr", "nowhere", "--ops-addr", "127.0.0.1:99999", "--stripe-url", "ftp://stripe",
				"--stripe-account", "account", "--callers", "/does/not/exist", "--tls-cert", "cert.pem",
			},
			"pk_live_canary",
			[]string{
				"--grpc-addr must be HOST:PORT", "--ops-addr must have a port", "--stripe-url must be", "--stripe-account must be",
				"--callers: open", "go together", "publishable",
			},
		},
		{"live key without TLS", []string{"--insecure"}, "sk_live_canary", []string{"--insecure is refused with a live key"}},
		{"restricted live key without TLS", []string{"--insecure"}, "rk_live_canary", []string{"refused with a live key"}},
		{
			"live key to a Stripe without TLS",
			[]string{"--stripe-url", "http://127.0.0.1:1"},
			"sk_live_canary",
			[]string{"--stripe-url must be https with a live key"},
		},
		{"test key in the clear", []string{"--stripe-url", "http://stripe.example"}, "sk_test_canary", []string{"in the clear"}},
		{"Stripe URL with a path", []string{"--stripe-url", "https://stripe.example/v1"}, "sk_test_canary", []string{"no path"}},
		{"no key at all", []string{"--stripe-key-file", "/does/not/exist"}, "", []string{"--stripe-key-file: open"}},
		{"two keys", []string{"--stripe-key-file", "/does/not/exist"}, "sk_test_canary", []string{"two Stripe keys"}},
		{"malformed key", nil, "canary", []string{"sk_test_"}},
		{
			"TLS files missing",
			[]string{"--tls-cert", "/no/cert", "--tls-key", "/no/key"},
			"sk_test_canary",
			[]string{"--tls-cert and --tls-key: open /no/cert"},
		},
		{
			"TLS and none",
			[]string{"--tls-cert", "/no/cert", "--tls-key", "/no/key", "--insecure"},
			"sk_test_canary",
			[]string{"choose one"},
		},
		{"sandbox beside a key", []string{"--sandbox"}, "sk_live_canary", []string{"--sandbox beside a Stripe key"}},
		{
			"sandbox beside another Stripe",
			[]string{"--sandbox", "--stripe-url", "https://api.stripe.com"},
			"",
			[]string{"--sandbox beside --stripe-url"},
		},
		{
			"sandbox for all the network",
			[]string{"--sandbox", "--grpc-addr", "0.0.0.0:1", "--sandbox-addr", ":2"},
			"",
			[]string{"--grpc-addr 0.0.0.0:1 is not loopback", "--sandbox-addr :2 is not loopback"},
		},
		{"sandbox's caller twice", []string{"--sandbox", "--callers", callersFile(t, "dev")}, "", []string{"the sandbox's own caller"}},
		{"sandbox alone for all the network", []string{"sandbox", "--sandbox-addr", ":1"}, "", []string{"is not loopback"}},
		{
			"callers file with faults",
			[]string{"--callers", write(t, "callers.json", `{"callers": []}`, 0o600)},
			"sk_test_canary",
			[]string{"nobody could call"},
		},
		{
			"no time to stop",
			[]string{"--sandbox", "--lame-duck=-1s", "--drain-budget=-2s"},
			"",
			[]string{"--lame-duck must not be negative", "--drain-budget must be longer"},
		},
		{"no duration", []string{"--sandbox", "--lame-duck", "soon"}, "", []string{"--lame-duck"}},
		{"key as the account", []string{"--stripe-account", "sk_live_canary"}, "", []string{"--stripe-account must be"}},
		{"key as its file", []string{"--stripe-key-file", "rk_test_canary"}, "", []string{"--stripe-key-file: open"}},
		{"key in a URL", []string{"--stripe-url", "https://user:canary@stripe.example/%zz"}, "", []string{"--stripe-url"}},
		{"secret as an address", []string{"--grpc-addr", "whsec_canary"}, "", []string{"--grpc-addr must be"}},
		{"URL with a fragment", []string{"--stripe-url", "https://stripe.example#x"}, "sk_test_canary", []string{"no path"}},
		{"URL without a host", []string{"--stripe-url", "https://:443"}, "sk_test_canary", []string{"--stripe-url must be"}},
		{
			"TLS and none in the sandbox",
			[]string{"--sandbox", "--tls-cert", "/no/cert", "--tls-key", "/no/key", "--insecure"},
			"",
			[]string{"choose one"},
		},
		{
			"the sandbox's token in the file",
			[]string{"--sandbox", "--callers", callersFileOf(t, "x", "sandbox")},
			"",
			[]string{"has the sandbox's own token"},
		},
		{"key on the command line", []string{"--stripe-key=sk_live_canary"}, "", []string{"unknown flag --stripe-key"}},
		{"key as a word", []string{"--sandbox", "sk_live_canary"}, "", []string{"unexpected argument"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, map[string]string{config.KeyVariable: tt.key})
			_, err := config.Parse(tt.args, &bytes.Buffer{})
			if err == nil {
				t.Fatal("no fault was found")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("a fault shows a secret: %v", err)
			}
		})
	}
}

func TestSandboxAlone(t *testing.T) {
	environment(t, nil)
	got, err := config.Parse([]string{"sandbox", "--sandbox-addr", "127.0.0.1:0"}, &bytes.Buffer{})
	if err != nil || got.Serve != nil || got.Sandbox == nil || got.Sandbox.Addr != "127.0.0.1:0" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Help names every setting and its variable.
func TestHelp(t *testing.T) {
	environment(t, nil)
	var help bytes.Buffer
	got, err := config.Parse([]string{"serve", "--help"}, &help)
	if err != nil || got.Serve != nil || got.Sandbox != nil {
		t.Fatalf("got %+v, %v, want help only", got, err)
	}
	for _, want := range []string{
		"--sandbox", "--grpc-addr", "--ops-addr", "--stripe-key-file", "--callers", "--tls-cert",
		"$TILLGATE_GRPC_ADDR", "$TILLGATE_STRIPE_URL", "$TILLGATE_TLS_KEY", "TILLGATE_STRIPE_KEY",
	} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("the help does not name %s:\n%s", want, help.String())
		}
	}
}
