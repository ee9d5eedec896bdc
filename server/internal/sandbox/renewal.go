package sandbox

import "time"

// expectRenewal looks after what the end of the current period brings. An appointment that something else has overtaken
// since finds another period, and does nothing.
func (s *Sandbox) expectRenewal(c *call, sub *subscription) {
	id, end := sub.ID, sub.CurrentPeriodEnd
	s.schedule(c, time.Unix(end, 0), func(s *Sandbox, c *call) { s.periodEnds(c, id, end) })
}

// periodEnds ends a subscription, a trial, or a period.
func (s *Sandbox) periodEnds(c *call, id string, end int64) {
	sub, ok := s.world.subscriptions.get(id)
	if !ok || sub.ended() || sub.CurrentPeriodEnd != end || sub.Status == subscriptionPaused ||
		sub.Status == subscriptionIncomplete {
		return
	}
	if held := sub.PendingUpdate; held != nil {
		s.expirePending(c, id, held.invoice)
		sub, _ = s.world.subscriptions.get(id)
	}
	if sub.endsBy(end) {
		s.end(c, sub, reasonRequested)
		return
	}
	next := *sub
	if s.enterPhase(c, sub, &next, end) {
		return // the schedule ended the subscription
	}
	if sub.Status == subscriptionTrialing && !next.trialingAt(c.at) && s.trialEnds(c, sub, &next) {
		return
	}
	s.renew(c, sub, &next, end)
}

// trialEnds makes a subscription active, or says that it does not go on, since nobody named a method to pay with.
func (s *Sandbox) trialEnds(c *call, sub, next *subscription) (stops bool) {
	next.Status = subscriptionActive
	cu, _ := s.world.customers.get(sub.Customer.id)
	if sub.CollectionMethod == collectBySending || s.invoiceMethod(sub, cu) != nil {
		return false
	}
	switch sub.TrialSettings.EndBehavior.MissingPaymentMethod {
	case missingCancel:
		s.end(c, sub, "")
		return true
	case missingPause:
		next.Status = subscriptionPaused
		s.changed(c, sub, next)
		s.emit(c, "customer.subscription.paused", next, nil)
		return true
	}
	return false
}

// renew begins the next period, with a draft of its invoice.
func (s *Sandbox) renew(c *call, sub, next *subscription, from int64) {
	next.CurrentPeriodStart, next.CurrentPeriodEnd = from, next.periodAfter(from)
	if next.trialingAt(c.at) { // a phase with a trial
		next.CurrentPeriodEnd = *next.TrialEnd
	}
	whole := *next
	if next.CancelAt != nil && *next.CancelAt < whole.CurrentPeriodEnd { // it ends before the period does
		next.CurrentPeriodEnd = *next.CancelAt
		none := whole
		none.setItems(nil)
		s.addPending(c, &whole, s.prorate(c, &whole, &none, time.Unix(*next.CancelAt, 0)))
	}
	next.busy = true
	s.world.subscriptions.put(next.ID, next)
	inv := s.draftInvoice(c, &whole, reasonCycle)
	now := *next
	now.busy, now.LatestInvoice = false, ref{id: inv.ID}
	s.changed(c, sub, &now)
	behavior := ""
	if now.PauseCollection != nil {
		behavior = now.PauseCollection.Behavior
	}
	s.finalizeLater(c, inv, behavior)
}

// finalizeLater ends the draft of an invoice after an hour, unless it is to stay one: while the collection is paused so,
// or the subscription is unpaid.
func (s *Sandbox) finalizeLater(c *call, inv *invoice, paused string) {
	sub, _ := s.world.subscriptions.get(inv.Subscription.id)
	if paused == pauseKeepDraft || sub.Status == subscriptionUnpaid {
		still := *inv
		still.AutoAdvance, still.NextPaymentAttempt = false, nil
		s.putInvoice(&still)
		return
	}
	if !inv.AutoAdvance {
		going := *inv
		going.AutoAdvance = true
		s.putInvoice(&going)
	}
	id := inv.ID
	s.schedule(c, c.at.Add(draftTime), func(s *Sandbox, c *call) { s.finalizeNow(c, id, paused) })
}

// finalizeNow finalizes the draft of a subscription, and collects it.
func (s *Sandbox) finalizeNow(c *call, id, paused string) {
	inv, ok := s.world.invoices.get(id)
	if !ok || inv.deleted || inv.Status != invoiceDraft || !inv.AutoAdvance {
		return
	}
	inv = s.finalizeInvoice(c, inv)
	switch {
	case inv.Status != invoiceOpen:
	case paused == pauseVoid:
		s.voidInvoice(c, inv)
	case paused == pauseUncollectible:
		s.markUncollectible(c, inv)
	case inv.CollectionMethod == collectBySending:
		s.awaitPayment(c, inv)
	default:
		s.collect(c, inv)
	}
}

// awaitPayment makes a subscription past due when an invoice that was sent is not paid by its date.
func (s *Sandbox) awaitPayment(c *call, inv *invoice) {
	s.emit(c, "invoice.sent", inv, nil)
	if inv.DueDate == nil {
		return
	}
	id := inv.ID
	s.schedule(c, time.Unix(*inv.DueDate, 0), func(s *Sandbox, c *call) {
		inv, ok := s.world.invoices.get(id)
		if !ok || inv.Status != invoiceOpen {
			return
		}
		sub, ok := s.world.subscriptions.get(inv.Subscription.id)
		if !ok || sub.Status != subscriptionActive || s.latestOf(sub) != inv {
			return
		}
		next := *sub
		next.Status = subscriptionPastDue
		s.changed(c, sub, &next)
	})
}

// expectUnpause looks after the end of a pause of collection that has one.
func (s *Sandbox) expectUnpause(c *call, sub *subscription) {
	pause, id := sub.PauseCollection, sub.ID
	if pause.ResumesAt == nil {
		return
	}
	s.schedule(c, time.Unix(*pause.ResumesAt, 0), func(s *Sandbox, c *call) {
		now, ok := s.world.subscriptions.get(id)
		if !ok || now.ended() || now.PauseCollection != pause {
			return
		}
		next := *now
		next.PauseCollection = nil
		s.changed(c, now, &next)
	})
}
