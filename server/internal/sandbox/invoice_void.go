package sandbox

import "slices"

// voidInvoice ends an open or uncollectible invoice for good, and cancels its payment intent. What of the customer's
// balance went into it goes back.
func (s *Sandbox) voidInvoice(c *call, inv *invoice) *invoice {
	next := *inv
	next.AutoAdvance, next.NextPaymentAttempt = false, nil
	next.Status, next.StatusTransitions.VoidedAt = invoiceVoid, new(c.at.Unix())
	s.putInvoice(&next)
	s.emit(c, "invoice.voided", &next, nil)
	s.giveBackBalance(c, &next)
	s.dropIntent(c, &next, "void_invoice")
	s.invoiceChanged(c, inv, &next)
	return s.invoiceNow(&next)
}

// markUncollectible writes an open invoice off. It can still be paid.
func (s *Sandbox) markUncollectible(c *call, inv *invoice) *invoice {
	next := *inv
	next.AutoAdvance, next.NextPaymentAttempt = false, nil
	next.Status, next.StatusTransitions.MarkedUncollectibleAt = invoiceUncollectible, new(c.at.Unix())
	s.putInvoice(&next)
	s.tellUpdate(c, &next, inv)
	s.emit(c, "invoice.marked_uncollectible", &next, nil)
	s.invoiceChanged(c, inv, &next)
	return s.invoiceNow(&next)
}

// payElsewhere ends an invoice that was paid by other means; its payment intent is of no use any more.
func (s *Sandbox) payElsewhere(c *call, inv *invoice) *invoice {
	next := *inv
	next.PaidOutOfBand = true
	s.markPaid(c, &next)
	s.putInvoice(&next)
	s.dropIntent(c, &next, "automatic")
	s.tellUpdate(c, &next, inv)
	s.emit(c, "invoice.paid", &next, nil)
	s.invoiceChanged(c, inv, &next)
	return s.invoiceNow(&next)
}

// dropIntent cancels the payment intent of an invoice, if that can still be done.
func (s *Sandbox) dropIntent(c *call, inv *invoice, reason nullString) {
	pi, ok := s.world.paymentIntents.get(inv.PaymentIntent.id)
	if ok && slices.Contains(cancelable, pi.Status) {
		s.canceled(c, pi, reason, "charge.refunded", "")
	}
}

// giveBackBalance undoes what an invoice did to the customer's balance.
func (s *Sandbox) giveBackBalance(c *call, inv *invoice) {
	old, ok := s.world.customers.get(inv.Customer.id)
	if !ok || old.deleted || inv.EndingBalance == nil || *inv.EndingBalance == inv.StartingBalance {
		return
	}
	next := *old
	next.Balance += inv.StartingBalance - *inv.EndingBalance
	s.world.customers.put(next.ID, &next)
	s.emit(c, "customer.updated", &next, old)
}
