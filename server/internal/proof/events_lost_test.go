package proof_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// healWithin is how long after its recovery a server may miss what it was never sent: two rounds of the repair loop.
const healWithin = 120 * time.Second

// What no webhook brought comes all the same: one in twenty is never sent, and then nobody is there for half an hour, by
// Stripe's clock.
func TestF6_LostDeliveriesHeal(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			s := newStand(t, e.open(t), 1)
			server, events := s.servers[0], size(100, 10_000)
			s.endpoint(t, server)
			server.serve(t)
			listener := server.listens(t)
			// The first look at Stripe's list is the one behind which nothing is lost.
			first := s.customer(t)
			poll(t, "the first event", func() bool { return headOf(t, listener) >= 1 })

			s.stripe.breaks(t, sandbox.Fault{Kind: sandbox.FaultLost, Count: 1}) // Of a few, chance may lose none.
			s.stripe.breaks(t, sandbox.Fault{Kind: sandbox.FaultLost, Probability: 0.05})
			made := map[string]int{first: 0}
			for range events / 2 {
				made[s.customer(t)] = 0
			}
			met := s.stripe.heal(t)
			server.kill()
			if err := s.stripe.exchange(http.MethodPost, "/_sandbox/clock/advance", "application/json",
				[]byte(`{"seconds":900}`), nil); err != nil {
				t.Fatal(err)
			}
			for range events / 2 {
				made[s.customer(t)] = 0
			}
			if err := s.stripe.exchange(http.MethodPost, "/_sandbox/clock/advance", "application/json",
				[]byte(`{"seconds":900}`), nil); err != nil {
				t.Fatal(err)
			}

			server.serve(t)
			recovered := time.Now()
			for headOf(t, listener) < int64(len(made)) {
				if time.Since(recovered) > healWithin {
					t.Fatalf("%v after the recovery the log has %d events of %d", healWithin, headOf(t, listener), len(made))
				}
				<-time.After(20 * time.Millisecond)
			}
			took := time.Since(recovered)
			all := logged(t, listener)
			dense(t, all)
			for _, event := range all {
				if event.GetType() != paymentsv1.EventType_EVENT_TYPE_CUSTOMER_CREATED {
					t.Errorf("%s is told of %s", event.GetRawType(), event.GetObjectId())
				}
				made[event.GetObjectId()]++
			}
			for id, times := range made {
				if times != 1 {
					t.Errorf("%s is in the log %d times", id, times)
				}
			}
			t.Logf("%d events, %d never sent, %d while nobody was there: all present after %v",
				len(made), met[sandbox.FaultLost], events/2, took)
		})
	}
}

// endpoint has Stripe send its webhooks to a server that is not started yet.
func (s *stand) endpoint(t *testing.T, to *server) {
	t.Helper()
	var made struct {
		Secret string `json:"secret"`
	}
	form := url.Values{"url": {"http://" + to.hook + "/webhooks/stripe"}, "enabled_events[]": {"*"}}
	if err := s.stripe.exchange(http.MethodPost, "/v1/webhook_endpoints", "application/x-www-form-urlencoded",
		[]byte(form.Encode()), &made); err != nil {
		t.Fatal(err)
	}
	s.write(t, "webhook.secrets", []byte(made.Secret+"\n"))
}

// customer makes a customer at Stripe, not through us.
func (s *stand) customer(t *testing.T) (id string) {
	t.Helper()
	var made struct {
		ID string `json:"id"`
	}
	if err := s.stripe.exchange(http.MethodPost, "/v1/customers", "application/x-www-form-urlencoded", nil, &made); err != nil {
		t.Fatal(err)
	}
	return made.ID
}
