package stripegw_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

func TestPrepareActions(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name string
		req  proto.Message
		path string
		form []string
	}{
		{
			"capture all", &paymentsv1.CapturePaymentRequest{PaymentId: "pi_1"},
			"/v1/payment_intents/pi_1/capture",
			[]string{"expand[0]=latest_charge"},
		},
		{
			"capture a part", fullCapture(), "/v1/payment_intents/pi_1/capture",
			[]string{"expand[0]=latest_charge", "amount_to_capture=400", "final_capture=false"},
		},
		{
			"capture a part and no more", &paymentsv1.CapturePaymentRequest{
				PaymentId: "pi_1", Amount: usd(400), FinalCapture: new(true),
			}, "/v1/payment_intents/pi_1/capture",
			[]string{"expand[0]=latest_charge", "amount_to_capture=400", "final_capture=true"},
		},
		{
			"cancel", &paymentsv1.CancelPaymentRequest{PaymentId: "pi_1"},
			"/v1/payment_intents/pi_1/cancel",
			[]string{"expand[0]=latest_charge"},
		},
		{
			"cancel with a reason", fullCancel(), "/v1/payment_intents/pi_1/cancel",
			[]string{"expand[0]=latest_charge", "cancellation_reason=requested_by_customer"},
		},
		{
			"refund all", &paymentsv1.CreateRefundRequest{PaymentId: "pi_1"},
			"/v1/refunds",
			[]string{"payment_intent=pi_1", "metadata[tillgate_operation]=" + operationID},
		},
		{
			"refund a part", fullRefund(), "/v1/refunds",
			[]string{
				"payment_intent=pi_1", "metadata[tillgate_operation]=" + operationID, "metadata[order]=1001", "amount=400",
				"reason=duplicate",
			},
		},
		{"cancel a refund", &paymentsv1.CancelRefundRequest{RefundId: "re_1"}, "/v1/refunds/re_1/cancel", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkPrepared(t, g, tt.req, stripegw.Request{Method: "POST", Path: tt.path}, tt.form)
		})
	}
}

func TestPrepareActionsRefuses(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name  string
		req   proto.Message
		field string
	}{
		{"capture of nothing", &paymentsv1.CapturePaymentRequest{}, "payment_id"},
		{"cancel of nothing", &paymentsv1.CancelPaymentRequest{}, "payment_id"},
		{"update of nothing", &paymentsv1.UpdatePaymentRequest{}, "payment_id"},
		{"refund of nothing", &paymentsv1.CreateRefundRequest{}, "payment_id"},
		{"cancel of no refund", &paymentsv1.CancelRefundRequest{}, "refund_id"},
		{
			"capture of 0", &paymentsv1.CapturePaymentRequest{PaymentId: "pi_1", Amount: usd(0)}, "amount.minor_units",
		},
		{
			"capture of dinars that do not end in 0", &paymentsv1.CapturePaymentRequest{
				PaymentId: "pi_1", Amount: &paymentsv1.Money{MinorUnits: 1001, CurrencyCode: "KWD"},
			}, "amount.minor_units",
		},
		{
			"refund of an unknown currency", &paymentsv1.CreateRefundRequest{
				PaymentId: "pi_1", Amount: &paymentsv1.Money{MinorUnits: 1, CurrencyCode: "XYZ"},
			}, "amount.currency_code",
		},
		{
			"refund of 9 digits", &paymentsv1.CreateRefundRequest{PaymentId: "pi_1", Amount: usd(100_000_000)},
			"amount.minor_units",
		},
		{"cancel for no known reason", &paymentsv1.CancelPaymentRequest{
			PaymentId: "pi_1", CancellationReason: 99,
		}, "cancellation_reason"},
		{"refund for no known reason", &paymentsv1.CreateRefundRequest{PaymentId: "pi_1", Reason: 99}, "reason"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := prepareOnly(g, tt.req, operationID)
			wantReason(t, err, invalidField)
			if got := field(err); got != tt.field {
				t.Errorf("field = %q, want %q", got, tt.field)
			}
		})
	}
}

