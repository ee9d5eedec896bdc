package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// T-02: each switch, once, on a payment with a key; then the same request again with the key.
func TestT02_EverySwitch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault    sandbox.Fault
		status   int // 0: no answer, -1: a broken body
		moved    int // movements of money after the broken request
		replayed bool
		then     int // status of the second request
	}{
		{sandbox.Fault{Kind: sandbox.FaultDropBefore}, 0, 0, false, 200},
		{sandbox.Fault{Kind: sandbox.FaultDropAfter}, 0, 1, true, 200},
		{sandbox.Fault{Kind: sandbox.FaultTruncate}, -1, 1, true, 200},
		{sandbox.Fault{Kind: sandbox.FaultWrongJSON}, 200, 1, true, 200},
		{sandbox.Fault{Kind: sandbox.FaultSlowBody, DelayMS: 1}, 200, 1, true, 200},
		{sandbox.Fault{Kind: sandbox.FaultDelay, DelayMS: 1}, 200, 1, true, 200},
		{sandbox.Fault{Kind: sandbox.Fault500Before}, 500, 0, true, 500},
		{sandbox.Fault{Kind: sandbox.Fault500After}, 500, 1, true, 500},
		{sandbox.Fault{Kind: sandbox.Fault502HTML}, 502, 0, false, 200},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 401}, 401, 0, false, 200},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403}, 403, 0, false, 200},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 409}, 409, 0, false, 200},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429}, 429, 0, false, 200},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503}, 503, 0, false, 200},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault.Kind)+http.StatusText(tt.fault.Status), func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			tt.fault.Count = 1
			mustAdd(t, a, tt.fault)
			got, err := a.try(t, http.MethodPost, intentsPath, payment("pm_card_visa"), key("k"))
			switch {
			case tt.status <= 0 && !errors.Is(err, io.ErrUnexpectedEOF):
				t.Fatalf("error %v, want an unexpected end", err)
			case tt.status > 0 && (err != nil || got.status != tt.status):
				t.Fatalf("%d %v, want %d", got.status, err, tt.status)
			}
			if isJSON := json.Valid([]byte(got.raw)); err == nil && isJSON ==
				(tt.fault.Kind == sandbox.FaultWrongJSON || tt.fault.Kind == sandbox.Fault502HTML) {
				t.Errorf("body: %s", got.raw)
			}
			if n := len(a.Ledger()); n != tt.moved {
				t.Errorf("%d movements of money, want %d", n, tt.moved)
			}
			again := a.pay(t, "pm_card_visa", "", key("k"))
			again.want(t, tt.then, nil)
			if replayed := again.header.Get("Idempotent-Replayed") == "true"; replayed != tt.replayed {
				t.Errorf("replayed %v, want %v", replayed, tt.replayed)
			}
			if sends := a.Requests("k"); len(sends) != 2 || sends[0].Status != max(tt.status, 0) && tt.status >= 0 {
				t.Errorf("requests %+v", sends)
			}
			if f := a.Faults(); f[0].Fired != 1 {
				t.Errorf("fired %d times", f[0].Fired)
			}
		})
	}
}

// A 429 of the limiter and one of an object's lock, as Stripe words them (docs.stripe.com/rate-limits).
func TestT02_StatusWithBodyAndHeaders(t *testing.T) {
	t.Parallel()
	a := newAPI()
	body := `{"error":{"code":"lock_timeout","message":"This object cannot be accessed right now.","type":"invalid_request_error"}}`
	mustAdd(t, a, sandbox.Fault{
		Kind: sandbox.FaultStatus, Status: 429, Count: 1, Body: json.RawMessage(body),
		Headers: map[string]string{"Stripe-Should-Retry": "true"},
	})
	got := a.pay(t, "pm_card_visa", "", key("k"))
	got.want(t, 429, map[string]any{"error.code": "lock_timeout"})
	if got.header.Get("Stripe-Should-Retry") != "true" || got.header.Get("Stripe-Rate-Limited-Reason") != "" {
		t.Errorf("headers %v", got.header)
	}
	mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429, Count: 1})
	got = a.pay(t, "pm_card_visa", "", key("k"))
	got.want(t, 429, map[string]any{"error.code": "rate_limit", "error.type": "invalid_request_error"})
	if got.header.Get("Stripe-Rate-Limited-Reason") != "global-rate" {
		t.Errorf("headers %v", got.header)
	}
	mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultStatus, Status: 504, Count: 1, Body: json.RawMessage(`"<html>"`)})
	if got = a.pay(t, "pm_card_visa", ""); got.raw != "<html>" || got.status != 504 {
		t.Errorf("%d %s", got.status, got.raw)
	}
}

