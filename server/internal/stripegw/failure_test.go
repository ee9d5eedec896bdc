package stripegw_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestM13_TimeoutAfterExecution: Stripe executes, but does not answer in time.
func TestM13_TimeoutAfterExecution(t *testing.T) {
	release := make(chan struct{})
	stripe := newStripe(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	g := newGateway(t, stripe.URL, sendTimeout(50*time.Millisecond))

	t.Run("a write", func(t *testing.T) {
		start := time.Now()
		_, err := create(t, g)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("it took %v, with a send timeout of 50 ms", took)
		}
		wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING)
		if !strings.Contains(visible(err), operationID) {
			t.Error("the operation id is not in the error")
		}
		if stripe.arrivals() != 1 || g.Sends() != 1 {
			t.Errorf("%d arrivals and %d sends, want 1", stripe.arrivals(), g.Sends())
		}
	})
	t.Run("a write whose context ends", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := writeOnce(ctx, g, createPayment, prepare(t, g, createRequest()))
		wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING)
	})
	t.Run("a read", func(t *testing.T) {
		_, err := g.GetPayment(t.Context(), "pi_1")
		wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE)
	})
	t.Run("a read whose deadline passes", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := g.GetPayment(ctx, "pi_1")
		wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED)
	})
	t.Run("a read that is cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := g.GetPayment(ctx, "pi_1")
		wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_CANCELLED)
	})
}

// TestM16_UnreadableSuccess: the status says that it was done, the body says nothing. A write may have taken effect,
// and nothing of the body is shown to anyone.
func TestM16_UnreadableSuccess(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		handler    http.HandlerFunc
	}{
		{name: "truncated JSON", body: `{"id":"pi_1","status":"succeeded","description":"` + canary},
		{name: "empty body", body: ""},
		{name: "HTML", body: "<html><body>" + canary + "</body></html>"},
		{name: "a JSON string", body: `"` + canary + `"`},
		{name: "a JSON list", body: `["` + canary + `"]`},
		{name: "JSON of something else", body: `{"ok":true,"` + canary + `":"` + canary + `"}`},
		{name: "another object", body: strings.Replace(smallPayment, "payment_intent", "charge", 1)},
		{name: "no id", body: `{"object":"payment_intent","status":"succeeded","amount":1000,"currency":"usd"}`},
		{name: "no status", body: `{"object":"payment_intent","id":"pi_1","amount":1000,"currency":"usd"}`},
		{name: "no amount", body: `{"object":"payment_intent","id":"pi_1","status":"succeeded","currency":"usd"}`},
		{
			name: "amount of another type",
			body: `{"object":"payment_intent","id":"pi_1","status":"succeeded","amount":"` + canary + `","currency":"usd"}`,
		},
		{name: "no currency", body: `{"object":"payment_intent","id":"pi_1","status":"succeeded","amount":1000}`},
		{name: "two objects", body: smallPayment + canary},
		{name: "cut by the connection", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			_, _ = io.WriteString(w, `{"id":"`+canary)
		}},
		{name: "too large", handler: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, smallPayment+strings.Repeat(" ", 24<<20))
		}},
		{name: "announced as too large", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(25<<20))
			_, _ = io.WriteString(w, smallPayment)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			handler := tt.handler
			if handler == nil {
				handler = answer(200, tt.body)
			}
			stripe := newStripe(t, handler)
			g := newGateway(t, stripe.URL)

			_, err := create(t, g)
			wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING)
			checkSilent(t, err)

			_, err = g.GetPayment(t.Context(), "pi_1")
			wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE)
			checkSilent(t, err)
			if stripe.arrivals() != 2 {
				t.Errorf("%d arrivals, want 2", stripe.arrivals())
			}
		})
	}
}

func TestStripeErrors(t *testing.T) {
	const (
		declined = `{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds",
			"message":"` + canary + `","payment_intent":{"id":"pi_1","status":"requires_payment_method",
			"client_secret":"` + canary + `"},"payment_method":{"billing_details":{"email":"` + canary + `"}}}}`
		html = "<html>" + canary + "</html>"
	)
	for _, tt := range []struct {
		name        string
		status      int
		body        string
		write, read paymentsv1.ErrorReason
	}{
		{"declined", 402, declined, paymentDeclined, paymentDeclined},
		{"our key is bad", 401, stripeError("invalid_request_error", ""), stripeCredentials, stripeCredentials},
		{"our key lacks a right", 403, stripeError("invalid_request_error", ""), stripeCredentials, stripeCredentials},
		{"unknown subject", 404, stripeError("invalid_request_error", "resource_missing"), resourceMissing, resourceMissing},
		{"same key is running", 409, stripeError("invalid_request_error", "idempotency_key_in_use"), outcomePending, inProgress},
		{"rate limit", 429, stripeError("invalid_request_error", "rate_limit"), rateLimited, rateLimited},
		{"lock timeout", 429, stripeError("invalid_request_error", "lock_timeout"), lockTimeout, lockTimeout},
		{"another request", 400, stripeError("idempotency_error", ""), keyReused, keyReused},
		{"Stripe's fault", 500, stripeError("api_error", ""), outcomePending, unavailable},
		{"HTML of a proxy", 502, html, outcomePending, unavailable},
		{"empty 503", 503, "", outcomePending, unavailable},
		{"garbage", 500, "\x00\xff" + canary, outcomePending, unavailable},
		{"error of another type", 500, `{"error":"` + canary + `"}`, outcomePending, unavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newStripe(t, answer(tt.status, tt.body))
			g := newGateway(t, stripe.URL)
			confirm, err := prepareOnly(g, &paymentsv1.ConfirmPaymentRequest{PaymentId: "pi_1"}, operationID)
			if err != nil {
				t.Fatal(err)
			}

			_, err = writeOnce(t.Context(), g, confirmPayment, confirm)
			wantReason(t, err, tt.write)
			checkSilent(t, err)

			_, err = g.GetPayment(t.Context(), "pi_1")
			wantReason(t, err, tt.read)
			checkSilent(t, err)
			if stripe.arrivals() != 2 || g.Sends() != 2 {
				t.Errorf("%d arrivals and %d sends, want 2", stripe.arrivals(), g.Sends())
			}
		})
	}
}

