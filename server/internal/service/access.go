package service

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// AccessReader says who may use what.
type AccessReader interface {
	// CheckAccess returns the best access that the customer's subscriptions to the plan give. Who has none, or does not
	// exist, is BLOCKED.
	CheckAccess(ctx context.Context, req *paymentsv1.CheckAccessRequest) (*paymentsv1.CheckAccessResponse, error)
}

// CheckAccess implements SubscriptionService.
func (s *Subscriptions) CheckAccess(
	ctx context.Context, req *paymentsv1.CheckAccessRequest,
) (*paymentsv1.CheckAccessResponse, error) {
	return s.reads.CheckAccess(ctx, req)
}
