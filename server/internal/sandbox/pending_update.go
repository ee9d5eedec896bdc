package sandbox

import "time"

const (
	// pendingLife is how long a change waits for its payment, unless the period ends before.
	pendingLife = 23 * time.Hour
	// debitPatience is how long it then waits for a debit that is on its way, before it looks again.
	debitPatience = 24 * time.Hour
)

// mayPend refuses a change that waits for its payment where nothing is paid at once.
func (s *Sandbox) mayPend(sub *subscription) *failure {
	if sub.CollectionMethod == collectBySending {
		return invalid("", "payment_behavior", "`payment_behavior` can only be set to `pending_if_incomplete` on a "+
			"subscription with `collection_method` set to `charge_automatically`.")
	}
	cu, _ := s.world.customers.get(sub.Customer.id)
	if method := s.invoiceMethod(sub, cu); method != nil && method.debit != nil {
		return invalid("", "payment_behavior", "`payment_behavior` cannot be set to `pending_if_incomplete` with a payment "+
			"method of the type "+method.Type+".")
	}
	return nil
}

// hold is a subscription as it was, with a change that waits for an invoice to be paid.
func (s *Sandbox) hold(c *call, was, next *subscription, inv *invoice) *subscription {
	held := *was
	held.LatestInvoice = ref{id: inv.ID}
	pending := &pendingUpdate{
		ExpiresAt: min(c.at.Add(pendingLife).Unix(), was.CurrentPeriodEnd), SubscriptionItems: next.Items.Data,
		invoice: inv.ID, result: next,
	}
	if next.BillingCycleAnchor != was.BillingCycleAnchor {
		pending.BillingCycleAnchor = &next.BillingCycleAnchor
	}
	if next.TrialEnd != was.TrialEnd {
		pending.TrialEnd = next.TrialEnd
	}
	held.PendingUpdate = pending
	return &held
}

// applyPending makes a change that waited, now that its invoice is paid. What it does not touch stays as it became in
// the meantime.
func (s *Sandbox) applyPending(c *call, sub *subscription) {
	result := sub.PendingUpdate.result
	next := *sub
	next.setItems(result.Items.Data)
	next.BillingCycleAnchor = result.BillingCycleAnchor
	next.CurrentPeriodStart, next.CurrentPeriodEnd = result.CurrentPeriodStart, result.CurrentPeriodEnd
	next.TrialStart, next.TrialEnd, next.Status = result.TrialStart, result.TrialEnd, result.Status
	if sub.Status == subscriptionPastDue || sub.Status == subscriptionUnpaid {
		next.Status = subscriptionActive // its latest invoice is paid
	}
	if next.CancelAtPeriodEnd {
		next.CancelAt = new(next.CurrentPeriodEnd)
	}
	next.PendingUpdate = nil
	if inv, ok := s.world.invoices.get(sub.PendingUpdate.invoice); ok {
		s.keepMethod(&next, inv)
	}
	s.changed(c, sub, &next)
	s.emit(c, "customer.subscription.pending_update_applied", &next, nil)
}

// expirePending gives up a change whose invoice was not paid in time: the invoice is void, the subscription as it was.
func (s *Sandbox) expirePending(c *call, id, invoiceID string) {
	sub, ok := s.world.subscriptions.get(id)
	if !ok || sub.ended() || sub.PendingUpdate == nil || sub.PendingUpdate.invoice != invoiceID {
		return
	}
	inv, ok := s.world.invoices.get(invoiceID)
	switch {
	case ok && s.processing(inv):
		// A debit that is on its way would take money for a void invoice. What Stripe does with one is not published.
		s.schedule(c, c.at.Add(debitPatience), func(s *Sandbox, c *call) { s.expirePending(c, id, invoiceID) })
	case ok && inv.payable():
		s.voidInvoice(c, inv) // which tells invoiceChanged
	default:
		s.forgetPending(c, sub)
	}
}

// forgetPending leaves a subscription as it is, without the change that waited.
func (s *Sandbox) forgetPending(c *call, sub *subscription) {
	next := *sub
	next.PendingUpdate = nil
	s.world.subscriptions.put(next.ID, &next)
	s.emit(c, "customer.subscription.updated", &next, sub)
	s.emit(c, "customer.subscription.pending_update_expired", &next, nil)
}

// dropPending voids the invoice of a change that waited, since another takes its place.
func (s *Sandbox) dropPending(c *call, sub, next *subscription) {
	next.PendingUpdate = nil
	if sub.PendingUpdate == nil {
		return
	}
	quiet := *sub
	quiet.busy = true
	s.world.subscriptions.put(quiet.ID, &quiet)
	if inv, ok := s.world.invoices.get(sub.PendingUpdate.invoice); ok && inv.payable() {
		s.voidInvoice(c, inv)
	}
}
