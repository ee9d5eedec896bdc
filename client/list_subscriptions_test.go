package client_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// catalogue is a SubscriptionService client that gives pages by their token.
type catalogue struct {
	paymentsv1.SubscriptionServiceClient

	pages map[string]page
}

func (c *catalogue) ListPlans(
	_ context.Context, req *paymentsv1.ListPlansRequest, _ ...grpc.CallOption,
) (*paymentsv1.ListPlansResponse, error) {
	page := c.pages[req.GetPageToken()]
	resp := &paymentsv1.ListPlansResponse{NextPageToken: page.next}
	for id := range strings.FieldsSeq(page.ids) {
		resp.Plans = append(resp.Plans, &paymentsv1.Plan{Id: id, ProductId: req.GetProductId()})
	}
	return resp, page.err
}

func (c *catalogue) ListSubscriptions(
	_ context.Context, req *paymentsv1.ListSubscriptionsRequest, _ ...grpc.CallOption,
) (*paymentsv1.ListSubscriptionsResponse, error) {
	page := c.pages[req.GetPageToken()]
	resp := &paymentsv1.ListSubscriptionsResponse{NextPageToken: page.next}
	for id := range strings.FieldsSeq(page.ids) {
		resp.Subscriptions = append(resp.Subscriptions, &paymentsv1.Subscription{Id: id, CustomerId: req.GetCustomerId()})
	}
	return resp, page.err
}

func (c *catalogue) ListInvoices(
	_ context.Context, req *paymentsv1.ListInvoicesRequest, _ ...grpc.CallOption,
) (*paymentsv1.ListInvoicesResponse, error) {
	page := c.pages[req.GetPageToken()]
	resp := &paymentsv1.ListInvoicesResponse{NextPageToken: page.next}
	for id := range strings.FieldsSeq(page.ids) {
		resp.Invoices = append(resp.Invoices, &paymentsv1.Invoice{Id: id, CustomerId: req.GetCustomerId()})
	}
	return resp, page.err
}

func TestListsOfSubscriptions(t *testing.T) {
	c := &catalogue{pages: map[string]page{"": {ids: "a", next: "1"}, "1": {ids: "b", next: "2"}, "2": {err: errRefused}}}
	var plans, subscriptions, invoices []string
	for plan, err := range client.ListPlans(t.Context(), c, &paymentsv1.ListPlansRequest{ProductId: "x_"}) {
		plans = append(plans, fmt.Sprint(plan.GetProductId(), plan.GetId(), err))
	}
	for s, err := range client.ListSubscriptions(t.Context(), c, &paymentsv1.ListSubscriptionsRequest{CustomerId: "x_"}) {
		subscriptions = append(subscriptions, fmt.Sprint(s.GetCustomerId(), s.GetId(), err))
	}
	for invoice, err := range client.ListInvoices(t.Context(), c, &paymentsv1.ListInvoicesRequest{CustomerId: "x_"}) {
		invoices = append(invoices, fmt.Sprint(invoice.GetCustomerId(), invoice.GetId(), err))
	}
	for name, got := range map[string][]string{
		"ListPlans": plans, "ListSubscriptions": subscriptions, "ListInvoices": invoices,
	} {
		if want := "x_a<nil> x_b<nil> refused"; strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
