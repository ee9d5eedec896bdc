package config_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/seal"
)

// canaryKey is the line of a key file. Nothing may show it.
var canaryKey = base64.StdEncoding.EncodeToString([]byte("canary-canary-canary-canary-cana"))

func sealKeyFile(t *testing.T, mode os.FileMode) string {
	t.Helper()
	return write(t, "seal.key", "# a key\n"+canaryKey+"\n", mode)
}

func TestStore(t *testing.T) {
	keyFile := sealKeyFile(t, 0o600)
	keys, err := seal.ParseKeys([]byte(canaryKey))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		args  []string
		env   map[string]string
		check func(*config.Serve) bool
	}{
		{"a sandbox", []string{"--sandbox"}, nil, func(c *config.Serve) bool {
			return c.Store.URL == "" && c.Store.Keys != nil && c.Store.Keys.ID() != keys.ID() &&
				c.Retention == 90*24*time.Hour && c.ResendWindow == 15*time.Minute && c.CrashAt == ""
		}},
		{
			"a sandbox that stays",
			[]string{"--sandbox", "--store", "sqlite:a.db", "--seal-key-file", keyFile},
			nil,
			func(c *config.Serve) bool { return c.Store.URL == "sqlite:a.db" && c.Store.Keys.ID() == keys.ID() },
		},
		{
			"by the environment",
			[]string{"--sandbox"},
			map[string]string{"TILLGATE_STORE": "postgres://u:canary@h/d", "TILLGATE_SEAL_KEY_FILE": keyFile},
			func(c *config.Serve) bool { return c.Store.URL == "postgres://u:canary@h/d" && len(c.Warnings) == 0 },
		},
		{
			"a password in a flag",
			[]string{"--sandbox", "--store", "postgres://u:canary@h/d", "--seal-key-file", keyFile},
			nil,
			func(c *config.Serve) bool {
				return len(c.Warnings) == 1 && strings.Contains(c.Warnings[0], "TILLGATE_STORE")
			},
		},
		{
			"a password behind",
			[]string{"--sandbox", "--store", "postgresql://h/d?password=canary", "--seal-key-file", keyFile},
			nil,
			func(c *config.Serve) bool { return len(c.Warnings) == 1 },
		},
		{
			"no password",
			[]string{"--sandbox", "--store", "postgres:///d?host=/run/postgresql", "--seal-key-file", keyFile},
			nil,
			func(c *config.Serve) bool { return len(c.Warnings) == 0 },
		},
		{
			"a key file that others can read",
			[]string{"--sandbox", "--store", "sqlite:a.db", "--seal-key-file", sealKeyFile(t, 0o640)},
			nil,
			func(c *config.Serve) bool {
				return len(c.Warnings) == 1 && strings.Contains(c.Warnings[0], "seal key file") &&
					strings.Contains(c.Warnings[0], "0600")
			},
		},
		{
			"the least times",
			[]string{"--sandbox", "--retention", "24h", "--resend-window", "1m"},
			nil,
			func(c *config.Serve) bool { return c.Retention == 24*time.Hour && c.ResendWindow == time.Minute },
		},
		{"the longest window", []string{"--sandbox", "--resend-window", "23h"}, nil, func(c *config.Serve) bool {
			return c.ResendWindow == 23*time.Hour
		}},
		{
			"a point to crash at",
			[]string{"--sandbox"},
			map[string]string{config.CrashVariable: "begin.after_commit"},
			func(c *config.Serve) bool { return c.CrashAt == "begin.after_commit" && len(c.Warnings) == 0 },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.env)
			got, err := config.Parse(tt.args, &bytes.Buffer{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Serve == nil || !tt.check(got.Serve) {
				t.Errorf("got %d warnings, %v and %v", len(got.Serve.Warnings), got.Serve.Retention, got.Serve.ResendWindow)
			}
			if strings.Contains(strings.Join(got.Serve.Warnings, "\n"), "canary") {
				t.Errorf("a warning shows a secret: %q", got.Serve.Warnings)
			}
		})
	}
}

