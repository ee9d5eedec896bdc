package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/console"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/stripegw"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

const endpointURL = "https://pay.example.com/webhooks/stripe"

var anySecret = regexp.MustCompile(`whsec_\w+`)

// stripe is a Stripe with an empty account, and the operator's terminal.
type stripe struct {
	config.Stripe

	stdout, stderr terminal
}

// terminal may be read while a command writes to it.
type terminal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *terminal) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// take returns what was written since it was taken last.
func (o *terminal) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.text.String()
	o.text.Reset()
	return text
}

func newStripe(t *testing.T) *stripe {
	t.Helper()
	server := httptest.NewServer(sandbox.New(sandbox.Config{Now: time.Now, Account: "acct_1"}))
	t.Cleanup(server.Close)
	key, err := stripegw.ParseKey("sk_test_1")
	if err != nil {
		t.Fatal(err)
	}
	return &stripe{Stripe: config.Stripe{URL: server.URL, Key: key}}
}

func (s *stripe) run(ctx context.Context, c config.Webhooks) error {
	c.Stripe = s.Stripe
	return console.Webhooks(ctx, c, &s.stdout, &s.stderr)
}

func (s *stripe) register(t *testing.T, c config.RegisterWebhook) error {
	t.Helper()
	return s.run(t.Context(), config.Webhooks{Register: &c})
}

func (s *stripe) rotate(t *testing.T, c config.RotateWebhook) error {
	t.Helper()
	return s.run(t.Context(), config.Webhooks{Rotate: &c})
}

