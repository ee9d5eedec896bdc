package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// start is the time at which every test begins.
var start = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// clock is a clock that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// api speaks to a sandbox in the same process, as a client with a test key would.
type api struct {
	*sandbox.Sandbox
	clock *clock
}

func newAPI() api {
	c := &clock{now: start}
	return api{sandbox.New(sandbox.Config{Now: c.Now}), c}
}

// reply is a decoded answer.
type reply struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// pair is one header of a request.
type pair struct{ name, value string }

func key(value string) pair { return pair{"Idempotency-Key", value} }

func (a api) do(t *testing.T, method, path, form string, headers ...pair) reply {
	t.Helper()
	got, err := a.try(t, method, path, form, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

func (a api) try(t *testing.T, method, path, form string, headers ...pair) (reply, error) {
	t.Helper()
	target := "http://stripe.test" + path
	var body io.Reader
	if method == http.MethodGet && form != "" {
		target += "?" + form
	} else if form != "" {
		body = strings.NewReader(form)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk_test_sandbox")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range headers {
		r.Header.Set(h.name, h.value)
	}
	response, err := a.RoundTrip(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	got := reply{status: response.StatusCode, header: response.Header, raw: string(raw)}
	_ = json.NewDecoder(bytes.NewReader(raw)).Decode(&got.body) // a test that wants JSON looks into body
	return got, nil
}

func (a api) post(t *testing.T, path, form string, headers ...pair) reply {
	t.Helper()
	return a.do(t, http.MethodPost, path, form, headers...)
}

func (a api) get(t *testing.T, path, query string, headers ...pair) reply {
	t.Helper()
	return a.do(t, http.MethodGet, path, query, headers...)
}

// pay creates and confirms a payment of 20 dollars in one request.
func (a api) pay(t *testing.T, method, more string, headers ...pair) reply {
	t.Helper()
	return a.post(t, "/v1/payment_intents", payment(method)+more, headers...)
}

func payment(method string) string {
	return "amount=2000&currency=usd&confirm=true&payment_method_types[]=card&payment_method=" + url.QueryEscape(method)
}

// at follows names into the answer; nil means null or missing.
func (r reply) at(path ...string) any {
	var v any = r.body
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (r reply) text(path ...string) string {
	s, _ := r.at(path...).(string)
	return s
}

// want fails the test unless the answer has the status and, at each dotted path, the value.
func (r reply) want(t *testing.T, status int, values map[string]any) {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.raw)
	}
	for path, want := range values {
		got := r.at(strings.Split(path, ".")...)
		if n, ok := want.(int); ok {
			want = float64(n)
		}
		if got != want {
			t.Errorf("%s is %#v, want %#v", path, got, want)
		}
	}
}
