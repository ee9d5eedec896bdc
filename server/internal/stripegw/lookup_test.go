package stripegw_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// search is what is asked about a write that was sent just now.
func search(s stripegw.Sending) stripegw.Search {
	return stripegw.Search{
		Method: s.Method, Request: s.Request, OperationID: s.OperationID,
		From: time.Now().Add(-time.Second), To: time.Now(),
	}
}

// lookUp looks for a write, and must be able to.
func (b *bench) lookUp(t *testing.T, s stripegw.Sending) stripegw.Finding {
	t.Helper()
	found, err := b.gateway.LookUp(t.Context(), search(s))
	if err != nil {
		t.Fatal(err)
	}
	if len(found.StripeRequestIDs) == 0 {
		t.Error("the look-up names no exchange")
	}
	if found.Outcome.ClientSecret != "" {
		t.Error("the finding holds a client secret")
	}
	if !found.Found && (found.Outcome.Resource != nil || found.Err != nil) {
		t.Errorf("not found, but %v and %v", found.Outcome.Resource, found.Err)
	}
	return found
}

// TestEveryWriteHasALookUp: a row of the table says how its outcome is looked up, or that it can not be.
func TestEveryWriteHasALookUp(t *testing.T) {
	for _, method := range stripegw.WriteMethods() {
		if !stripegw.HasLookUp(method) {
			t.Errorf("%s has no rule for look-ups", method)
		}
		if slices.Contains(stripegw.ObjectsOf(method), "") {
			t.Errorf("%s does not say what it makes or changes", method)
		}
	}
}

// TestNoLookUp: a write that can not be looked up says so, each time.
func TestNoLookUp(t *testing.T) {
	found, err := stripegw.NoLookUp(t.Context())
	if !errors.Is(err, stripegw.ErrNoLookUp) || found.Found {
		t.Errorf("found %t, %v; want ErrNoLookUp", found.Found, err)
	}
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
}

// TestLookUpCreate: every payment of Stripe's is looked through for our pair, however many came later, and what is
// found is told as it is now.
func TestLookUpCreate(t *testing.T) {
	b := newBench(t)
	before := b.sending(t, createPayment, "never", payBy("pm_card_visa"))
	for _, tt := range []struct {
		name  string
		req   *paymentsv1.CreatePaymentRequest
		state paymentsv1.PaymentState
		err   paymentsv1.ErrorReason
	}{
		{"paid", payBy("pm_card_visa"), paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED, noReason},
		{"open", createRequest(), paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD, noReason},
		{
			"declined", payBy("pm_card_chargeDeclinedInsufficientFunds"),
			paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD, paymentDeclined,
		},
		{
			"needs_authentication", edited(func(r *paymentsv1.CreatePaymentRequest) {
				r.PaymentMethodId, r.Confirm, r.OffSession = "pm_card_authenticationRequired", true, true
			}),
			paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD,
			paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED,
		},
		{"action", payBy("pm_card_threeDSecure2Required"), paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION, noReason},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := b.sending(t, createPayment, tt.name, tt.req)
			sent := b.gateway.Write(t.Context(), s)
			for n := range 3 {
				b.pay(t, fmt.Sprintf("after_%s_%d", tt.name, n), nil)
			}

			found := b.lookUp(t, s)

			payment, ok := found.Outcome.Resource.(*paymentsv1.Payment)
			if !found.Found || !ok || payment.GetState() != tt.state {
				t.Fatalf("found %t, %v", found.Found, found.Outcome.Resource)
			}
			if tt.err == noReason {
				if found.Err != nil {
					t.Errorf("the finding has the error %v", found.Err)
				}
				if payment.GetId() != sent.Outcome.Resource.(*paymentsv1.Payment).GetId() {
					t.Errorf("found %s, made %v", payment.GetId(), sent.Outcome.Resource)
				}
				return
			}
			wantReason(t, found.Err, tt.err)
			wantSameRefusal(t, sent.Err, found.Err)
		})
	}
	if found := b.lookUp(t, before); found.Found {
		t.Errorf("a payment was found that was never sent: %v", found.Outcome.Resource)
	}
}

