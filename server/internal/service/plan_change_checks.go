package service

import (
	"strconv"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

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

// checkExpected refuses an expected amount that could not be compared with what the change costs.
func checkExpected(on *paymentsv1.Subscription, req *paymentsv1.ChangePlanRequest) error {
	trialing := on.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING
	switch expected := req.GetExpectedAmountDue(); {
	case expected == nil:
		return nil
	case req.GetProrationTime() == nil && !trialing:
		return apierr.InvalidField("proration_time", "is required with expected_amount_due: PreviewPlanChange says both")
	case !strings.EqualFold(expected.GetCurrencyCode(), on.GetCurrencyCode()):
		return apierr.InvalidField("expected_amount_due.currency_code", "is not the currency of the subscription")
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

// notSecured refuses a change that would be given before what is due for it is paid.
func notSecured(cause string, due *paymentsv1.Money) *apierr.Error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UPGRADE_NOT_SECURED).
		WithMetadata("cause", cause).WithMetadata("amount_due", strconv.FormatInt(due.GetMinorUnits(), 10))
}