// TestErrorNamesNoText: a sentence where Stripe has a name does not pass.
func TestErrorNamesNoText(t *testing.T) {
	const text = canary + " jane@example.com"
	body := `{"error":{"type":"card_error","code":"` + text + `","decline_code":"` + text + `","advice_code":"` + text +
		`","param":"` + text + `","payment_intent":{"id":"` + text + `","status":"` + text + `"},"setup_intent":{"id":"` +
		text + `"}}}`
	stripe := newStripe(t, answer(402, body))
	_, err := create(t, newGateway(t, stripe.URL))
	checkSilent(t, err)
}

func TestNothingSent(t *testing.T) {
	refusing := newStripe(t, answer(200, smallPayment))
	refusing.Close()
	tlsServer := httptest.NewUnstartedServer(answer(200, smallPayment))
	tlsServer.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	dial := func(dial func(context.Context, string, string) (net.Conn, error)) func(*stripegw.Config) {
		transport := stripegw.NewTransport()
		transport.DialContext = dial
		return func(c *stripegw.Config) { c.Transport = transport }
	}
	ctx, cancel := context.WithCancel(t.Context())
	for _, tt := range []struct {
		name, url string
		edit      func(*stripegw.Config)
		want      paymentsv1.ErrorReason
	}{
		{"connection refused", refusing.URL, sendTimeout(0), unavailable},
		{"unknown authority", tlsServer.URL, sendTimeout(0), unavailable},
		{"no such name", "http://stripe.test", dial(func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "stripe.test", IsNotFound: true}
		}), unavailable},
		// A transport that does not say how far it came may have come all the way.
		{"a transport that tells nothing", "http://stripe.test", func(c *stripegw.Config) {
			c.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
		}, outcomePending},
		// It ends the context of all, so that it stands last.
		{"no time to connect", "http://stripe.test", dial(func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}), unavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGateway(t, tt.url, tt.edit)
			r := prepare(t, g, createRequest())
			_, err := writeOnce(ctx, g, createPayment, r)
			wantReason(t, err, tt.want)
			var failure *stripegw.SendError
			if !errors.As(err, &failure) {
				t.Fatalf("no *SendError behind %v", err)
			}
			if got, want := failure.NothingSent, tt.want == unavailable; got != want {
				t.Errorf("NothingSent = %t, want %t", got, want)
			}
		})
	}
}

func TestWriteAfterContextEnded(t *testing.T) {
	stripe := newStripe(t, answer(200, smallPayment))
	g := newGateway(t, stripe.URL)
	r := prepare(t, g, createRequest())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := g.Write(ctx, sending(createPayment, r))
	checkResult(t, got, stripegw.NotDone, unavailable, certain)
	if stripe.arrivals() != 0 || g.Sends() != 0 || got.Sends != 0 {
		t.Errorf("%d arrivals and %d sends, the result says %d; want none", stripe.arrivals(), g.Sends(), got.Sends)
	}
}

const (
	paymentDeclined   = paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED
	stripeCredentials = paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CREDENTIALS
	resourceMissing   = paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING
	inProgress        = paymentsv1.ErrorReason_ERROR_REASON_OPERATION_IN_PROGRESS
	rateLimited       = paymentsv1.ErrorReason_ERROR_REASON_RATE_LIMITED
	lockTimeout       = paymentsv1.ErrorReason_ERROR_REASON_LOCK_TIMEOUT
	keyReused         = paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_REUSED
	outcomePending    = paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING
	unavailable       = paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE
)

// stripeError is a body in Stripe's shape.
func stripeError(typ, code string) string {
	return fmt.Sprintf(`{"error":{"type":%q,"code":%q,"message":%q,"param":"intent"}}`, typ, code, canary)
}

// checkSilent fails the test if anything of a body is seen in the error.
func checkSilent(t *testing.T, err error) {
	t.Helper()
	text := visible(err)
	// The JSON decoder quotes the character that it stumbles over.
	if strings.Contains(text, canary) || strings.Contains(text, "invalid character") {
		t.Errorf("the error shows the body:\n%s", text)
	}
}
