package client_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// live returns the real server and a client of it.
func live(t *testing.T, opts ...client.Option) (*process, *client.Client) {
	t.Helper()
	p, err := server()
	if err != nil {
		t.Fatal(err)
	}
	opts = append([]client.Option{client.WithInsecure(), client.WithToken("sandbox")}, opts...)
	c, err := client.New(p.target, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return p, c
}

func sale(key string) *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: key, Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
		PaymentMethodId: "pm_card_visa", Confirm: true,
	}
}

// ask speaks to the sandbox's own interface.
func (p *process) ask(t *testing.T, method, path, body string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.sandboxURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, data, err)
	}
	return data
}

// charges counts how often the sandbox took money.
func (p *process) charges(t *testing.T) int {
	t.Helper()
	var ledger struct {
		Entries []struct {
			Type string `json:"type"`
		} `json:"entries"`
	}
	data := p.ask(t, http.MethodGet, "/_sandbox/ledger", "")
	if err := json.Unmarshal(data, &ledger); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	n := 0
	for _, entry := range ledger.Entries {
		if entry.Type == "charge" {
			n++
		}
	}
	return n
}

// Stripe charges and its answers get lost, more often than the server sends by itself: the client asks again with the
// same key until it hears the end, and one charge was made.
func TestM20_LostAnswersChargeOnce(t *testing.T) {
	var told []paymentsv1.ErrorReason
	p, c := live(t, client.WithOnRetry(func(_ string, _ int, err error, _ time.Duration) {
		told = append(told, client.ReasonOf(err))
	}))
	before := p.charges(t)
	// A webhook would tell at once what the answers did not.
	p.ask(t, http.MethodPost, "/_sandbox/faults", `{"kind": "lost", "event_type": "*", "count": 1000}`)
	p.ask(t, http.MethodPost, "/_sandbox/faults", `{"kind": "drop_after", "path": "/v1/payment_intents", "count": 4}`)
	t.Cleanup(func() { p.ask(t, http.MethodDelete, "/_sandbox/faults", "") })
	got, err := c.Payments.CreatePayment(t.Context(), sale(client.Key("lost answers", 1)))
	if err != nil || got.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
		t.Errorf("got %v, %v, want a paid payment", got, err)
	}
	if len(told) == 0 || told[0] != paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING {
		t.Errorf("the tries ended with %v, want OUTCOME_PENDING first", told)
	}
	if n := p.charges(t) - before; n != 1 {
		t.Errorf("%d charges, want 1", n)
	}
}

// Whatever the facts are, the server takes their key, also where it would take the facts for the number of a card.
func TestM39_TheServerTakesEveryKey(t *testing.T) {
	_, c := live(t)
	for _, facts := range [][]any{
		{"a"},
		{""},
		{"order", "4242424242424242", 1},
		{"order", 5555555555554444, 1},
		{"4242-4242-4242-4242"},
		{"4242 4242 4242 4242"},
		{"4242.4242.4242.4242"},
		{"4242", "4242", "4242", "4242"},
		{"order", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"},
		{"order", "@4111111111111111", "\u00f6", "a b:c"},
		{strings.Repeat("4242424242424242 ", 20)},
	} {
		key := client.Key(facts...)
		resp, err := c.Payments.CreatePayment(t.Context(), sale(key))
		if err != nil || resp.GetReplayed() {
			t.Errorf("the key %q of %q: %v, %v", key, facts, resp, err)
		}
	}
}

// The lists of the real server end, page by page.
func TestListsOfTheServer(t *testing.T) {
	_, c := live(t)
	want := map[string]bool{}
	for i := range 3 {
		resp, err := c.Payments.CreatePayment(t.Context(), sale(client.Key("listed", i)))
		if err != nil {
			t.Fatal(err)
		}
		want[resp.GetPayment().GetId()] = true
	}
	for payment, err := range client.ListPayments(t.Context(), c.Payments, &paymentsv1.ListPaymentsRequest{PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		delete(want, payment.GetId())
	}
	if len(want) > 0 {
		t.Errorf("the list lacks %v", want)
	}
}

// Writes whose key the client makes work with the real server.
func TestKeysOfOurOwnWithTheServer(t *testing.T) {
	_, c := live(t)
	req := sale(client.Key("cancelled", 1))
	req.Confirm = false
	created, err := c.Payments.CreatePayment(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetPayment().GetId()
	updated, err := c.Payments.UpdatePayment(t.Context(), &paymentsv1.UpdatePaymentRequest{
		PaymentId: id, Payment: &paymentsv1.Payment{Description: "two books"},
	})
	if err != nil || updated.GetPayment().GetDescription() != "two books" {
		t.Errorf("got %v, %v", updated, err)
	}
	cancelled, err := c.Payments.CancelPayment(t.Context(), &paymentsv1.CancelPaymentRequest{PaymentId: id})
	if err != nil || cancelled.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_CANCELED {
		t.Errorf("got %v, %v", cancelled, err)
	}
	_, err = c.Payments.CancelPayment(t.Context(), &paymentsv1.CancelPaymentRequest{PaymentId: id})
	if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE || client.RequestIDOf(err) == "" ||
		client.OperationIDOf(err) == "" {
		t.Errorf("got %v, want UNEXPECTED_STATE", err)
	}
}

func TestErrorsOfTheServer(t *testing.T) {
	p, c := live(t)
	_, err := c.Payments.GetPayment(t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: "pi_none"})
	if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING || client.RequestIDOf(err) == "" {
		t.Errorf("got %v, want RESOURCE_MISSING", err)
	}
	stranger, err := client.New(p.target, client.WithInsecure(), client.WithToken("stranger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stranger.Close)
	if err := get(t.Context(), stranger); client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID {
		t.Errorf("got %v, want CREDENTIALS_INVALID", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = c.Payments.CreatePayment(ctx, sale(client.Key("too short", 1)))
	if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT {
		t.Errorf("got %v, want DEADLINE_TOO_SHORT", err)
	}
}
