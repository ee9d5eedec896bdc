package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// A client may keep a header under a name that is not canonical. Over a socket nobody can tell, so nobody must in process.
func TestRoundTripReadsHeadersAsTheWireDoes(t *testing.T) {
	s := sandbox.New(sandbox.Config{})
	replayed := func() string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://stripe/v1/payment_intents",
			strings.NewReader("amount=2000&currency=usd&payment_method=pm_card_visa&payment_method_types[]=card&confirm=true"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer sk_test_1")
		req.Header["idempotency-key"] = []string{"key-1"}
		resp, err := s.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || len(req.Header) != 2 {
			t.Errorf("status %d, and the request's header is now %v", resp.StatusCode, req.Header)
		}
		return resp.Header.Get("Idempotent-Replayed")
	}
	if first, second := replayed(), replayed(); first != "" || second != "true" || len(s.Ledger()) != 1 {
		t.Errorf("replayed = %q, then %q, with %d charges; want a replay and one charge", first, second, len(s.Ledger()))
	}
}
