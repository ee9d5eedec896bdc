package app_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// benchSecret signs the webhooks of the benchmark.
const benchSecret = "whsec_benchmark0123456789abcdefghijkl"

// BenchmarkWebhooks compares what takes Stripe's webhooks in, over HTTP. Ours verifies, commits and answers, and a round
// ends when all of it is published to the log and has come to a reader. The base is stripe-go's ConstructEvent and one
// INSERT into the same engine, with nothing behind it.
//
//	go test -bench Webhooks -run ^$ ./server/internal/app
func BenchmarkWebhooks(b *testing.B) {
	for _, engine := range []struct {
		name  string
		url   func(b *testing.B) string
		plain func(b *testing.B) inserter
	}{
		{"sqlite", func(b *testing.B) string {
			b.Helper()
			return "sqlite:" + filepath.Join(b.TempDir(), "tillgate.db")
		}, sqliteInserter},
		{"postgres", func(b *testing.B) string {
			b.Helper()
			return pgcluster.Database(b)
		}, postgresInserter},
	} {
		b.Run(engine.name, func(b *testing.B) {
			plain := &hookPoster{url: servePlainWebhooks(b, engine.plain(b))}
			ours, published := startHooked(b, engine.url(b))
			for _, concurrency := range []int{1, 16, 64} {
				b.Run(fmt.Sprintf("c=%d", concurrency), func(b *testing.B) {
					compareTwo(b, concurrency, &side{call: plain.post},
						&side{call: ours.post, settle: func() { published(ours.sent.Load()) }})
				})
			}
		})
	}
}

// startHooked runs a server that takes webhooks in. What it returns second waits until so many events have come to a
// reader.
func startHooked(b *testing.B, storeURL string) (ours *hookPoster, published func(events int64)) {
	b.Helper()
	b.Setenv("TILLGATE_STRIPE_KEY", "sk_test_benchmark")
	p := start(b, "--grpc-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0", "--webhook-addr", "127.0.0.1:0", "--lame-duck", "0s",
		"--stripe-url", cannedStripe(b, 0), "--stripe-account", "acct_1", "--insecure", "--store", storeURL,
		"--seal-key-file", sealKeyFile(b), "--webhook-secrets-file", writeFile(b, "webhook.secrets", []byte(benchSecret+"\n")),
		"--callers", writeCallers(b, caller{"reader", "reader-token", "EVENTS_READ"}))
	ready, _ := p.logLine("ready")
	addr, _ := ready["webhook_addr"].(string)

	conn, err := grpc.NewClient(p.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer reader-token"))
	stream, err := paymentsv1.NewEventServiceClient(conn).StreamEvents(ctx, &paymentsv1.StreamEventsRequest{
		Start: paymentsv1.StreamStart_STREAM_START_OLDEST,
	})
	if err != nil {
		b.Fatal(err)
	}
	seen, ended := make(chan int64, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			resp, err := stream.Recv()
			if err != nil {
				return
			}
			select {
			case <-seen: // Only the newest counts.
			default:
			}
			seen <- resp.GetPosition()
		}
	}()
	b.Cleanup(func() {
		cancel()
		<-ended
		_ = conn.Close()
	})
	return &hookPoster{url: "http://" + addr + "/webhooks/stripe"}, func(events int64) {
		deadline := time.After(patience)
		for {
			select {
			case n := <-seen:
				if n >= events {
					return
				}
			case <-ended:
				b.Fatal("the stream has ended")
			case <-deadline:
				b.Fatalf("not all of %d events were published", events)
			}
		}
	}
}

// hookPoster sends events as Stripe does: half of them begin payments, the others end those that were begun some time
// before.
type hookPoster struct {
	url  string
	sent atomic.Int64
}

var hookClient = &http.Client{Transport: tunedTransport()}

func (p *hookPoster) post() error {
	n := p.sent.Add(1)
	body := hookBody(n)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(benchSecret))
	_, _ = mac.Write([]byte(at + "."))
	_, _ = mac.Write(body)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Stripe-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := hookClient.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s", resp.Status)
	}
	return nil
}

// hookBody is event n.
func hookBody(n int64) []byte {
	kind, status, received, payment, created := "created", "requires_payment_method", 0, n, 1_790_000_000+n
	if n%2 == 1 && n > callsARound {
		kind, status, received, payment = "succeeded", "succeeded", 2000, n-callsARound-1
	}
	return fmt.Appendf(nil, `{"id":"evt_1Bench%010d","object":"event","api_version":"2023-10-16","created":%d,"data":{"object":{
"id":"pi_1Bench%010d","object":"payment_intent","amount":2000,"amount_capturable":0,"amount_details":{"tip":{}},
"amount_received":%d,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":null,
"cancellation_reason":null,"capture_method":"automatic","client_secret":"pi_1Bench%010d_secret_x",
"confirmation_method":"automatic","created":1790000000,"currency":"usd","customer":"cus_1Bench","description":"Order 1001",
"invoice":null,"last_payment_error":null,"latest_charge":null,"livemode":false,"metadata":{"order":"1001","shop":"berlin"},
"next_action":null,"on_behalf_of":null,"payment_method":"pm_1Bench","payment_method_configuration_details":null,
"payment_method_options":{"card":{"installments":null,"mandate_options":null,"network":null,"request_three_d_secure":"automatic"}},
"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,
"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":%q,"transfer_data":null,
"transfer_group":null}},"livemode":false,"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},
"type":"payment_intent.%s"}`, n, created, payment, received, payment, status, kind)
}
