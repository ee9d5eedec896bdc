package service

import (
	"context"
	"strconv"
	"strings"

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
	// Whether the change will say `allow_unpaid` is not known here. With it, one that is PAST_DUE can be changed.
	if err := checkChangeOf(on, req, true); err != nil {
		return nil, err
	}
	invoice, prorationTime, err := s.reads.PreviewPlanChange(ctx, on, req)
	if err != nil {
		return nil, err
	}
	due := invoice.GetAmountDue()
	return &paymentsv1.PreviewPlanChangeResponse{
		Invoice: invoice, AmountDue: due, ProrationTime: prorationTime,
		NotSecured: !isAtPeriodEnd(req) && due.GetMinorUnits() > 0 && unsecuredBy(on) != "",
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
func checkChangeOf(on *paymentsv1.Subscription, req planChange, allowUnpaid bool) error {
	switch on.GetState() {
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_UNPAID,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED:
		return wrongState(on)
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE:
		if !isAtPeriodEnd(req) && !allowUnpaid {
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
	if err := checkChangeOf(on, req, req.GetAllowUnpaid()); err != nil {
		return err
	}
	expected := req.GetExpectedAmountDue()
	if expected != nil && !strings.EqualFold(expected.GetCurrencyCode(), on.GetCurrencyCode()) {
		return apierr.InvalidField("expected_amount_due.currency_code", "is not the currency of the subscription")
	}
	cause := unsecuredBy(on)
	if req.GetAllowUnpaid() {
		cause = ""
	}
	if isAtPeriodEnd(req) || cause == "" && expected == nil {
		return nil
	}
	invoice, _, err := s.reads.PreviewPlanChange(ctx, on, &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: req.GetSubscriptionId(), Changes: req.GetChanges(), NewItems: req.GetNewItems(),
		Timing: req.GetTiming(), ProrationTime: req.GetProrationTime(),
	})
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
