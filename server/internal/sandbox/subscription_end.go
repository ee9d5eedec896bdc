package sandbox

// Why a subscription was canceled (spec3.json, cancellation_details, reason).
const (
	reasonRequested     = "cancellation_requested"
	reasonPaymentFailed = "payment_failed"
)

// applyCancel is applyCancelFrom for the parameters of the call itself.
func (sub *subscription) applyCancel(c *call, was *subscription) *failure {
	return sub.applyCancelFrom(c, was, c.params, "")
}

// applyCancelFrom sets and unsets when a subscription is to end. An end within the period cuts that short.
func (sub *subscription) applyCancelFrom(c *call, was *subscription, params *node, prefix string) *failure {
	at, atEnd := params.get(prefix+"cancel_at"), params.get(prefix+"cancel_at_period_end")
	if at != nil && at.text != "" && atEnd != nil && atEnd.text == "true" {
		return invalid("parameters_exclusive", prefix+"cancel_at", "You may only specify one of these parameters: "+
			prefix+"cancel_at, "+prefix+"cancel_at_period_end.")
	}
	switch {
	case at != nil && at.text != "":
		when, _ := parseInteger(at.text)
		if when <= c.at.Unix() {
			return invalid("", prefix+"cancel_at", notInFuture)
		}
		sub.uncut()
		sub.endAt(c, when, false)
		sub.CurrentPeriodEnd = min(sub.CurrentPeriodEnd, when)
	case atEnd != nil && atEnd.text == "true":
		sub.uncut()
		sub.endAt(c, sub.CurrentPeriodEnd, true)
	case at != nil, atEnd != nil:
		if sub.CancelAt != nil {
			sub.uncut()
			sub.CancelAt, sub.CancelAtPeriodEnd, sub.CanceledAt = nil, false, nil
			sub.CancellationDetails.Reason = ""
		}
	case was.CancelAtPeriodEnd: // it moves with the period
		sub.CancelAt = new(sub.CurrentPeriodEnd)
	}
	return nil
}

func (sub *subscription) endAt(c *call, when int64, periodEnd bool) {
	sub.CancelAt, sub.CancelAtPeriodEnd, sub.CanceledAt = &when, periodEnd, new(c.at.Unix())
	sub.CancellationDetails.Reason = reasonRequested
}

// uncut gives a period back the length that an end within it took away.
func (sub *subscription) uncut() {
	switch {
	case sub.CancelAt == nil || sub.CancelAtPeriodEnd:
	case sub.Status == subscriptionTrialing:
		sub.CurrentPeriodEnd = *sub.TrialEnd
	default:
		sub.CurrentPeriodEnd = sub.periodAfter(sub.CurrentPeriodStart)
	}
}

// endsBy says whether a subscription is to end by then. One that ends with its period names that end in cancel_at.
func (sub *subscription) endsBy(at int64) bool { return sub.CancelAt != nil && *sub.CancelAt <= at }

// end cancels a subscription for good. Its invoices are left, but no longer collected by themselves, and its schedule
// ends with it (docs.stripe.com/billing/subscriptions/cancel).
func (s *Sandbox) end(c *call, sub *subscription, reason string) *subscription {
	next := *sub
	next.Status, next.EndedAt = subscriptionCanceled, new(c.at.Unix())
	if next.CanceledAt == nil {
		next.CanceledAt = next.EndedAt
	}
	next.CancellationDetails.Reason = nullString(orElse(string(next.CancellationDetails.Reason), reason))
	next.PendingUpdate, next.PauseCollection, next.Schedule = nil, nil, ref{}
	s.world.subscriptions.put(next.ID, &next)
	s.stopCollecting(&next)
	s.scheduleOfEnded(c, sub)
	s.emit(c, "customer.subscription.deleted", &next, nil)
	return &next
}

// stopCollecting leaves the invoices that are not paid to whoever wants to pay them.
func (s *Sandbox) stopCollecting(sub *subscription) {
	for _, inv := range s.world.invoices.rows {
		if inv.Subscription.id == sub.ID && (inv.Status == invoiceDraft || inv.Status == invoiceOpen) && inv.AutoAdvance {
			still := *inv
			still.AutoAdvance, still.NextPaymentAttempt = false, nil
			s.putInvoice(&still)
		}
	}
}

// endSubscriptionsOf cancels what a customer who is deleted was subscribed to.
func (s *Sandbox) endSubscriptionsOf(c *call, customerID string) {
	for _, sub := range s.world.subscriptions.rows {
		if sub.Customer.id == customerID && !sub.ended() {
			s.end(c, sub, reasonRequested)
		}
	}
}
