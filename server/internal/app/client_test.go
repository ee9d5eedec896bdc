package app_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// calledRPCs notes which rpcs a connection was used for.
type calledRPCs struct {
	mu    sync.Mutex
	names map[string]bool
}

func (c *calledRPCs) add(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[method] = true
}

func (c *calledRPCs) intercept(
	ctx context.Context, method string, req, resp any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	c.add(method)
	return invoke(ctx, method, req, resp, conn, opts...)
}

func (c *calledRPCs) interceptStream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	c.add(method)
	return open(ctx, desc, conn, method, opts...)
}

// Every rpc works through the client, over a real connection, against the sandbox.
func TestEveryRpcThroughTheClient(t *testing.T) {
	p := startSandboxed(t)
	called := &calledRPCs{names: map[string]bool{}}
	tillgate, err := client.New(p.addr, client.WithInsecure(), client.WithToken("sandbox"),
		client.WithDialOptions(grpc.WithChainUnaryInterceptor(called.intercept),
			grpc.WithChainStreamInterceptor(called.interceptStream)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tillgate.Close)
	payments := tillgate.Payments
	ctx := t.Context()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}

	// A payment that is held, changed, captured and given back in two parts.
	held := order(client.Key("order", 1, 1), "pm_card_visa")
	held.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
	created, err := payments.CreatePayment(ctx, held)
	must("CreatePayment", err)
	id := created.GetPayment().GetId()
	updated, err := payments.UpdatePayment(ctx, &paymentsv1.UpdatePaymentRequest{
		PaymentId: id, Payment: &paymentsv1.Payment{Metadata: map[string]string{"order": "1"}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"metadata"}},
	})
	must("UpdatePayment", err)
	if updated.GetPayment().GetMetadata()["order"] != "1" {
		t.Errorf("after the update the payment is %v", updated.GetPayment())
	}
	captured, err := payments.CapturePayment(ctx, &paymentsv1.CapturePaymentRequest{
		IdempotencyKey: client.Key("order", 1, "capture"), PaymentId: id,
		Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
	})
	must("CapturePayment", err)
	if captured.GetPayment().GetAmountReceived().GetMinorUnits() != 2000 {
		t.Errorf("after the capture the payment is %v", captured.GetPayment())
	}
	for part := range 2 {
		refund := &paymentsv1.CreateRefundRequest{IdempotencyKey: client.Key("order", 1, "refund", part), PaymentId: id}
		if part == 0 {
			refund.Amount = &paymentsv1.Money{MinorUnits: 500, CurrencyCode: "USD"}
		}
		made, err := payments.CreateRefund(ctx, refund)
		must("CreateRefund", err)
		read, err := payments.GetRefund(ctx, &paymentsv1.GetRefundRequest{RefundId: made.GetRefund().GetId()})
		must("GetRefund", err)
		if read.GetRefund().GetPaymentId() != id {
			t.Errorf("the refund is %v", read.GetRefund())
		}
		_, err = payments.CancelRefund(ctx, &paymentsv1.CancelRefundRequest{RefundId: made.GetRefund().GetId()})
		if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE {
			t.Errorf("CancelRefund of a refund that was sent: %v, want UNEXPECTED_STATE", err)
		}
	}
	given := int64(0)
	for refund, err := range client.ListRefunds(ctx, payments, &paymentsv1.ListRefundsRequest{PaymentId: id, PageSize: 1}) {
		must("ListRefunds", err)
		given += refund.GetAmount().GetMinorUnits()
	}
	read, err := payments.GetPayment(ctx, &paymentsv1.GetPaymentRequest{PaymentId: id})
	must("GetPayment", err)
	if given != 2000 || read.GetPayment().GetAmountRefunded().GetMinorUnits() != 2000 {
		t.Errorf("the refunds are %d, and the payment is %v; want 2000 given back", given, read.GetPayment())
	}

	// A refused one, tried again; one that waits for the customer; one that is cancelled.
	_, err = payments.CreatePayment(ctx, order(client.Key("order", 2, 1), "pm_card_chargeDeclinedExpiredCard"))
	decline, ok := client.DeclineOf(err)
	if !ok {
		t.Fatalf("the refused payment: %v", err)
	}
	_, err = payments.ConfirmPayment(ctx, &paymentsv1.ConfirmPaymentRequest{
		IdempotencyKey: client.Key("order", 2, 2), PaymentId: decline.GetPaymentId(), PaymentMethodId: "pm_card_visa",
	})
	must("ConfirmPayment", err)
	waiting, err := payments.CreatePayment(ctx, order(client.Key("order", 3, 1), "pm_card_authenticationRequired"))
	must("CreatePayment with 3D Secure", err)
	secret, err := payments.GetPaymentClientSecret(ctx, &paymentsv1.GetPaymentClientSecretRequest{
		PaymentId: waiting.GetPayment().GetId(),
	})
	must("GetPaymentClientSecret", err)
	if secret.GetClientSecret() == "" || secret.GetClientSecret() != waiting.GetClientSecret() {
		t.Errorf("the secret is not the one that was given first")
	}
	_, err = payments.CancelPayment(ctx, &paymentsv1.CancelPaymentRequest{PaymentId: waiting.GetPayment().GetId()})
	must("CancelPayment", err)

	everyEventRPC(t, tillgate, id)
	everyCustomerRPC(t, tillgate.Customers)
	everySubscriptionRPC(t, &shop{process: p, customers: p.customers(t), sales: tillgate.Subscriptions})

	written := map[string]bool{}
	for operation, err := range client.ListOperations(ctx, tillgate.Operations, &paymentsv1.ListOperationsRequest{PageSize: 7}) {
		must("ListOperations", err)
		read, err := tillgate.Operations.GetOperation(ctx, &paymentsv1.GetOperationRequest{OperationId: operation.GetId()})
		must("GetOperation", err)
		if state := read.GetOperation().GetState(); state != paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED &&
			state != paymentsv1.OperationState_OPERATION_STATE_FAILED || read.GetOperation().GetObjectId() == "" &&
			state == paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED {
			t.Errorf("the operation is %v", read.GetOperation())
		}
		written[read.GetOperation().GetMethod()] = true
		_, err = tillgate.Operations.ResolveOperation(ctx, &paymentsv1.ResolveOperationRequest{
			OperationId: operation.GetId(), Note: "a test", Resolution: &paymentsv1.ResolveOperationRequest_NotDone{NotDone: true},
		})
		if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE {
			t.Errorf("ResolveOperation of one that has ended: %v, want UNEXPECTED_STATE", err)
		}
	}

	seen := 0
	for payment, err := range client.ListPayments(ctx, payments, &paymentsv1.ListPaymentsRequest{PageSize: 2}) {
		must("ListPayments", err)
		if payment.GetId() == "" {
			t.Error("a listed payment has no id")
		}
		seen++
	}
	if seen != 3+4 {
		t.Errorf("%d payments were listed, want 3 and those of four invoices", seen)
	}
	for _, method := range methods(t) {
		if name := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name()); !called.names[name] {
			t.Errorf("%s was not called", name)
		} else if !isRead(method) && !repeatable[string(method.Name())] && !written[name] {
			// operation is the only way to write: what finds another one leaves no operation behind.
			t.Errorf("%s left no operation", name)
		}
	}
	if key := p.keys(t)[""]; key {
		t.Error("a write went out without a key")
	}
}
