package stripegw_test

import (
	"net/http"
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// TestLookUpDecline: a payment that was to be collected, lacks a method and has an error was declined, whether it was
// looked for or a person named it. Any other is what it is.
func TestLookUpDecline(t *testing.T) {
	failed := map[string]any{
		"code": "card_declined", "decline_code": "insufficient_funds", "advice_code": "try_again_later", "message": canary,
	}
	confirm := edited(func(r *paymentsv1.CreatePaymentRequest) { r.Confirm = true })
	for _, tt := range []struct {
		name, status string
		failed       any
		req          *paymentsv1.CreatePaymentRequest
		found        bool
		declined     bool
	}{
		{"declined", "requires_payment_method", failed, confirm, true, true},
		{"made and not confirmed: no error", "requires_payment_method", nil, confirm, false, false},
		{"made and not confirmed", "requires_confirmation", nil, confirm, false, false},
		{"paid after an error", "succeeded", failed, confirm, true, false},
		{"canceled after an error", "canceled", failed, confirm, true, false},
		{"not to be collected", "requires_payment_method", failed, createRequest(), true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			payment := paymentSample(t, map[string]any{
				"id": "pi_7", "status": tt.status, "last_payment_error": tt.failed, "client_secret": canary,
				"metadata.tillgate_operation": operationID,
			})
			stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/pi_7") {
					answer(200, encode(t, payment))(w, r)
					return
				}
				answer(200, page(t, false, payment))(w, r)
			})
			g := newGateway(t, stripe.URL)

			search := createSearch(t, g, tt.req)
			said, err := g.ReadResult(t.Context(), search, "pi_7")
			if err != nil || !said.Found || (said.Err != nil) != tt.declined {
				t.Errorf("by a person's word: found %t, refused with %v, %v", said.Found, said.Err, err)
			}
			found, err := g.LookUp(t.Context(), search)
			if err != nil || found.Found != tt.found {
				t.Fatalf("found %t, %v", found.Found, err)
			}
			if !tt.found {
				return
			}
			if got := found.Outcome.Resource.(*paymentsv1.Payment); got.GetId() != "pi_7" ||
				found.Outcome.ClientSecret != "" || strings.Contains(protoText(got), canary) {
				t.Errorf("found %v", got)
			}
			if !tt.declined {
				if found.Err != nil {
					t.Errorf("the finding has the error %v", found.Err)
				}
				return
			}
			wantReason(t, found.Err, paymentDeclined)
			checkSilent(t, found.Err)
			if d := declineOf(found.Err); d.GetPaymentId() != "pi_7" || d.GetDeclineCode() != "insufficient_funds" ||
				d.GetRawAdviceCode() != "try_again_later" || operationOf(found.Err) != operationID {
				t.Errorf("the decline is %v of operation %q", d, operationOf(found.Err))
			}
		})
	}
}
