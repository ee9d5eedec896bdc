package stripegw_test

import (
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

func TestSendRefusesWriteWithoutKey(t *testing.T) {
	stripe := newStripe(t, answer(200, smallPayment))
	g := newGateway(t, stripe.URL)
	for _, tt := range []struct {
		name, method, key string
	}{
		{"no key", http.MethodPost, ""},
		{"no key on a delete", http.MethodDelete, ""},
		{"a blank", http.MethodPost, "tg1 abc"},
		{"a line end", http.MethodPost, "tg1-abc\r\nX: y"},
		{"beyond ASCII", http.MethodPost, "tg1-ä"},
		{"256 characters", http.MethodPost, strings.Repeat("a", 256)},
		{"another method", http.MethodPut, stripeKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := g.Send(t.Context(), stripegw.Request{Method: tt.method, Path: "/v1/payment_intents"}, tt.key)
			wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
		})
	}
	if stripe.arrivals() != 0 || g.Sends() != 0 {
		t.Errorf("%d arrivals and %d sends, want none", stripe.arrivals(), g.Sends())
	}
}

func TestSendRefusesOtherPaths(t *testing.T) {
	stripe := newStripe(t, answer(200, smallPayment))
	g := newGateway(t, stripe.URL)
	for _, path := range []string{
		"", "/", "v1/charges", "@example.com/v1/charges", ".example.com/v1/", "/v1/a?b=c", "/v2/a",
	} {
		_, err := g.Send(t.Context(), stripegw.Request{Method: http.MethodGet, Path: path}, "")
		if got := reason(t, err); got != paymentsv1.ErrorReason_ERROR_REASON_INTERNAL {
			t.Errorf("path %q: reason = %v", path, got)
		}
	}
	if stripe.arrivals() != 0 {
		t.Errorf("%d arrivals, want none", stripe.arrivals())
	}
}

// TestSendHeaders wants exactly the headers that Stripe needs: in particular no telemetry, and not the description of
// this machine that stripe-go sends (P-25).
func TestSendHeaders(t *testing.T) {
	var header http.Header
	var encoding []string
	var length int64
	stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		header, encoding, length = r.Header.Clone(), r.TransferEncoding, r.ContentLength
		answer(200, smallPayment)(w, r)
	})
	g := newGateway(t, stripe.URL)
	post := stripegw.Request{Method: http.MethodPost, Path: "/v1/payment_intents", Form: "amount=1000&currency=usd"}
	if _, err := g.Send(t.Context(), post, stripeKey); err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Authorization":   {"Bearer " + testKey},
		"Content-Length":  {"24"},
		"Content-Type":    {"application/x-www-form-urlencoded"},
		"Idempotency-Key": {stripeKey},
		"Stripe-Version":  {"2023-10-16"},
		"User-Agent":      {"Tillgate"},
	}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Errorf("headers of a POST (-want +got):\n%s", diff)
	}
	if encoding != nil || length != int64(len(post.Form)) {
		t.Errorf("transfer encoding %v, length %d: the length is not known", encoding, length)
	}

	if _, err := g.GetPayment(t.Context(), "pi_1"); err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(header))
	if diff := cmp.Diff([]string{"Authorization", "Stripe-Version", "User-Agent"}, got); diff != "" {
		t.Errorf("headers of a GET (-want +got):\n%s", diff)
	}
}

func TestSendBody(t *testing.T) {
	for _, tt := range []struct {
		name              string
		request           stripegw.Request
		wantBody, wantURI string
	}{
		{
			"a POST",
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents", Form: "amount=1000&expand[0]=latest_charge"},
			"amount=1000&expand[0]=latest_charge", "/v1/payment_intents",
		},
		{
			"an empty POST",
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents/pi_1/cancel"},
			"", "/v1/payment_intents/pi_1/cancel",
		},
		{
			"a GET",
			stripegw.Request{Method: "GET", Path: "/v1/payment_intents/pi_1", Form: "expand[0]=latest_charge"},
			"", "/v1/payment_intents/pi_1?expand[0]=latest_charge",
		},
		{
			"a DELETE",
			stripegw.Request{Method: "DELETE", Path: "/v1/subscriptions/sub%2F1", Form: "prorate=true"},
			"prorate=true", "/v1/subscriptions/sub%2F1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var body, uri string
			var length int64
			stripe := newStripe(t, func(http.ResponseWriter, *http.Request) {})
			stripe.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				data, _ := io.ReadAll(r.Body)
				body, uri, length = string(data), r.RequestURI, r.ContentLength
			})
			g := newGateway(t, stripe.URL)
			if _, err := g.Send(t.Context(), tt.request, stripeKey); err != nil {
				t.Fatal(err)
			}
			if body != tt.wantBody || uri != tt.wantURI || length != int64(len(tt.wantBody)) {
				t.Errorf("body %q of length %d to %q, want %q to %q", body, length, uri, tt.wantBody, tt.wantURI)
			}
		})
	}
}

