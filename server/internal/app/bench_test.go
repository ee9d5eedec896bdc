package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	stripeclient "github.com/stripe/stripe-go/v76/client"
	"google.golang.org/grpc/metadata"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// BenchmarkThroughTillgate compares a call through everything with the same call by stripe-go, made directly: with a
// transport as tuned as ours, and as it comes out of the box. Stripe answers at once, which is the worst case for
// whoever stands between, or after 20 ms, which is nearer to the truth. A create is one without its operation record,
// which BenchmarkRecord measures.
//
//	go test -bench ThroughTillgate -run ^$ ./server/internal/app
func BenchmarkThroughTillgate(b *testing.B) {
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		stripeURL := cannedStripe(b, latency)
		reads := startBenchmark(b, stripeURL, "sqlite:"+filepath.Join(b.TempDir(), "tillgate.db")).connect(b)
		writes := serveWithoutRecord(b, stripeURL)
		concurrencies := []int{16, 64}
		if latency > 0 {
			concurrencies = []int{4}
		}
		for _, base := range []struct {
			name string
			api  *stripeclient.API
		}{
			{"tuned", directStripe(stripeURL, tunedTransport())},
			{"default", directStripe(stripeURL, nil)},
		} {
			for _, concurrency := range concurrencies {
				setting := fmt.Sprintf("stripe=%v/base=%s/c=%d", latency, base.name, concurrency)
				b.Run("get/"+setting, func(b *testing.B) {
					compareSides(b, concurrency, directGet(base.api), throughGet(reads))
				})
				b.Run("create/"+setting, func(b *testing.B) {
					compareSides(b, concurrency, directCreate(base.api), throughCreate(writes))
				})
			}
		}
	}
}

// cannedStripe answers every request with one payment, as the sandbox would.
func cannedStripe(tb testing.TB, latency time.Duration) string {
	tb.Helper()
	req := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "http://stripe/v1/payment_intents", strings.NewReader(
		"amount=2000&currency=usd&payment_method=pm_card_visa&payment_method_types[]=card&confirm=true&expand[]=latest_charge"))
	req.Header.Set("Authorization", "Bearer sk_test_benchmark")
	resp, err := sandbox.New(sandbox.Config{}).RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("the sandbox answers %d: %v", resp.StatusCode, err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if latency > 0 {
			<-time.After(latency)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Request-Id", "req_benchmark")
		_, _ = w.Write(body)
	}))
	tb.Cleanup(server.Close)
	return server.URL
}

// tunedTransport keeps as many connections as there are calls, which Go's default does not.
func tunedTransport() http.RoundTripper {
	return &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
}

// directStripe is stripe-go as a service would use it, with its own transport or, where nil, with its default client.
func directStripe(url string, transport http.RoundTripper) *stripeclient.API {
	config := &stripe.BackendConfig{
		URL: &url, LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, EnableTelemetry: new(false),
	}
	if transport != nil {
		config.HTTPClient = &http.Client{Transport: transport}
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, config)
	return stripeclient.New("sk_test_benchmark", &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
}

func directGet(api *stripeclient.API) func() error {
	return func() error {
		params := &stripe.PaymentIntentParams{}
		params.AddExpand("latest_charge")
		_, err := api.PaymentIntents.Get("pi_1", params)
		return err
	}
}

func throughGet(client paymentsv1.PaymentServiceClient) func() error {
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer reader-token")
	return func() error {
		_, err := client.GetPayment(ctx, &paymentsv1.GetPaymentRequest{PaymentId: "pi_1"})
		return err
	}
}

func directCreate(api *stripeclient.API) func() error {
	return func() error {
		params := &stripe.PaymentIntentParams{
			Amount: stripe.Int64(2000), Currency: new("usd"), PaymentMethod: new("pm_card_visa"),
			Confirm: new(true), Metadata: map[string]string{"order": "1001"},
			AutomaticPaymentMethods: &stripe.PaymentIntentAutomaticPaymentMethodsParams{
				Enabled: new(true), AllowRedirects: new("never"),
			},
		}
		params.AddExpand("latest_charge")
		_, err := api.PaymentIntents.New(params)
		return err
	}
}

func throughCreate(client paymentsv1.PaymentServiceClient) func() error {
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer writer-token")
	var n atomic.Int64
	run := rand.Text() // A key that was used before would be answered from the store.
	return func() error {
		req := order(fmt.Sprintf("benchmark-%s-%d", run, n.Add(1)), "pm_card_visa")
		req.Metadata = map[string]string{"order": "1001"}
		_, err := client.CreatePayment(ctx, req)
		return err
	}
}
