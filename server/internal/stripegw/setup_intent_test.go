package stripegw_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// setupError is why a try to save failed, with more than may be told.
func setupError() map[string]any {
	return map[string]any{
		"code": "card_declined", "decline_code": "insufficient_funds", "advice_code": "try_again_later", "message": canary,
	}
}

// TestDeclinedSetupIntent: a decline names the setup intent that it leaves behind, and no payment. The answer holds it,
// where it can be read.
func TestDeclinedSetupIntent(t *testing.T) {
	intent := setupSample(t, map[string]any{
		"id": "seti_7", "client_secret": canary, "last_setup_error": setupError(),
	})
	for _, tt := range []struct {
		name, method string
		req          proto.Message
		intent       any
		id           string
		want         bool
	}{
		{"create", createSetupIntent, fullCreateSetupIntent(), intent, "seti_7", true},
		{"confirm", confirmSetupIntent, fullConfirmSetupIntent(), intent, "seti_7", true},
		{"no setup intent", confirmSetupIntent, fullConfirmSetupIntent(), nil, "", false},
		{"only its id", confirmSetupIntent, fullConfirmSetupIntent(), map[string]any{"id": "seti_7"}, "seti_7", false},
		{"a text", confirmSetupIntent, fullConfirmSetupIntent(), canary, "", false},
		{"another's", attachMethod, fullAttach(), intent, "seti_7", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := encode(t, map[string]any{"error": map[string]any{
				"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
				"setup_intent": tt.intent, "message": canary,
			}})
			g := newScript(t, step{name: "declined", status: 402, body: body}).gateway(t)
			r, err := prepareOnly(g, tt.req, operationID)
			if err != nil {
				t.Fatal(err)
			}
			got := g.Write(t.Context(), sending(tt.method, r))
			checkResult(t, got, stripegw.Done, paymentDeclined, certain)
			checkSilent(t, got.Err)
			if d := declineOf(got.Err); d.GetSetupIntentId() != tt.id || d.GetPaymentId() != "" ||
				d.GetDeclineCode() != "insufficient_funds" {
				t.Errorf("the decline is %v", d)
			}
			left, ok := got.Outcome.Resource.(*paymentsv1.SetupIntent)
			if ok != tt.want || tt.want && (left.GetId() != "seti_7" || left.GetLastError().GetCode() != "card_declined") {
				t.Errorf("the resource is %v, want a setup intent: %t", got.Outcome.Resource, tt.want)
			}
			if got.Outcome.ClientSecret != "" || strings.Contains(protoText(left), canary) {
				t.Error("the outcome holds the secret")
			}
		})
	}
}

// TestLookUpSetupDecline is TestLookUpDecline for setup intents.
func TestLookUpSetupDecline(t *testing.T) {
	confirm := &paymentsv1.CreateSetupIntentRequest{PaymentMethodId: "pm_1", Confirm: true}
	for _, tt := range []struct {
		name, status string
		failed       any
		req          *paymentsv1.CreateSetupIntentRequest
		found        bool
		declined     bool
	}{
		{"declined", "requires_payment_method", setupError(), confirm, true, true},
		{"made and not confirmed: no error", "requires_payment_method", nil, confirm, false, false},
		{"made and not confirmed", "requires_confirmation", nil, confirm, false, false},
		{"saved after an error", "succeeded", setupError(), confirm, true, false},
		{"a step to take", "requires_action", nil, confirm, true, false},
		{"not to be confirmed", "requires_payment_method", nil, &paymentsv1.CreateSetupIntentRequest{}, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			intent := setupSample(t, map[string]any{
				"id": "seti_7", "status": tt.status, "last_setup_error": tt.failed, "client_secret": canary,
				"metadata.tillgate_operation": operationID,
			})
			g := newGateway(t, newStripe(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/seti_7") {
					answer(200, encode(t, intent))(w, r)
					return
				}
				answer(200, page(t, false, intent))(w, r)
			}).URL)
			r, err := prepareOnly(g, tt.req, operationID)
			if err != nil {
				t.Fatal(err)
			}
			asked := stripegw.Search{
				Method: createSetupIntent, Request: r, OperationID: operationID,
				From: time.Unix(10_000, 0), To: time.Unix(10_100, 0),
			}
			said, err := g.ReadResult(t.Context(), asked, "seti_7")
			if err != nil || !said.Found || (said.Err != nil) != tt.declined {
				t.Errorf("by a person's word: found %t, refused with %v, %v", said.Found, said.Err, err)
			}
			found, err := g.LookUp(t.Context(), asked)
			if err != nil || found.Found != tt.found || (found.Err != nil) != tt.declined {
				t.Fatalf("found %t, refused with %v, %v", found.Found, found.Err, err)
			}
			if got, ok := found.Outcome.Resource.(*paymentsv1.SetupIntent); ok != tt.found || found.Outcome.ClientSecret != "" ||
				strings.Contains(protoText(got), canary) {
				t.Errorf("found %v", got)
			}
			if !tt.declined {
				return
			}
			wantReason(t, found.Err, paymentDeclined)
			checkSilent(t, found.Err)
			if d := declineOf(found.Err); d.GetSetupIntentId() != "seti_7" || d.GetPaymentId() != "" ||
				d.GetDeclineCode() != "insufficient_funds" || operationOf(found.Err) != operationID {
				t.Errorf("the decline is %v of operation %q", d, operationOf(found.Err))
			}
		})
	}
}

