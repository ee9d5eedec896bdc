package stripegw_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestAnswerOfOtherTypes: Stripe sends another type than expected in any one field. Money may have moved, so that the
// answer is read all the same, but for the five fields without which it says nothing; and the other fields are as
// before.
func TestAnswerOfOtherTypes(t *testing.T) {
	full := func() map[string]any {
		return paymentSample(t, map[string]any{
			"status": "requires_action", "customer": "cus_1", "payment_method": "pm_1", "metadata.order": "1001",
			"next_action":        map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{"url": "u"}},
			"last_payment_error": map[string]any{"code": "card_declined", "payment_method": map[string]any{"id": "pm_1"}},
			"latest_charge":      chargeSample(t, map[string]any{"outcome.risk_level": "normal"}),
		})
	}
	essential := map[string]bool{"object": true, "id": true, "status": true, "amount": true, "currency": true}
	others := []any{"text", 12345, 1.5, true, []any{1}, map[string]any{"a": "b"}, nil}
	tried := 0
	var walk func(at map[string]any, path string, root map[string]any)
	walk = func(at map[string]any, path string, root map[string]any) {
		for key, original := range at {
			if inner, ok := original.(map[string]any); ok {
				walk(inner, path+key+".", root)
			}
			for _, other := range others {
				at[key] = other
				payment, err := readObject(t, root)
				switch unreadable := err != nil; {
				case essential[path+key] && unreadable:
				case unreadable:
					t.Errorf("%s%s = %v: %v", path, key, other, err)
				case payment.GetAmount().GetMinorUnits() != 1099 && path+key != "amount":
					t.Errorf("%s%s = %v: the amount is %v", path, key, other, payment.GetAmount())
				case path+key != "created" && payment.GetCreateTime().GetSeconds() != 1234567890:
					t.Errorf("%s%s = %v: create_time is lost", path, key, other)
				}
				tried++
			}
			at[key] = original
		}
	}
	root := full()
	walk(root, "", root)
	if tried < 500 {
		t.Errorf("only %d variations were tried", tried)
	}
}

func TestAnswerReferences(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes map[string]any
		want    *paymentsv1.Payment
	}{
		{
			"ids",
			map[string]any{"customer": "cus_1", "payment_method": "pm_1", "latest_charge": "ch_1", "invoice": "in_1"},
			&paymentsv1.Payment{
				CustomerId: "cus_1", PaymentMethodId: "pm_1", InvoiceId: "in_1", LatestCharge: &paymentsv1.Charge{Id: "ch_1"},
			},
		},
		{
			"objects",
			map[string]any{
				"customer": map[string]any{"id": "cus_1"}, "payment_method": map[string]any{"id": "pm_1"},
				"invoice": map[string]any{"id": "in_1"},
			},
			&paymentsv1.Payment{CustomerId: "cus_1", PaymentMethodId: "pm_1", InvoiceId: "in_1"},
		},
		{"a charge that is neither", map[string]any{"latest_charge": 7}, &paymentsv1.Payment{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readObject(t, paymentSample(t, tt.changes))
			if err != nil {
				t.Fatal(err)
			}
			references := &paymentsv1.Payment{
				CustomerId: got.GetCustomerId(), PaymentMethodId: got.GetPaymentMethodId(), InvoiceId: got.GetInvoiceId(),
				LatestCharge: got.GetLatestCharge(),
			}
			if diff := cmp.Diff(tt.want, references, protocmp.Transform()); diff != "" {
				t.Errorf("references (-want +got):\n%s", diff)
			}
			if _, expanded := tt.changes["latest_charge"]; expanded && got.GetAmountRefunded() != nil {
				t.Error("amount_refunded is given although the charge is not known")
			}
		})
	}
}

// TestAmountRefunded: what was held and never taken was not given back either.
func TestAmountRefunded(t *testing.T) {
	for _, tt := range []struct {
		name                               string
		amount, captured, atStripe, wanted int64
	}{
		{"paid", 1000, 1000, 0, 0},
		{"given back in part", 1000, 1000, 300, 300},
		{"given back", 1000, 1000, 1000, 1000},
		{"held", 1000, 0, 0, 0},
		{"released", 1000, 0, 1000, 0},
		{"captured in part", 1000, 400, 600, 0},
		{"captured in part, and given back in part", 1000, 400, 700, 100},
		{"captured in part, more to come", 1000, 400, 0, 0},
		{"captured above the amount", 1000, 1100, 300, 300},
	} {
		payment, err := readObject(t, paymentSample(t, map[string]any{"latest_charge": chargeSample(t, map[string]any{
			"amount": tt.amount, "amount_captured": tt.captured, "amount_refunded": tt.atStripe,
		})}))
		if err != nil || payment.GetAmountRefunded().GetMinorUnits() != tt.wanted {
			t.Errorf("%s: %v, %v, want %d", tt.name, payment.GetAmountRefunded(), err, tt.wanted)
		}
	}
}

func TestClientSecret(t *testing.T) {
	const secret = "pi_1_secret_" + canary
	for status, want := range map[string]string{
		"requires_payment_method": secret, "requires_confirmation": secret, "requires_action": secret,
		"processing": "", "requires_capture": "", "canceled": "", "succeeded": "", "unheard_of": "",
	} {
		body := encode(t, paymentSample(t, map[string]any{"status": status, "client_secret": secret}))
		stripe := newStripe(t, answer(200, body))
		outcome, err := create(t, newGateway(t, stripe.URL))
		if err != nil {
			t.Fatal(err)
		}
		if outcome.ClientSecret != want {
			t.Errorf("%s: client secret %q, want %q", status, outcome.ClientSecret, want)
		}
		if text := protoText(outcome.Resource); strings.Contains(text, canary) {
			t.Errorf("%s: the payment holds the secret", status)
		}
	}
}

// TestUnknownValuesAreLoggedOnce, and as a value only.
func TestUnknownValuesAreLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	body := encode(t, paymentSample(t, map[string]any{
		"status": "requires_patience", "capture_method": canary + " and a sentence", "description": canary,
	}))
	stripe := newStripe(t, answer(200, body))
	g := newGateway(t, stripe.URL, func(c *stripegw.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	for range 3 {
		if _, err := g.GetPayment(t.Context(), "pi_1"); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(log.String(), "place=payment.status value=requires_patience"); got != 1 {
		t.Errorf("logged %d times, want once:\n%s", got, &log)
	}
	if got := strings.Count(log.String(), "level=WARN"); got != 2 {
		t.Errorf("%d warnings, want 2:\n%s", got, &log)
	}
	if strings.Contains(log.String(), canary) {
		t.Errorf("the log holds the body:\n%s", &log)
	}
}

// readObject reads a payment that Stripe answers.
func readObject(t *testing.T, intent map[string]any) (*paymentsv1.Payment, error) {
	t.Helper()
	g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(encode(t, intent)) })
	return g.GetPayment(t.Context(), "pi_1")
}
