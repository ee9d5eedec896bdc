package proof_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/tillgate/tillgate/client"
	"github.com/tillgate/tillgate/server/internal/config"
)

// The callers of every server here. The operator sees what all of them did.
const (
	shop     = "shop"
	market   = "market"
	operator = "operator"
)

// nobodyThere is the URL of a Stripe to which no connection can be made.
const nobodyThere = "http://127.0.0.1:1"

// stand is a Stripe, a database, and servers between them and their callers.
type stand struct {
	stripe    *stripe
	db        *database
	servers   []*server
	directory string
}

// hookSecret signs the webhooks of a stand.
const hookSecret = "whsec_proof0123456789proof0123456789"

// server is one server, at the same addresses in all its lives. Stripe's webhooks go to hook.
type server struct {
	*process
	addr, hook string
}

// newStand makes a stand with servers that are not started yet, with more flags where there are some.
func newStand(t *testing.T, db *database, replicas int, flags ...string) *stand {
	t.Helper()
	s := &stand{stripe: startStripe(t), db: db, directory: t.TempDir()}
	sealKey := make([]byte, 32)
	_, _ = rand.Read(sealKey) // It never fails.
	s.write(t, "seal.key", []byte(base64.StdEncoding.EncodeToString(sealKey)+"\n"))
	s.write(t, "webhook.secrets", []byte(hookSecret+"\n"))
	s.admit(t, "")
	for i := range replicas {
		addr, hook := freeAddr(t), freeAddr(t)
		environment := map[string]string{
			config.KeyVariable: "sk_test_proof", "TILLGATE_STORE": db.url, "TILLGATE_STRIPE_URL": s.stripe.url,
		}
		arguments := append([]string{
			"serve", "--grpc-addr", addr, "--ops-addr", "127.0.0.1:0", "--webhook-addr", hook,
			"--webhook-secrets-file", filepath.Join(s.directory, "webhook.secrets"), "--stripe-account", "acct_1Proof", "--insecure",
			"--seal-key-file", filepath.Join(s.directory, "seal.key"), "--callers", filepath.Join(s.directory, "callers.json"),
			"--lame-duck", "0s",
		}, flags...)
		s.servers = append(s.servers, &server{newProcess(t, fmt.Sprintf("server %d", i), environment, arguments...), addr, hook})
	}
	return s
}

func (s *stand) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.directory, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// admit writes the callers file. A caller's token is its name and the suffix.
func (s *stand) admit(t *testing.T, suffix string) {
	t.Helper()
	type entry struct {
		Name        string   `json:"name"`
		TokenSHA256 []string `json:"token_sha256"`
		Scopes      []string `json:"scopes"`
	}
	scopes := []string{
		"PAYMENTS_READ", "PAYMENTS_WRITE", "REFUNDS_WRITE", "OPERATIONS_READ", "CUSTOMERS_READ", "CUSTOMERS_WRITE",
		"SUBSCRIPTIONS_READ", "SUBSCRIPTIONS_WRITE",
	}
	entries := []entry{
		{Name: shop, Scopes: scopes},
		{Name: market, Scopes: scopes},
		{Name: operator, Scopes: []string{"OPERATIONS_READ", "OPERATIONS_READ_ALL", "EVENTS_READ", "EVENTS_ADMIN"}},
	}
	for i := range entries {
		digest := sha256.Sum256([]byte(entries[i].Name + suffix))
		entries[i].TokenSHA256 = []string{hex.EncodeToString(digest[:])}
	}
	data, err := json.Marshal(map[string]any{"callers": entries})
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "callers.json", data)
}

// serve starts a server that must become ready.
func (s *server) serve(t *testing.T) {
	t.Helper()
	if _, err := s.launch(nil); err != nil {
		t.Fatal(err)
	}
}

// crashing starts a server that ends at a crash point, perhaps before it is ready.
func (s *server) crashing(t *testing.T, point string) {
	t.Helper()
	if _, err := s.launch(crashAt(point)); err != nil && !s.killed() {
		t.Fatal(err)
	}
}

func crashAt(point string) map[string]string {
	return map[string]string{config.CrashVariable: point}
}

// as returns a client of a server, as one of its callers.
func (s *server) as(t *testing.T, caller string, opts ...client.Option) tillgate {
	t.Helper()
	made, err := client.New(s.addr, append([]client.Option{
		client.WithInsecure(), client.WithToken(caller), client.WithTimeout(longWait), client.WithDialOptions(impatient()),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.Close)
	return services{made.Payments, made.Customers, made.Subscriptions}
}

// impatient connects to a server that was killed as soon as it is back.
func impatient() grpc.DialOption {
	return grpc.WithConnectParams(grpc.ConnectParams{
		Backoff: backoff.Config{
			BaseDelay: 20 * time.Millisecond, Multiplier: 1.5, MaxDelay: 200 * time.Millisecond,
		},
		MinConnectTimeout: time.Second,
	})
}

var ports struct {
	mu    sync.Mutex
	taken map[int]bool
}

// freeAddr is an address for a server that must find it free again after each of its lives: it lies outside the range
// from which the system takes ports for others.
func freeAddr(t *testing.T) string {
	t.Helper()
	ports.mu.Lock()
	defer ports.mu.Unlock()
	if ports.taken == nil {
		ports.taken = map[int]bool{}
	}
	for range 1000 {
		port := 10_000 + mathrand.IntN(20_000)
		if ports.taken[port] {
			continue
		}
		ports.taken[port] = true
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	t.Fatal("no port is free")
	return ""
}
