package client

import (
	"context"
	"iter"

	"google.golang.org/grpc"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// IsTakenOver is whether a stream or Consume ended because its consumer is not its own any more: another process consumes
// under the same name, or somebody moved or deleted the consumer.
func IsTakenOver(err error) bool {
	return ReasonOf(err) == paymentsv1.ErrorReason_ERROR_REASON_CONSUMER_TAKEN_OVER
}

// ListEvents ranges over all events that a request asks for, the oldest first, in the way of ListPayments. It ends where
// the log ends; Consume goes on.
func ListEvents(
	ctx context.Context, events paymentsv1.EventServiceClient, req *paymentsv1.ListEventsRequest, opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Event, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Event, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := events.ListEvents(ctx, page, opts...)
		return resp.GetEvents(), resp.GetNextPageToken(), err
	})
}

// ListConsumers ranges over the caller's consumers, by name, in the way of ListPayments; with the scope EVENTS_ADMIN over
// those of all callers.
func ListConsumers(
	ctx context.Context, events paymentsv1.EventServiceClient, req *paymentsv1.ListConsumersRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.Consumer, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.Consumer, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := events.ListConsumers(ctx, page, opts...)
		return resp.GetConsumers(), resp.GetNextPageToken(), err
	})
}

// ListDeadLetters ranges over what Stripe sent and could not be published, the oldest first, in the way of ListPayments.
func ListDeadLetters(
	ctx context.Context, events paymentsv1.EventServiceClient, req *paymentsv1.ListDeadLettersRequest,
	opts ...grpc.CallOption,
) iter.Seq2[*paymentsv1.DeadLetter, error] {
	req = copyOf(req)
	return pages(req.GetPageToken(), func(token string) ([]*paymentsv1.DeadLetter, string, error) {
		page := copyOf(req)
		page.PageToken = token
		resp, err := events.ListDeadLetters(ctx, page, opts...)
		return resp.GetDeadLetters(), resp.GetNextPageToken(), err
	})
}
