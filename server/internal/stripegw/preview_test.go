package stripegw_test

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// previewStart and previewEnd are those of previewed().
const previewStart, previewEnd = 1700000000, 1702592000

// previewed is sub_1 as it was read: three of price_1.
func previewed() *paymentsv1.Subscription {
	return &paymentsv1.Subscription{
		Id: "sub_1", CustomerId: "cus_1", CurrencyCode: "USD",
		CurrentPeriodStartTime: &timestamppb.Timestamp{Seconds: previewStart},
		CurrentPeriodEndTime:   &timestamppb.Timestamp{Seconds: previewEnd},
		Items: []*paymentsv1.SubscriptionItem{{
			Id: "si_1", Plan: &paymentsv1.Plan{Id: "price_1"}, Quantity: 3,
		}},
	}
}

// previewUpgrade asks what price_2 in the place of price_1 would cost.
func previewUpgrade() *paymentsv1.PreviewPlanChangeRequest {
	return &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: "sub_1", Changes: []*paymentsv1.ItemChange{{ItemId: "si_1", PlanId: "price_2"}},
		NewItems: []*paymentsv1.NewSubscriptionItem{{PlanId: "price_3", Quantity: new(int64(2))}},
	}
}

// previewLine is a line of a preview.
func previewLine(id string, start int, proration bool) map[string]any {
	return map[string]any{
		"object": "line_item", "id": id, "amount": 500, "currency": "usd", "proration": proration,
		"period": map[string]any{"start": start, "end": previewEnd},
	}
}

// preview is an invoice that does not exist, with these lines.
func preview(more bool, changes map[string]any, lines ...any) map[string]any {
	invoice := map[string]any{
		"object": "invoice", "currency": "usd", "amount_due": 1500, "total": 1500, "billing_reason": "upcoming",
		"lines": map[string]any{"object": "list", "data": lines, "has_more": more},
	}
	maps.Copy(invoice, changes)
	return invoice
}

// TestPreviewPlanChange: what is asked, and what is told.
func TestPreviewPlanChange(t *testing.T) {
	const at = previewStart + 1000
	atEnd := previewUpgrade()
	atEnd.Timing = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	atTime := previewUpgrade()
	atTime.ProrationTime = &timestamppb.Timestamp{Seconds: at, Nanos: 5}
	items := []string{
		"subscription=sub_1", "subscription_items[0][id]=si_1", "subscription_items[0][price]=price_2",
		"subscription_items[0][quantity]=3", "subscription_items[1][price]=price_3", "subscription_items[1][quantity]=2",
	}
	now := "subscription_proration_behavior=always_invoice"
	for _, tt := range []struct {
		name   string
		req    *paymentsv1.PreviewPlanChangeRequest
		answer map[string]any
		form   []string
		due    int64
		lines  int
		time   int64
	}{
		{
			"now", previewUpgrade(), preview(false, map[string]any{"subscription_proration_date": at}, previewLine("il_tmp_1", at, true)),
			[]string{now},
			1500, 1, at,
		},
		{
			"now, and Stripe does not say from when", previewUpgrade(),
			preview(false, nil, previewLine("il_tmp_1", at+5, true), previewLine("il_tmp_2", at, true), previewLine("il_3", 1, false)),
			[]string{now},
			1500, 3, at,
		},
		{
			"as of then", atTime, preview(false, nil, previewLine("il_tmp_1", at, true)),
			[]string{now, fmt.Sprintf("subscription_proration_date=%d", at)},
			1500, 1, at,
		},
		{
			"at the end", atEnd, preview(false, nil, previewLine("il_tmp_1", previewEnd, false)),
			[]string{"subscription_proration_behavior=none"},
			1500, 1, 0,
		},
		{
			"now, a period that begins anew", previewUpgrade(), preview(false, nil, previewLine("il_tmp_1", at, false)),
			[]string{now},
			1500, 1, 0,
		},
		{
			"now, and nothing to settle", previewUpgrade(), preview(false, nil, previewLine("il_tmp_1", previewEnd, false)),
			[]string{now},
			0, 0, 0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newStripe(t, answer(200, encode(t, tt.answer)))
			invoice, from, err := newGateway(t, stripe.URL).PreviewPlanChange(t.Context(), previewed(), tt.req)
			if err != nil {
				t.Fatalf("%v\n%s", err, visible(err))
			}
			got := stripe.requests[0]
			if form := got.URL.Query(); got.URL.Path != "/v1/invoices/upcoming" || !sameForm(form, pairs(append(tt.form, items...))) {
				t.Errorf("asked for %s %v", got.URL.Path, form)
			}
			if invoice.GetAmountDue().GetMinorUnits() != tt.due || len(invoice.GetLines()) != tt.lines || from.GetSeconds() != tt.time {
				t.Errorf("%v from %v, want %d with %d lines from %d", invoice, from, tt.due, tt.lines, tt.time)
			}
			if invoice.GetId() != "" || tt.lines > 0 && invoice.GetLines()[0].GetId() != "" {
				t.Errorf("what does not exist has an id: %v", invoice)
			}
		})
	}
}

