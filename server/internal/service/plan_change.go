package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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

const onlyNow = "counts with NOW alone"

// checkPlanChange refuses what is wrong in itself. Which items there are, and whether anything changes, is judged by
// the subscription.
func checkPlanChange(req planChange) error {
	switch {
	case len(req.GetChanges()) == 0 && len(req.GetNewItems()) == 0:
		return apierr.InvalidField("changes", "is empty, and so is new_items: nothing would change")
	case isAtPeriodEnd(req) && req.GetProrationTime() != nil:
		return apierr.InvalidField("proration_time", onlyNow)
	}
	return checkMoments(moment{"proration_time", req.GetProrationTime()})
}

func isAtPeriodEnd(req planChange) bool {
	return req.GetTiming() == paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
}

// checkChangeOf refuses a change that the subscription, as it is, does not allow.
func checkChangeOf(on *paymentsv1.Subscription, req planChange) error {
	switch on.GetState() {
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_UNPAID,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED:
		return wrongState(on)
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE:
		// A new invoice would take the place of the one that is late, and be taken for all there is to pay.
		if !isAtPeriodEnd(req) {
			return wrongState(on)
		}
	default: // TRIALING, ACTIVE; and what this API does not know is left to Stripe.
	}
	// What is about to end has no next period to begin; a schedule would take the end back unasked.
	if isAtPeriodEnd(req) && (on.GetCancelTime() != nil || on.GetCancelAtPeriodEnd()) {
		return wrongState(on)
	}
	if err := checkNothingPending(on); err != nil {
		return err
	}
	at := req.GetProrationTime()
	if at != nil && (at.AsTime().Before(on.GetCurrentPeriodStartTime().AsTime()) ||
		at.AsTime().After(on.GetCurrentPeriodEndTime().AsTime())) {
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE)
	}
	return nil
}

// mayChange refuses a change that the subscription does not allow, that Stripe can not hold back until it is paid, or
// that costs something else than was expected.
func (s *Subscriptions) mayChange(
	ctx context.Context, on *paymentsv1.Subscription, req *paymentsv1.ChangePlanRequest,
) error {
	if err := checkChangeOf(on, req); err != nil {
		return err
	}
	if err := s.checkPlansBehindSchedule(ctx, on, req); err != nil {
		return err
	}
	if err := s.checkNotAhead(ctx, on, req); err != nil {
		return err
	}
	expected := req.GetExpectedAmountDue()
	trialing := on.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING
	if expected != nil && req.GetProrationTime() == nil && !trialing {
		return apierr.InvalidField("proration_time", "is required with expected_amount_due: PreviewPlanChange says both")
	}
	if expected != nil && !strings.EqualFold(expected.GetCurrencyCode(), on.GetCurrencyCode()) {
		return apierr.InvalidField("expected_amount_due.currency_code", "is not the currency of the subscription")
	}
	cause := unsecuredBy(on)
	if req.GetAllowUnpaid() {
		cause = ""
	} else if invoice := on.GetLatestInvoice(); !isAtPeriodEnd(req) && isToBePaid(invoice) {
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UPGRADE_NOT_SECURED).
			WithMetadata("cause", "INVOICE_OPEN").WithMetadata("invoice_id", invoice.GetId()).
			WithMetadata("amount_due", strconv.FormatInt(invoice.GetAmountDue().GetMinorUnits(), 10))
	}
	if isAtPeriodEnd(req) || cause == "" && expected == nil {
		return nil
	}
	invoice, _, err := s.reads.PreviewPlanChange(ctx, on, previewOf(req, req.GetProrationTime()))
	if err != nil {
		return err
	}
	due := invoice.GetAmountDue().GetMinorUnits()
	switch {
	case cause != "" && due > 0:
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UPGRADE_NOT_SECURED).
			WithMetadata("cause", cause).WithMetadata("amount_due", strconv.FormatInt(due, 10))
	case expected != nil && due != expected.GetMinorUnits():
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE).
			WithMetadata("amount_due", strconv.FormatInt(due, 10))
	}
	return nil
}

// previewOf asks what a change would cost from a moment on.
func previewOf(req *paymentsv1.ChangePlanRequest, at *timestamppb.Timestamp) *paymentsv1.PreviewPlanChangeRequest {
	return &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: req.GetSubscriptionId(), Changes: req.GetChanges(), NewItems: req.GetNewItems(),
		Timing: req.GetTiming(), ProrationTime: at,
	}
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

// isToBePaid is whether an invoice asks for something that is not paid yet. Stripe goes by the latest invoice alone: once
// there is a newer one, this one no longer counts.
func isToBePaid(invoice *paymentsv1.Invoice) bool {
	switch invoice.GetState() {
	case paymentsv1.InvoiceState_INVOICE_STATE_DRAFT:
		return invoice.GetTotal().GetMinorUnits() > 0 // Which part of it the customer's balance pays is not sure yet.
	case paymentsv1.InvoiceState_INVOICE_STATE_OPEN:
		return invoice.GetAmountDue().GetMinorUnits() > 0
	default:
		return false
	}
}

// unsecuredBy says why Stripe could not hold a change back until what is due for it is paid; empty where it could. It
// can for methods that say at once whether they pay, charged automatically. Where there is no method at all, it refuses
// the change.
func unsecuredBy(on *paymentsv1.Subscription) (cause string) {
	switch {
	case on.GetCollectionMethod() == paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE:
		return "SEND_INVOICE"
	case on.GetPause() != nil:
		return "COLLECTION_PAUSED"
	case on.GetCollectionMethod() != paymentsv1.CollectionMethod_COLLECTION_METHOD_CHARGE_AUTOMATICALLY:
		return "PAYMENT_METHOD" // A way to collect that is not known secures nothing.
	case on.GetChargedPaymentMethodId() == "":
		return ""
	}
	switch on.GetChargedPaymentMethodType() {
	case "card", "link":
		return ""
	default:
		return "PAYMENT_METHOD"
	}
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
