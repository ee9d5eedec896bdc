package service

import (
	"context"
	"slices"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The fields of a subscription that UpdateSubscription can change.
const (
	metadataField         = "metadata"
	descriptionField      = "description"
	defaultMethodField    = "default_payment_method_id"
	cancelTimeField       = "cancel_time"
	trialEndField         = "trial_end_time"
	trialEndBehaviorField = "trial_end_behavior"
	collectionField       = "collection_method"
	daysUntilDueField     = "days_until_due"
)

// UpdateSubscription implements SubscriptionService.
func (s *Subscriptions) UpdateSubscription(
	ctx context.Context, req *paymentsv1.UpdateSubscriptionRequest,
) (*paymentsv1.UpdateSubscriptionResponse, error) {
	changed := changedFields(req)
	if err := checkSubscriptionUpdate(req.GetSubscription(), changed); err != nil {
		return nil, err
	}
	subscription, out, err := s.writeOn(ctx, paymentsv1.SubscriptionService_UpdateSubscription_FullMethodName, req,
		func(_ context.Context, on *paymentsv1.Subscription) error {
			return checkUpdateOf(on, req.GetSubscription(), changed)
		})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.UpdateSubscriptionResponse{Subscription: subscription, Replayed: out.Replayed}, nil
}

// changedFields are the fields that the mask names or, without one, those that are set. What can not be changed at all
// is refused where the update is prepared.
func changedFields(req *paymentsv1.UpdateSubscriptionRequest) []string {
	if paths := req.GetUpdateMask().GetPaths(); len(paths) > 0 {
		return paths
	}
	to := req.GetSubscription()
	var set []string
	for field, isSet := range map[string]bool{
		metadataField:         len(to.GetMetadata()) > 0,
		descriptionField:      to.GetDescription() != "",
		defaultMethodField:    to.GetDefaultPaymentMethodId() != "",
		cancelTimeField:       to.GetCancelTime() != nil,
		trialEndField:         to.GetTrialEndTime() != nil,
		trialEndBehaviorField: to.GetTrialEndBehavior() != paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_UNSPECIFIED,
		collectionField:       to.GetCollectionMethod() != paymentsv1.CollectionMethod_COLLECTION_METHOD_UNSPECIFIED,
		daysUntilDueField:     to.GetDaysUntilDue() != 0,
	} {
		if isSet {
			set = append(set, field)
		}
	}
	return set
}

// checkSubscriptionUpdate refuses what is wrong in itself.
func checkSubscriptionUpdate(to *paymentsv1.Subscription, changed []string) error {
	for _, m := range []moment{{cancelTimeField, to.GetCancelTime()}, {trialEndField, to.GetTrialEndTime()}} {
		if !slices.Contains(changed, m.field) {
			continue
		}
		if err := checkMoments(moment{"subscription." + m.field, m.time}); err != nil {
			return err
		}
	}
	return nil
}

// checkUpdateOf refuses what the subscription, as it is, does not allow.
func checkUpdateOf(on, to *paymentsv1.Subscription, changed []string) error {
	for _, field := range changed {
		switch {
		case field == metadataField:
		case hasEnded(on), isIncomplete(on) && field != defaultMethodField:
			return wrongState(on)
		case field == trialEndField && on.GetState() != paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING:
			// Another trial would credit the period, paid for or not, and open what is blocked.
			return wrongState(on)
		case field == descriptionField, field == defaultMethodField:
		default:
			if err := checkNothingPending(on); err != nil {
				return err
			}
		}
	}
	return checkCollection(on, to, changed)
}

// checkCollection wants the days that a customer has to pay to go with how the invoices are paid, as both will be.
func checkCollection(on, to *paymentsv1.Subscription, changed []string) error {
	method, days := on.GetCollectionMethod(), on.GetDaysUntilDue()
	daysChange := slices.Contains(changed, daysUntilDueField)
	if slices.Contains(changed, collectionField) {
		method = to.GetCollectionMethod()
		if method != paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE {
			days = 0 // They go with it.
		}
	} else if !daysChange {
		return nil
	}
	if daysChange {
		days = to.GetDaysUntilDue()
	}
	return checkDaysUntilDue(method, days, "subscription."+daysUntilDueField)
}
