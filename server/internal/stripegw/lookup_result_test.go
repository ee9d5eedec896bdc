package stripegw_test

import (
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestReadResult: a person names the object that a write made or changed, and it is read, or refused as no such one.
func TestReadResult(t *testing.T) {
	b := newBench(t)
	open := b.pay(t, "open", func(r *paymentsv1.CreatePaymentRequest) { r.Confirm = false }).GetId()
	paid := b.pay(t, "paid", nil).GetId()
	made := b.write(t, createRefund, "refund", &paymentsv1.CreateRefundRequest{PaymentId: paid})
	refund := made.Outcome.Resource.(*paymentsv1.Refund).GetId()
	for _, tt := range []struct {
		name, method, id, operation string
		refused                     string
	}{
		{"a create", createPayment, open, "op_open", ""},
		{"an action", capturePayment, paid, "op_capture", ""},
		{"an update by another operation", updatePayment, open, "op_update", ""},
		{"a refund", createRefund, refund, "op_refund", ""},
		{"an action on a refund", cancelRefund, refund, "op_cancel", ""},
		{"a create of another operation", createPayment, open, "op_paid", "did not make"},
		{"a refund of another operation", createRefund, refund, "op_paid", "did not make"},
		{"a refund for a payment", createPayment, refund, "op_refund", "no id of a payment"},
		{"a payment for a refund", createRefund, paid, "op_paid", "no id of a refund"},
		{"one that does not exist", createPayment, "pi_none", "op_open", "does not exist"},
		{"a refund that does not exist", cancelRefund, "re_none", "op_open", "does not exist"},
		{"nothing", createPayment, "", "op_open", "no id"},
		{"a prefix of another kind", createPayment, "ch_1", "op_open", "no id"},
		{"a path", createPayment, "pi_1/cancel", "op_open", "no id"},
		{"a sentence", createPayment, "pi_1 " + canary, "op_open", "no id"},
		{"very long", createPayment, "pi_" + strings.Repeat("1", 300), "op_open", "no id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := b.gateway.ReadResult(t.Context(), stripegw.Search{Method: tt.method, OperationID: tt.operation}, tt.id)
			if tt.refused != "" {
				wantRefusedObject(t, err, tt.refused)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			outcome := found.Outcome
			if !found.Found || found.Err != nil {
				t.Errorf("found %t, refused with %v", found.Found, found.Err)
			}
			if outcome.ClientSecret != "" || outcome.StripeRequestID == "" {
				t.Errorf("secret %t, %v", outcome.ClientSecret != "", outcome)
			}
			if got := outcome.Resource.(interface{ GetId() string }).GetId(); got != tt.id {
				t.Errorf("read %s, want %s", got, tt.id)
			}
		})
	}
}

// wantRefusedObject wants the object that a person named to be refused, with these words.
func wantRefusedObject(t *testing.T, err error, says string) {
	t.Helper()
	wantReason(t, err, invalidField)
	if field(err) != "object_id" || !strings.Contains(description(err), says) {
		t.Errorf("field %q, %q; want object_id, %q", field(err), description(err), says)
	}
	checkSilent(t, err)
}

// TestReadResultOfAnAction: what acts on an object has changed that object and no other.
func TestReadResultOfAnAction(t *testing.T) {
	b := newBench(t)
	open := b.pay(t, "open", func(r *paymentsv1.CreatePaymentRequest) { r.Confirm = false }).GetId()
	other := b.pay(t, "other", nil).GetId()
	request, err := prepareOnly(b.gateway, &paymentsv1.CancelPaymentRequest{PaymentId: open}, "op_cancel")
	if err != nil {
		t.Fatal(err)
	}
	search := stripegw.Search{Method: paymentsv1.PaymentService_CancelPayment_FullMethodName, Request: request, OperationID: "op_cancel"}
	if _, err := b.gateway.ReadResult(t.Context(), search, open); err != nil {
		t.Errorf("its own payment: %v", err)
	}
	_, err = b.gateway.ReadResult(t.Context(), search, other)
	wantReason(t, err, invalidField)
}

// TestReadResultFails: what could not be read is no wrong word.
func TestReadResultFails(t *testing.T) {
	b := newBench(t)
	paid := b.pay(t, "paid", nil).GetId()
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.FaultDropBefore},
		{Kind: sandbox.FaultWrongJSON},
		{Kind: sandbox.Fault502HTML},
		{Kind: sandbox.FaultStatus, Status: 401},
	} {
		b.ClearFaults()
		b.breaks(t, fault)
		_, err := b.gateway.ReadResult(t.Context(), stripegw.Search{Method: createPayment, OperationID: "op_paid"}, paid)
		if got := apierr.From(err).Reason; err == nil || got == invalidField {
			t.Errorf("%s: %v", fault.Kind, err)
		}
	}
	_, err := b.gateway.ReadResult(t.Context(), stripegw.Search{Method: paymentsv1.PaymentService_GetPayment_FullMethodName}, paid)
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
}

// TestReadResultOfAReference: what another operation of ours made for the reference may be named, when the store that knew it
// is lost. Without a reference it may not.
func TestReadResultOfAReference(t *testing.T) {
	b := newBench(t)
	search := stripegw.Search{Method: paymentsv1.CustomerService_EnsureCustomer_FullMethodName, OperationID: "op_ours"}
	theirs := b.made(t, createCustomer, "theirs", &paymentsv1.CreateCustomerRequest{})
	if found, err := b.gateway.ReadResult(t.Context(), search, theirs); err != nil || !found.Found {
		t.Errorf("of another operation: %v, %v", found, err)
	}
	search.Method = createCustomer
	_, err := b.gateway.ReadResult(t.Context(), search, theirs)
	wantReason(t, err, invalidField)
}