// TestVerifyMicrodepositsOfTwoKinds: one rpc acts on setup intents and on payments. What was recorded says on which, and
// without it the id.
func TestVerifyMicrodepositsOfTwoKinds(t *testing.T) {
	setup := setupSample(t, map[string]any{"id": "seti_1", "status": "succeeded"})
	payment := paymentSample(t, map[string]any{"id": "pi_1", "status": "processing", "canceled_at": nil})
	g := newGateway(t, newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/setup_intents/") {
			answer(200, encode(t, setup))(w, r)
			return
		}
		answer(200, encode(t, payment))(w, r)
	}).URL)
	for _, tt := range []struct {
		req    proto.Message
		id, of string
	}{{verifySetup(), "seti_1", "setup_intent"}, {verifyPayment(), "pi_1", "payment"}} {
		r, err := prepareOnly(g, tt.req, operationID)
		if err != nil {
			t.Fatal(err)
		}
		asked := stripegw.Search{Method: verifyMicrodeposits, Request: r, OperationID: operationID}
		written := g.Write(t.Context(), sending(verifyMicrodeposits, r))
		found, err := g.LookUp(t.Context(), asked)
		if err != nil || !found.Found {
			t.Errorf("%s: found %t, %v", tt.of, found.Found, err)
		}
		said, err := g.ReadResult(t.Context(), asked, tt.id)
		if err != nil {
			t.Errorf("%s: %v", tt.of, err)
		}
		alone, err := g.ReadResult(t.Context(), stripegw.Search{Method: verifyMicrodeposits}, tt.id)
		if err != nil {
			t.Errorf("%s: %v", tt.of, err)
		}
		for _, outcome := range []stripegw.Outcome{written.Outcome, found.Outcome, said.Outcome, alone.Outcome} {
			if got, ok := outcome.Resource.(interface{ GetId() string }); !ok || got.GetId() != tt.id {
				t.Errorf("%s: the outcome is %v", tt.of, outcome.Resource)
			}
		}
		for _, other := range []string{"seti_2", "pi_2", "re_1", ""} {
			if _, err := g.ReadResult(t.Context(), asked, other); field(err) != "object_id" {
				t.Errorf("%s: %q was taken: %v", tt.of, other, err)
			}
		}
	}
	if _, err := g.ReadResult(t.Context(), stripegw.Search{Method: verifyMicrodeposits}, "re_1"); field(err) != "object_id" {
		t.Errorf("a refund was taken: %v", err)
	}
	other := stripegw.Request{Method: "POST", Path: "/v1/refunds/re_1", Form: "amounts[0]=1"}
	got := g.Write(t.Context(), sending(verifyMicrodeposits, other))
	checkResult(t, got, stripegw.NotDone, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL, certain)
}