// TestLookUpRefund is the same for refunds, which Stripe lists by their payment.
func TestLookUpRefund(t *testing.T) {
	b := newBench(t)
	payment, other := b.pay(t, "pay", nil), b.pay(t, "other", nil)
	part := func(id string) *paymentsv1.CreateRefundRequest {
		return &paymentsv1.CreateRefundRequest{PaymentId: id, Amount: usd(100)}
	}
	s := b.sending(t, createRefund, "refund", part(payment.GetId()))
	if found := b.lookUp(t, s); found.Found {
		t.Error("a refund was found that was never sent")
	}
	made := b.gateway.Write(t.Context(), s)
	b.write(t, createRefund, "refund_2", part(payment.GetId()))
	b.write(t, createRefund, "refund_3", part(other.GetId()))

	found := b.lookUp(t, s)
	if !found.Found || !proto.Equal(found.Outcome.Resource, made.Outcome.Resource) {
		t.Errorf("found %t, %v, want %v", found.Found, found.Outcome.Resource, made.Outcome.Resource)
	}
}

// TestLookUpActions: what is done to an object is judged by its state, and another state is no failure.
func TestLookUpActions(t *testing.T) {
	hold := func(r *paymentsv1.CreatePaymentRequest) {
		r.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
	}
	open := func(r *paymentsv1.CreatePaymentRequest) { r.Confirm = false }
	part := func(id string, amount int64, final *bool) proto.Message {
		return &paymentsv1.CapturePaymentRequest{PaymentId: id, Amount: usd(amount), FinalCapture: final}
	}
	for _, tt := range []struct {
		name, method string
		make         func(*paymentsv1.CreatePaymentRequest)
		req          func(id string) proto.Message
		// other is what another operation did instead; nil if nothing was done.
		other         func(id string) (string, proto.Message)
		before, after bool
	}{
		{"cancel", cancelPayment, open, func(id string) proto.Message {
			return &paymentsv1.CancelPaymentRequest{PaymentId: id}
		}, nil, false, true},
		{"capture", capturePayment, hold, func(id string) proto.Message {
			return &paymentsv1.CapturePaymentRequest{PaymentId: id}
		}, nil, false, true},
		{"capture of a part", capturePayment, hold, func(id string) proto.Message {
			return part(id, 400, nil)
		}, nil, false, true},
		{"capture of another part", capturePayment, hold, func(id string) proto.Message {
			return part(id, 400, nil)
		}, func(id string) (string, proto.Message) { return capturePayment, part(id, 500, nil) }, false, false},
		{"capture that is not the last", capturePayment, hold, func(id string) proto.Message {
			return part(id, 400, new(false))
		}, func(id string) (string, proto.Message) { return capturePayment, part(id, 400, nil) }, false, false},
		{"confirm", confirmPayment, open, func(id string) proto.Message {
			return &paymentsv1.ConfirmPaymentRequest{PaymentId: id}
		}, nil, false, true},
		{"confirm that needs a step", confirmPayment, open, func(id string) proto.Message {
			return &paymentsv1.ConfirmPaymentRequest{PaymentId: id, PaymentMethodId: "pm_card_threeDSecure2Required"}
		}, nil, false, true},
		{"confirm that is declined", confirmPayment, open, func(id string) proto.Message {
			return &paymentsv1.ConfirmPaymentRequest{PaymentId: id, PaymentMethodId: "pm_card_chargeDeclined"}
		}, nil, false, false},
		{"confirm of a hold", confirmPayment, func(r *paymentsv1.CreatePaymentRequest) {
			open(r)
			hold(r)
		}, func(id string) proto.Message {
			return &paymentsv1.ConfirmPaymentRequest{PaymentId: id}
		}, nil, false, true},
		{"update", updatePayment, open, func(id string) proto.Message {
			return updateFor(id, &paymentsv1.Payment{
				Description: "Order 1001", Amount: usd(1200), Metadata: map[string]string{"order": "1001"},
			})
		}, nil, false, true},
		{"update to another amount", updatePayment, open, func(id string) proto.Message {
			return updateFor(id, &paymentsv1.Payment{Amount: usd(1200)})
		}, func(id string) (string, proto.Message) {
			return updatePayment, updateFor(id, &paymentsv1.Payment{Amount: usd(1300)})
		}, false, false},
		{"update of what it was", updatePayment, open, func(id string) proto.Message {
			return updateFor(id, &paymentsv1.Payment{Amount: usd(1000)})
		}, nil, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			id := b.pay(t, "pay", tt.make).GetId()
			s := b.sending(t, tt.method, "act", tt.req(id))
			if found := b.lookUp(t, s); found.Found != tt.before {
				t.Errorf("before it was sent: found %t", found.Found)
			}
			if tt.other != nil {
				method, req := tt.other(id)
				b.write(t, method, "other", req)
			} else {
				b.gateway.Write(t.Context(), s)
			}
			found := b.lookUp(t, s)
			if found.Found != tt.after || found.Err != nil {
				t.Fatalf("found %t, %v, want %t", found.Found, found.Err, tt.after)
			}
			if payment, ok := found.Outcome.Resource.(*paymentsv1.Payment); tt.after && (!ok || payment.GetId() != id) {
				t.Errorf("found %v, want %s", found.Outcome.Resource, id)
			}
		})
	}
}