// TestPreviewOfNothing: where Stripe would make no invoice at all, nothing is due at once; at the period's end that is
// no answer.
func TestPreviewOfNothing(t *testing.T) {
	body := encode(t, map[string]any{"error": map[string]any{
		"type": "invalid_request_error", "code": "invoice_upcoming_none", "message": canary,
	}})
	g := newGateway(t, newStripe(t, answer(404, body)).URL)
	invoice, from, err := g.PreviewPlanChange(t.Context(), previewed(), previewUpgrade())
	if err != nil || invoice.GetAmountDue() == nil || invoice.GetAmountDue().GetMinorUnits() != 0 || from != nil ||
		invoice.GetAmountDue().GetCurrencyCode() != "USD" || invoice.GetSubscriptionId() != "sub_1" {
		t.Errorf("got %v from %v, %v", invoice, from, err)
	}
	later := previewUpgrade()
	later.Timing = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	_, _, err = g.PreviewPlanChange(t.Context(), previewed(), later)
	wantReason(t, err, unexpectedState)
}

// TestPreviewLines: all lines are read, of one and the same preview.
func TestPreviewLines(t *testing.T) {
	const at = previewStart + 1000
	stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/lines") {
			answer(200, encode(t, preview(true, map[string]any{"subscription_proration_date": at}, previewLine("il_tmp_1", at, true))))(w, r)
			return
		}
		lines := []any{previewLine("il_tmp_2", at, true), previewLine("il_tmp_3", at, true)}
		if r.URL.Query().Get("starting_after") != "" {
			lines = lines[:1]
		}
		answer(200, encode(t, map[string]any{"data": lines, "has_more": len(lines) > 1}))(w, r)
	})
	invoice, _, err := newGateway(t, stripe.URL).PreviewPlanChange(t.Context(), previewed(), previewUpgrade())
	if err != nil || len(invoice.GetLines()) != 3 || invoice.GetMoreLines() {
		t.Fatalf("got %v, %v", invoice, err)
	}
	for i, r := range stripe.requests[1:] {
		q := r.URL.Query()
		if q.Get("subscription_proration_date") != strconv.Itoa(at) || q.Get("subscription_items[0][price]") != "price_2" ||
			q.Get("limit") != "100" || (q.Get("starting_after") == "il_tmp_3") != (i == 1) {
			t.Errorf("page %d asks for %v", i, q)
		}
	}
}

// TestPreviewRefused: what Stripe refuses names the field of ours.
func TestPreviewRefused(t *testing.T) {
	for _, tt := range []struct {
		code, param, message string
		status               int
		want                 paymentsv1.ErrorReason
		field                string
	}{
		{"resource_missing", "subscription", "", 404, resourceMissing, ""},
		{"resource_missing", "subscription_items[0][price]", "", 400, invalidField, "changes[0].plan_id"},
		{"", "subscription_items[1][price]", "", 400, invalidField, "new_items[0].plan_id"},
		{"parameter_invalid_integer", "subscription_items[1][quantity]", "", 400, invalidField, "new_items[0].quantity"},
		{"", "subscription_items", "", 400, invalidField, "changes"},
		{"", "", "Currency and interval fields must match across all plans on this subscription.", 400, invalidField, "changes"},
		{"", "subscription_proration_date", "", 400, previewStale, ""},
		{"", "", "Cannot specify proration date outside of current subscription period", 400, previewStale, ""},
		{"", "", "It has ended.", 400, unexpectedState, ""},
	} {
		body := encode(t, map[string]any{"error": map[string]any{
			"type": "invalid_request_error", "code": tt.code, "param": tt.param, "message": tt.message,
		}})
		g := newGateway(t, newStripe(t, answer(tt.status, body)).URL)
		_, _, err := g.PreviewPlanChange(t.Context(), previewed(), previewUpgrade())
		wantReason(t, err, tt.want)
		if field(err) != tt.field {
			t.Errorf("%s %s: field %q, want %q", tt.code, tt.param, field(err), tt.field)
		}
	}
	unknown := previewUpgrade()
	unknown.Changes[0].ItemId = "si_2"
	_, _, err := newGateway(t, "http://127.0.0.1:1").PreviewPlanChange(t.Context(), previewed(), unknown)
	wantReason(t, err, invalidField)
}
