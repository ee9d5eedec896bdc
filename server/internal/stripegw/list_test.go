package stripegw_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// fullList has every field set.
func fullList() *paymentsv1.ListPaymentsRequest {
	return &paymentsv1.ListPaymentsRequest{
		PageSize: 7, PageToken: canary, CustomerId: "cus_1",
		StartTime: &timestamppb.Timestamp{Seconds: 100, Nanos: 999_999_999}, EndTime: &timestamppb.Timestamp{Seconds: 200},
		States: []paymentsv1.PaymentState{paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED},
	}
}

// page is a list of Stripe's.
func page(t *testing.T, more any, items ...any) string {
	t.Helper()
	return encode(t, map[string]any{"object": "list", "url": "/v1/x", "has_more": more, "data": items})
}

// TestPageQueries: what Stripe is asked for a page.
func TestPageQueries(t *testing.T) {
	var got *http.Request
	stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		answer(200, `{"object":"list","data":[],"has_more":false}`)(w, r)
	})
	g := newGateway(t, stripe.URL)
	payments := func(req *paymentsv1.ListPaymentsRequest, after string) func() error {
		return func() error {
			_, _, err := g.PaymentPage(t.Context(), req, after, 20)
			return err
		}
	}
	refunds := func(req *paymentsv1.ListRefundsRequest, after string) func() error {
		return func() error {
			_, _, err := g.RefundPage(t.Context(), req, after, 100)
			return err
		}
	}
	early := &timestamppb.Timestamp{Seconds: -5}
	for _, tt := range []struct {
		name string
		read func() error
		path string
		want []string
	}{
		{
			"payments", payments(&paymentsv1.ListPaymentsRequest{}, ""), "/v1/payment_intents",
			[]string{"limit=20", "expand[0]=data.latest_charge"},
		},
		{
			"payments with all", payments(fullList(), "pi_9"), "/v1/payment_intents",
			[]string{
				"limit=20", "expand[0]=data.latest_charge", "customer=cus_1", "created[gte]=100", "created[lt]=200",
				"starting_after=pi_9",
			},
		},
		// Stripe counts from 1970 on; a filter that was left out would let everything through.
		{
			"payments before 1970", payments(&paymentsv1.ListPaymentsRequest{StartTime: early, EndTime: early}, ""),
			"/v1/payment_intents",
			[]string{"limit=20", "expand[0]=data.latest_charge", "created[gte]=0", "created[lt]=0"},
		},
		{"refunds", refunds(&paymentsv1.ListRefundsRequest{}, ""), "/v1/refunds", []string{"limit=100"}},
		{
			"refunds with all", refunds(&paymentsv1.ListRefundsRequest{PageSize: 7, PaymentId: "pi_1"}, "re_9"), "/v1/refunds",
			[]string{"limit=100", "payment_intent=pi_1", "starting_after=re_9"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.read(); err != nil {
				t.Fatal(err)
			}
			if got.Method != http.MethodGet || got.URL.Path != tt.path {
				t.Errorf("asked %s %s, want GET %s", got.Method, got.URL.Path, tt.path)
			}
			if diff := cmp.Diff(pairs(tt.want), query(t, got.URL.RawQuery)); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
			if got.Header.Get("Idempotency-Key") != "" {
				t.Error("a read has an idempotency key")
			}
		})
	}
}

func TestPages(t *testing.T) {
	intents := page(t, true, paymentSample(t, map[string]any{"id": "pi_2", "latest_charge": chargeSample(t, nil)}),
		paymentSample(t, map[string]any{"id": "pi_1", "metadata": map[string]any{"tillgate_operation": operationID}}))
	g := newGateway(t, newStripe(t, answer(200, intents)).URL)
	payments, more, err := g.PaymentPage(t.Context(), fullList(), "", 20)
	if err != nil || !more || len(payments) != 2 || payments[0].GetId() != "pi_2" || payments[1].GetId() != "pi_1" ||
		payments[0].GetLatestCharge().GetRawStatus() == "" || len(payments[1].GetMetadata()) != 0 {
		t.Errorf("got %v, %t, %v; want two payments in Stripe's order, and more", payments, more, err)
	}

	last := page(t, false, refundSample(t, map[string]any{"id": "re_1"}))
	g = newGateway(t, newStripe(t, answer(200, last)).URL)
	refunds, more, err := g.RefundPage(t.Context(), &paymentsv1.ListRefundsRequest{}, "", 20)
	if err != nil || more || len(refunds) != 1 || refunds[0].GetId() != "re_1" {
		t.Errorf("got %v, %t, %v; want one refund and no more", refunds, more, err)
	}
}

