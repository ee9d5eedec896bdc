package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/config"
)

const signingSecret = "whsec_canary0123456789canary0123456789"

func secretsFile(t *testing.T, mode os.FileMode) string {
	t.Helper()
	return write(t, "webhook-secrets", signingSecret+"\n", mode)
}

// goodArgs serve a real Stripe, but for the webhooks.
func goodArgs(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{
		"--stripe-account", "acct_1", "--callers", callersFile(t, "checkout"), "--insecure",
		"--store", "sqlite:tillgate.db", "--seal-key-file", sealKeyFile(t, 0o600),
	}, more...)
}

func TestServeWebhooks(t *testing.T) {
	one := secretsFile(t, 0o600)
	for _, tt := range []struct {
		name  string
		args  []string
		check func(*config.Serve) bool
	}{
		{"a secret", goodArgs(t, "--webhook-secrets-file", one), func(c *config.Serve) bool {
			return len(c.WebhookSecrets) == 1 && c.WebhookSecretsFile == one && c.WebhookAddr == "127.0.0.1:8080" &&
				c.EventRetention == 2160*time.Hour && len(c.Warnings) == 0 && strings.HasSuffix(c.CallersFile, "callers.json")
		}},
		{"none", goodArgs(t), func(c *config.Serve) bool {
			return c.WebhookSecrets == nil && len(c.Warnings) == 1 && strings.Contains(c.Warnings[0], "--webhook-secrets-file")
		}},
		{"a file that others can read", goodArgs(t, "--webhook-secrets-file", secretsFile(t, 0o640)), func(c *config.Serve) bool {
			return len(c.WebhookSecrets) == 1 && len(c.Warnings) == 1 && strings.Contains(c.Warnings[0], "0600")
		}},
		{
			"sandbox",
			[]string{"--sandbox", "--webhook-addr", "127.0.0.1:0", "--event-retention", "744h"},
			func(c *config.Serve) bool {
				return c.WebhookAddr == "127.0.0.1:0" && c.EventRetention == 744*time.Hour && len(c.Warnings) == 0 && c.CallersFile == ""
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key := "sk_test_1"
			if tt.name == "sandbox" {
				key = ""
			}
			environment(t, map[string]string{config.KeyVariable: key})
			got, err := config.Parse(tt.args, &bytes.Buffer{})
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(got.Serve) {
				t.Errorf("got %+v", got.Serve)
			}
			if strings.Contains(fmt.Sprintf("%+v %#v", got.Serve, got.Serve), "canary") {
				t.Error("the configuration shows a secret")
			}
		})
	}
}

