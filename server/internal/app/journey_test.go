package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The states, by the names that Stripe's documentation uses.
const (
	needsMethod       = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD
	needsConfirmation = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CONFIRMATION
	needsAction       = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION
	needsCapture      = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CAPTURE
	succeeded         = paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED
	canceled          = paymentsv1.PaymentState_PAYMENT_STATE_CANCELED
)

func usd(minorUnits int64) *paymentsv1.Money {
	return &paymentsv1.Money{MinorUnits: minorUnits, CurrencyCode: "USD"}
}

// create makes a payment that must succeed in being made.
func create(
	t *testing.T, client paymentsv1.PaymentServiceClient, request *paymentsv1.CreatePaymentRequest,
) *paymentsv1.Payment {
	t.Helper()
	created, err := client.CreatePayment(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	return created.GetPayment()
}

// held is a request whose 20 dollars are authorized and not yet taken.
func held(key string) *paymentsv1.CreatePaymentRequest {
	request := order(key, "pm_card_visa")
	request.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
	return request
}

// read is a payment as it is now.
func read(t *testing.T, client paymentsv1.PaymentServiceClient, id string) *paymentsv1.Payment {
	t.Helper()
	got, err := client.GetPayment(dev(t), &paymentsv1.GetPaymentRequest{PaymentId: id})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetPayment()
}

// steer posts JSON to an endpoint of the sandbox that must accept it.
func (p *process) steer(t *testing.T, path string, body any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if code, answer := p.sandboxCall(t, http.MethodPost, "/_sandbox/"+path, string(data)); code != http.StatusOK {
		t.Fatalf("%s: the sandbox answers %d %s", path, code, answer)
	}
}

// advance moves the sandbox's clock.
func (p *process) advance(t *testing.T, by time.Duration) {
	t.Helper()
	p.steer(t, "clock/advance", map[string]int64{"seconds": int64(by / time.Second)})
}

// authenticate takes the customer's step, with the outcome `succeed` or `fail`.
func (p *process) authenticate(t *testing.T, id, outcome string) {
	t.Helper()
	p.steer(t, "payment_intents/"+id+"/authenticate", map[string]string{"outcome": outcome})
}

// stripe reads an object as Stripe shows it.
func (p *process) stripe(t *testing.T, path string, into any) {
	t.Helper()
	code, body := p.sandboxCall(t, http.MethodGet, path, "", "Authorization", "Bearer sk_test_1")
	if err := json.Unmarshal(body, into); err != nil || code != http.StatusOK {
		t.Fatalf("%s: the sandbox answers %d %s: %v", path, code, body, err)
	}
}

// moved are the movements of money, as type and amount, oldest first.
func (p *process) moved(t *testing.T) []string {
	t.Helper()
	var moved []string
	for _, entry := range p.ledger(t) {
		moved = append(moved, fmt.Sprint(entry.Type, " ", entry.Amount))
	}
	return moved
}

// checkState is check for an object whose state forbids the call, and wants to hear which state it is in.
func checkState(t *testing.T, err error, state string) {
	t.Helper()
	check(t, err, codes.FailedPrecondition, "UNEXPECTED_STATE", "")
	if got := detail[*errdetails.ErrorInfo](err).GetMetadata()["state"]; got != state {
		t.Errorf("the error says that the state is %q, want %q", got, state)
	}
}