// gateway asks past the commands.
func (s *stripe) gateway(t *testing.T) *stripegw.Gateway {
	t.Helper()
	g, err := stripegw.New(stripegw.Config{URL: s.URL, Key: s.Key, Logger: discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func (s *stripe) endpoints(t *testing.T) []stripegw.WebhookEndpoint {
	t.Helper()
	all, err := s.gateway(t).WebhookEndpoints(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wants looks for what an error must say.
func wants(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %q in it", err, text)
		}
	}
}

// The endpoint is at our version with exactly our types, and its secret is seen once.
func TestRegister(t *testing.T) {
	s := newStripe(t)
	if err := s.register(t, config.RegisterWebhook{URL: endpointURL}); err != nil {
		t.Fatal(err)
	}
	all := s.endpoints(t)
	if len(all) != 1 {
		t.Fatalf("there are %d endpoints", len(all))
	}
	if e := all[0]; e.URL != endpointURL || e.APIVersion != "2023-10-16" || !slices.Equal(e.Types, stripegw.EventTypes()) {
		t.Errorf("made %+v", e)
	}
	out := s.stdout.take()
	secrets := anySecret.FindAllString(out, -1)
	if len(secrets) != 1 || !strings.Contains(out, "--webhook-secrets-file") || !strings.Contains(out, all[0].ID) {
		t.Fatalf("printed %s", out)
	}
	if _, err := webhook.ParseSecrets([]byte(secrets[0]), time.Now()); err != nil {
		t.Error(err)
	}
	if anySecret.MatchString(s.stderr.take()) {
		t.Error("the secret is also on stderr")
	}
	wants(t, s.register(t, config.RegisterWebhook{URL: endpointURL}), all[0].ID, "nothing was made", "rotate --url")
}

// The servers answer at one path. Another may be right behind a proxy, so that it is made, with a warning.
func TestRegisterAnotherPath(t *testing.T) {
	for address, warned := range map[string]bool{
		endpointURL: false, "https://pay.example.com/webhooks/stripe?v=1": false, "https://pay.example.com/webhooks/stripe/": true,
		"https://pay.example.com": true, "https://pay.example.com/hooks": true,
	} {
		s := newStripe(t)
		if err := s.register(t, config.RegisterWebhook{URL: address}); err != nil {
			t.Fatal(err)
		}
		if made := s.endpoints(t); len(made) != 1 || made[0].URL != address {
			t.Errorf("%s: made %+v", address, made)
		}
		if said := s.stderr.take(); strings.Contains(said, "Warning") != warned || warned && !strings.Contains(said, webhook.Path) {
			t.Errorf("%s: warned of %q", address, said)
		}
	}
}

func TestRegisterInAFile(t *testing.T) {
	s := newStripe(t)
	path := filepath.Join(t.TempDir(), "secrets")
	for _, url := range []string{endpointURL, "http://127.0.0.1:8080/webhooks/stripe"} {
		if err := s.register(t, config.RegisterWebhook{URL: url, SecretsFile: path}); err != nil {
			t.Fatal(err)
		}
	}
	if out := s.stdout.take() + s.stderr.take(); anySecret.MatchString(out) || !strings.Contains(out, path) {
		t.Errorf("printed %s", out)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text := readFile(t, path)
	if secrets, err := webhook.ParseSecrets([]byte(text), time.Now()); len(secrets) != 2 || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %d secrets, %v", info.Mode(), len(secrets), err)
	}
	for _, e := range s.endpoints(t) {
		if !strings.Contains(text, "# "+e.ID+" "+e.URL) {
			t.Errorf("no comment names %s", e.ID)
		}
	}
}

// What can not be kept is not made.
func TestRegisterNeedsItsFile(t *testing.T) {
	s := newStripe(t)
	for name, tt := range map[string]struct{ path, want string }{
		"no directory": {filepath.Join(t.TempDir(), "none", "secrets"), "no such file"},
		"broken":       {fileWith(t, "sk_test_canary\n"), "line 1"},
		"full":         {fileWith(t, strings.Join(secretLines(8), "\n")), "more than 8"},
	} {
		err := s.register(t, config.RegisterWebhook{URL: endpointURL, SecretsFile: tt.path})
		wants(t, err, tt.want)
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all := s.endpoints(t); len(all) != 0 {
		t.Errorf("made %v", all)
	}
}

func TestWebhooksList(t *testing.T) {
	s := newStripe(t)
	list := func(asJSON bool) string {
		t.Helper()
		if err := s.run(t.Context(), config.Webhooks{List: &config.ListWebhooks{JSON: asJSON}}); err != nil {
			t.Fatal(err)
		}
		return s.stdout.take()
	}
	if got := list(false); !strings.Contains(got, "There is no endpoint") {
		t.Errorf("printed %s", got)
	}
	if err := s.register(t, config.RegisterWebhook{URL: endpointURL}); err != nil {
		t.Fatal(err)
	}
	s.stdout.take()
	if got := list(false); !strings.Contains(got, "as ours") || strings.Count(got, "\n") != 2 || anySecret.MatchString(got) {
		t.Errorf("printed %s", got)
	}
	s.post(t, "/v1/webhook_endpoints", "url=https://x.example/&enabled_events[]=charge.failed&enabled_events[]=payment_intent.succeeded")
	s.post(t, "/v1/webhook_endpoints", "url=https://y.example/&enabled_events[]=*&api_version=2022-11-15")
	got := list(false)
	for _, want := range []string{
		"missing, 1 more", " all ", "is not of version 2023-10-16", "does not get ", "also gets charge.failed", "and ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
	lines := strings.Split(strings.TrimSpace(list(true)), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	var first struct {
		ID, URL string
		Missing []string `json:"missing_types"`
		More    []string `json:"more_types"`
	}
	for _, line := range lines {
		if err := json.Unmarshal([]byte(line), &first); err != nil {
			t.Fatal(err)
		}
		if first.URL == endpointURL && len(first.Missing)+len(first.More) != 0 {
			t.Errorf("got %s", line)
		}
	}
}

// A rotation leaves one endpoint, with another secret, and the old one's end stands in the file.
func TestRotate(t *testing.T) {
	s := newStripe(t)
	path := filepath.Join(t.TempDir(), "secrets")
	if err := s.register(t, config.RegisterWebhook{URL: endpointURL, SecretsFile: path}); err != nil {
		t.Fatal(err)
	}
	old := s.endpoints(t)[0]
	begin := time.Now()
	if err := s.rotate(t, config.RotateWebhook{URL: endpointURL, Overlap: 50 * time.Millisecond, SecretsFile: path}); err != nil {
		t.Fatal(err)
	}
	all := s.endpoints(t)
	if len(all) != 1 || all[0].ID == old.ID || time.Since(begin) < 50*time.Millisecond {
		t.Errorf("after %v there are %v", time.Since(begin), all)
	}
	secrets, err := webhook.ParseSecrets([]byte(readFile(t, path)), time.Now())
	if err != nil || len(secrets) != 2 || secrets[0].Until.IsZero() || !secrets[1].Until.IsZero() {
		t.Fatalf("the file holds %d secrets, %v: %s", len(secrets), err, readFile(t, path))
	}
	if until := time.Until(secrets[0].Until); until < 5*time.Minute || until > 15*time.Minute {
		t.Errorf("the old secret is good for %v", until)
	}
	if out := s.stdout.take() + s.stderr.take(); !strings.Contains(out, old.ID+" is deleted") || anySecret.MatchString(out) {
		t.Errorf("printed %s", out)
	}
	wants(t, s.rotate(t, config.RotateWebhook{URL: "https://other.example/", Overlap: time.Minute}), "no endpoint", "register")
}

// To interrupt the wait is safe, and the way to the end is told.
func TestRotateInterrupted(t *testing.T) {
	s := newStripe(t)
	if err := s.register(t, config.RegisterWebhook{URL: endpointURL}); err != nil {
		t.Fatal(err)
	}
	old := s.endpoints(t)[0]
	first := anySecret.FindString(s.stdout.take())
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- s.run(ctx, config.Webhooks{Rotate: &config.RotateWebhook{URL: endpointURL, Overlap: time.Hour}})
	}()
	deadline := time.Now().Add(20 * time.Second)
	for err := ""; !strings.Contains(err, "Ctrl-C is safe"); err += s.stderr.take() {
		if time.Now().After(deadline) {
			t.Fatalf("it does not wait: %s", err)
		}
		<-time.After(time.Millisecond)
	}
	interrupt()
	wants(t, <-ended, "both endpoints stand", "rotate --finish "+old.ID)
	if second := anySecret.FindString(s.stdout.take()); second == "" || second == first {
		t.Error("there is no new secret")
	}

	again := config.RotateWebhook{URL: endpointURL, Overlap: time.Minute}
	wants(t, s.rotate(t, again), "2 endpoints", "rotate --finish "+old.ID)
	if err := s.rotate(t, config.RotateWebhook{Finish: old.ID}); err != nil {
		t.Fatal(err)
	}
	left := s.endpoints(t)
	if len(left) != 1 || left[0].ID == old.ID {
		t.Errorf("%v are left", left)
	}
	// The last one that brings events is not deleted so.
	wants(t, s.rotate(t, config.RotateWebhook{Finish: left[0].ID}), "it is not deleted")
	wants(t, s.rotate(t, config.RotateWebhook{Finish: old.ID}), "no such endpoint")
	if got := s.endpoints(t); len(got) != 1 {
		t.Errorf("%v are left", got)
	}
}

// In which line of a file the end is written.
func TestRotateMarks(t *testing.T) {
	lines := secretLines(3)
	const over = " 2020-01-01T00:00:00Z"
	for _, tt := range []struct {
		name, file string
		// want is the file before the new secret, with UNTIL for the time and ID for the endpoint; empty where it is refused.
		want string
	}{
		{"the only one", lines[0], lines[0] + " UNTIL\n"},
		{"under its comment", "# we_0\n" + lines[0] + "\n# ID x\n\n" + lines[1] + "\n" + lines[2], "# we_0\n" + lines[0] + "\n# ID x\n\n" + lines[1] + " UNTIL\n" + lines[2] + "\n"},
		{"the only one without a name", "# we_0\n" + lines[0] + "\n" + lines[1] + "\n", "# we_0\n" + lines[0] + "\n" + lines[1] + " UNTIL\n"},
		{"another's alone", "# we_0\n" + lines[0] + "\n", "# we_0\n" + lines[0] + "\n"},
		{"one that is over goes", "# we_0\n" + lines[0] + over + "\n# ID\n" + lines[1] + "\n", "# ID\n" + lines[1] + " UNTIL\n"},
		{"one that ends is left", lines[0] + " 2099-01-01T00:00:00Z\n" + lines[1] + "\n", lines[0] + " 2099-01-01T00:00:00Z\n" + lines[1] + " UNTIL\n"},
		{"which of two", lines[0] + "\n" + lines[1] + "\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStripe(t)
			if err := s.register(t, config.RegisterWebhook{URL: endpointURL}); err != nil {
				t.Fatal(err)
			}
			id := s.endpoints(t)[0].ID
			path := fileWith(t, strings.ReplaceAll(tt.file, "ID", id))
			err := s.rotate(t, config.RotateWebhook{URL: endpointURL, Overlap: time.Millisecond, SecretsFile: path})
			if tt.want == "" {
				wants(t, err, "which of its secrets is that of "+id)
				if all := s.endpoints(t); len(all) != 1 || readFile(t, path) != tt.file {
					t.Errorf("%d endpoints, and the file holds %s", len(all), readFile(t, path))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			before, _, _ := strings.Cut(readFile(t, path), "# "+s.endpoints(t)[0].ID)
			until := regexp.MustCompile(`20(2[5-9]|[3-8]\d)-\S+Z`)
			if diff := cmp.Diff(strings.ReplaceAll(tt.want, "ID", id), until.ReplaceAllString(before, "UNTIL")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A link to the file stays one, and so does the mode.
func TestSecretsFileStays(t *testing.T) {
	s := newStripe(t)
	file := fileWith(t, "# of the operator\n"+secretLines(1)[0])
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := s.register(t, config.RegisterWebhook{URL: endpointURL, SecretsFile: link}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if info, err = os.Stat(file); err != nil || info.Mode().Perm() != 0o640 || !strings.HasPrefix(readFile(t, file), "# of the operator\n") {
		t.Errorf("the file is %v, %v", info, err)
	}
}

// Who has no right at Stripe is told what is missing, and not what Stripe said.
func TestWebhooksWithoutARight(t *testing.T) {
	s := newStripe(t)
	server := httptest.NewServer(answering(403, `{"error": {"type": "invalid_request_error", "message": "canary"}}`))
	t.Cleanup(server.Close)
	s.URL = server.URL
	err := s.register(t, config.RegisterWebhook{URL: endpointURL})
	wants(t, err, "STRIPE_CREDENTIALS", "is it the right key")
	if strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
}
