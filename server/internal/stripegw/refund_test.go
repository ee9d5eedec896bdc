package stripegw_test

import (
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestRefundGolden: an object of Stripe's on the left, our message in testdata on the right.
func TestRefundGolden(t *testing.T) {
	for name, refund := range map[string]map[string]any{
		"refund_sample": refundSample(t, nil),
		"refund_full": refundSample(t, map[string]any{
			"status": "pending", "payment_intent": "pi_1", "charge": "ch_1", "reason": "requested_by_customer",
			"balance_transaction": "txn_1", "receipt_number": "1234-5678",
			"metadata":    map[string]any{"order": "1001", "tillgate_operation": operationID},
			"description": canary, "instructions_email": canary + "@example.com",
		}),
		"refund_expanded": refundSample(t, map[string]any{
			"payment_intent": map[string]any{"id": "pi_1", "client_secret": canary}, "charge": map[string]any{"id": "ch_1"},
			"balance_transaction": map[string]any{"id": "txn_1"},
		}),
		"refund_failed": refundSample(t, map[string]any{
			"status": "failed", "failure_reason": "lost_or_stolen_card", "failure_balance_transaction": "txn_2",
		}),
		"refund_by_stripe":       refundSample(t, map[string]any{"reason": "expired_uncaptured_charge"}),
		"refund_requires_action": refundSample(t, map[string]any{"status": "requires_action"}),
		"refund_canceled":        refundSample(t, map[string]any{"status": "canceled"}),
		"refund_no_status":       refundSample(t, map[string]any{"status": nil}),
		"refund_unknown_values":  refundSample(t, map[string]any{"status": "on_a_ship", "reason": "boredom"}),
	} {
		t.Run(name, func(t *testing.T) {
			refund, err := readRefund(t, refund)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name, refund)
		})
	}
}

// TestRefundOfOtherTypes: Stripe sends another type than expected in any one field. The money may be on its way, so
// that the answer is read all the same, but for the four fields without which it says nothing.
func TestRefundOfOtherTypes(t *testing.T) {
	essential := map[string]bool{"object": true, "id": true, "amount": true, "currency": true}
	sample := refundSample(t, map[string]any{"payment_intent": "pi_1", "metadata": map[string]any{"order": "1001"}})
	for key, original := range sample {
		for _, other := range []any{"text", 12345, 1.5, true, []any{1}, map[string]any{"a": "b"}, nil} {
			sample[key] = other
			refund, err := readRefund(t, sample)
			switch unreadable := err != nil; {
			case essential[key] && unreadable:
			case unreadable:
				t.Errorf("%s = %v: %v", key, other, err)
			case key != "amount" && refund.GetAmount().GetMinorUnits() != 100:
				t.Errorf("%s = %v: the amount is %v", key, other, refund.GetAmount())
			case key != "payment_intent" && refund.GetPaymentId() != "pi_1":
				t.Errorf("%s = %v: the payment is lost", key, other)
			}
		}
		sample[key] = original
	}
}

// TestRefundUnreadable: of a write that may have taken effect, nothing is known; a read can be asked again.
func TestRefundUnreadable(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "HTML": "<html>" + canary, "a list": "[]", "an empty object": "{}",
		"no id": `{"amount":1,"currency":"usd"}`, "no amount": `{"id":"re_1","currency":"usd"}`,
		"no currency": `{"id":"re_1","amount":1}`, "truncated": `{"id":"re_1","amount":1,"currency":"usd","x":"` + canary,
	} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t, newStripe(t, answer(200, body)).URL)
			_, err := g.GetRefund(t.Context(), "re_1")
			wantReason(t, err, unavailable)
			checkSilent(t, err)
			r, err := prepareOnly(g, fullRefund(), operationID)
			if err != nil {
				t.Fatal(err)
			}
			_, err = writeOnce(t.Context(), g, createRefund, r)
			wantReason(t, err, outcomePending)
			checkSilent(t, err)
		})
	}
}

func TestGetRefundMissing(t *testing.T) {
	for _, param := range []string{"refund", "id"} {
		body := `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"` + param + `"}}`
		g := newGateway(t, newStripe(t, answer(404, body)).URL)
		_, err := g.GetRefund(t.Context(), "re_missing")
		wantReason(t, err, resourceMissing)
		if text := visible(err); !strings.Contains(text, `"refund"`) || !strings.Contains(text, "re_missing") {
			t.Errorf("the refund is not named:\n%s", text)
		}
	}
}

// TestRefundOutcome: what is stored of a write can be read without the rpc: the method and the answer are enough.
func TestRefundOutcome(t *testing.T) {
	g := newGateway(t, newStripe(t, answer(200, encode(t, refundSample(t, nil)))).URL)
	r := stripegw.Request{Method: "POST", Path: "/v1/refunds", Form: "payment_intent=pi_1"}
	outcome, err := writeOnce(t.Context(), g, createRefund, r)
	if err != nil {
		t.Fatal(err)
	}
	if refund, ok := outcome.Resource.(*paymentsv1.Refund); !ok || refund.GetAmount().GetMinorUnits() != 100 ||
		outcome.ClientSecret != "" {
		t.Errorf("the outcome is %v %v", outcome.Resource, outcome)
	}
}

// readRefund reads a refund that Stripe answers.
func readRefund(t *testing.T, refund map[string]any) (*paymentsv1.Refund, error) {
	t.Helper()
	g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(encode(t, refund)) })
	return g.GetRefund(t.Context(), "re_1")
}
