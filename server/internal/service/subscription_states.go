package service

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// hasEnded is whether a subscription is over for good.
func hasEnded(s *paymentsv1.Subscription) bool {
	return s.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED ||
		s.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED
}

// isIncomplete is whether a subscription waits for its first payment.
func isIncomplete(s *paymentsv1.Subscription) bool {
	return s.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE
}

// wrongState refuses what the state of the subscription does not allow.
func wrongState(s *paymentsv1.Subscription) *apierr.Error {
	return unexpectedState(s.GetRawState(), s.GetState().String(), "SUBSCRIPTION_STATE_")
}

// checkNothingPending refuses a change while an earlier one waits for its payment.
func checkNothingPending(s *paymentsv1.Subscription) error {
	if s.GetPendingChange() == nil {
		return nil
	}
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_CHANGE_PENDING).
		WithMetadata("invoice_id", s.GetPendingChange().GetInvoiceId())
}

// moment is a time in the named field of a request.
type moment struct {
	field string
	time  *timestamppb.Timestamp
}

// checkMoments refuses a time that is none. What is absent is left alone.
func checkMoments(moments ...moment) error {
	for _, m := range moments {
		switch {
		case m.time == nil:
		case !m.time.IsValid():
			return apierr.InvalidField(m.field, "is no time between the years 1 and 9999")
		case m.time.GetSeconds() <= 0: // Stripe counts from 1970 on.
			return apierr.InvalidField(m.field, "lies before all subscriptions")
		}
	}
	return nil
}

// checkDaysUntilDue wants the days where the customer pays by themselves, and only there.
func checkDaysUntilDue(method paymentsv1.CollectionMethod, days int32, field string) error {
	switch sent := method == paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE; {
	case sent && days == 0:
		return apierr.InvalidField(field, "is required with SEND_INVOICE")
	case !sent && days != 0:
		return apierr.InvalidField(field, "counts with SEND_INVOICE alone")
	}
	return nil
}
