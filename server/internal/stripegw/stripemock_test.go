package stripegw_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestStripeTakesEveryRequest holds everything that a Gateway can send against Stripe's own description of the API at
// our version, with every field set and with the least.
func TestStripeTakesEveryRequest(t *testing.T) {
	requests := map[string]struct{ full, least proto.Message }{
		createPayment: {fullCreate(), createRequest()},
		confirmPayment: {
			fullConfirm(),
			&paymentsv1.ConfirmPaymentRequest{IdempotencyKey: "order-1001-attempt-1", PaymentId: "pi_1"},
		},
		updatePayment:  {fullUpdate(), leastUpdate()},
		capturePayment: {fullCapture(), &paymentsv1.CapturePaymentRequest{PaymentId: "pi_1"}},
		cancelPayment:  {fullCancel(), &paymentsv1.CancelPaymentRequest{PaymentId: "pi_1"}},
		createRefund:   {fullRefund(), &paymentsv1.CreateRefundRequest{PaymentId: "pi_1"}},
		cancelRefund: {
			&paymentsv1.CancelRefundRequest{IdempotencyKey: "order-1001-refund-1", RefundId: "re_1"},
			&paymentsv1.CancelRefundRequest{RefundId: "re_1"},
		},
	}
	stripe := httptest.NewServer(describedStripe(t))
	t.Cleanup(stripe.Close)
	g := newGateway(t, stripe.URL)

	for _, method := range stripegw.WriteMethods() {
		messages, ok := requests[method]
		if !ok {
			t.Errorf("%s has no requests in this test", method)
			continue
		}
		checkEveryFieldSet(t, messages.full.ProtoReflect())
		for name, message := range map[string]proto.Message{"full": messages.full, "least": messages.least} {
			t.Run(method+" "+name, func(t *testing.T) {
				r, err := g.Prepare(message, operationID)
				if err != nil {
					t.Fatal(err)
				}
				outcome, err := writeOnce(t.Context(), g, method, r)
				if err != nil {
					t.Fatalf("%v\n%s", err, visible(err))
				}
				if outcome.Resource == nil || outcome.StripeRequestID == "" {
					t.Errorf("the outcome is %v", outcome)
				}
			})
		}
	}
	t.Run("GetPayment", func(t *testing.T) {
		payment, err := g.GetPayment(t.Context(), "pi_1")
		if err != nil {
			t.Fatal(err)
		}
		if payment.GetId() == "" || payment.GetLatestCharge().GetRawStatus() == "" {
			t.Errorf("the payment %v has no expanded charge", payment)
		}
	})
	t.Run("PaymentClientSecret", func(t *testing.T) {
		if secret, err := g.PaymentClientSecret(t.Context(), "pi_1"); err != nil || secret == "" {
			t.Errorf("got %q, %v", secret, err)
		}
	})
	t.Run("GetRefund", func(t *testing.T) {
		if refund, err := g.GetRefund(t.Context(), "re_1"); err != nil || refund.GetId() == "" {
			t.Errorf("got %v, %v", refund, err)
		}
	})
	for name, req := range map[string]*paymentsv1.ListPaymentsRequest{"full": fullList(), "least": {}} {
		t.Run("PaymentPage "+name, func(t *testing.T) {
			payments, _, err := g.PaymentPage(t.Context(), req, "pi_1", 20)
			if err != nil || len(payments) == 0 || payments[0].GetLatestCharge().GetRawStatus() == "" {
				t.Errorf("got %v, %v, want payments with expanded charges", payments, err)
			}
		})
	}
	t.Run("RefundPage", func(t *testing.T) {
		refunds, _, err := g.RefundPage(t.Context(), &paymentsv1.ListRefundsRequest{PaymentId: "pi_1"}, "re_1", 20)
		if err != nil || len(refunds) == 0 {
			t.Errorf("got %v, %v", refunds, err)
		}
	})
	t.Run("it does refuse", func(t *testing.T) {
		r := stripegw.Request{Method: http.MethodPost, Path: "/v1/payment_intents", Form: "amount=1000&currency=usd&amuont=1"}
		if _, err := g.Send(t.Context(), r, stripeKey); err == nil {
			t.Error("an unknown parameter was taken")
		}
	})
}

// checkEveryFieldSet fails the test when a request that is called full is not.
func checkEveryFieldSet(t *testing.T, m protoreflect.Message) {
	t.Helper()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		if !m.Has(fields.Get(i)) {
			t.Errorf("%s has no %s", m.Descriptor().FullName(), fields.Get(i).Name())
		}
	}
}

// describedStripe answers whatever fits Stripe's description with samples, and refuses the rest.
func describedStripe(t *testing.T) http.HandlerFunc {
	t.Helper()
	spec, err := server.LoadSpec(slices.Clone(embedded.OpenAPISpec), "")
	if err != nil {
		t.Fatal(err)
	}
	fixtures, err := server.LoadFixtures(slices.Clone(embedded.OpenAPIFixtures), "")
	if err != nil {
		t.Fatal(err)
	}
	stub, err := server.NewStubServer(fixtures, spec, true, false)
	if err != nil {
		t.Fatal(err)
	}
	return stub.HandleRequest
}
