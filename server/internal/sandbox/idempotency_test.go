package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// Every rule here: docs.stripe.com/api/idempotent_requests and docs.stripe.com/error-low-level.
func TestT01_ReplayGivesTheSameAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method string
		status       int
	}{
		{"success", "pm_card_visa", 200},
		{"decline", "pm_card_visa_chargeDeclined", 402},
		{"action", "pm_card_threeDSecure2Required", 200},
		{"found to be wrong while executing", "pm_unknown", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			first := a.pay(t, tt.method, "", key("order-1"))
			first.want(t, tt.status, nil)
			if first.header.Get("Idempotency-Key") != "order-1" || first.header.Get("Idempotent-Replayed") != "" ||
				first.header.Get("Original-Request") != first.header.Get("Request-Id") {
				t.Errorf("headers of the first answer: %v", first.header)
			}
			moved := len(a.Ledger())
			again := a.pay(t, tt.method, "", key("order-1"))
			if again.raw != first.raw || again.status != first.status {
				t.Errorf("the replay differs: %d %s", again.status, again.raw)
			}
			if again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("Idempotency-Key") != "order-1" ||
				again.header.Get("Original-Request") != first.header.Get("Request-Id") ||
				again.header.Get("Request-Id") == first.header.Get("Request-Id") {
				t.Errorf("headers of the replay: %v", again.header)
			}
			if len(a.Ledger()) != moved {
				t.Error("the replay moved money")
			}
		})
	}
}

func TestT01_KeyWithOtherParameters(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.pay(t, "pm_card_visa", "", key("k"))
	for name, other := range map[string]func() reply{
		"parameter": func() reply { return a.pay(t, "pm_card_visa", "&description=x", key("k")) },
		"endpoint":  func() reply { return a.post(t, intentsPath+"/pi_x/confirm", "", key("k")) },
	} {
		got := other()
		got.want(t, 400, map[string]any{
			"error.type": "idempotency_error", "error.code": nil,
			"error.message": "Keys for idempotent requests can only be used with the same parameters they were first used with. " +
				"Try using a key other than 'k' if you meant to execute a different request.",
		})
		if got.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("another %s was called a replay", name)
		}
	}
	if n := len(a.Ledger()); n != 1 {
		t.Errorf("%d movements of money, want 1", n)
	}
	// The order and the brackets do not matter, the parameters do.
	same := "payment_method_types[0]=card&payment_method=pm_card_visa&confirm=true&currency=usd&amount=2000"
	if got := a.post(t, intentsPath, same, key("k")); got.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the same parameters in another order: %d %s", got.status, got.raw)
	}
}

// What failed before execution began is not kept: the key may be used again.
func TestT01_NotKept(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		spoil  func(t *testing.T, a api) reply
		status int
	}{
		{"validation", func(t *testing.T, a api) reply {
			t.Helper()
			return a.pay(t, "pm_card_visa", "&foo=1", key("k"))
		}, 400},
		{"authentication", func(t *testing.T, a api) reply {
			t.Helper()
			return a.pay(t, "pm_card_visa", "", key("k"), pair{"Authorization", "Bearer nonsense"})
		}, 401},
		{"unknown URL", func(t *testing.T, a api) reply {
			t.Helper()
			return a.post(t, "/v1/foo", "", key("k"))
		}, 404},
		{"rate limit", func(t *testing.T, a api) reply {
			t.Helper()
			mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429, Count: 1})
			return a.pay(t, "pm_card_visa", "", key("k"))
		}, 429},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			tt.spoil(t, a).want(t, tt.status, nil)
			got := a.pay(t, "pm_card_visa", "", key("k"))
			got.want(t, 200, nil)
			if got.header.Get("Idempotent-Replayed") != "" {
				t.Error("the refusal was kept under the key")
			}
		})
	}
}

func TestT01_InvalidParametersOutrankTheKey(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.pay(t, "pm_card_visa", "", key("k"))
	a.pay(t, "pm_card_visa", "&foo=1", key("k")).want(t, 400, map[string]any{"error.code": "parameter_unknown"})
	a.pay(t, "pm_card_visa", "", key("k"), pair{"Authorization", ""}).want(t, 401, nil)
}

func TestT01_KeysLiveForADay(t *testing.T) {
	t.Parallel()
	for _, advance := range []func(a api, by time.Duration){
		func(a api, by time.Duration) { a.clock.Advance(by) },
		func(a api, by time.Duration) { a.Advance(by) },
	} {
		a := newAPI()
		first := a.pay(t, "pm_card_visa", "", key("k")).text("id")
		advance(a, 24*time.Hour-time.Second)
		if again := a.pay(t, "pm_card_visa", "", key("k")).text("id"); again != first {
			t.Error("the key was forgotten before a day had passed")
		}
		advance(a, time.Second)
		if again := a.pay(t, "pm_card_visa", "", key("k")).text("id"); again == first {
			t.Error("the key was kept for more than a day")
		}
	}
}

// A GET and a request without a key are never replayed.
func TestT01_KeysCountOnPostOnly(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_visa", "", key("k")).text("id")
	if got := a.get(t, intentsPath+"/"+id, "", key("k")); got.status != 200 || got.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("GET with a used key: %d %v", got.status, got.header)
	}
	one, two := a.pay(t, "pm_card_visa", "").text("id"), a.pay(t, "pm_card_visa", "").text("id")
	if one == two {
		t.Error("two requests without a key gave one payment")
	}
	a.pay(t, "pm_card_visa", "", key(strings.Repeat("k", 256))).want(t, 400, nil)
	a.pay(t, "pm_card_visa", "", key(strings.Repeat("k", 255))).want(t, 200, nil)
}

// A second request with a key whose first is still running: 409, not kept.
func TestT01_KeyInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := api{Sandbox: sandbox.New(sandbox.Config{})}
		mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultDelay, DelayMS: 1000, Count: 1})
		var first reply
		done := make(chan struct{})
		go func() {
			defer close(done)
			first = a.pay(t, "pm_card_visa", "", key("k"))
		}()
		synctest.Wait()
		got := a.pay(t, "pm_card_visa", "", key("k"))
		got.want(t, 409, map[string]any{
			"error.type": "invalid_request_error", "error.code": "idempotency_key_in_use",
			"error.message": "There is currently another in-progress request using this Idempotent Key (that probably means you " +
				"submitted twice, and the other request is still going through): k. Please try again later.",
		})
		<-done
		first.want(t, 200, nil)
		if got := a.pay(t, "pm_card_visa", "", key("k")); got.raw != first.raw {
			t.Errorf("after the first has ended: %d %s", got.status, got.raw)
		}
	})
}

// Many callers with one key make one payment; the answers are the payment or "in use".
func TestT01_ConcurrentKeys(t *testing.T) {
	t.Parallel()
	const keys, callers = 20, 10
	a := newAPI()
	var wg sync.WaitGroup
	for i := range keys * callers {
		wg.Go(func() {
			got, err := a.try(t, http.MethodPost, intentsPath, payment("pm_card_visa"), key(fmt.Sprintf("k%d", i%keys)))
			if err != nil || got.status != 200 && got.status != 409 {
				t.Errorf("%v %d %s", err, got.status, got.raw)
			}
		})
	}
	wg.Wait()
	if n := len(a.Ledger()); n != keys {
		t.Errorf("%d movements of money, want %d", n, keys)
	}
}

func mustAdd(t *testing.T, a api, f sandbox.Fault) {
	t.Helper()
	if err := a.AddFault(f); err != nil {
		t.Fatal(err)
	}
}