// Rules choose by method and path, fire with a probability, end after a count, and a delay leaves room for another.
func TestT02_RulesChoose(t *testing.T) {
	t.Parallel()
	a := api{Sandbox: sandbox.New(sandbox.Config{Seed: 7})}
	id := a.pay(t, "pm_card_visa", "").text("id")
	mustAdd(t, a, sandbox.Fault{Kind: sandbox.Fault502HTML, Method: "GET", Path: "/v1/payment_intents/*"})
	a.get(t, intentsPath+"/"+id, "").want(t, 502, nil)
	a.get(t, "/v1/charges/ch_x", "").want(t, 404, nil)
	a.post(t, intentsPath+"/"+id+"/confirm", "").want(t, 400, nil)
	a.ClearFaults()
	a.get(t, intentsPath+"/"+id, "").want(t, 200, nil)

	mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultDelay, DelayMS: 1, Count: 1})
	mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultDropAfter, Count: 1})
	if _, err := a.try(t, http.MethodGet, intentsPath+"/"+id, ""); err == nil {
		t.Error("the delay hid the drop")
	}
	if f := a.Faults(); f[0].Fired != 1 || f[1].Fired != 1 {
		t.Errorf("%+v", f)
	}
	a.ClearFaults()

	mustAdd(t, a, sandbox.Fault{Kind: sandbox.Fault502HTML, Probability: 0.3})
	broken := 0
	for range 1000 {
		if a.get(t, intentsPath+"/"+id, "").status == 502 {
			broken++
		}
	}
	if broken < 230 || broken > 370 {
		t.Errorf("%d of 1000 broke at a probability of 0.3", broken)
	}
}

// A caller that hangs up during a delay gets nothing, but what happened has happened and stands under the key.
func TestT02_CallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := api{Sandbox: sandbox.New(sandbox.Config{})}
		mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultDelay, DelayMS: 60_000, Count: 1})
		client := http.Client{Transport: a.Sandbox, Timeout: time.Second}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://stripe.test"+intentsPath,
			strings.NewReader(payment("pm_card_visa")))
		r.Header.Set("Authorization", "Bearer sk_test_x")
		r.Header.Set("Idempotency-Key", "k")
		response, err := client.Do(r)
		if err == nil {
			_ = response.Body.Close()
			t.Fatal("an answer came in time")
		}
		if n := len(a.Ledger()); n != 1 {
			t.Errorf("%d movements of money, want 1", n)
		}
		if got := a.pay(t, "pm_card_visa", "", key("k")); got.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})
}

// The same faults over a real connection.
func TestT02_OverHTTP(t *testing.T) {
	t.Parallel()
	a := newAPI()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	send := func() (int, string, error) {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+intentsPath,
			strings.NewReader(payment("pm_card_visa")))
		r.Header.Set("Authorization", "Bearer sk_test_x")
		r.GetBody = nil // Go's transport must not send it again by itself
		response, err := server.Client().Do(r)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		return response.StatusCode, string(body), err
	}
	if status, body, err := send(); status != 200 || err != nil || !strings.Contains(body, "succeeded") {
		t.Fatalf("%d %s %v", status, body, err)
	}
	tests := []struct {
		kind  sandbox.FaultKind
		delay int64
		fails bool
		moved int
	}{
		{sandbox.FaultDropBefore, 0, true, 1},
		{sandbox.FaultDropAfter, 0, true, 2},
		{sandbox.FaultTruncate, 0, true, 3},
		{sandbox.FaultSlowBody, 1, false, 4},
		{sandbox.FaultDelay, 1, false, 5},
	}
	for _, tt := range tests {
		mustAdd(t, a, sandbox.Fault{Kind: tt.kind, DelayMS: tt.delay, Count: 1})
		if status, body, err := send(); (err != nil) != tt.fails {
			t.Errorf("%s: %d %s %v", tt.kind, status, body, err)
		}
		if n := len(a.Ledger()); n != tt.moved {
			t.Errorf("%s: %d movements of money, want %d", tt.kind, n, tt.moved)
		}
	}
}
