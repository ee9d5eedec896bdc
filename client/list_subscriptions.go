package client

import (
	"context"
	"iter"

	"google.golang.org/grpc"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// ListPlans ranges over all plans that a request asks for, the newest first, in the way of ListPayments.
func ListPlans(
	ctx context.Context, subscriptions paymentsv1.SubscriptionServiceClient, req *paymentsv1.ListPlansRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Plan, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Plan, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := subscriptions.ListPlans(ctx, page, opts...)
		return resp.GetPlans(), resp.GetNextPageToken(), err
	})
}

// ListSubscriptions ranges over all subscriptions that a request asks for, the newest first, in the way of
// ListPayments. Those that are canceled are told only where the request says so.
func ListSubscriptions(
	ctx context.Context, subscriptions paymentsv1.SubscriptionServiceClient, req *paymentsv1.ListSubscriptionsRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Subscription, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Subscription, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := subscriptions.ListSubscriptions(ctx, page, opts...)
		return resp.GetSubscriptions(), resp.GetNextPageToken(), err
	})
}

// ListInvoices ranges over all invoices that a request asks for, the newest first, in the way of ListPayments. They
// have their first ten lines; GetInvoice reads the others.
func ListInvoices(
	ctx context.Context, subscriptions paymentsv1.SubscriptionServiceClient, req *paymentsv1.ListInvoicesRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Invoice, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Invoice, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := subscriptions.ListInvoices(ctx, page, opts...)
		return resp.GetInvoices(), resp.GetNextPageToken(), err
	})
}
