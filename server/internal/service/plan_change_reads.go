package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// checkCost refuses a change now that costs something else than was expected, or something that nothing secures. A
// change at the end of the period costs nothing before.
func (s *Subscriptions) checkCost(
	ctx context.Context, on *paymentsv1.Subscription, req *paymentsv1.ChangePlanRequest,
) error {
	cause, expected := unsecuredBy(on), req.GetExpectedAmountDue()
	if req.GetAllowUnpaid() {
		cause = ""
	}
	if isAtPeriodEnd(req) || cause == "" && expected == nil {
		return nil
	}
	invoice, _, err := s.reads.PreviewPlanChange(ctx, on, previewOf(req, req.GetProrationTime()))
	if err != nil {
		return err
	}
	switch due := invoice.GetAmountDue(); {
	case cause != "" && due.GetMinorUnits() > 0:
		return notSecured(cause, due)
	case expected != nil && due.GetMinorUnits() != expected.GetMinorUnits():
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE).
			WithMetadata("amount_due", strconv.FormatInt(due.GetMinorUnits(), 10))
	}
	return nil
}

// clockSkew is how much the clocks of callers may be ahead.
const clockSkew = 5 * time.Minute

// checkNotAhead refuses a moment to come, from which on there is less left to pay for than is given. What is ahead of our
// clock alone is asked of Stripe's: the subscription may live in the time of a test clock.
func (s *Subscriptions) checkNotAhead(
	ctx context.Context, on *paymentsv1.Subscription, req *paymentsv1.ChangePlanRequest,
) error {
	at := req.GetProrationTime()
	if at == nil || at.AsTime().Before(time.Now().Add(clockSkew)) {
		return nil
	}
	_, now, err := s.reads.PreviewPlanChange(ctx, on, previewOf(req, nil))
	switch {
	case err != nil:
		return err
	case now != nil && at.AsTime().After(now.AsTime().Add(clockSkew)):
		return apierr.InvalidField("proration_time", "lies in the future: the time until then would be free")
	}
	return nil
}

// checkPlansBehindSchedule looks at the plans of a change before its first step, where that would drop what is scheduled
// or leave a schedule behind: Stripe says only at the second step that a plan can not be had.
func (s *Subscriptions) checkPlansBehindSchedule(
	ctx context.Context, on *paymentsv1.Subscription, req *paymentsv1.ChangePlanRequest,
) error {
	if !isAtPeriodEnd(req) && on.GetScheduledChange() == nil {
		return nil
	}
	for i, change := range req.GetChanges() {
		if err := s.checkPlan(ctx, on, fmt.Sprintf("changes[%d].plan_id", i), change.GetPlanId()); err != nil {
			return err
		}
	}
	for i, item := range req.GetNewItems() {
		if err := s.checkPlan(ctx, on, fmt.Sprintf("new_items[%d].plan_id", i), item.GetPlanId()); err != nil {
			return err
		}
	}
	return nil
}

// checkPlan refuses a plan that a subscription can not be changed to.
func (s *Subscriptions) checkPlan(ctx context.Context, on *paymentsv1.Subscription, field, id string) error {
	if id == "" || slices.ContainsFunc(on.GetItems(), func(item *paymentsv1.SubscriptionItem) bool {
		return item.GetPlan().GetId() == id // One that it has may be archived.
	}) {
		return nil
	}
	plan, err := s.reads.GetPlan(ctx, id)
	switch {
	case isMissing(err):
		return apierr.InvalidField(field, "names no plan")
	case err != nil:
		return err
	case !plan.GetActive():
		return apierr.InvalidField(field, "names a plan that is not active")
	case !strings.EqualFold(plan.GetCurrencyCode(), on.GetCurrencyCode()):
		return apierr.InvalidField(field, "names a plan of another currency")
	}
	return nil
}