// TestLookUpCancelRefund is the action on a refund.
func TestLookUpCancelRefund(t *testing.T) {
	b := newBench(t)
	payment := b.pay(t, "pay", func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId = "pm_card_pendingRefund" })
	made := b.write(t, createRefund, "refund", &paymentsv1.CreateRefundRequest{PaymentId: payment.GetId()})
	id := made.Outcome.Resource.(*paymentsv1.Refund).GetId()
	b.requireAction(t, id)
	s := b.sending(t, cancelRefund, "cancel", &paymentsv1.CancelRefundRequest{RefundId: id})
	if found := b.lookUp(t, s); found.Found {
		t.Error("found before it was sent")
	}
	if got := b.gateway.Write(t.Context(), s); got.Err != nil {
		t.Fatal(got.Err)
	}
	found := b.lookUp(t, s)
	if refund, ok := found.Outcome.Resource.(*paymentsv1.Refund); !found.Found || !ok || refund.GetId() != id {
		t.Errorf("found %t, %v", found.Found, found.Outcome.Resource)
	}
}

// TestLookUpMissing: an object that does not exist shows nothing, and is no failure either.
func TestLookUpMissing(t *testing.T) {
	b := newBench(t)
	s := b.sending(t, cancelPayment, "x", &paymentsv1.CancelPaymentRequest{PaymentId: "pi_none"})
	if found := b.lookUp(t, s); found.Found {
		t.Errorf("found %v", found.Outcome.Resource)
	}
}

// TestLookUpFails: a look-up that could not see is an error, never a finding.
func TestLookUpFails(t *testing.T) {
	b := newBench(t)
	create := b.sending(t, createPayment, "x", payBy("pm_card_visa"))
	b.gateway.Write(t.Context(), create)
	cancel := b.sending(t, cancelPayment, "y", &paymentsv1.CancelPaymentRequest{PaymentId: b.pay(t, "pay", nil).GetId()})
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.FaultDropBefore},
		{Kind: sandbox.FaultTruncate},
		{Kind: sandbox.FaultWrongJSON},
		{Kind: sandbox.Fault502HTML},
		{Kind: sandbox.FaultStatus, Status: 429},
		{Kind: sandbox.FaultStatus, Status: 401},
		{Kind: sandbox.FaultStatus, Status: 404, Body: []byte(`"<html>not found"`)},
	} {
		fault.Method = http.MethodGet
		b.ClearFaults()
		b.breaks(t, fault)
		for _, s := range []stripegw.Sending{create, cancel} {
			found, err := b.gateway.LookUp(t.Context(), search(s))
			if err == nil || found.Found {
				t.Errorf("%s %d, %s: found %t, %v; want an error", fault.Kind, fault.Status, s.Method, found.Found, err)
			}
			if err != nil && errors.Is(err, stripegw.ErrNoLookUp) {
				t.Errorf("%s: it could be looked up", s.Method)
			}
		}
	}
}

// wantSameRefusal compares what the caller would have heard with what was found.
func wantSameRefusal(t *testing.T, sent, found error) {
	t.Helper()
	a, b := declineOf(sent), declineOf(found)
	if a == nil || !proto.Equal(a, b) {
		t.Errorf("found %v, want %v", b, a)
	}
}

// declineOf is the Decline of an error.
func declineOf(err error) *paymentsv1.Decline {
	for _, detail := range apierr.From(err).Details {
		if decline, ok := detail.(*paymentsv1.Decline); ok {
			return decline
		}
	}
	return nil
}

// operationOf is the operation that an error names.
func operationOf(err error) string { return apierr.From(err).Metadata["operation_id"] }
