package stripegw_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestM14_KeepsFailing: Stripe says that it replays its own failure, so that sending again tells nothing more.
func TestM14_KeepsFailing(t *testing.T) {
	replayed := func(s step) step { return s.with("Idempotent-Replayed", "true") }
	for _, tt := range []struct {
		name  string
		steps []step
		keeps bool
		sends int
	}{
		{"a fresh 500", []step{failed500}, false, 1},
		{"a replayed 500", []step{replayed(failed500)}, true, 1},
		{"a replayed 503", []step{replayed(busy503)}, true, 1},
		{"lost, then a replayed 500", []step{lost, replayed(failed500)}, true, 2},
		{"a replayed 500 to be repeated, then lost", []step{
			replayed(failed500).with("Stripe-Should-Retry", "true"), lost,
		}, true, 3},
		{"a replayed page of a proxy", []step{replayed(proxyPage)}, false, 3},
		{"a replayed decline", []step{replayed(declinedBy)}, false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newScript(t, tt.steps...)
			g := stripe.gateway(t)
			got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))
			if got.KeepsFailing != tt.keeps {
				t.Errorf("KeepsFailing = %t, want %t", got.KeepsFailing, tt.keeps)
			}
			checkSends(t, stripe, g, got, tt.sends)
		})
	}
}

// TestReplayed: the first send hears whether an earlier write made the answer.
func TestReplayed(t *testing.T) {
	for _, s := range []step{paid, declinedBy} {
		replayed := s.with("Idempotent-Replayed", "true")
		for _, tt := range []struct {
			steps []step
			want  bool
		}{{[]step{replayed}, true}, {[]step{s}, false}, {[]step{lost, replayed}, false}} {
			g := newScript(t, tt.steps...).gateway(t)
			got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))
			if got.Outcome.Replayed != tt.want || got.Verdict != stripegw.Done {
				t.Errorf("%d sends: %v, replayed %t, want %t", got.Sends, got.Verdict, got.Outcome.Replayed, tt.want)
			}
		}
	}
}

// TestStripeRequestIDs: each exchange has a name, but one that has no answer.
func TestStripeRequestIDs(t *testing.T) {
	g := newScript(t, running, lost, paid).gateway(t)
	got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))
	if diff := cmp.Diff([]string{"req_running", "req_paid"}, got.StripeRequestIDs); diff != "" || got.Sends != 3 {
		t.Errorf("%d sends, request ids (-want +got):\n%s", got.Sends, diff)
	}
	if got.Outcome.StripeRequestID != "req_paid" {
		t.Errorf("the outcome's request id is %q, want the last", got.Outcome.StripeRequestID)
	}
}

// TestDeclinedPayment: a decline leaves a payment behind, which the answer holds. Without it, or with one that can not
// be read, it is a decline all the same. Of setup intents see TestDeclinedSetupIntent.
func TestDeclinedPayment(t *testing.T) {
	intent := paymentSample(t, map[string]any{
		"id": "pi_7", "canceled_at": nil, "client_secret": canary, "latest_charge": "ch_1",
		"last_payment_error": map[string]any{"code": "card_declined", "message": canary},
	})
	for _, tt := range []struct {
		name, method string
		status       int
		errorType    string
		intent       any
		want         bool
	}{
		{"create", createPayment, 402, "card_error", intent, true},
		{"confirm", confirmPayment, 402, "card_error", intent, true},
		{"no payment", createPayment, 402, "card_error", nil, false},
		{"only its id", createPayment, 402, "card_error", map[string]any{"id": "pi_7"}, false},
		{"a text", createPayment, 402, "card_error", canary, false},
		{"a refund's", createRefund, 402, "card_error", intent, false},
		{"no decline", createPayment, 400, "card_error", intent, false},
		{"no refusal", createPayment, 402, "api_error", intent, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := encode(t, map[string]any{"error": map[string]any{
				"type": tt.errorType, "code": "card_declined", "payment_intent": tt.intent, "message": canary,
			}})
			g := newScript(t, step{name: "declined", status: tt.status, body: body}).gateway(t)

			got := g.Write(t.Context(), sending(tt.method, prepare(t, g, createRequest())))

			if tt.errorType == "card_error" {
				checkResult(t, got, stripegw.Done, paymentDeclined, certain)
			}
			payment, ok := got.Outcome.Resource.(*paymentsv1.Payment)
			if ok != tt.want || tt.want && (payment.GetId() != "pi_7" || payment.GetLatestCharge().GetId() != "ch_1") {
				t.Errorf("the resource is %v, want a payment: %t", got.Outcome.Resource, tt.want)
			}
			if got.Outcome.ClientSecret != "" || strings.Contains(protoText(payment), canary) {
				t.Error("the outcome holds the secret")
			}
		})
	}
}

// TestM40_WriteRefusesWithoutKey: what must not leave is surely not done, and not a byte goes out.
func TestM40_WriteRefusesWithoutKey(t *testing.T) {
	stripe := newScript(t, paid)
	g := stripe.gateway(t)
	good := sending(createPayment, prepare(t, g, createRequest()))
	for name, edit := range map[string]func(*stripegw.Sending){
		"no key":        func(s *stripegw.Sending) { s.Key = "" },
		"a blank":       func(s *stripegw.Sending) { s.Key = "tg1 abc" },
		"a long key":    func(s *stripegw.Sending) { s.Key = strings.Repeat("a", 256) },
		"no request":    func(s *stripegw.Sending) { s.Request = stripegw.Request{} },
		"a read":        func(s *stripegw.Sending) { s.Request.Method = http.MethodGet },
		"another path":  func(s *stripegw.Sending) { s.Request.Path = "@example.com/v1/charges" },
		"no method":     func(s *stripegw.Sending) { s.Method = "" },
		"a read's name": func(s *stripegw.Sending) { s.Method = paymentsv1.PaymentService_GetPayment_FullMethodName },
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			edit(&s)
			got := g.Write(t.Context(), s)
			checkResult(t, got, stripegw.NotDone, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL, certain)
			if got.Sends != 0 || stripe.sends.Load() != 0 || g.Sends() != 0 {
				t.Errorf("%d sends, want none", stripe.sends.Load())
			}
		})
	}
}
