package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

var full = flag.Bool("full", false, "run the full sizes")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(pgcluster.Run(m))
}

const (
	secret  = "whsec_canary0123456789canary0123456789"
	account = "acct_1"
	// patience is how long a test waits for what must come.
	patience = 20 * time.Second
)

// engines are the two databases; url is that of a fresh one.
var engines = []struct {
	name string
	url  func(t *testing.T) string
}{
	{"sqlite", func(t *testing.T) string { t.Helper(); return "sqlite:" + filepath.Join(t.TempDir(), "tillgate.db") }},
	{"postgres", func(t *testing.T) string { t.Helper(); return pgcluster.Database(t) }},
}

func openStore(t *testing.T, url string) store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a test may have closed it
	return s
}

// memory is a store for tests that are about requests alone.
type memory struct {
	mu   sync.Mutex
	kept map[string]store.Delivery
	// do takes the place of keeping, where it is set.
	do func(ctx context.Context, d store.Delivery) (bool, error)
}

func (m *memory) Receive(ctx context.Context, d store.Delivery) (bool, error) {
	if m.do != nil {
		return m.do(ctx, d)
	}
	return m.keep(d), nil
}

func (m *memory) keep(d store.Delivery) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.kept[d.ID]
	if !known {
		if m.kept == nil {
			m.kept = map[string]store.Delivery{}
		}
		m.kept[d.ID] = d
	}
	return !known
}

// intake is a handler, and what it says.
type intake struct {
	*webhook.Handler

	secrets *webhook.Secrets
	keys    *seal.Keys
	log     *lockedBuffer
	metrics *prometheus.Registry
}

// newIntake takes webhooks in for a store. Its clock stands still at noon unless change gives it another.
func newIntake(t *testing.T, s webhook.Receiver, change func(*webhook.Config)) *intake {
	t.Helper()
	keys, err := seal.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	in := &intake{
		secrets: webhook.NewSecrets([]webhook.Secret{webhook.NewSecret(secret)}),
		keys:    keys,
		log:     &lockedBuffer{},
		metrics: prometheus.NewPedanticRegistry(),
	}
	c := webhook.Config{
		Store: s, Keys: in.keys, Secrets: in.secrets, Account: account, Now: func() time.Time { return noon },
		Logger: slog.New(slog.NewJSONHandler(in.log, nil)), Registerer: in.metrics,
	}
	if change != nil {
		change(&c)
	}
	in.Handler, err = webhook.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// results are how many requests ended so.
func (in *intake) results(t *testing.T, result string) int {
	t.Helper()
	families, err := in.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "tillgate_webhook_requests_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == result {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	t.Fatalf("there is no result %q", result)
	return 0
}

// serve serves a handler as the server does, and returns its address.
func serve(t *testing.T, h http.Handler, change func(*http.Server)) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := webhook.NewServer(h, slog.New(slog.DiscardHandler))
	if change != nil {
		change(server)
	}
	ended := make(chan struct{})
	go func() {
		_ = server.Serve(webhook.Limit(listener)) // until it is closed
		close(ended)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return listener.Addr().String()
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sign is the header that Stripe would send.
func sign(secret string, at time.Time, body string) string {
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), proof(secret, at, body))
}

func proof(secret string, at time.Time, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return hex.EncodeToString(mac.Sum(nil))
}

// event is the body of an event of ours.
func event(id string) string {
	return `{"id": "` + id + `", "object": "event", "api_version": "2023-10-16", "created": 1772366400, "livemode": false,
		"type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1", "object": "payment_intent",
		"client_secret": "pi_1_secret_canary"}}, "request": {"id": null, "idempotency_key": null}}`
}

// request is a webhook; change makes it another one.
func request(t *testing.T, addr, body string, change func(*http.Request)) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+webhook.Path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Stripe-Signature", sign(secret, noon, body))
	if change != nil {
		change(r)
	}
	return r
}

// send sends a request and reads all of the answer.
func send(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}

// post sends a body that is signed at noon, and returns the status.
func post(t *testing.T, addr, body string) int {
	t.Helper()
	resp, _ := send(t, request(t, addr, body, nil))
	return resp.StatusCode
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// waiting are the deliveries that wait, as they are claimed.
func waiting(t *testing.T, s store.Store) []store.ClaimedDelivery {
	t.Helper()
	claimed, err := s.ClaimDeliveries(t.Context(), time.Minute, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	return claimed
}
