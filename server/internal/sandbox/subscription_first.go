package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// firstInvoice bills the first period. An invoice that is sent to the customer stays a draft for an hour; any other is
// finalized now, and paid as payment_behavior says. A failure leaves nothing to keep: the caller undoes all of it.
func (s *Sandbox) firstInvoice(c *call, sub *subscription) (*invoice, *failure) {
	inv := s.draftFirst(c, sub)
	if sub.CollectionMethod == collectBySending {
		s.finalizeLater(c, inv, "")
		return inv, nil
	}
	inv = s.finalizeInvoice(c, inv)
	if inv.Status != invoiceOpen {
		return inv, nil
	}
	return s.collectNow(c, sub, inv, orElse(c.text("payment_behavior"), allowIncomplete))
}

// draftFirst bills the first period: all of it, or the part that lies before an anchor to come.
func (s *Sandbox) draftFirst(c *call, sub *subscription) *invoice {
	if sub.Status == subscriptionTrialing || sub.BillingCycleAnchor == sub.CurrentPeriodStart {
		return s.draftInvoice(c, sub, reasonCreate)
	}
	if c.text("proration_behavior") != prorateNone {
		whole := *sub
		whole.CurrentPeriodStart = sub.periodBefore(sub.BillingCycleAnchor)
		none := whole
		none.setItems(nil)
		s.addPending(c, sub, s.prorate(c, &none, &whole, c.at))
	}
	return s.fillInvoice(c, s.newSubscriptionInvoice(c, sub, reasonCreate), nil)
}

// periodBefore is the begin of the period that ends at the anchor.
func (sub *subscription) periodBefore(anchor int64) int64 {
	at := time.Unix(anchor, 0).AddDate(-1, -1, 0).Unix() // longer than any period
	for {
		end := sub.periodAfter(at)
		if end >= anchor {
			return at
		}
		at = end
	}
}

// collectNow tries to pay an invoice that a request caused. With error_if_incomplete, or no method to try, a failure
// is the answer; else what the invoice says is the result.
func (s *Sandbox) collectNow(c *call, sub *subscription, inv *invoice, behavior string) (*invoice, *failure) {
	if behavior == defaultIncomplete {
		return inv, nil
	}
	cu, _ := s.world.customers.get(sub.Customer.id)
	method := s.invoiceMethod(sub, cu)
	if method == nil && behavior != pendingIncomplete {
		return nil, noMethod()
	}
	paid, f := s.payInvoice(c, inv, confirmation{method: method, offSession: c.flag("off_session")})
	if f != nil && behavior == errorIfIncomplete {
		return nil, s.unpaidNow(f)
	}
	if paid == nil {
		paid, _ = s.world.invoices.get(inv.ID)
	}
	return paid, nil
}

// unpaidNow words the failure of a change that must be paid at once: the customer's step is asked for in another way
// than by the payment itself (text: issue 1551 of flutter-stripe/flutter_stripe).
func (s *Sandbox) unpaidNow(f *failure) *failure {
	f.intent = nil // it is undone
	if !slices.Contains([]string{"invoice_payment_intent_requires_action", "payment_intent_action_required"}, f.code) {
		return f
	}
	return &failure{
		status: http.StatusPaymentRequired, errorType: typeCard, code: "subscription_payment_intent_requires_action",
		docless: true, message: "Payment for this subscription requires additional user action before it can be completed " +
			"successfully. Payment can be completed using the PaymentIntent associated with `subscription.latest_invoice`. " +
			"Additional information is available here: " +
			"https://stripe.com/docs/billing/subscriptions/overview#requires-action",
	}
}

// noMethod refuses what nothing can pay (text: issues of many users of Stripe's).
func noMethod() *failure {
	return invalid("resource_missing", "", "This customer has no attached payment source or default payment method. "+
		"Please consider adding a default payment method. For more information, visit "+
		"https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.")
}

// statusFirst is the status of a new subscription, as its first invoice now stands. A debit that is on its way counts
// as paid until the bank says otherwise.
func (sub *subscription) statusFirst(s *Sandbox, inv *invoice) string {
	switch {
	case sub.Status == subscriptionTrialing:
		return subscriptionTrialing
	case sub.CollectionMethod == collectBySending, inv.Status == invoicePaid, s.processing(inv):
		return subscriptionActive
	}
	return subscriptionIncomplete
}

// processing says whether a bank has an invoice's debit in hand.
func (s *Sandbox) processing(inv *invoice) bool {
	pi, ok := s.world.paymentIntents.get(inv.PaymentIntent.id)
	return ok && pi.Status == statusProcessing
}

// keepMethod makes the method that paid an invoice the subscription's own, where it was set so.
func (s *Sandbox) keepMethod(sub *subscription, inv *invoice) {
	pi, ok := s.world.paymentIntents.get(inv.PaymentIntent.id)
	if !ok || inv.Status != invoicePaid || sub.PaymentSettings.SaveDefaultPaymentMethod != saveOnSubscription {
		return
	}
	if method, ok := s.world.paymentMethods.get(pi.PaymentMethod.id); ok && method.Customer.id == sub.Customer.id {
		sub.DefaultPaymentMethod = ref{id: method.ID}
	}
}