// TestPageUnreadable: a page of which anything is not understood is no page: what was passed over would be lost.
func TestPageUnreadable(t *testing.T) {
	good := paymentSample(t, nil)
	for name, body := range map[string]string{
		"empty": "", "HTML": "<html>" + canary, "an empty object": "{}", "a list": "[]",
		"no data":              `{"has_more":false}`,
		"data of another kind": `{"data":"` + canary + `","has_more":false}`,
		"no has_more":          encode(t, map[string]any{"data": []any{good}}),
		"has_more is null":     page(t, nil, good),
		"has_more is a text":   page(t, "true", good),
		"more behind nothing":  page(t, true),
		"an unreadable item":   page(t, false, good, map[string]any{"id": canary}),
		"truncated":            strings.TrimSuffix(page(t, false, good), "}"),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "more behind nothing" {
				body = `{"data":[],"has_more":true}`
			}
			g := newGateway(t, newStripe(t, answer(200, body)).URL)
			_, _, err := g.PaymentPage(t.Context(), &paymentsv1.ListPaymentsRequest{}, "", 20)
			wantReason(t, err, unavailable)
			checkSilent(t, err)
		})
	}
}

// TestPageRefusals: what Stripe refuses about a list is about a field of the request.
func TestPageRefusals(t *testing.T) {
	for _, tt := range []struct{ param, payments, refunds string }{
		{"starting_after", "page_token", "page_token"},
		{"customer", "customer_id", ""},
		{"payment_intent", "", "payment_id"},
		{"created[gte]", "start_time", ""},
		{"created[lt]", "end_time", ""},
		{"limit", "", ""},
	} {
		for _, code := range []string{"resource_missing", "parameter_invalid_integer"} {
			body := encode(t, map[string]any{"error": map[string]any{
				"type": "invalid_request_error", "code": code, "param": tt.param, "message": canary,
			}})
			g := newGateway(t, newStripe(t, answer(400, body)).URL)
			_, _, err := g.PaymentPage(t.Context(), &paymentsv1.ListPaymentsRequest{}, "pi_1", 20)
			if got := field(err); got != tt.payments {
				t.Errorf("payments, %s: field = %q, want %q", tt.param, got, tt.payments)
			}
			checkSilent(t, err)
			_, _, err = g.RefundPage(t.Context(), &paymentsv1.ListRefundsRequest{}, "re_1", 20)
			if got := field(err); got != tt.refunds {
				t.Errorf("refunds, %s: field = %q, want %q", tt.param, got, tt.refunds)
			}
			checkSilent(t, err)
		}
	}
}

// TestPaymentClientSecretOfEveryState: unlike a write, the read gives the secret out whatever the state.
func TestPaymentClientSecretOfEveryState(t *testing.T) {
	for _, state := range []string{"requires_payment_method", "processing", "canceled", "succeeded", "unheard_of"} {
		body := encode(t, paymentSample(t, map[string]any{"status": state, "client_secret": "pi_1_secret_2"}))
		g := newGateway(t, newStripe(t, answer(200, body)).URL)
		if secret, err := g.PaymentClientSecret(t.Context(), "pi_1"); err != nil || secret != "pi_1_secret_2" {
			t.Errorf("%s: got %q, %v", state, secret, err)
		}
	}
	g := newGateway(t, newStripe(t, answer(200, encode(t, paymentSample(t, map[string]any{"client_secret": nil})))).URL)
	_, err := g.PaymentClientSecret(t.Context(), "pi_1")
	wantReason(t, err, unavailable)
}

// FuzzPage: no answer makes a list panic, and what is told came from it.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"pi_1","status":"succeeded","amount":1,"currency":"usd"}],"has_more":true}`))
	f.Add([]byte(`{"data":[null],"has_more":false}`))
	f.Add([]byte(`{"data":{},"has_more":0}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(string(body)) })
		payments, more, err := g.PaymentPage(t.Context(), &paymentsv1.ListPaymentsRequest{}, "", 20)
		if err != nil {
			return
		}
		if !json.Valid(body) || more && len(payments) == 0 {
			t.Errorf("%q was taken for %d payments, more %t", body, len(payments), more)
		}
		for _, payment := range payments {
			if payment.GetId() == "" {
				t.Errorf("%q: a payment without an id", body)
			}
		}
	})
}