func TestSendNeverFollowsRedirects(t *testing.T) {
	stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/v1/elsewhere")
		answer(http.StatusTemporaryRedirect, smallPayment)(w, r)
	})
	g := newGateway(t, stripe.URL)
	_, err := create(t, g)
	wantReason(t, err, outcomePending)
	if stripe.arrivals() != 1 {
		t.Errorf("%d arrivals, want 1", stripe.arrivals())
	}
}

func TestSendAnswer(t *testing.T) {
	stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Idempotent-Replayed", "true")
		answer(200, smallPayment)(w, r)
	})
	g := newGateway(t, stripe.URL)
	ctx, info := call.New(t.Context(), "request-1")
	outcome, err := writeOnce(ctx, g, createPayment, prepare(t, g, createRequest()))
	if err != nil {
		t.Fatal(err)
	}
	if !outcome.Replayed || outcome.StripeRequestID != "req_1" || info.StripeRequestID() != "req_1" {
		t.Errorf("outcome %v, request id for the log %q; want a replay and req_1", outcome, info.StripeRequestID())
	}
}

// TestSendRefusalKeepsAnswer: a declined call that is made again is a replay too, and whoever keeps its outcome wants
// to know.
func TestSendRefusalKeepsAnswer(t *testing.T) {
	stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Idempotent-Replayed", "true")
		answer(402, `{"error":{"type":"card_error","code":"card_declined"}}`)(w, r)
	})
	outcome, err := create(t, newGateway(t, stripe.URL))
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED)
	if !outcome.Replayed || outcome.StripeRequestID != "req_1" {
		t.Errorf("outcome %v, want a replay and req_1", outcome)
	}
}

func TestSendConcurrently(t *testing.T) {
	stripe := newStripe(t, answer(200, smallPayment))
	g := newGateway(t, stripe.URL)
	var sends sync.WaitGroup
	for range 32 {
		sends.Go(func() {
			for range 8 {
				if _, err := g.GetPayment(t.Context(), "pi_1"); err != nil {
					t.Error(err)
				}
				if _, err := create(t, g); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sends.Wait()
	if want := 32 * 8 * 2; stripe.arrivals() != want || g.Sends() != int64(want) {
		t.Errorf("%d arrivals and %d sends, want %d", stripe.arrivals(), g.Sends(), want)
	}
}

func TestSendReusesConnections(t *testing.T) {
	stripe := newRawStripe(t, func(c *net.TCPConn, _ int) bool { return reply(c, smallPayment) })
	g := newGateway(t, stripe.url)
	for range 5 {
		if _, err := create(t, g); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range stripe.seen() {
		if a.connection != 1 {
			t.Errorf("a request came on connection %d, want all on 1", a.connection)
		}
	}
}

func TestSendErrorText(t *testing.T) {
	stripe := newStripe(t, answer(200, smallPayment))
	address := stripe.URL
	stripe.Close()
	g := newGateway(t, address)
	_, err := g.Send(t.Context(), stripegw.Request{Method: http.MethodGet, Path: "/v1/payment_intents/pi_1"}, "")
	var failure *stripegw.SendError
	if !errors.As(err, &failure) {
		t.Fatalf("the error is %v, want a *SendError", err)
	}
	if strings.Contains(failure.Error(), "127.0.0.1") || strings.Contains(failure.Error(), "pi_1") {
		t.Errorf("the text is %q, want no address and no id", failure.Error())
	}
}
