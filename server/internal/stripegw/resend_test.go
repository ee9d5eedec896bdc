package stripegw_test

import (
	"errors"
	"net"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// deaths are the ways in which a connection can end after Stripe has read, and so executed, a request.
var deaths = []struct {
	name string
	die  func(*net.TCPConn) bool
}{
	{"reset", reset},
	{"closed", func(*net.TCPConn) bool { return false }},
	{"cut in the answer", func(c *net.TCPConn) bool {
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"id\":\"pi_1\""))
		return false
	}},
}

// TestM11_NoUnseenResendWithBody: Stripe executes, and the reused connection dies before the answer. Every send is one
// that was counted, and the caller hears that the outcome is not known.
func TestM11_NoUnseenResendWithBody(t *testing.T) {
	for _, tt := range deaths {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newRawStripe(t, func(c *net.TCPConn, before int) bool {
				if before == 0 {
					return reply(c, smallPayment)
				}
				return tt.die(c)
			})
			g := newGateway(t, stripe.url)
			if _, err := create(t, g); err != nil {
				t.Fatalf("the first write: %v", err)
			}

			_, err := create(t, g)

			wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING)
			checkTwoArrivals(t, g, stripe)
			if body := stripe.seen()[1].body; body == "" {
				t.Error("the second request came without a body")
			}
		})
	}
}

// TestM56_NoUnseenResendWithoutBody is the same for a POST with an empty body, which a transport can repeat with
// nothing to rewind.
func TestM56_NoUnseenResendWithoutBody(t *testing.T) {
	for _, tt := range deaths {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newRawStripe(t, func(c *net.TCPConn, before int) bool {
				if before == 0 {
					return reply(c, smallPayment)
				}
				return tt.die(c)
			})
			g := newGateway(t, stripe.url)
			empty := stripegw.Request{Method: "POST", Path: "/v1/payment_intents/pi_1/cancel"}
			if _, err := g.Send(t.Context(), empty, stripeKey); err != nil {
				t.Fatalf("the first send: %v", err)
			}

			_, err := g.Send(t.Context(), empty, stripeKey)

			var failure *stripegw.SendError
			if !errors.As(err, &failure) {
				t.Fatalf("the error is %v, want a *SendError", err)
			}
			if failure.NothingSent {
				t.Error("NothingSent = true, but the request arrived")
			}
			checkTwoArrivals(t, g, stripe)
		})
	}
}

// checkTwoArrivals wants two requests on one connection, both counted, both with the same key.
func checkTwoArrivals(t *testing.T, g *stripegw.Gateway, stripe *rawStripe) {
	t.Helper()
	seen := stripe.seen()
	if len(seen) != 2 || g.Sends() != 2 {
		t.Fatalf("%d arrivals and %d counted sends, want 2 and 2", len(seen), g.Sends())
	}
	for _, a := range seen {
		if a.connection != 1 {
			t.Errorf("a request came on connection %d: the first was not reused", a.connection)
		}
		if a.key != stripeKey {
			t.Errorf("idempotency key %q, want %q", a.key, stripeKey)
		}
	}
}