// TestFieldNamesOfActions: what Stripe says of its parameters, callers hear of their fields.
func TestFieldNamesOfActions(t *testing.T) {
	for _, tt := range []struct{ method, param, want string }{
		{updatePayment, "amount", "payment.amount.minor_units"},
		{updatePayment, "currency", "payment.amount.currency_code"},
		{updatePayment, "customer", "payment.customer_id"},
		{updatePayment, "payment_method_types[1]", "payment.payment_method_types[1]"},
		{updatePayment, "metadata[order]", `payment.metadata["order"]`},
		{updatePayment, "metadata[tillgate_operation]", ""},
		{updatePayment, "intent", "payment_id"},
		{capturePayment, "amount_to_capture", "amount.minor_units"},
		{capturePayment, "final_capture", "final_capture"},
		{capturePayment, "amount", "amount.minor_units"},
		{capturePayment, "currency", ""},
		{cancelPayment, "cancellation_reason", "cancellation_reason"},
		{createRefund, "amount", "amount.minor_units"},
		{createRefund, "payment_intent", "payment_id"},
		{createRefund, "reason", "reason"},
		{createRefund, "charge", ""},
		{cancelRefund, "refund", "refund_id"},
	} {
		t.Run(tt.method+" "+tt.param, func(t *testing.T) {
			body := encode(t, map[string]any{"error": map[string]any{
				"type": "invalid_request_error", "code": "parameter_invalid_empty", "param": tt.param, "message": canary,
			}})
			g := newGateway(t, newStripe(t, answer(400, body)).URL)
			_, err := writeOnce(t.Context(), g, tt.method, prepare(t, g, createRequest()))
			if got := field(err); got != tt.want {
				t.Errorf("field = %q, want %q", got, tt.want)
			}
			checkSilent(t, err)
		})
	}
}

// TestRefusalsOfActions: the same refusal is about the subject of one rpc and about a field or the state of another.
func TestRefusalsOfActions(t *testing.T) {
	const (
		missing = `"code":"resource_missing","param":`
		noCode  = `"param":`
	)
	for _, tt := range []struct {
		name, method string
		req          proto.Message
		status       int
		body         string
		want         paymentsv1.ErrorReason
		wantText     string
	}{
		{"update", updatePayment, leastUpdate(), 404, missing + `"intent"`, resourceMissing, "pi_1"},
		{
			"update of a missing customer", updatePayment, leastUpdate(), 400, missing + `"customer"`, invalidField,
			"customer_id",
		},
		{"capture", capturePayment, fullCapture(), 404, missing + `"intent"`, resourceMissing, "pi_1"},
		{"cancel", cancelPayment, fullCancel(), 404, missing + `"intent"`, resourceMissing, "pi_1"},
		{
			"cancel of a refund", cancelRefund, &paymentsv1.CancelRefundRequest{RefundId: "re_1"}, 404,
			missing + `"refund"`, resourceMissing, "re_1",
		},
		{
			"cancel of a sent refund", cancelRefund, &paymentsv1.CancelRefundRequest{RefundId: "re_1"}, 400,
			noCode + `""`, unexpectedState, "",
		},
		{
			"refund of a missing payment", createRefund, fullRefund(), 404, missing + `"payment_intent"`, invalidField,
			"payment_id",
		},
		{"refund of too much", createRefund, fullRefund(), 400, noCode + `"amount"`, invalidField, "amount.minor_units"},
		{
			"capture of too much", capturePayment, fullCapture(), 400, `"code":"amount_too_large"`, invalidField,
			"amount.minor_units",
		},
		{"refund without a charge", createRefund, fullRefund(), 400, noCode + `""`, unexpectedState, ""},
		{"refund of nothing", createRefund, fullRefund(), 400, noCode + `"payment_intent"`, unexpectedState, ""},
		{
			"capture without a method", capturePayment, fullCapture(), 400, `"code":"payment_intent_unexpected_state"`,
			unexpectedState, "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"error":{"type":"invalid_request_error",` + tt.body + `}}`
			g := newGateway(t, newStripe(t, answer(tt.status, body)).URL)
			r, err := prepareOnly(g, tt.req, operationID)
			if err != nil {
				t.Fatal(err)
			}
			_, err = writeOnce(t.Context(), g, tt.method, r)
			wantReason(t, err, tt.want)
			if text := visible(err); !strings.Contains(text, tt.wantText) {
				t.Errorf("the error does not name %s:\n%s", tt.wantText, text)
			}
		})
	}
}

const unexpectedState = paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE

func usd(minorUnits int64) *paymentsv1.Money {
	return &paymentsv1.Money{MinorUnits: minorUnits, CurrencyCode: "USD"}
}

// fullCapture has every field set.
func fullCapture() *paymentsv1.CapturePaymentRequest {
	return &paymentsv1.CapturePaymentRequest{
		IdempotencyKey: "order-1001-capture-1", PaymentId: "pi_1", Amount: usd(400), FinalCapture: new(false),
	}
}

// fullCancel has every field set.
func fullCancel() *paymentsv1.CancelPaymentRequest {
	return &paymentsv1.CancelPaymentRequest{
		IdempotencyKey: "order-1001-cancel-1", PaymentId: "pi_1",
		CancellationReason: paymentsv1.CancellationReason_CANCELLATION_REASON_REQUESTED_BY_CUSTOMER,
	}
}

// fullRefund has every field set.
func fullRefund() *paymentsv1.CreateRefundRequest {
	return &paymentsv1.CreateRefundRequest{
		IdempotencyKey: "order-1001-refund-1", PaymentId: "pi_1", Amount: usd(400),
		Reason:   paymentsv1.RefundReason_REFUND_REASON_DUPLICATE,
		Metadata: map[string]string{"order": "1001"},
	}
}
