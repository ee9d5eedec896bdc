package proof_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// ourKeys begin all idempotency keys that Tillgate makes.
const ourKeys = "tg1-"

// stripe is the sandbox as a process of its own: it stands while servers come and go.
type stripe struct {
	url  string
	http *http.Client
}

func startStripe(t *testing.T) *stripe {
	t.Helper()
	p := newProcess(t, "the sandbox", nil, "sandbox", "--sandbox-addr", "127.0.0.1:0")
	line, err := p.launch(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &stripe{url: "http://" + line.SandboxAddr, http: &http.Client{Timeout: longWait}}
}

// exchange speaks to the sandbox and decodes its answer.
func (s *stripe) exchange(method, path, contentType string, body []byte, into any) error {
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(body)) //nolint:noctx // The client has a timeout.
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer sk_test_proof")
	req.Header.Set("Content-Type", contentType)
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // It was only read.
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, data)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(data, into)
}

// fault adds a fault.
func (s *stripe) fault(f sandbox.Fault) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return s.exchange(http.MethodPost, "/_sandbox/faults", "application/json", data, nil)
}

// breaks is fault for a test that can not go on without.
func (s *stripe) breaks(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if err := s.fault(f); err != nil {
		t.Fatal(err)
	}
}

// heal ends all faults, and says how often each kind was met.
func (s *stripe) heal(t *testing.T) map[sandbox.FaultKind]int {
	t.Helper()
	var rules struct {
		Faults []sandbox.Fault `json:"faults"`
	}
	if err := s.exchange(http.MethodGet, "/_sandbox/faults", "", nil, &rules); err != nil {
		t.Fatal(err)
	}
	if err := s.exchange(http.MethodDelete, "/_sandbox/faults", "", nil, nil); err != nil {
		t.Fatal(err)
	}
	met := map[sandbox.FaultKind]int{}
	for _, f := range rules.Faults {
		met[f.Kind] += f.Fired
	}
	return met
}

// ledger is how money moved by our doing. What a test prepared without us has none of our keys.
func (s *stripe) ledger(t *testing.T) []sandbox.LedgerEntry {
	t.Helper()
	var answer struct {
		Entries []sandbox.LedgerEntry `json:"entries"`
	}
	if err := s.exchange(http.MethodGet, "/_sandbox/ledger", "", nil, &answer); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(answer.Entries, func(e sandbox.LedgerEntry) bool {
		return !strings.HasPrefix(e.IdempotencyKey, ourKeys)
	})
}

// moves waits until the ledger has a movement of ours.
func (s *stripe) moves(t *testing.T) {
	t.Helper()
	poll(t, "money to move", func() bool { return len(s.ledger(t)) > 0 })
}

// posts are our requests that can change something, oldest first.
func (s *stripe) posts(t *testing.T) []sandbox.RequestEntry {
	t.Helper()
	return slices.DeleteFunc(s.requests(t), func(e sandbox.RequestEntry) bool {
		return !strings.HasPrefix(e.IdempotencyKey, ourKeys)
	})
}

func (s *stripe) requests(t *testing.T) []sandbox.RequestEntry {
	t.Helper()
	var answer struct {
		Requests []sandbox.RequestEntry `json:"requests"`
	}
	if err := s.exchange(http.MethodGet, "/_sandbox/requests", "", nil, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Requests
}

// make makes an object at Stripe without us, and returns its id. The pairs are the form.
func (s *stripe) make(t *testing.T, path string, pairs ...string) string {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	var made struct {
		ID string `json:"id"`
	}
	err := s.exchange(http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()), &made)
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// poll waits until a condition holds.
func poll(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(2 * longWait)
	for !holds() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
