package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// What makes no sense is refused with the name of the field, and does nothing.
func TestControlRefusesNonsense(t *testing.T) {
	s := sandbox.New(sandbox.Config{})
	post := func(path, body string) (int, string) {
		t.Helper()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_sandbox/"+path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	for _, tt := range []struct{ path, body, want string }{
		{"faults", `{"kind":"drop_after"}]`, "more than one"},
		{"faults", `{"kind":"drop_after"} {}`, "more than one"},
		{"faults", `{"kind":"delay","delay_ms":9223372036854775807}`, "delay_ms"},
		{"faults", `{"kind":"drop_after","method":"post"}`, "method"},
		{"faults", `{"kind":"drop_after","path":"v1/charges"}`, "path"},
		{"clock/advance", `{"seconds":0}`, "seconds"},
		{"clock/advance", `{"seconds":9223372036854775807}`, "seconds"},
	} {
		if code, body := post(tt.path, tt.body); code != http.StatusBadRequest || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s: %d %s, want 400 about %s", tt.path, tt.body, code, body, tt.want)
		}
	}
	if len(s.Faults()) != 0 {
		t.Errorf("%v was added", s.Faults())
	}

	// The clock is moved to its end, and not beyond; payments are made there as anywhere.
	const tenYears = `{"seconds":315360000}`
	for moves := 1; ; moves++ {
		if code, _ := post("clock/advance", tenYears); code != http.StatusOK {
			if moves != 6 {
				t.Errorf("the clock stops after %d moves of ten years, want 5", moves-1)
			}
			break
		}
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/payment_intents",
		strings.NewReader("amount=2000&currency=usd"))
	req.Header.Set("Authorization", "Bearer sk_test_1")
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, req); w.Code != http.StatusOK {
		t.Errorf("a payment at the end of time: %d %s", w.Code, w.Body)
	}
}
