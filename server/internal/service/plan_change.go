package service

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// PlanChangeReader says what a change of plans would cost.
type PlanChangeReader interface {
	// PreviewPlanChange returns the invoice that a change of the subscription, as it was read, would make; and from when
	// on the rest of the period is settled in it, nil with PERIOD_END.
	PreviewPlanChange(
		ctx context.Context, on *paymentsv1.Subscription, req *paymentsv1.PreviewPlanChangeRequest,
	) (invoice *paymentsv1.Invoice, prorationTime *timestamppb.Timestamp, err error)
}

// planChange is what ChangePlan and PreviewPlanChange ask for alike.
type planChange interface {
	GetChanges() []*paymentsv1.ItemChange
	GetNewItems() []*paymentsv1.NewSubscriptionItem
	GetTiming() paymentsv1.ChangeTiming
	GetProrationTime() *timestamppb.Timestamp
}

// ChangePlan implements SubscriptionService.
func (s *Subscriptions) ChangePlan(
	ctx context.Context, req *paymentsv1.ChangePlanRequest,
) (*paymentsv1.ChangePlanResponse, error) {
	if err := checkPlanChange(req); err != nil {
		return nil, err
	}
	if isAtPeriodEnd(req) {
		switch {
		case req.GetExpectedAmountDue() != nil:
			return nil, apierr.InvalidField("expected_amount_due", onlyNow)
		case req.GetAllowUnpaid():
			return nil, apierr.InvalidField("allow_unpaid", onlyNow)
		}
	}
	subscription, out, err := s.writeOn(ctx, paymentsv1.SubscriptionService_ChangePlan_FullMethodName, req,
		func(ctx context.Context, on *paymentsv1.Subscription) error { return s.mayChange(ctx, on, req) })
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ChangePlanResponse{
		Subscription: subscription, Replayed: out.Replayed, ClientSecret: out.ClientSecret,
	}, nil
}

// PreviewPlanChange implements SubscriptionService.
func (s *Subscriptions) PreviewPlanChange(
	ctx context.Context, req *paymentsv1.PreviewPlanChangeRequest,
) (*paymentsv1.PreviewPlanChangeResponse, error) {
	if err := checkPlanChange(req); err != nil {
		return nil, err
	}
	on, err := s.reads.GetSubscription(ctx, req.GetSubscriptionId())
	if err != nil {
		return nil, err
	}
	if err := checkChangeOf(on, req); err != nil {
		return nil, err
	}
	invoice, prorationTime, err := s.reads.PreviewPlanChange(ctx, on, req)
	if err != nil {
		return nil, err
	}
	due := invoice.GetAmountDue()
	return &paymentsv1.PreviewPlanChangeResponse{
		Invoice: invoice, AmountDue: due, ProrationTime: prorationTime,
		NotSecured: !isAtPeriodEnd(req) && (isToBePaid(on.GetLatestInvoice()) || due.GetMinorUnits() > 0 && unsecuredBy(on) != ""),
	}, nil
}

// mayChange refuses a change that the subscription does not allow, that Stripe can not hold back until it is paid, or
// that costs something else than was expected. What needs no read of Stripe's comes first.
func (s *Subscriptions) mayChange(
	ctx context.Context, on *paymentsv1.Subscription, req *paymentsv1.ChangePlanRequest,
) error {
	if err := checkChangeOf(on, req); err != nil {
		return err
	}
	if err := checkExpected(on, req); err != nil {
		return err
	}
	if invoice := on.GetLatestInvoice(); !req.GetAllowUnpaid() && !isAtPeriodEnd(req) && isToBePaid(invoice) {
		return notSecured("INVOICE_OPEN", invoice.GetAmountDue()).WithMetadata("invoice_id", invoice.GetId())
	}
	if err := s.checkPlansBehindSchedule(ctx, on, req); err != nil {
		return err
	}
	if err := s.checkNotAhead(ctx, on, req); err != nil {
		return err
	}
	return s.checkCost(ctx, on, req)
}

// previewOf asks what a change would cost from a moment on.
func previewOf(req *paymentsv1.ChangePlanRequest, at *timestamppb.Timestamp) *paymentsv1.PreviewPlanChangeRequest {
	return &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: req.GetSubscriptionId(), Changes: req.GetChanges(), NewItems: req.GetNewItems(),
		Timing: req.GetTiming(), ProrationTime: at,
	}
}
