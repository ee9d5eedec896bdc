package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// pendingAttributes may stand beside pending_if_incomplete
// (docs.stripe.com/billing/subscriptions/pending-updates-reference).
var pendingAttributes = []string{
	"billing_cycle_anchor", "expand", "items", "off_session", "payment_behavior", "proration_behavior", "proration_date",
	"trial_end", "trial_from_plan",
}

// checkSubscriptionUpdate holds the rules that need no object.
func checkSubscriptionUpdate(c *call) *failure {
	if c.text("payment_behavior") != pendingIncomplete {
		return nil
	}
	for _, name := range c.params.names {
		if !slices.Contains(pendingAttributes, name) {
			return unsupportedPending(name)
		}
	}
	if list := c.params.get("items"); list != nil {
		for i, index := range list.names {
			for _, name := range list.kids[index].names {
				if !slices.Contains([]string{"id", "price", "quantity"}, name) {
					return unsupportedPending(fmt.Sprintf("items[%d][%s]", i, name))
				}
			}
		}
	}
	return nil
}

// unsupportedPending is worded as issue 969 of laravel/cashier-stripe quotes it.
func unsupportedPending(param string) *failure {
	return invalid("", param, fmt.Sprintf("When `payment_behavior` is set to `pending_if_incomplete`, you can only pass "+
		"supported params. `%s` is not supported.", param))
}

// updateSubscription changes a subscription, and bills what the change makes due.
func (s *Sandbox) updateSubscription(c *call) (any, *failure) {
	sub, f := s.findSubscription(c)
	if f != nil {
		return nil, f
	}
	if f := s.mayUpdate(c, sub); f != nil {
		return nil, f
	}
	next, f := s.updated(c, sub, c.params, "")
	if f != nil {
		return nil, f
	}
	how := changing{
		proration: orElse(c.text("proration_behavior"), createProrations), at: c.at,
		payment: orElse(c.text("payment_behavior"), allowIncomplete),
	}
	if at := c.params.integer("proration_date"); at != nil {
		how.at = time.Unix(*at, 0)
	}
	return s.change(c, sub, &next, how)
}

// mayUpdate refuses what the status of a subscription does not allow, or what belongs to its schedule.
func (s *Sandbox) mayUpdate(c *call, sub *subscription) *failure {
	switch {
	case sub.ended():
		if !c.only("cancellation_details", "expand", "metadata") {
			return invalid("", "", "A canceled subscription can only update its cancellation_details and metadata.")
		}
	case sub.Status == subscriptionIncomplete:
		if !c.only("cancellation_details", "default_payment_method", "description", "expand", "metadata",
			"payment_settings") {
			return invalid("", "", "A subscription with the status `incomplete` can only have its metadata and default "+
				"payment method updated, until its first invoice is paid.")
		}
	case c.text("payment_behavior") == pendingIncomplete:
		if f := s.mayPend(sub); f != nil {
			return f
		}
	}
	sched, ok := s.world.schedules.get(sub.Schedule.id)
	if !ok || !sched.managing() {
		return nil
	}
	for _, own := range []struct{ name, what string }{
		{"cancel_at_period_end", "cancelation behavior"},
		{"cancel_at", "cancelation behavior"},
		{"items", "items"},
		{"trial_end", "trial"},
		{"trial_from_plan", "trial"},
		{"billing_cycle_anchor", "billing cycle anchor"},
	} {
		if c.has(own.name) {
			return invalid("", "", fmt.Sprintf("The subscription is managed by the subscription schedule `%s`, and updating any "+
				"%s directly is not allowed. Please update the schedule instead.", sched.ID, own.what))
		}
	}
	return nil
}

// only says whether a call has no parameters but these.
func (c *call) only(names ...string) bool {
	return !slices.ContainsFunc(c.params.names, func(name string) bool { return !slices.Contains(names, name) })
}

// changing says how a change of a subscription is billed.
type changing struct {
	proration string
	payment   string
	at        time.Time // as of when it is prorated
}

