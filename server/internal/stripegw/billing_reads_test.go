package stripegw_test

import (
	"net/http"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// checkBillingReads reads plans, invoices, previews and access, from a Stripe that holds requests against its description.
func checkBillingReads(t *testing.T, g *stripegw.Gateway) {
	t.Helper()
	t.Run("GetPlan", func(t *testing.T) {
		if p, err := g.GetPlan(t.Context(), "price_1"); err != nil || p.GetId() == "" || p.GetName() == "" {
			t.Errorf("got %v, %v, want a plan with its product", p, err)
		}
	})
	for name, req := range map[string]*paymentsv1.ListPlansRequest{"least": {}, "full": fullListPlans()} {
		t.Run("PlanPage "+name, func(t *testing.T) {
			if page, _, err := g.PlanPage(t.Context(), req, "price_1", 20); err != nil || len(page) == 0 || page[0].GetName() == "" {
				t.Errorf("got %v, %v, want plans with their products", page, err)
			}
		})
	}
	t.Run("GetInvoice", func(t *testing.T) {
		if i, err := g.GetInvoice(t.Context(), "in_1"); err != nil || i.GetId() == "" || len(i.GetLines()) == 0 {
			t.Errorf("got %v, %v", i, err)
		}
	})
	for name, req := range map[string]*paymentsv1.ListInvoicesRequest{"least": {}, "full": fullListInvoices()} {
		t.Run("InvoicePage "+name, func(t *testing.T) {
			if page, _, err := g.InvoicePage(t.Context(), req, "in_1", 20); err != nil || len(page) == 0 {
				t.Errorf("got %v, %v", page, err)
			}
		})
	}
	for name, req := range map[string]*paymentsv1.PreviewPlanChangeRequest{"least": previewUpgrade(), "full": fullPreview()} {
		t.Run("PreviewPlanChange "+name, func(t *testing.T) {
			if i, _, err := g.PreviewPlanChange(t.Context(), previewed(), req); err != nil || i.GetAmountDue() == nil || i.GetId() != "" {
				t.Errorf("got %v, %v\n%s", i, err, visible(err))
			}
		})
	}
	for name, req := range map[string]*paymentsv1.CheckAccessRequest{
		"plan":       {CustomerId: "cus_1", Plan: &paymentsv1.CheckAccessRequest_PlanId{PlanId: "price_1"}},
		"lookup key": {CustomerId: "cus_1", Plan: &paymentsv1.CheckAccessRequest_LookupKey{LookupKey: "gold"}},
	} {
		t.Run("CheckAccess "+name, func(t *testing.T) {
			if a, err := g.CheckAccess(t.Context(), req); err != nil || a.GetAccess() == nil {
				t.Errorf("got %v, %v\n%s", a, err, visible(err))
			}
		})
	}
	t.Run("lines", func(t *testing.T) {
		for _, r := range []stripegw.Request{
			{Method: http.MethodGet, Path: "/v1/invoices/in_1/lines", Form: "limit=100&starting_after=il_1"},
			{Method: http.MethodGet, Path: "/v1/invoices/upcoming/lines", Form: "subscription=sub_1&limit=100&starting_after=il_1"},
		} {
			if _, err := g.Send(t.Context(), r, ""); err != nil {
				t.Errorf("%v: %v\n%s", r, err, visible(err))
			}
		}
	})
}

// fullPreview asks for all that a preview can.
func fullPreview() *paymentsv1.PreviewPlanChangeRequest {
	req := previewUpgrade()
	req.ProrationTime = previewed().GetCurrentPeriodStartTime()
	req.Timing = paymentsv1.ChangeTiming_CHANGE_TIMING_NOW
	return req
}

// TestBillingPages: what Stripe refuses of a list names the field of ours.
func TestBillingPages(t *testing.T) {
	for _, tt := range []struct{ code, param, plans, invoices string }{
		{"resource_missing", "product", "product_id", ""},
		{"resource_missing", "customer", "", "customer_id"},
		{"resource_missing", "subscription", "", "subscription_id"},
		{"resource_missing", "starting_after", "page_token", "page_token"},
		{"", "lookup_keys[1]", "lookup_keys[1]", ""},
		{"", "created[lt]", "", "end_time"},
		{"", "status", "", "state"},
	} {
		body := encode(t, map[string]any{"error": map[string]any{
			"type": "invalid_request_error", "code": tt.code, "param": tt.param,
		}})
		g := newGateway(t, newStripe(t, answer(400, body)).URL)
		_, _, err := g.PlanPage(t.Context(), &paymentsv1.ListPlansRequest{}, "", 10)
		if field(err) != tt.plans {
			t.Errorf("plans, %s %s: field %q, want %q", tt.code, tt.param, field(err), tt.plans)
		}
		_, _, err = g.InvoicePage(t.Context(), &paymentsv1.ListInvoicesRequest{}, "", 10)
		if field(err) != tt.invoices {
			t.Errorf("invoices, %s %s: field %q, want %q", tt.code, tt.param, field(err), tt.invoices)
		}
	}
	_, _, err := newGateway(t, "http://127.0.0.1:1").InvoicePage(t.Context(), &paymentsv1.ListInvoicesRequest{State: 99}, "", 10)
	wantReason(t, err, invalidField)
}

// TestBillingMissing: the subject of a read that does not exist is named.
func TestBillingMissing(t *testing.T) {
	for param, read := range map[string]func(g *stripegw.Gateway) error{
		"price": func(g *stripegw.Gateway) error {
			_, err := g.GetPlan(t.Context(), "price_1")
			return err
		},
		"invoice": func(g *stripegw.Gateway) error {
			_, err := g.GetInvoice(t.Context(), "in_1")
			return err
		},
	} {
		for _, said := range []string{param, "id"} {
			body := encode(t, map[string]any{"error": map[string]any{
				"type": "invalid_request_error", "code": "resource_missing", "param": said, "message": canary,
			}})
			err := read(newGateway(t, newStripe(t, answer(404, body)).URL))
			wantReason(t, err, resourceMissing)
			checkSilent(t, err)
		}
	}
}
