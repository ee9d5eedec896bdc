package proof_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// tillgate is whom callers call.
type tillgate interface {
	paymentsv1.PaymentServiceClient
	paymentsv1.CustomerServiceClient
	paymentsv1.SubscriptionServiceClient
}

// services are those of one connection.
type services struct {
	paymentsv1.PaymentServiceClient
	paymentsv1.CustomerServiceClient
	paymentsv1.SubscriptionServiceClient
}

// rpc is a write under a key, ready to be asked for again and again.
type rpc func(ctx context.Context, c tillgate) reply

// reply is what a caller heard.
type reply struct {
	// resource is what was made or changed.
	resource proto.Message
	replayed bool
	err      error
}

// paymentRPC is a write that answers with a payment.
func paymentRPC[Q any, A interface {
	GetPayment() *paymentsv1.Payment
	GetReplayed() bool
}](method func(tillgate, context.Context, Q, ...grpc.CallOption) (A, error), request Q) rpc {
	return func(ctx context.Context, c tillgate) reply {
		answer, err := method(c, ctx, request)
		return reply{resource: answer.GetPayment(), replayed: answer.GetReplayed(), err: err}
	}
}

// refundRPC is a write that answers with a refund.
func refundRPC[Q any, A interface {
	GetRefund() *paymentsv1.Refund
	GetReplayed() bool
}](method func(tillgate, context.Context, Q, ...grpc.CallOption) (A, error), request Q) rpc {
	return func(ctx context.Context, c tillgate) reply {
		answer, err := method(c, ctx, request)
		return reply{resource: answer.GetRefund(), replayed: answer.GetReplayed(), err: err}
	}
}

// customerRPC is a write of CustomerService, from whose answer `of` takes the resource.
func customerRPC[Q any, A interface{ GetReplayed() bool }, R proto.Message](
	method func(tillgate, context.Context, Q, ...grpc.CallOption) (A, error), of func(A) R, request Q,
) rpc {
	return func(ctx context.Context, c tillgate) reply {
		answer, err := method(c, ctx, request)
		return reply{resource: of(answer), replayed: answer.GetReplayed(), err: err}
	}
}

// pay asks for a payment of 20 dollars at once.
func pay(key string) rpc { return create(order(key, "pm_card_visa", 2000)) }

func create(request *paymentsv1.CreatePaymentRequest) rpc {
	return paymentRPC(tillgate.CreatePayment, request)
}

func order(key, card string, amount int64) *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: key, Amount: usd(amount), PaymentMethodId: card, Confirm: true,
	}
}

func usd(amount int64) *paymentsv1.Money {
	return &paymentsv1.Money{MinorUnits: amount, CurrencyCode: "USD"}
}

// id is that of what was made or changed; for a decline that of the payment that stands all the same.
func (a reply) id() string {
	if a.err != nil {
		decline, _ := client.DeclineOf(a.err)
		return decline.GetPaymentId()
	}
	resource, _ := a.resource.(interface{ GetId() string }) // All have one.
	return resource.GetId()
}

func (a reply) reason() paymentsv1.ErrorReason { return client.ReasonOf(a.err) }

// final is whether the caller need not ask again: it knows what became of its write.
func (a reply) final() bool {
	if a.err == nil {
		return true
	}
	switch a.reason() {
	case paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED:
		// The connection broke, or the time was up on this side.
		switch status.Code(a.err) {
		case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
			return false
		default:
			return true
		}
	case paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING, paymentsv1.ErrorReason_ERROR_REASON_OPERATION_IN_PROGRESS,
		paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED, paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT:
		return false
	default:
		return !a.undone()
	}
}

// undone is whether the caller was told that its call did nothing, and that the same key may ask again.
func (a reply) undone() bool {
	switch a.reason() {
	case paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE, paymentsv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE,
		paymentsv1.ErrorReason_ERROR_REASON_RATE_LIMITED, paymentsv1.ErrorReason_ERROR_REASON_LOCK_TIMEOUT:
		return true
	default:
		return false
	}
}

// differs says how two final answers to one key differ, but for whether they are repetitions; nothing if they do not.
func (a reply) differs(b reply) string {
	said := func(a reply) any {
		if a.err != nil {
			return []string{status.Code(a.err).String(), a.reason().String(), a.id()}
		}
		return a.resource
	}
	return cmp.Diff(said(a), said(b), protocmp.Transform())
}

// ask asks again and again until the answer is final, as callers do, for as long as a test has longWait.
func ask(ctx context.Context, c tillgate, what rpc) reply {
	ctx, cancel := context.WithTimeout(ctx, 4*longWait)
	defer cancel()
	for {
		answer := what(ctx, c)
		if answer.final() || ctx.Err() != nil {
			return answer
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// succeeds asks until the answer is final, which must be a success.
func succeeds(t *testing.T, c tillgate, what rpc) reply {
	t.Helper()
	answer := ask(t.Context(), c, what)
	if answer.err != nil {
		t.Fatalf("got %v, want success", answer.err)
	}
	return answer
}

// staysSo asks again under a key that has its answer: it is the same, and a repetition.
func staysSo(t *testing.T, c tillgate, what rpc, before reply) {
	t.Helper()
	again := ask(t.Context(), c, what)
	if diff := before.differs(again); diff != "" {
		t.Errorf("asked again, the answer differs (-before +again):\n%s", diff)
	}
	if again.err == nil && !again.replayed {
		t.Error("asked again, the answer is no repetition")
	}
}

// asking calls once, beside the test.
func asking(t *testing.T, c tillgate, what rpc) <-chan reply {
	t.Helper()
	answer := make(chan reply, 1)
	go func() { answer <- what(t.Context(), c) }()
	return answer
}

// operations are those in the given states, as an operator sees them.
func (s *server) operations(t *testing.T, states ...paymentsv1.OperationState) []*paymentsv1.Operation {
	t.Helper()
	conn := s.dial(t)
	defer conn.Close() //nolint:errcheck // It was only read.
	found, err := listOperations(t.Context(), conn, states...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
