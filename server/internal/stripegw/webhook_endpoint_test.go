package stripegw_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestWebhookEndpointsInTheSandbox: an endpoint is made with our types at our version, is listed without its secret, and
// is deleted. A second one with the same address is another.
func TestWebhookEndpointsInTheSandbox(t *testing.T) {
	b := newBench(t)
	const address = "https://example.com/webhooks/stripe"
	var made []stripegw.WebhookEndpoint
	for range 2 {
		endpoint, err := b.gateway.CreateWebhookEndpoint(t.Context(), address)
		if err != nil {
			t.Fatalf("%v\n%s", err, visible(err))
		}
		types := slices.Sorted(slices.Values(endpoint.Types))
		if endpoint.URL != address || endpoint.Status != "enabled" || endpoint.APIVersion != "2023-10-16" ||
			!strings.HasPrefix(endpoint.Secret, "whsec_") || endpoint.CreateTime.Unix() <= 0 ||
			!slices.Equal(types, stripegw.EventTypes()) {
			t.Errorf("made %+v %v", endpoint, endpoint.Types)
		}
		made = append(made, endpoint)
	}
	if made[0].ID == made[1].ID || made[0].Secret == made[1].Secret {
		t.Error("the second is the first")
	}
	if err := b.gateway.DeleteWebhookEndpoint(t.Context(), made[0].ID); err != nil {
		t.Fatalf("%v\n%s", err, visible(err))
	}
	listed, err := b.gateway.WebhookEndpoints(t.Context())
	if err != nil || len(listed) != 1 || listed[0].ID != made[1].ID || listed[0].Secret != "" {
		t.Errorf("listed %v, %v", listed, err)
	}
	wantReason(t, b.gateway.DeleteWebhookEndpoint(t.Context(), made[0].ID),
		paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING)
	_, err = b.gateway.CreateWebhookEndpoint(t.Context(), "nowhere")
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD)
}

// TestWebhookEndpointKeys: each call has a key of its own, so that two are two endpoints, and sends once.
func TestWebhookEndpointKeys(t *testing.T) {
	stripe := newStripe(t, answer(http.StatusOK, `{"object":"webhook_endpoint","id":"we_1","secret":"whsec_1","deleted":true}`))
	g := newGateway(t, stripe.URL)
	for range 2 {
		if _, err := g.CreateWebhookEndpoint(t.Context(), "https://example.com"); err != nil {
			t.Fatal(err)
		}
		if err := g.DeleteWebhookEndpoint(t.Context(), "we_1"); err != nil {
			t.Fatal(err)
		}
	}
	keys := map[string]bool{}
	for _, r := range stripe.requests {
		keys[r.Header.Get("Idempotency-Key")] = true
	}
	if len(keys) != 4 || keys[""] || stripe.arrivals() != 4 {
		t.Errorf("%d requests with the keys %v", stripe.arrivals(), keys)
	}
}

// TestEndpointUncertain: where Stripe may have made or deleted it, the error does not say that nothing was done.
func TestEndpointUncertain(t *testing.T) {
	for _, tt := range []struct {
		status    int
		body      string
		uncertain bool
	}{
		{http.StatusOK, `{"object":"webhook_endpoint"`, true},
		{http.StatusOK, `{"object":"webhook_endpoint","id":"we_1"}`, true},
		{http.StatusOK, `{"object":"charge","id":"ch_1","secret":"whsec_1","deleted":true}`, true},
		{http.StatusInternalServerError, `{"error":{"type":"api_error","message":"` + canary + `"}}`, true},
		{http.StatusBadGateway, "<html>", true},
		{http.StatusBadRequest, `{"error":{"type":"invalid_request_error","message":"` + canary + `"}}`, false},
		{http.StatusUnauthorized, `{"error":{"type":"invalid_request_error","message":"` + canary + `"}}`, false},
	} {
		g := newGateway(t, newStripe(t, answer(tt.status, tt.body)).URL)
		_, err := g.CreateWebhookEndpoint(t.Context(), "https://example.com")
		for _, err := range []error{err, g.DeleteWebhookEndpoint(t.Context(), "we_1")} {
			if errors.Is(err, stripegw.ErrEndpointUncertain) != tt.uncertain || err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("%d %s: %v", tt.status, tt.body, err)
			}
		}
	}
	closed := newStripe(t, nil)
	closed.Close()
	_, err := newGateway(t, closed.URL).CreateWebhookEndpoint(t.Context(), "https://example.com")
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE)
}

// TestPrintedEndpointHidesItsSecret also in errors.
func TestPrintedEndpointHidesItsSecret(t *testing.T) {
	endpoint := stripegw.WebhookEndpoint{ID: "we_1", Secret: canary}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, endpoint); strings.Contains(text, canary) {
			t.Errorf("%s prints %s", verb, text)
		}
	}
	for _, body := range []string{
		`{"object":"webhook_endpoint","secret":"` + canary + `"}`, `{"secret":"` + canary, `"` + canary + `"`,
		`{"object":"charge","id":"we_1","secret":"` + canary + `"}`,
	} {
		g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(body) })
		_, err := g.CreateWebhookEndpoint(t.Context(), "https://example.com")
		if err = errors.Join(err, g.DeleteWebhookEndpoint(t.Context(), "we_1")); strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
