package proof_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// job is an rpc that changes something, on an object that Stripe has already where it needs one.
type job struct {
	name    string
	prepare func(t *testing.T, s *stripe, key string) prepared
	// deletes is whether it is a DELETE to Stripe, which is looked for before it is sent again.
	deletes bool
	// hidden is whether nobody can look for what it did, where Stripe keeps failing.
	hidden bool
	// steps is whether it takes several requests, one after the other.
	steps bool
}

// prepared is a job that can be done.
type prepared struct {
	ask rpc
	// check checks that it was done once.
	check func(t *testing.T, answer reply)
}

const (
	intents = "/v1/payment_intents"
	refunds = "/v1/refunds"
)

// paymentJobs are those of PaymentService.
var paymentJobs = []job{
	{name: "CreatePayment", prepare: func(_ *testing.T, s *stripe, key string) prepared {
		return prepared{ask: pay(key), check: movedOnly(s, "charge 2000")}
	}},
	{name: "ConfirmPayment", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		request := &paymentsv1.ConfirmPaymentRequest{IdempotencyKey: key, PaymentId: s.payment(t)}
		return prepared{ask: paymentRPC(tillgate.ConfirmPayment, request), check: movedOnly(s, "charge 2000")}
	}},
	{name: "UpdatePayment", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.payment(t)
		request := &paymentsv1.UpdatePaymentRequest{
			IdempotencyKey: key, PaymentId: id, Payment: &paymentsv1.Payment{Description: "Order 1"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description"}},
		}
		return prepared{ask: paymentRPC(tillgate.UpdatePayment, request), check: s.described(id, "Order 1")}
	}},
	{name: "CapturePayment", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		request := &paymentsv1.CapturePaymentRequest{IdempotencyKey: key, PaymentId: s.held(t), Amount: usd(1500)}
		return prepared{ask: paymentRPC(tillgate.CapturePayment, request), check: movedOnly(s, "capture 1500", "release 500")}
	}},
	{name: "CancelPayment", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		request := &paymentsv1.CancelPaymentRequest{IdempotencyKey: key, PaymentId: s.held(t)}
		return prepared{ask: paymentRPC(tillgate.CancelPayment, request), check: movedOnly(s, "release 2000")}
	}},
	{name: "CreateRefund", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.payment(t, "payment_method", "pm_card_visa", "confirm", "true")
		request := &paymentsv1.CreateRefundRequest{IdempotencyKey: key, PaymentId: id, Amount: usd(700)}
		return prepared{ask: refundRPC(tillgate.CreateRefund, request), check: movedOnly(s, "refund 700")}
	}},
	{name: "CancelRefund", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.payment(t, "payment_method", "pm_card_pendingRefund", "confirm", "true")
		refund := s.make(t, refunds, "payment_intent", id, "amount", "700")
		if err := s.exchange(http.MethodPost, "/_sandbox/refunds/"+refund+"/require_action", "", nil, nil); err != nil {
			t.Fatal(err)
		}
		request := &paymentsv1.CancelRefundRequest{IdempotencyKey: key, RefundId: refund}
		return prepared{ask: refundRPC(tillgate.CancelRefund, request), check: movedOnly(s, "refund_canceled 700")}
	}},
}

// payment makes a payment of 20 dollars, ready to be confirmed if the form says nothing else.
func (s *stripe) payment(t *testing.T, form ...string) string {
	t.Helper()
	standing := []string{
		"amount", "2000", "currency", "usd", "automatic_payment_methods[enabled]", "true",
		"automatic_payment_methods[allow_redirects]", "never",
	}
	if len(form) == 0 {
		form = []string{"payment_method", "pm_card_visa"}
	}
	return s.make(t, intents, append(standing, form...)...)
}

// held makes a payment whose 20 dollars wait to be captured.
func (s *stripe) held(t *testing.T) string {
	t.Helper()
	return s.payment(t, "payment_method", "pm_card_visa", "confirm", "true", "capture_method", "manual")
}

// movedOnly checks that we moved this money, and no other.
func movedOnly(s *stripe, want ...string) func(*testing.T, reply) {
	return func(t *testing.T, _ reply) {
		t.Helper()
		if diff := cmp.Diff(want, movements(t, s)); diff != "" {
			t.Errorf("how money moved (-want +got):\n%s", diff)
		}
	}
}

// described checks the description of a payment at Stripe.
func (s *stripe) described(id, want string) func(*testing.T, reply) {
	return func(t *testing.T, _ reply) {
		t.Helper()
		var got struct {
			Description string `json:"description"`
		}
		if err := s.exchange(http.MethodGet, intents+"/"+id, "", nil, &got); err != nil {
			t.Fatal(err)
		}
		if got.Description != want {
			t.Errorf("the description at Stripe is %q, want %q", got.Description, want)
		}
	}
}
