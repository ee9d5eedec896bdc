package sandbox

import "fmt"

// resumeSubscription bills a paused subscription again: it runs on once the invoice of its new period is paid, and stays
// paused until then (spec3.json, POST /v1/subscriptions/{id}/resume).
func (s *Sandbox) resumeSubscription(c *call) (any, *failure) {
	sub, f := s.findSubscription(c)
	if f != nil {
		return nil, f
	}
	if sub.Status != subscriptionPaused {
		return nil, invalid("", "", fmt.Sprintf("You can only resume a subscription with the status `paused`. The status of "+
			"%s is `%s`.", sub.ID, sub.Status))
	}
	if sub.resumption != "" {
		return nil, invalid("", "", "The subscription is already being resumed: its latest invoice waits to be paid.")
	}
	next := *sub
	next.busy = true
	if c.text("billing_cycle_anchor") == "unchanged" {
		next.CurrentPeriodStart, next.CurrentPeriodEnd = sub.surrounding(c.at.Unix())
	} else {
		next.startPeriod(c.at.Unix())
	}
	s.world.subscriptions.put(next.ID, &next)
	inv := s.draftInvoice(c, &next, reasonUpdate)
	next.LatestInvoice, next.resumption = ref{id: inv.ID}, inv.ID
	if next.CollectionMethod == collectAutomatically {
		if inv = s.finalizeInvoice(c, inv); inv.Status == invoiceOpen {
			if tried, _ := s.collectNow(c, &next, inv, allowIncomplete); tried != nil {
				inv = tried
			}
		}
	} else {
		s.finalizeLater(c, inv, "")
	}
	still := next
	still.busy = false
	if inv.Status != invoicePaid && next.CollectionMethod == collectAutomatically {
		s.schedule(c, c.at.Add(incompleteLife), func(s *Sandbox, c *call) { s.expireResumption(c, still.ID, inv.ID) })
		return s.changed(c, sub, &still), nil
	}
	s.keepMethod(&still, inv)
	return s.resumed(c, sub, &still), nil
}

// surrounding is the period of the old billing cycle that a time lies in.
func (sub *subscription) surrounding(at int64) (begin, end int64) {
	begin, end = sub.BillingCycleAnchor, sub.periodAfter(sub.BillingCycleAnchor)
	for end <= at {
		begin, end = end, sub.periodAfter(end)
	}
	return begin, end
}

// resumed makes a paused subscription run again.
func (s *Sandbox) resumed(c *call, was, sub *subscription) *subscription {
	next := *sub
	next.Status, next.resumption = subscriptionActive, ""
	s.changed(c, was, &next)
	s.expectRenewal(c, &next)
	s.emit(c, "customer.subscription.resumed", &next, nil)
	return &next
}

// resumptionChanged ends the pause when its invoice is settled.
func (s *Sandbox) resumptionChanged(c *call, sub *subscription, inv *invoice) {
	if inv.ID != sub.resumption {
		return
	}
	next := *sub
	switch inv.Status {
	case invoicePaid, invoiceUncollectible:
		s.keepMethod(&next, inv)
		s.resumed(c, sub, &next)
	case invoiceVoid:
		next.resumption = ""
		s.world.subscriptions.put(next.ID, &next)
	}
}

// expireResumption voids the invoice of a resumption that was not paid in time.
func (s *Sandbox) expireResumption(c *call, id, invoiceID string) {
	sub, ok := s.world.subscriptions.get(id)
	if !ok || sub.resumption != invoiceID {
		return
	}
	if inv, ok := s.world.invoices.get(invoiceID); ok && inv.payable() {
		s.voidInvoice(c, inv)
	}
}