// change puts a changed subscription in the place of the old one. What the change makes due at once is billed, and the
// payment decides whether the change stands.
func (s *Sandbox) change(c *call, sub, next *subscription, how changing) (any, *failure) {
	restarts := next.startsOver(sub)
	var lines []invoiceLine
	if how.proration != prorateNone {
		lines = s.prorated(c, sub, next, how.at)
	}
	if !restarts && (how.proration != alwaysInvoice || len(lines) == 0) {
		if next.billedAs(sub) {
			s.dropPending(c, sub, next)
		}
		s.addPending(c, next, lines)
		return s.changed(c, sub, next), nil
	}
	back := func() {}
	if how.payment == errorIfIncomplete {
		back = s.undo()
	}
	s.dropPending(c, sub, next)
	busy := *sub
	busy.busy, busy.PendingUpdate = true, nil
	s.world.subscriptions.put(busy.ID, &busy)
	inv := s.draftChange(c, next, lines, restarts)
	next.LatestInvoice = ref{id: inv.ID}
	if next.CollectionMethod == collectBySending {
		s.finalizeLater(c, inv, "")
		return s.changed(c, sub, next), nil
	}
	if how.payment == pendingIncomplete {
		held := s.hold(c, &busy, next, inv)
		s.world.subscriptions.put(held.ID, held)
	}
	if inv = s.finalizeInvoice(c, inv); inv.Status == invoiceOpen {
		tried, f := s.collectNow(c, next, inv, how.payment)
		if f != nil && how.payment == errorIfIncomplete {
			back()
			return nil, f
		}
		if tried != nil {
			inv = tried
		}
	}
	return s.settleChange(c, sub, next, inv, how), nil
}

// settleChange is the end of a change that was billed: it stands, it waits, or it stands and is past due.
func (s *Sandbox) settleChange(c *call, sub, next *subscription, inv *invoice, how changing) *subscription {
	paid := inv.Status == invoicePaid || s.processing(inv)
	switch {
	case !paid && how.payment == pendingIncomplete:
		waiting, _ := s.world.subscriptions.get(sub.ID)
		still := *waiting
		still.busy = false
		s.schedule(c, time.Unix(still.PendingUpdate.ExpiresAt, 0), func(s *Sandbox, c *call) {
			s.expirePending(c, still.ID, inv.ID)
		})
		return s.changed(c, sub, &still)
	case !paid:
		next.Status = subscriptionPastDue
	case next.Status == subscriptionPastDue, next.Status == subscriptionUnpaid:
		next.Status = subscriptionActive // its latest invoice is paid
	}
	next.PendingUpdate = nil
	s.keepMethod(next, inv)
	return s.changed(c, sub, next)
}

// changed stores what became of a subscription, tells of it, and looks after what its new times bring.
func (s *Sandbox) changed(c *call, was, now *subscription) *subscription {
	s.world.subscriptions.put(now.ID, now)
	s.emit(c, "customer.subscription.updated", now, was)
	if now.CurrentPeriodEnd != was.CurrentPeriodEnd {
		s.expectRenewal(c, now)
	}
	if now.Status == subscriptionTrialing && (was.TrialEnd == nil || *was.TrialEnd != *now.TrialEnd) {
		s.announceTrialEnd(c, now)
	}
	if now.PauseCollection != nil && now.PauseCollection != was.PauseCollection {
		s.expectUnpause(c, now)
	}
	return now
}

// billedAs says whether a change touches what is billed, and so takes the place of one that is still pending.
func (sub *subscription) billedAs(was *subscription) bool {
	return sub.startsOver(was) || !slices.Equal(sub.Items.Data, was.Items.Data)
}

// prorated gives the lines of a change. A subscription that is not paid for, or is on trial, has nothing to give back.
func (s *Sandbox) prorated(c *call, sub, next *subscription, at time.Time) []invoiceLine {
	if sub.Status == subscriptionTrialing || sub.Status == subscriptionPaused {
		return nil
	}
	return s.prorate(c, sub, next, at)
}

// draftChange bills a change: a new period with the credits for the old one, or the prorations within a period.
func (s *Sandbox) draftChange(c *call, next *subscription, lines []invoiceLine, restarts bool) *invoice {
	if !restarts {
		return s.invoiceUpdate(c, next, lines)
	}
	s.addPending(c, next, lines)
	return s.draftInvoice(c, next, reasonUpdate)
}