func TestStoreFaults(t *testing.T) {
	keyFile := sealKeyFile(t, 0o600)
	sandbox := func(args ...string) []string { return append([]string{"--sandbox"}, args...) }
	stored := func(url string) []string { return sandbox("--store", url, "--seal-key-file", keyFile) }
	for _, tt := range []struct {
		name string
		args []string
		key  string
		want string
	}{
		{"a store without a key", sandbox("--store", "sqlite:a.db"), "", "no --seal-key-file"},
		{"a real key without a store", nil, "sk_test_1", "no --store"},
		{"a real key without a seal key", []string{"--store", "sqlite:a.db"}, "sk_test_1", "no --seal-key-file"},
		{"no path", stored("sqlite:"), "", "no path"},
		{"a URL for a path", stored("sqlite:///a.db"), "", "takes a path as it is"},
		{"a path alone", stored("canary.db"), "", "--store must be sqlite:PATH"},
		{"another database", stored("mysql://u:canary@h/d"), "", "--store must be sqlite:PATH"},
		{"no slashes", stored("postgres:u:canary@h/d"), "", "two slashes"},
		{"libpq's form", stored("host=h password=canary"), "", "--store must be sqlite:PATH"},
		{"no URL", stored("postgres://u:can ary%zz@h/d"), "", "percent-encoded"},
		{"a port that is none", stored("postgres://u:canary@h:port/d"), "", "percent-encoded"},
		{"no key file", sandbox("--seal-key-file", "/no/canary"), "", "--seal-key-file: no such file"},
		{"the key for its file", sandbox("--seal-key-file", canaryKey), "", "--seal-key-file: no such file"},
		{"no key in the file", sandbox("--seal-key-file", write(t, "k", "canary\n", 0o600)), "", "--seal-key-file: line 1"},
		{"an empty file", sandbox("--seal-key-file", write(t, "k", "", 0o600)), "", "--seal-key-file: there is no key"},
		{"kept too short", sandbox("--retention", "23h59m"), "", "--retention must be at least 24h"},
		{"no window", sandbox("--resend-window", "59s"), "", "--resend-window must be from 1m"},
		{"a window too long", sandbox("--resend-window", "23h1s"), "", "--resend-window must be from 1m"},
		{"migrate nothing", []string{"migrate"}, "", "no --store"},
		{"migrate nowhere", []string{"migrate", "--store", "canary"}, "", "--store must be sqlite:PATH"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, map[string]string{config.KeyVariable: tt.key})
			got, err := config.Parse(tt.args, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != (config.Command{}) {
				t.Fatalf("got %+v, %v, want a fault with %q", got, err, tt.want)
			}
			for _, secret := range []string{"canary", "ary%zz", canaryKey} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("a fault shows a secret: %v", err)
				}
			}
		})
	}
}

// A process that moves money never ends itself.
func TestCrashIsRefusedWithALiveKey(t *testing.T) {
	args := []string{
		"--stripe-account", "acct_1", "--callers", callersFile(t, "checkout"), "--insecure",
		"--store", "sqlite:a.db", "--seal-key-file", sealKeyFile(t, 0o600),
	}
	for key, live := range map[string]bool{"sk_test_1": false, "rk_test_1": false, "sk_live_1": true, "rk_live_1": true} {
		environment(t, map[string]string{config.KeyVariable: key, config.CrashVariable: "begin.after_commit"})
		_, err := config.Parse(args, &bytes.Buffer{})
		if refused := err != nil && strings.Contains(err.Error(), config.CrashVariable); refused != live {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestMigrate(t *testing.T) {
	for _, tt := range []struct {
		args []string
		env  string
		want config.Migrate
	}{
		{[]string{"migrate", "--store", "sqlite:a.db"}, "", config.Migrate{URL: "sqlite:a.db", Apply: true}},
		{[]string{"migrate", "--show"}, "postgres://u:canary@h/d", config.Migrate{URL: "postgres://u:canary@h/d"}},
	} {
		environment(t, nil)
		if tt.env != "" {
			t.Setenv("TILLGATE_STORE", tt.env)
		}
		got, err := config.Parse(tt.args, &bytes.Buffer{})
		if err != nil || got.Serve != nil || got.Migrate == nil || *got.Migrate != tt.want {
			t.Errorf("%q: got %+v, %v", tt.args, got, err)
		}
	}
}

// A password in the URL of a store is never seen, whatever it is made of and wherever the URL was put.
func TestPasswordsAreNotShown(t *testing.T) {
	for _, secret := range []string{
		"postgres://u:canary@h/d", "postgres://u:ca/canary@h/d", "postgres://u:p@canary@h/d", "postgres://u:x canary@h/d",
		"postgresql://h/d?user=u&password=canary", "POSTGRES://u:canary@h/d", "host=h password=canary", "password='x canary'",
		"postgres:u:canary@h", canaryKey,
	} {
		for _, args := range [][]string{
			{"--sandbox", secret},
			{"--sandbox", "--stor=" + secret},
			{"--sandbox", "--retention", secret},
			{"--sandbox", "--callers", secret},
			{"--sandbox", "--grpc-addr", secret},
			{"--sandbox", "--tls-cert", secret, "--tls-key", secret},
			{"--sandbox", "--store", secret, "--seal-key-file", secret},
			{"migrate", secret},
			{"migrate", "--store", secret, "--show=" + secret},
			{"operations", "list", "--addr", secret},
			{"operations", "list", "--state", secret},
			{"operations", "list", "--tls-ca", secret},
			{"operations", "list", "--token-file", secret},
			{"operations", "show", secret},
			{"operations", secret},
		} {
			environment(t, nil)
			_, err := config.Parse(args, &bytes.Buffer{})
			if err == nil && !slices.Contains(args, "--store") {
				t.Errorf("%q was taken", args)
			}
			if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), canaryKey)) {
				t.Errorf("%q: a fault shows a secret: %v", args, err)
			}
		}
		t.Setenv("TILLGATE_STORE", secret)
		var help bytes.Buffer
		if _, err := config.Parse([]string{"serve", "--help"}, &help); err != nil || strings.Contains(help.String(), "canary") {
			t.Errorf("help shows a secret, or fails: %v", err)
		}
		if err := os.Unsetenv("TILLGATE_STORE"); err != nil {
			t.Fatal(err)
		}
	}
}
