package sandbox

import "net/http"

// cancelSubscription ends a subscription now. Without prorate nothing is given back; without invoice_now nothing more is
// billed, and prorations that waited are dropped (spec3.json, DELETE /v1/subscriptions/{id}).
func (s *Sandbox) cancelSubscription(c *call) (any, *failure) {
	sub, f := s.findSubscription(c)
	if f != nil {
		return nil, f
	}
	if sub.ended() {
		return nil, missing(http.StatusNotFound, "subscription", c.id, "id")
	}
	return s.cancelNow(c, sub, c.flag("prorate"), c.flag("invoice_now")), nil
}

func (s *Sandbox) cancelNow(c *call, sub *subscription, prorate, invoiceNow bool) *subscription {
	none := *sub
	none.setItems(nil)
	none.PendingUpdate = nil
	s.dropPending(c, sub, &none)
	var lines []invoiceLine
	if prorate && sub.Status != subscriptionIncomplete {
		lines = s.prorated(c, sub, &none, c.at)
	}
	next := *sub
	next.busy, next.PendingUpdate = true, nil
	s.world.subscriptions.put(next.ID, &next)
	switch {
	case invoiceNow && (len(lines) > 0 || s.hasPending(sub)):
		inv := s.finalizeInvoice(c, s.invoiceUpdate(c, sub, lines))
		next.LatestInvoice = ref{id: inv.ID}
		if inv.Status == invoiceOpen && sub.CollectionMethod == collectAutomatically {
			_, _ = s.collectNow(c, sub, inv, allowIncomplete) // a failure leaves it open
		}
	case len(lines) > 0:
		s.addPending(c, sub, lines)
	default:
		s.dropPendingItems(sub)
	}
	next.busy = false
	next.CanceledAt = new(c.at.Unix())
	c.params.readDetails(&next)
	return s.end(c, &next, reasonRequested)
}

// readDetails reads why a customer wanted to cancel.
func (n *node) readDetails(sub *subscription) {
	n.get("cancellation_details").change(&sub.CancellationDetails.Comment, "comment")
	n.get("cancellation_details").change(&sub.CancellationDetails.Feedback, "feedback")
}

// hasPending says whether items wait for the next invoice of a subscription.
func (s *Sandbox) hasPending(sub *subscription) bool {
	for _, item := range s.world.invoiceItems.rows {
		if item.Subscription.id == sub.ID && item.Invoice.id == "" && !item.deleted {
			return true
		}
	}
	return false
}

// dropPendingItems forgets the prorations that wait for an invoice that will never be.
func (s *Sandbox) dropPendingItems(sub *subscription) {
	for _, item := range s.world.invoiceItems.rows {
		if item.Subscription.id == sub.ID && item.Invoice.id == "" && item.Proration && !item.deleted {
			gone := *item
			gone.deleted = true
			s.world.invoiceItems.put(gone.ID, &gone)
		}
	}
}
