package sandbox

import (
	"slices"
	"time"
)

// retryDelays is when the sandbox's account tries again: so long after the failure before. At Stripe it is a setting of
// the Dashboard.
var retryDelays = []time.Duration{3 * day, 5 * day, 7 * day}

// dunningEnds are what can become of a subscription when every try has failed: a setting of the Dashboard too.
var dunningEnds = []string{subscriptionCanceled, subscriptionUnpaid, subscriptionPastDue}

// nextAttempt says when an invoice is tried again automatically after a try that failed; attempts counts that one. Nil
// means never: a first payment, a change that waits for its payment, and an invoice that is sent wait for the customer.
func (s *Sandbox) nextAttempt(c *call, inv *invoice, attempts int64) *int64 {
	sub, ok := s.world.subscriptions.get(inv.Subscription.id)
	if !ok || sub.ended() || sub.Status == subscriptionIncomplete || sub.resumption == inv.ID ||
		sub.PendingUpdate != nil && sub.PendingUpdate.invoice == inv.ID ||
		inv.CollectionMethod != collectAutomatically || !inv.AutoAdvance || inv.BillingReason == reasonCreate ||
		attempts < 1 || attempts > int64(len(retryDelays)) {
		return nil
	}
	return new(c.at.Add(retryDelays[attempts-1]).Unix())
}

// planRetry makes the appointment that next_payment_attempt of an open invoice announces.
func (s *Sandbox) planRetry(c *call, before, now *invoice) {
	at := now.NextPaymentAttempt
	if at == nil || now.Status != invoiceOpen || before.Status == invoiceOpen && before.NextPaymentAttempt != nil &&
		*before.NextPaymentAttempt == *at || *at <= c.at.Unix() {
		return
	}
	id, when := now.ID, *at
	s.schedule(c, time.Unix(when, 0), func(s *Sandbox, c *call) {
		inv, ok := s.world.invoices.get(id)
		if ok && inv.Status == invoiceOpen && inv.NextPaymentAttempt != nil && *inv.NextPaymentAttempt == when {
			s.collect(c, inv)
		}
	})
}

// collect tries to pay an invoice by itself. After a decline that no second try can change, the try is counted but
// nothing is charged until there is another method (docs.stripe.com/billing/revenue-recovery/smart-retries).
func (s *Sandbox) collect(c *call, inv *invoice) {
	sub, ok := s.world.subscriptions.get(inv.Subscription.id)
	if !ok || sub.ended() || !inv.AutoAdvance {
		return
	}
	cu, _ := s.world.customers.get(sub.Customer.id)
	method := s.invoiceMethod(sub, cu)
	if s.hopeless(inv, method) {
		next := *inv
		next.AttemptCount++
		next.NextPaymentAttempt = s.nextAttempt(c, inv, next.AttemptCount)
		s.putInvoice(&next)
		s.emit(c, "invoice.updated", &next, inv)
		s.emit(c, "invoice.payment_failed", &next, nil)
		s.invoiceChanged(c, inv, &next)
		return
	}
	_, _ = s.payInvoice(c, inv, confirmation{method: method, offSession: true}) // the invoice says how it ended
}

// hardDeclines are those that a second try with the same method does not change.
var hardDeclines = []string{
	"authentication_required", "highest_risk_level", "incorrect_number", "lost_card", "pickup_card",
	"revocation_of_all_authorizations", "revocation_of_authorization", "stolen_card", "transaction_not_allowed",
}

// hopeless says whether the last try of an invoice ended in a hard decline, or waits for the customer, and the method is
// still the same.
func (s *Sandbox) hopeless(inv *invoice, method *paymentMethod) bool {
	pi, ok := s.world.paymentIntents.get(inv.PaymentIntent.id)
	if !ok || !inv.Attempted || method == nil {
		return false
	}
	if pi.Status == statusRequiresAction {
		return pi.PaymentMethod.id == method.ID
	}
	why := pi.LastPaymentError
	return why != nil && why.PaymentMethod != nil && why.PaymentMethod.ID == method.ID &&
		slices.Contains(hardDeclines, orElse(why.DeclineCode, why.Code))
}

// endDunning does what the account's setting says, once every try of an invoice has failed.
func (s *Sandbox) endDunning(c *call, inv *invoice) {
	sub, ok := s.world.subscriptions.get(inv.Subscription.id)
	if !ok || sub.Status != subscriptionPastDue || inv.AttemptCount <= int64(len(retryDelays)) || !s.failing(inv) {
		return
	}
	switch s.world.dunningEnd {
	case subscriptionPastDue:
	case subscriptionUnpaid:
		next := *sub
		next.Status = subscriptionUnpaid
		s.changed(c, sub, &next)
		s.stopCollecting(&next)
	default:
		s.end(c, sub, reasonPaymentFailed)
	}
}