// The server does not start with a secret that is none: it would refuse everything, or take everything in.
func TestW16_BadSecretsFile(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"no file", []string{"--webhook-secrets-file", "/does/not/" + signingSecret}, "--webhook-secrets-file: no such file"},
		{"empty", []string{"--webhook-secrets-file", write(t, "a", "", 0o600)}, "--webhook-secrets-file: there is no secret in it"},
		{"blank", []string{"--webhook-secrets-file", write(t, "b", "# none\n \n", 0o600)}, "--webhook-secrets-file: there is no secret in it"},
		{"short", []string{"--webhook-secrets-file", write(t, "c", "whsec_canary", 0o600)}, "line 1: the secret is too short"},
		{"a key", []string{"--webhook-secrets-file", write(t, "d", "sk_test_canary12345678901234567890", 0o600)}, "line 1: it does not begin"},
		{"twice", []string{"--webhook-secrets-file", write(t, "e", signingSecret+"\n"+signingSecret, 0o600)}, "line 2: the secret stands there twice"},
		{"in the sandbox", []string{"--sandbox", "--webhook-secrets-file", secretsFile(t, 0o600)}, "--sandbox beside --webhook-secrets-file"},
		{"short retention", []string{"--event-retention", "743h"}, "--event-retention must be at least 744h"},
		{"no address", []string{"--webhook-addr", "8080"}, "--webhook-addr must be HOST:PORT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, nil)
			_, err := config.Parse(tt.args, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A reload holds callers to the rules of the start.
func TestParseCallersAgain(t *testing.T) {
	file := func(t *testing.T, name, token string) []byte {
		t.Helper()
		data, err := os.ReadFile(callersFileOf(t, name, token))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, tt := range []struct {
		name  string
		serve config.Serve
		data  []byte
		want  []string
	}{
		{"checkout", config.Serve{}, file(t, "checkout", "token"), []string{"checkout"}},
		{"beside the sandbox's", config.Serve{Sandbox: &config.Sandbox{}}, file(t, "checkout", "token"), []string{"dev", "checkout"}},
		{"the sandbox's name", config.Serve{Sandbox: &config.Sandbox{}}, file(t, "dev", "token"), nil},
		{"the sandbox's token", config.Serve{Sandbox: &config.Sandbox{}}, file(t, "checkout", config.SandboxToken), nil},
		{"a name that is free without it", config.Serve{}, file(t, "dev", "token"), []string{"dev"}},
		{"broken", config.Serve{}, []byte("{"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.serve.ParseCallers(tt.data)
			var names []string
			for _, c := range got {
				names = append(names, c.Name)
			}
			if (err != nil) != (tt.want == nil) || !slices.Equal(names, tt.want) {
				t.Errorf("got %v, %v; want %v", names, err, tt.want)
			}
			if tt.serve.Sandbox != nil && err == nil && !slices.ContainsFunc(got, func(c auth.Caller) bool { return c.HasToken(config.SandboxToken) }) {
				t.Error("the sandbox's own token is gone")
			}
		})
	}
}

func TestWebhooksCommands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets")
	for _, tt := range []struct {
		args []string
		key  string
		// want stands in the fault; empty where there is none.
		want  string
		check func(*config.Webhooks) bool
	}{
		{[]string{"register", "--url", "https://x.example/webhooks/stripe"}, "sk_live_1", "", func(c *config.Webhooks) bool {
			return *c.Register == config.RegisterWebhook{URL: "https://x.example/webhooks/stripe"} && c.Stripe.URL == "https://api.stripe.com"
		}},
		{[]string{"register", "--url", "http://127.0.0.1:8080/webhooks/stripe", "--secrets-file", path}, "sk_test_1", "", func(c *config.Webhooks) bool {
			return c.Register.SecretsFile == path
		}},
		{[]string{"list", "--json", "--stripe-url", "http://127.0.0.1:12111"}, "sk_test_1", "", func(c *config.Webhooks) bool {
			return c.List.JSON && c.Stripe.URL == "http://127.0.0.1:12111"
		}},
		{[]string{"rotate", "--url", "https://x.example/", "--overlap", "1h"}, "rk_test_1", "", func(c *config.Webhooks) bool {
			return *c.Rotate == config.RotateWebhook{URL: "https://x.example/", Overlap: time.Hour}
		}},
		{[]string{"rotate", "--finish", "we_1"}, "sk_test_1", "", func(c *config.Webhooks) bool {
			return c.Rotate.Finish == "we_1"
		}},
		{[]string{"register"}, "sk_test_1", "no --url", nil},
		{[]string{"register", "--url", "http://x.example/"}, "sk_live_1", "https with a live key", nil},
		{[]string{"register", "--url", "x.example"}, "sk_test_1", "--url must be an https URL", nil},
		{[]string{"register", "--url", "https://me:canary@x.example/"}, "sk_test_1", "no user", nil},
		{[]string{"register", "--url", "https://x.example/"}, "", "no Stripe key", nil},
		{[]string{"list", "--stripe-url", "http://x.example"}, "sk_test_1", "in the clear", nil},
		{[]string{"rotate"}, "sk_test_1", "no --url", nil},
		{[]string{"rotate", "--url", "https://x.example/", "--overlap", "59s"}, "sk_test_1", "--overlap must be", nil},
		{[]string{"rotate", "--url", "https://x.example/", "--overlap", "169h"}, "sk_test_1", "--overlap must be", nil},
		{[]string{"rotate", "--url", "https://x.example/", "--finish", "we_1"}, "sk_test_1", "--finish stands alone", nil},
		{[]string{"rotate", "--finish", "evt_1"}, "sk_test_1", "--finish must be", nil},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			environment(t, map[string]string{config.KeyVariable: tt.key})
			got, err := config.Parse(append([]string{"webhooks"}, tt.args...), &bytes.Buffer{})
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil || !tt.check(got.Webhooks) {
				t.Errorf("got %+v, %v", got.Webhooks, err)
			}
		})
	}
}
