package app_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// attempts counts how often the bank was asked about a payment: each try makes a charge, also one that fails.
func (p *process) attempts(t *testing.T, id string) int {
	t.Helper()
	var list struct{ Data []json.RawMessage }
	p.stripe(t, "/v1/charges?payment_intent="+id, &list)
	return len(list.Data)
}

// replays counts the answers that Stripe gave again under a key that it knew.
func (p *process) replays(t *testing.T) int {
	t.Helper()
	var log struct {
		Requests []struct {
			Replayed bool `json:"replayed"`
		} `json:"requests"`
	}
	_, body := p.sandboxCall(t, http.MethodGet, "/_sandbox/requests", "")
	if err := json.Unmarshal(body, &log); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, request := range log.Requests {
		if request.Replayed {
			n++
		}
	}
	return n
}

const declining = "pm_card_visa_chargeDeclinedInsufficientFunds"

// The same key again is the same decline. The bank is not asked a second time.
func TestM17_DeclinedAgainWithTheSameKey(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	declined := func() *status.Status {
		t.Helper()
		_, err := client.CreatePayment(dev(t), order("declined-1001-attempt-1", declining))
		check(t, err, codes.FailedPrecondition, "PAYMENT_DECLINED", "")
		return status.Convert(err)
	}
	first := declined()
	id := detail[*paymentsv1.Decline](first.Err()).GetPaymentId()
	for range 3 {
		again := declined()
		if got, want := detail[*paymentsv1.Decline](again.Err()),
			detail[*paymentsv1.Decline](first.Err()); !proto.Equal(got, want) {
			t.Errorf("again: %v, want %v", got, want)
		}
		got, want := detail[*errdetails.ErrorInfo](again.Err()), detail[*errdetails.ErrorInfo](first.Err())
		if got.GetMetadata()["operation_id"] != want.GetMetadata()["operation_id"] {
			t.Errorf("again: %v, want the same operation as %v", got, want)
		}
	}
	if n := p.attempts(t, id); n != 1 {
		t.Errorf("the bank was asked %d times, want once", n)
	}
	if n := p.replays(t); n != 0 {
		t.Errorf("Stripe was asked %d times again, want never", n)
	}
	if got := read(t, client, id); got.GetState() != needsMethod ||
		got.GetLastError().GetDeclineCode() != "insufficient_funds" {
		t.Errorf("the payment is %v", got)
	}
	if entries := p.ledger(t); len(entries) != 0 {
		t.Errorf("money moved: %+v", entries)
	}
}

// A new key is a new try, under an operation of its own: of the same payment by ConfirmPayment, or of another one.
func TestM18_DeclinedAgainWithANewKey(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	operations := map[string]bool{}
	tried := func(err error) string {
		t.Helper()
		check(t, err, codes.FailedPrecondition, "PAYMENT_DECLINED", "")
		operations[detail[*errdetails.ErrorInfo](err).GetMetadata()["operation_id"]] = true
		return detail[*paymentsv1.Decline](err).GetPaymentId()
	}
	_, err := client.CreatePayment(dev(t), order("declined-2001-attempt-1", declining))
	id := tried(err)
	for i, key := range []string{"declined-2001-attempt-2", "declined-2001-attempt-3"} {
		_, err := client.ConfirmPayment(dev(t), &paymentsv1.ConfirmPaymentRequest{
			IdempotencyKey: key, PaymentId: id, PaymentMethodId: declining,
		})
		if again := tried(err); again != id {
			t.Errorf("the try was of %s, want %s", again, id)
		}
		if n := p.attempts(t, id); n != i+2 {
			t.Errorf("the bank was asked %d times, want %d", n, i+2)
		}
	}
	_, err = client.CreatePayment(dev(t), order("declined-2001-attempt-4", declining))
	if other := tried(err); other == id || p.attempts(t, other) != 1 {
		t.Errorf("a create with a new key tried %s again", other)
	}
	if len(operations) != 4 || p.replays(t) != 0 {
		t.Errorf("%d operations and %d replays, want 4 and none", len(operations), p.replays(t))
	}
	paid, err := client.ConfirmPayment(dev(t), &paymentsv1.ConfirmPaymentRequest{
		IdempotencyKey: "declined-2001-attempt-5", PaymentId: id, PaymentMethodId: visa,
	})
	if err != nil || paid.GetPayment().GetState() != succeeded || len(p.ledger(t)) != 1 {
		t.Errorf("got %v, %v, want it paid once", paid, err)
	}
}
