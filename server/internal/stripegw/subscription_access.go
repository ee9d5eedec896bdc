package stripegw

import (
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// accessOf is whether the customer may use what a subscription is for: the table above `message Access` in
// subscription.proto, row by row, of which the first that fits decides.
func accessOf(s *paymentsv1.Subscription) *paymentsv1.Access {
	invoice := s.GetLatestInvoice()
	asks := asksForPayment(s)
	pastDue := s.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE
	switch s.GetState() {
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE:
		return blocked(paymentsv1.AccessReason_ACCESS_REASON_FIRST_PAYMENT_MISSING)
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED:
		return blocked(paymentsv1.AccessReason_ACCESS_REASON_ENDED)
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_UNPAID:
		return blocked(paymentsv1.AccessReason_ACCESS_REASON_UNPAID)
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED:
		return blocked(paymentsv1.AccessReason_ACCESS_REASON_TRIAL_ENDED)
	case paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE,
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE:
	default:
		return blocked(paymentsv1.AccessReason_ACCESS_REASON_UNKNOWN_STATE)
	}
	switch {
	case asks && invoice.GetPaymentState() == paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING:
		return grace(paymentsv1.AccessReason_ACCESS_REASON_PAYMENT_PROCESSING)
	case asks && invoice.GetPaymentState() == paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION:
		return grace(paymentsv1.AccessReason_ACCESS_REASON_PAYMENT_ACTION_REQUIRED)
	case asks && pastDue && retriesExhausted(invoice):
		return blocked(paymentsv1.AccessReason_ACCESS_REASON_RETRIES_EXHAUSTED)
	case pastDue: // both rows: whether the latest invoice asks for something or not
		return grace(paymentsv1.AccessReason_ACCESS_REASON_PAYMENT_FAILED)
	case asks && invoice.GetState() == paymentsv1.InvoiceState_INVOICE_STATE_UNCOLLECTIBLE:
		return grace(paymentsv1.AccessReason_ACCESS_REASON_INVOICE_UNCOLLECTIBLE)
	case asks: // DRAFT or OPEN; and one in a state that is not known is not taken for paid.
		return grace(paymentsv1.AccessReason_ACCESS_REASON_INVOICE_OPEN)
	case s.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING:
		return allowed(paymentsv1.AccessReason_ACCESS_REASON_TRIAL)
	default:
		return allowed(paymentsv1.AccessReason_ACCESS_REASON_PAID)
	}
}

// asksForPayment is whether the latest invoice asks for something that the items that stand deserve. That of a pending
// change asks for what was not given yet, one that is paid or void for nothing any more. One of which the amount can not
// be read may ask for anything.
func asksForPayment(s *paymentsv1.Subscription) bool {
	if s.GetLatestInvoice() == nil || s.GetPendingChange() != nil {
		return false
	}
	switch s.GetLatestInvoice().GetState() {
	case paymentsv1.InvoiceState_INVOICE_STATE_PAID, paymentsv1.InvoiceState_INVOICE_STATE_VOID:
		return false
	default:
	}
	due := s.GetLatestInvoice().GetAmountDue()
	if total := s.GetLatestInvoice().GetTotal(); total != nil &&
		s.GetLatestInvoice().GetState() == paymentsv1.InvoiceState_INVOICE_STATE_DRAFT {
		// What the customer's balance takes from it is known once it is final: others may take the balance before.
		due = total
	}
	return due == nil || due.GetMinorUnits() > 0
}

// retriesExhausted is whether Stripe has tried to charge by itself, and will not try again.
func retriesExhausted(invoice *paymentsv1.Invoice) bool {
	return invoice.GetCollectionMethod() == paymentsv1.CollectionMethod_COLLECTION_METHOD_CHARGE_AUTOMATICALLY &&
		invoice.GetAttemptCount() > 0 && invoice.GetNextAttemptTime() == nil
}

func allowed(reason paymentsv1.AccessReason) *paymentsv1.Access {
	return &paymentsv1.Access{Level: paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE, Reason: reason}
}

func grace(reason paymentsv1.AccessReason) *paymentsv1.Access {
	return &paymentsv1.Access{Level: paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE, Reason: reason}
}

func blocked(reason paymentsv1.AccessReason) *paymentsv1.Access {
	return &paymentsv1.Access{Level: paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED, Reason: reason}
}
