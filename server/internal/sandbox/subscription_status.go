package sandbox

// invoiceChanged moves a subscription on after a change of one of its invoices: finalized, paid, payment failed,
// action required, processing, voided, uncollectible. The caller has put now in its table, and emitted its events.
// While a request is changing the subscription, that request looks at the invoice itself.
func (s *Sandbox) invoiceChanged(c *call, before, now *invoice) {
	sub, ok := s.world.subscriptions.get(now.Subscription.id)
	if !ok || sub.ended() {
		return
	}
	s.planRetry(c, before, now)
	if sub.busy {
		return
	}
	switch held := sub.PendingUpdate; {
	case held != nil && held.invoice == now.ID:
		switch now.Status {
		case invoicePaid:
			s.applyPending(c, sub)
		case invoiceVoid, invoiceUncollectible:
			s.forgetPending(c, sub)
		}
	case sub.Status == subscriptionIncomplete:
		s.firstChanged(c, sub, now)
	case sub.Status == subscriptionPaused:
		s.resumptionChanged(c, sub, now)
	default:
		s.moveStatus(c, sub, now)
	}
	s.endDunning(c, now)
}

// firstChanged ends the wait for the first payment.
func (s *Sandbox) firstChanged(c *call, sub *subscription, inv *invoice) {
	if inv.ID != sub.LatestInvoice.id {
		return
	}
	next := *sub
	switch {
	case inv.Status == invoicePaid, inv.Status == invoiceOpen && s.processing(inv):
		next.Status = subscriptionActive
		s.keepMethod(&next, inv)
	case inv.Status == invoiceVoid, inv.Status == invoiceUncollectible:
		next.Status, next.EndedAt = subscriptionIncompleteExpired, new(c.at.Unix())
	default:
		return
	}
	s.changed(c, sub, &next)
}

// expireIncomplete gives up a subscription whose first invoice was not paid in time: the invoice is void.
func (s *Sandbox) expireIncomplete(c *call, id string) {
	sub, ok := s.world.subscriptions.get(id)
	if !ok || sub.Status != subscriptionIncomplete {
		return
	}
	next := *sub
	next.Status, next.EndedAt = subscriptionIncompleteExpired, new(c.at.Unix())
	s.changed(c, sub, &next)
	if inv, ok := s.world.invoices.get(sub.LatestInvoice.id); ok && inv.payable() {
		s.voidInvoice(c, inv)
	}
}

// moveStatus sets the status that the latest invoice gives a running subscription
// (docs.stripe.com/billing/subscriptions/overview, subscription statuses).
func (s *Sandbox) moveStatus(c *call, sub *subscription, inv *invoice) {
	next := *sub
	latest := s.latestOf(sub)
	settled := latest == nil || latest.Status == invoicePaid || latest.Status == invoiceUncollectible
	switch {
	case sub.Status == subscriptionActive && latest != nil && s.failing(latest):
		next.Status = subscriptionPastDue
	case (sub.Status == subscriptionPastDue || sub.Status == subscriptionUnpaid) && settled:
		next.Status = subscriptionActive
	}
	s.keepMethod(&next, inv)
	if next.Status != sub.Status || next.DefaultPaymentMethod != sub.DefaultPaymentMethod {
		s.changed(c, sub, &next)
	}
}

// latestOf is the newest invoice of a subscription that counts for its status: void ones never do, and drafts only
// while it is unpaid, when none is finalized.
func (s *Sandbox) latestOf(sub *subscription) *invoice {
	var latest *invoice
	invoices := &s.world.invoices
	invoices.walk(len(invoices.rows)-1, -1, func(inv *invoice) bool {
		held := sub.PendingUpdate != nil && sub.PendingUpdate.invoice == inv.ID
		if inv.Subscription.id != sub.ID || inv.deleted || inv.Status == invoiceVoid || held ||
			inv.BillingReason == reasonManual || inv.Status == invoiceDraft && sub.Status != subscriptionUnpaid {
			return true
		}
		latest = inv
		return false
	})
	return latest
}

// failing says whether an invoice should be paid by now, and no bank has its debit in hand.
func (s *Sandbox) failing(inv *invoice) bool {
	return inv.Status == invoiceOpen && inv.CollectionMethod == collectAutomatically && inv.Attempted && !s.processing(inv)
}
