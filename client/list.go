package client

import (
	"context"
	"errors"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

var errPageAgain = errors.New("the server gave the same page token twice, so that the list would never end")

// ListPayments ranges over all payments that a request asks for, the newest first, and reads page after page as far as
// the loop goes:
//
//	for payment, err := range client.ListPayments(ctx, c.Payments, &paymentsv1.ListPaymentsRequest{}) {
//		if err != nil {
//			return err
//		}
//		...
//	}
//
// An error is given once, with no payment, and ends the loop. The request's page_size is that of one page (0 means 20,
// at most 100), its page_token the place to begin. Each page is a call with a deadline of its own, while the context
// spans them all. The request is copied: it is not changed, and may be used again.
func ListPayments(
	ctx context.Context, payments paymentsv1.PaymentServiceClient, req *paymentsv1.ListPaymentsRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Payment, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Payment, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := payments.ListPayments(ctx, page, opts...)
		return resp.GetPayments(), resp.GetNextPageToken(), err
	})
}

// ListOperations ranges over all operations that a request asks for, the newest first, in the way of ListPayments.
func ListOperations(
	ctx context.Context, operations paymentsv1.OperationServiceClient, req *paymentsv1.ListOperationsRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Operation, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Operation, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := operations.ListOperations(ctx, page, opts...)
		return resp.GetOperations(), resp.GetNextPageToken(), err
	})
}

// ListRefunds ranges over all refunds that a request asks for, the newest first, in the way of ListPayments.
func ListRefunds(
	ctx context.Context, payments paymentsv1.PaymentServiceClient, req *paymentsv1.ListRefundsRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Refund, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Refund, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := payments.ListRefunds(ctx, page, opts...)
		return resp.GetRefunds(), resp.GetNextPageToken(), err
	})
}

// ListCustomers ranges over all customers that a request asks for, the newest first, in the way of ListPayments.
func ListCustomers(
	ctx context.Context, customers paymentsv1.CustomerServiceClient, req *paymentsv1.ListCustomersRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Customer, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Customer, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := customers.ListCustomers(ctx, page, opts...)
		return resp.GetCustomers(), resp.GetNextPageToken(), err
	})
}

// ListPaymentMethods ranges over all payment methods of a customer, the newest first, in the way of ListPayments.
func ListPaymentMethods(
	ctx context.Context, customers paymentsv1.CustomerServiceClient, req *paymentsv1.ListPaymentMethodsRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.PaymentMethod, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.PaymentMethod, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := customers.ListPaymentMethods(ctx, page, opts...)
		return resp.GetPaymentMethods(), resp.GetNextPageToken(), err
	})
}

// copyOf never returns nil.
func copyOf[T any, M interface {
	*T
	proto.Message
}](req M) M {
	clone := M(new(T))
	proto.Merge(clone, req)
	return clone
}

// pages ranges over the elements of all pages, from the first token on.
func pages[T any](first string, fetch func(token string) ([]*T, string, error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		seen := map[string]bool{}
		for token := first; ; {
			seen[token] = true
			elements, next, err := fetch(token)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, element := range elements {
				if !yield(element, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if seen[next] {
				yield(nil, errPageAgain)
				return
			}
			token = next
		}
	}
}
