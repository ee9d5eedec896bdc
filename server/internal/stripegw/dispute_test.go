package stripegw_test

import (
	"net/http"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

func TestDispute(t *testing.T) {
	at := func(seconds int64) *timestamppb.Timestamp { return &timestamppb.Timestamp{Seconds: seconds} }
	for _, tt := range []struct {
		name    string
		changes map[string]any
		want    *paymentsv1.Dispute
	}{
		{
			"sample", nil, &paymentsv1.Dispute{
				Id: "dp_1OPoujJN5vQBdWExZXzZC5oN", ChargeId: "ch_1OPoueJN5vQBdWExHvNS496R", Amount: usd(1000),
				State:     paymentsv1.DisputeState_DISPUTE_STATE_WARNING_NEEDS_RESPONSE,
				RawReason: "general", CreateTime: at(1234567890), EvidenceDueTime: at(1704844799), ChargeRefundable: true,
			},
		},
		{
			"lost, in live mode",
			map[string]any{
				"id": "du_1", "status": "lost", "payment_intent": "pi_1", "evidence_details.due_by": nil, "livemode": true,
				"is_charge_refundable": false, "evidence.customer_name": canary, "metadata": map[string]any{"x": canary},
			},
			&paymentsv1.Dispute{
				Id: "du_1", ChargeId: "ch_1OPoueJN5vQBdWExHvNS496R", PaymentId: "pi_1", Amount: usd(1000), Livemode: true,
				State:     paymentsv1.DisputeState_DISPUTE_STATE_LOST,
				RawReason: "general", CreateTime: at(1234567890),
			},
		},
		{
			"a state that is not known",
			map[string]any{"id": "du_1", "status": "prevented", "evidence_details": "none"},
			&paymentsv1.Dispute{
				Id: "du_1", ChargeId: "ch_1OPoueJN5vQBdWExHvNS496R", Amount: usd(1000), RawState: "prevented",
				RawReason: "general", CreateTime: at(1234567890), ChargeRefundable: true,
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := encode(t, object(t, sample(t, "dispute"), tt.changes))
			g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(body) })
			got, err := g.GetDispute(t.Context(), "du_1")
			if err != nil {
				t.Fatal(err)
			}
			checkSame(t, "dispute", tt.want, got)
		})
	}
	t.Run("gone", func(t *testing.T) {
		stripe := newStripe(t, answer(http.StatusNotFound, `{"error":{"type":"invalid_request_error",`+
			`"code":"resource_missing","param":"id","message":"`+canary+`"}}`))
		_, err := newGateway(t, stripe.URL).GetDispute(t.Context(), "du_1")
		wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING)
		checkSilent(t, err)
	})
}
