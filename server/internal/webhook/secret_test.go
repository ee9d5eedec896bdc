package webhook_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

const newSecret = "whsec_next9876543210next9876543210"

func TestW16_Secrets(t *testing.T) {
	var many strings.Builder
	for i := range 9 {
		fmt.Fprintf(&many, "whsec_canary%020d\n", i)
	}
	for _, tt := range []struct {
		name, text string
		// count is how many secrets there are; want stands in the error where there is one.
		count int
		want  string
	}{
		{"one", secret, 1, ""},
		{"two with comments", "# we_1\n" + secret + "\n\n  " + newSecret + " \r\n", 2, ""},
		{"with an end", secret + " 2026-03-02T00:00:00Z\n" + newSecret, 2, ""},
		{"with an end elsewhere", secret + "   2026-03-02T00:00:00+01:00", 1, ""},
		{"one that is over", secret + " 2026-02-01T00:00:00Z\n" + newSecret, 2, ""},
		{"empty", "", 0, "there is no secret"},
		{"blank", " \n\t\n", 0, "there is no secret"},
		{"comments alone", "# " + secret, 0, "there is no secret"},
		{"nothing behind the prefix", "whsec_\n", 0, "line 1: the secret is too short"},
		{"short", "\nwhsec_canary12345678\n", 0, "line 2: the secret is too short"},
		{"without the prefix", "canary0123456789canary0123456789", 0, "line 1: it does not begin with whsec_"},
		{"a Stripe key", "sk_live_canary0123456789canary", 0, "line 1: it does not begin"},
		{"twice", secret + "\n" + secret + " 2027-01-01T00:00:00Z", 0, "line 2: the secret stands there twice"},
		{"no time", secret + " tomorrow", 0, "line 1: behind the secret"},
		{"two times", secret + " 2027-01-01T00:00:00Z 2027-01-01T00:00:00Z", 0, "line 1: behind the secret"},
		{"all over", secret + " 2026-03-01T12:00:00Z", 0, "every secret in it is over"},
		{"nine", many.String(), 0, "line 9: there are more than 8"},
		{"two faults", "canary\n" + secret + "\nwhsec_", 0, "line 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := webhook.ParseSecrets([]byte(tt.text), noon)
			if tt.want == "" {
				if err != nil || len(got) != tt.count {
					t.Errorf("got %d secrets, %v", len(got), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") || got != nil {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	one := webhook.NewSecret(secret)
	hidden := struct {
		one    webhook.Secret
		all    []webhook.Secret
		holder *webhook.Secrets
	}{one, []webhook.Secret{one}, webhook.NewSecrets([]webhook.Secret{one})}
	var text strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&text, verb+" "+verb+"\n", one, hidden)
	}
	slog.New(slog.NewJSONHandler(&text, nil)).Info("secret", "one", one, "hidden", hidden)
	data, err := json.Marshal(map[string]any{"one": one, "hidden": hidden})
	if err != nil {
		t.Fatal(err)
	}
	if text.Write(data); strings.Contains(text.String(), "canary") || strings.Contains(text.String(), fmt.Sprintf("%x", "canary")) {
		t.Error(text.String())
	}
}

// signedBy is a webhook that is signed with a secret.
func signedBy(secret, body string) func(*http.Request) { return header(sign(secret, noon, body)) }

// While a secret is replaced both are good, and nothing is refused: not before the file changes, not when it does, not after.
func TestW17_SecretRolled(t *testing.T) {
	kept := &memory{}
	in := newIntake(t, kept, nil)
	addr := serve(t, in, nil)
	path := filepath.Join(t.TempDir(), "secrets")
	writeFile(t, path, secret+"\n")
	loaded := make(chan int)
	ctx := t.Context()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		config.WatchFile(ctx, config.File{
			Name: "webhook-secrets-file", Path: path, Every: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
			Load: func(content []byte) error {
				secrets, err := webhook.ParseSecrets(content, noon)
				if err != nil {
					return err
				}
				in.secrets.Replace(secrets)
				select {
				case loaded <- len(secrets):
				case <-ctx.Done():
				}
				return nil
			},
		})
	}()
	t.Cleanup(func() { <-watched })
	if got := <-loaded; got != 1 {
		t.Fatalf("%d secrets are loaded", got)
	}

	const events = 1000
	rolled := false
	for i := range events {
		body := event(fmt.Sprintf("evt_%d", i))
		if i == 100 {
			writeFile(t, path, secret+" 2026-03-02T12:00:00Z\n"+newSecret+"\n")
		}
		with := secret
		if !rolled {
			select {
			case got := <-loaded:
				if rolled = true; got != 2 {
					t.Fatalf("%d secrets are loaded", got)
				}
			default:
				if i == events/2 {
					<-loaded
					rolled = true
				}
			}
		}
		if rolled && i%2 == 0 {
			with = newSecret
		}
		if resp, _ := send(t, request(t, addr, body, signedBy(with, body))); resp.StatusCode != http.StatusOK {
			t.Fatalf("event %d is answered %d", i, resp.StatusCode)
		}
	}
	if len(kept.kept) != events {
		t.Errorf("%d events are kept", len(kept.kept))
	}
}

func TestW18_OldSecretAfterItsTime(t *testing.T) {
	now := noon
	in := newIntake(t, &memory{}, func(c *webhook.Config) { c.Now = func() time.Time { return now } })
	secrets, err := webhook.ParseSecrets([]byte(secret+" 2026-03-02T12:00:00Z\n"+newSecret), now)
	if err != nil {
		t.Fatal(err)
	}
	in.secrets.Replace(secrets)
	addr := serve(t, in, nil)
	for _, tt := range []struct {
		after  time.Duration
		secret string
		status int
		result string
	}{
		{24*time.Hour - time.Second, secret, http.StatusOK, "stored"},
		{24 * time.Hour, secret, http.StatusBadRequest, "retired_secret"},
		{24 * time.Hour, newSecret, http.StatusOK, "known"},
	} {
		now = noon.Add(tt.after)
		resp, _ := send(t, request(t, addr, event("evt_1"), header(sign(tt.secret, now, event("evt_1")))))
		if resp.StatusCode != tt.status || in.results(t, tt.result) != 1 {
			t.Errorf("after %v: answered %d, want %d as %s", tt.after, resp.StatusCode, tt.status, tt.result)
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
