package sandbox_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

// docs.stripe.com/api/authentication.
func TestT01_Authentication(t *testing.T) {
	t.Parallel()
	const noKey = "You did not provide an API key. You need to provide your API key in the Authorization header, using " +
		"Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for " +
		"details, or we can help at https://support.stripe.com/."
	basic := func(user string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(user)) }
	tests := []struct {
		name, authorization string
		status              int
		code, message       string
	}{
		{"bearer", "Bearer sk_test_123", 404, "resource_missing", "No such charge: 'ch_x'"},
		{"lower case", "bearer sk_test_123", 404, "resource_missing", "No such charge: 'ch_x'"},
		{"basic", basic("sk_test_123:"), 404, "resource_missing", "No such charge: 'ch_x'"},
		{"none", "", 401, "", noKey},
		{"other scheme", "Digest x", 401, "", noKey},
		{"broken basic", "Basic !", 401, "", noKey},
		{"basic without user", basic(":x"), 401, "", noKey},
		{"empty bearer", "Bearer", 401, "", "You did not provide an API key, though you did set your Authorization header to \"Bearer\"..."},
		{"live key", "Bearer sk_live_1234567890abcdef", 401, "", "Invalid API Key provided: sk_live_************cdef"},
		{"bad letters", "Bearer sk_test_12345-7890", 401, "", "Invalid API Key provided: sk_test_******7890"},
		{"nonsense", "Bearer undefined", 401, "", "Invalid API Key provided: *****ined"},
		{"publishable", "Bearer pk_test_123", 401, "secret_key_required", "This API call cannot be made with a publishable API key..."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := newAPI().get(t, "/v1/charges/ch_x", "", pair{"Authorization", tt.authorization})
			got.want(t, tt.status, map[string]any{"error.type": "invalid_request_error"})
			if got.text("error", "code") != tt.code {
				t.Errorf("code %q, want %q", got.text("error", "code"), tt.code)
			}
			message := got.text("error", "message")
			if begin, open := strings.CutSuffix(tt.message, "..."); message != tt.message && (!open || !strings.HasPrefix(message, begin)) {
				t.Errorf("message %q, want %q", message, tt.message)
			}
			if tt.status == 401 && (got.header.Get("Www-Authenticate") == "" || got.text("error", "request_log_url") != "") {
				t.Errorf("401 with headers %v and %s", got.header, got.raw)
			}
		})
	}
}

// Every answer carries a request id and the version (docs.stripe.com/api/request_ids, .../versioning).
func TestT01_Headers(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.pay(t, "pm_card_visa", "").text("id")
	seen := map[string]bool{}
	for name, got := range map[string]reply{
		"200":       a.get(t, intentsPath+"/"+id, ""),
		"created":   a.pay(t, "pm_card_visa", ""),
		"402":       a.pay(t, "pm_card_visa_chargeDeclined", ""),
		"400":       a.post(t, intentsPath, ""),
		"401":       a.get(t, "/v1/charges/ch_x", "", pair{"Authorization", ""}),
		"403":       a.get(t, "/v1/charges/ch_x", "", pair{"Stripe-Account", "acct_other"}),
		"404":       a.get(t, "/v1/foo", ""),
		"404 by id": a.get(t, "/v1/charges/ch_x", ""),
	} {
		request := got.header.Get("Request-Id")
		if !strings.HasPrefix(request, "req_") || len(request) != len("req_")+14 || seen[request] {
			t.Errorf("%s: request id %q", name, request)
		}
		seen[request] = true
		if got.header.Get("Content-Type") != "application/json" || got.header.Get("Stripe-Version") != "2023-10-16" {
			t.Errorf("%s: headers %v", name, got.header)
		}
		// Stripe makes up a key for a POST that has none (captured at 2023-10-16); a GET has none.
		original, made := got.header.Get("Original-Request"), got.header.Get("Idempotency-Key")
		if post := name == "created" || name == "402" || name == "400"; post && (original != request || len(made) != 36) ||
			!post && original+made != "" {
			t.Errorf("%s: without a key, headers %v", name, got.header)
		}
		if !strings.HasPrefix(got.raw, "{\n  \"") || !strings.HasSuffix(got.raw, "\n}\n") {
			t.Errorf("%s: not printed as Stripe prints: %s", name, got.raw)
		}
	}
	if got := a.pay(t, "pm_card_visa", ""); got.header.Get("Stripe-Should-Retry") != "false" {
		t.Error("a POST that was executed must say Stripe-Should-Retry: false")
	}
	if got := a.get(t, intentsPath+"/"+id, ""); got.header.Get("Stripe-Should-Retry") != "" {
		t.Error("a GET says nothing about retries")
	}
}

func TestT01_AccountAndVersion(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.get(t, "/v1/charges/ch_x", "", pair{"Stripe-Account", "acct_other"}).want(t, 403, map[string]any{
		"error.code": "account_invalid",
		"error.message": "The provided key 'sk_test_***dbox' does not have access to account 'acct_other' (or that account " +
			"does not exist). Application access may have been revoked.",
	})
	a.get(t, "/v1/charges/ch_x", "", pair{"Stripe-Version", "2023-10-16"}).want(t, 404, nil)
	a.get(t, "/v1/charges/ch_x", "", pair{"Stripe-Version", "2099-01-01"}).want(t, 400, map[string]any{
		"error.message": "Invalid Stripe API version: 2099-01-01",
	})
}

// The wire format: JSON is refused, bodies and brackets are bounded, parameters of a POST may stand in the query.
func TestT01_WireFormat(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.do(t, http.MethodPost, intentsPath, `{"amount":1}`, pair{"Content-Type", "application/json"}).want(t, 400, map[string]any{
		"error.message": "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you " +
			"have any questions, we can help at https://support.stripe.com/.",
	})
	a.post(t, intentsPath, "description="+strings.Repeat("x", 2<<20)).want(t, 413, nil)
	a.post(t, intentsPath, "amount=%zz").want(t, 400, nil)
	a.post(t, intentsPath, "amount=%ff").want(t, 400, nil)
	a.post(t, intentsPath, "amount=1&amount[b]=1").want(t, 400, nil)
	a.post(t, intentsPath, "metadata"+strings.Repeat("[a]", 40)+"=1").want(t, 400, nil)
	a.post(t, intentsPath, strings.Repeat("amount=1&", 3000)).want(t, 400, map[string]any{"error.message": "Too many parameters."})
	a.post(t, intentsPath, "amount=100&currency=usd&expand=").want(t, 200, nil)
	a.post(t, intentsPath+"?amount=100&currency=usd", "").want(t, 200, map[string]any{"amount": 100})
	a.post(t, intentsPath, "amount=100&currency=usd&description=a%26b+c&metadata[x+y]=1%2B1").want(t, 200, map[string]any{
		"description": "a&b c", "metadata.x y": "1+1",
	})
}
