package sandbox

import "net/http"

// payInvoice tries once to collect an open invoice, with the method that how names, or else the one that the method
// order gives. The failure says why it is not paid now; without one it is paid, or the payment is processing. A card
// that wants 3D Secure waits for its customer off session too (requires_action), where an intent of its own would be
// declined. How a try ended is told by intentChanged before this returns. A try that no request caused counts as an
// automatic one.
func (s *Sandbox) payInvoice(c *call, inv *invoice, how confirmation) (*invoice, *failure) {
	if !inv.payable() {
		return inv, nil
	}
	if how.method == nil {
		how.method = s.methodOf(inv)
	}
	pi, _ := s.world.paymentIntents.get(inv.PaymentIntent.id)
	if how.method == nil {
		if c.unasked() {
			inv = s.notCollected(c, inv, pi, pi)
		}
		return inv, noMethod()
	}
	if f := pi.mayConfirm(); f != nil {
		return inv, f.about(pi)
	}
	next := *pi
	f := s.confirm(c, &next, how)
	if f != nil && f.status != http.StatusPaymentRequired {
		if c.unasked() {
			inv = s.notCollected(c, inv, pi, pi)
		}
		return inv, f.about(pi)
	}
	s.putIntent(c, &next)
	if f == nil && next.Status == statusRequiresAction {
		f = invalid("invoice_payment_intent_requires_action", "", "This payment requires additional user action before it "+
			"can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice. "+
			"For more details see: https://stripe.com/docs/billing/subscriptions/overview#requires-action")
		f.status, f.errorType = http.StatusPaymentRequired, typeCard
	}
	if f != nil {
		return s.invoiceNow(inv), f.about(&next)
	}
	return s.invoiceNow(inv), nil
}

// unasked says whether something happens by itself: no request and nobody in a browser caused it.
func (c *call) unasked() bool { return c.requestID == "" && c.echoed == "" }

// methodOf is the method that pays an invoice: its own, or that of the method order.
func (s *Sandbox) methodOf(inv *invoice) *paymentMethod {
	if own, ok := s.world.paymentMethods.get(inv.DefaultPaymentMethod.id); ok && own.Customer.id == inv.Customer.id {
		return own
	}
	sub, _ := s.world.subscriptions.get(inv.Subscription.id)
	cu, _ := s.world.customers.get(inv.Customer.id)
	return s.invoiceMethod(sub, cu)
}

// invoiceMethod is the method that pays a subscription's invoices, nil for none: the subscription's own before that of
// the customer (docs.stripe.com/api/subscriptions, default_payment_method). The subscription may be nil. A method that
// was detached since is none.
func (s *Sandbox) invoiceMethod(sub *subscription, cu *customer) *paymentMethod {
	var ids []string
	if sub != nil {
		ids = append(ids, sub.DefaultPaymentMethod.id)
	}
	if cu != nil {
		ids = append(ids, cu.InvoiceSettings.DefaultPaymentMethod.id)
	}
	for _, id := range ids {
		if method, ok := s.world.paymentMethods.get(id); ok && cu != nil && method.Customer.id == cu.ID {
			return method
		}
	}
	return nil
}

// putIntent stores an intent, and tells its invoice, if it has one, what became of it.
func (s *Sandbox) putIntent(c *call, pi *paymentIntent) {
	old, _ := s.world.paymentIntents.get(pi.ID)
	s.world.paymentIntents.put(pi.ID, pi)
	if pi.Invoice.id != "" && old != nil {
		s.intentChanged(c, old, pi)
	}
}

// intentChanged takes what became of a payment over to its invoice.
func (s *Sandbox) intentChanged(c *call, old, pi *paymentIntent) {
	inv, ok := s.world.invoices.get(pi.Invoice.id)
	if !ok || !inv.payable() {
		return
	}
	switch {
	case pi.Status == statusSucceeded:
		s.collected(c, inv, pi)
	case pi.Status == statusProcessing && old.Status != statusProcessing:
		next := *inv
		next.attempt(c, old)
		next.Charge, next.NextPaymentAttempt = pi.LatestCharge, nil
		s.putInvoice(&next)
		s.tellUpdate(c, &next, inv)
		s.invoiceChanged(c, inv, &next)
	case pi.LastPaymentError != nil && pi.LastPaymentError != old.LastPaymentError,
		pi.waiting != nil && (old.waiting == nil || pi.waiting.attempt != old.waiting.attempt):
		s.notCollected(c, inv, old, pi)
	}
}

// collected ends an invoice whose payment succeeded.
func (s *Sandbox) collected(c *call, inv *invoice, pi *paymentIntent) {
	next := *inv
	if !next.Attempted {
		next.Attempted, next.AttemptCount = true, 1
	} else if c.unasked() && next.Charge.id != pi.LatestCharge.id {
		next.AttemptCount++ // an automatic try; a bank that answers is none
	}
	next.Charge = pi.LatestCharge
	s.markPaid(c, &next)
	s.putInvoice(&next)
	s.tellUpdate(c, &next, inv)
	s.emit(c, "invoice.paid", &next, nil)
	s.emit(c, "invoice.payment_succeeded", &next, nil)
	s.invoiceChanged(c, inv, &next)
}

// notCollected notes a try that failed, or that waits for the customer, and plans the next one. A try by hand leaves
// the plan as it is, unless it was the first (docs.stripe.com/api/invoices/object, attempt_count).
func (s *Sandbox) notCollected(c *call, inv *invoice, old, pi *paymentIntent) *invoice {
	next := *inv
	counted := next.attempt(c, old)
	if pi.LatestCharge.id != "" {
		next.Charge = pi.LatestCharge
	}
	if counted || old.Status == statusProcessing {
		next.NextPaymentAttempt = s.nextAttempt(c, inv, next.AttemptCount)
	}
	s.putInvoice(&next)
	s.tellUpdate(c, &next, inv)
	s.emit(c, "invoice.payment_failed", &next, nil)
	if pi.Status == statusRequiresAction {
		s.emit(c, "invoice.payment_action_required", &next, nil)
	}
	s.invoiceChanged(c, inv, &next)
	return s.invoiceNow(&next)
}

// attempt counts a try: the first one, whoever made it, and after that those that Stripe makes by itself. What comes
// back from a bank belongs to a try that was counted when it was sent.
func (i *invoice) attempt(c *call, old *paymentIntent) (counted bool) {
	switch {
	case !i.Attempted:
		i.Attempted, i.AttemptCount = true, 1
		return true
	case c.unasked() && old.Status != statusProcessing:
		i.AttemptCount++
		return true
	}
	return false
}
