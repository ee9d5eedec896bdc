package service

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// PlanReader reads plans.
type PlanReader interface {
	// GetPlan returns the plan, or RESOURCE_MISSING.
	GetPlan(ctx context.Context, id string) (*paymentsv1.Plan, error)
	// PlanPage returns up to limit plans that fit the request, the newest first, from behind the one with the id `after`
	// on; and whether there are more.
	PlanPage(
		ctx context.Context, req *paymentsv1.ListPlansRequest, after string, limit int,
	) (plans []*paymentsv1.Plan, more bool, err error)
}

// CreatePlan implements SubscriptionService.
func (s *Subscriptions) CreatePlan(
	ctx context.Context, req *paymentsv1.CreatePlanRequest,
) (*paymentsv1.CreatePlanResponse, error) {
	if err := checkNewPlan(req); err != nil {
		return nil, err
	}
	plan, out, err := write[*paymentsv1.Plan](ctx, s.writes,
		paymentsv1.SubscriptionService_CreatePlan_FullMethodName, req, s.lookupKeyIsFree(req)...)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CreatePlanResponse{Plan: plan, Replayed: out.Replayed}, nil
}

// lookupKeyIsFree is asked where Stripe would refuse the key only after the product is made.
func (s *Subscriptions) lookupKeyIsFree(req *paymentsv1.CreatePlanRequest) []operation.Check {
	key := req.GetPlan().GetLookupKey()
	if key == "" || req.GetTransferLookupKey() || req.GetProductId() != "" {
		return nil
	}
	return []operation.Check{func(ctx context.Context) error {
		plans, _, err := s.reads.PlanPage(ctx, &paymentsv1.ListPlansRequest{LookupKeys: []string{key}}, "", 1)
		if err == nil && len(plans) > 0 {
			return apierr.InvalidField("plan.lookup_key", "is that of another plan: transfer_lookup_key takes it from there")
		}
		return err
	}}
}

// checkNewPlan refuses what is wrong in itself.
func checkNewPlan(req *paymentsv1.CreatePlanRequest) error {
	plan := req.GetPlan()
	switch {
	case plan.GetAmount() == nil:
		return apierr.InvalidField("plan.amount", "is required; 0 is a free plan")
	case plan.GetInterval() == paymentsv1.PlanInterval_PLAN_INTERVAL_UNSPECIFIED:
		return apierr.InvalidField("plan.interval", "is required")
	case plan.GetIntervalCount() > longestPeriod[plan.GetInterval()]:
		return apierr.InvalidField("plan.interval_count", "makes a period of more than three years")
	case req.GetProductId() == "" && plan.GetName() == "":
		return apierr.InvalidField("plan.name", "is required without product_id")
	case req.GetProductId() != "" && plan.GetName() != "":
		return apierr.InvalidField("plan.name", "is the product's, and can not stand beside product_id")
	case req.GetProductId() != "" && plan.GetDescription() != "":
		return apierr.InvalidField("plan.description", "is the product's, and can not stand beside product_id")
	case req.GetTransferLookupKey() && plan.GetLookupKey() == "":
		return apierr.InvalidField("transfer_lookup_key", "counts with plan.lookup_key alone")
	}
	return nil
}

// longestPeriod is how many intervals a period has at most.
var longestPeriod = map[paymentsv1.PlanInterval]int32{
	paymentsv1.PlanInterval_PLAN_INTERVAL_DAY:   1095,
	paymentsv1.PlanInterval_PLAN_INTERVAL_WEEK:  156,
	paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH: 36,
	paymentsv1.PlanInterval_PLAN_INTERVAL_YEAR:  3,
}

// GetPlan implements SubscriptionService.
func (s *Subscriptions) GetPlan(
	ctx context.Context, req *paymentsv1.GetPlanRequest,
) (*paymentsv1.GetPlanResponse, error) {
	plan, err := s.reads.GetPlan(ctx, req.GetPlanId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetPlanResponse{Plan: plan}, nil
}

// ListPlans implements SubscriptionService.
func (s *Subscriptions) ListPlans(
	ctx context.Context, req *paymentsv1.ListPlansRequest,
) (*paymentsv1.ListPlansResponse, error) {
	plans, next, err := page(ctx, req, s.reads.PlanPage)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ListPlansResponse{Plans: plans, NextPageToken: next}, nil
}

// UpdatePlan implements SubscriptionService.
func (s *Subscriptions) UpdatePlan(
	ctx context.Context, req *paymentsv1.UpdatePlanRequest,
) (*paymentsv1.UpdatePlanResponse, error) {
	paths := req.GetUpdateMask().GetPaths()
	if req.GetTransferLookupKey() &&
		(req.GetPlan().GetLookupKey() == "" || len(paths) > 0 && !slices.Contains(paths, "lookup_key")) {
		return nil, apierr.InvalidField("transfer_lookup_key", "counts with a new plan.lookup_key alone")
	}
	plan, out, err := writeOn[*paymentsv1.Plan](ctx, s.writes,
		paymentsv1.SubscriptionService_UpdatePlan_FullMethodName, req,
		func(ctx context.Context) (proto.Message, error) { return s.reads.GetPlan(ctx, req.GetPlanId()) })
	if err != nil {
		return nil, err
	}
	return &paymentsv1.UpdatePlanResponse{Plan: plan, Replayed: out.Replayed}, nil
}
