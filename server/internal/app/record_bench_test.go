package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// BenchmarkRecord compares a write that is begun and ended on disk with the same write without, with a Stripe that
// answers in 20 ms.
//
//	go test -bench Record -run ^$ ./server/internal/app
func BenchmarkRecord(b *testing.B) {
	stripeURL := cannedStripe(b, 20*time.Millisecond)
	bare := serveWithoutRecord(b, stripeURL)
	for _, engine := range []struct {
		name string
		url  func(b *testing.B) string
	}{
		{"sqlite", func(b *testing.B) string {
			b.Helper()
			return "sqlite:" + filepath.Join(b.TempDir(), "tillgate.db")
		}},
		{"postgres", func(b *testing.B) string {
			b.Helper()
			return pgcluster.Database(b)
		}},
	} {
		b.Run(engine.name, func(b *testing.B) {
			recorded := startBenchmark(b, stripeURL, engine.url(b)).connect(b)
			for _, concurrency := range []int{1, 4, 16} {
				b.Run(fmt.Sprintf("c=%d", concurrency), func(b *testing.B) {
					compareSides(b, concurrency, throughCreate(bare), throughCreate(recorded))
				})
			}
		})
	}
}

// startBenchmark runs a server with a reader and a writer.
func startBenchmark(tb testing.TB, stripeURL, storeURL string) *process {
	tb.Helper()
	tb.Setenv("TILLGATE_STRIPE_KEY", "sk_test_benchmark")
	return start(tb, "--grpc-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0", "--webhook-addr", "127.0.0.1:0", "--lame-duck", "0s",
		"--stripe-url", stripeURL, "--stripe-account", "acct_1", "--insecure",
		"--store", storeURL, "--seal-key-file", sealKeyFile(tb), "--callers",
		writeCallers(tb, caller{"reader", "reader-token", "PAYMENTS_READ"}, caller{"writer", "writer-token", "PAYMENTS_WRITE"}))
}

// serveWithoutRecord serves payments through the whole chain, with writes that go to Stripe without being written down.
func serveWithoutRecord(b *testing.B, stripeURL string) paymentsv1.PaymentServiceClient {
	b.Helper()
	logger := slog.New(slog.NewJSONHandler(io.Discard, nil))
	key, err := stripegw.ParseKey("sk_test_benchmark")
	if err != nil {
		b.Fatal(err)
	}
	gateway, err := stripegw.New(stripegw.Config{URL: stripeURL, Key: key, Logger: logger})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(gateway.Close)
	writer := auth.NewCaller("writer", "writer-token", paymentsv1.Scope_SCOPE_PAYMENTS_WRITE)
	return serve(b, service.NewPayments(withoutRecord{gateway}, gateway, nil), chain(b, logger, writer)...)
}

// withoutRecord sends writes as they come.
type withoutRecord struct{ gateway *stripegw.Gateway }

func (w withoutRecord) Do(
	ctx context.Context, method string, req operation.Request, _ ...operation.Check,
) (operation.Outcome, error) {
	steps, err := w.gateway.Prepare(req, nil, "op_benchmark")
	if err != nil {
		return operation.Outcome{}, err
	}
	result := w.gateway.Write(ctx, stripegw.Sending{
		Method: method, Request: steps[0].Request, Key: rand.Text(), OperationID: "op_benchmark", MaxSends: 1,
	})
	return result.Outcome, result.Err
}
