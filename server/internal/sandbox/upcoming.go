package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// getUpcoming previews the next invoice of a subscription, or the one that an update of it would make.
func (s *Sandbox) getUpcoming(c *call) (any, *failure) { return s.upcoming(c) }

func (s *Sandbox) listUpcomingLines(c *call) (any, *failure) {
	inv, f := s.upcoming(c)
	if f != nil {
		return nil, f
	}
	return pageOfLines(c, inv)
}

// upcoming makes the preview. Nothing of it is kept.
func (s *Sandbox) upcoming(c *call) (*invoice, *failure) {
	cu, sub, f := s.upcomingSubject(c)
	if f != nil {
		return nil, f
	}
	s.enter(c, cu.ID)
	if sub == nil {
		return s.upcomingItems(c, cu)
	}
	after, f := s.updated(c, sub, c.params, "subscription_")
	if f != nil {
		return nil, f
	}
	at := c.at
	if date, ok := parseInteger(c.text("subscription_proration_date")); ok {
		at = time.Unix(date, 0)
	}
	how := orElse(c.text("subscription_proration_behavior"), createProrations)
	var prorations []invoiceLine
	if how != prorateNone && !sub.ended() {
		prorations = s.prorated(c, sub, &after, at)
	}
	period := linePeriod{Start: after.CurrentPeriodStart, End: after.CurrentPeriodEnd}
	restarted := after.startsOver(sub)
	var cut, own []invoiceLine
	switch {
	case restarted: // the update itself begins the new period, and bills it
		own = s.periodLines(&after, period)
	case how == alwaysInvoice && len(prorations) > 0: // the update bills its prorations, and nothing else
	default:
		cut, own = s.renewalLines(c, after)
	}
	inv := s.newInvoice(c, cu, sub.Currency, reasonUpcoming)
	inv.ID, inv.WebhooksDeliveredAt = "", nil
	inv.CollectionMethod, inv.AutoAdvance = after.CollectionMethod, false
	inv.Subscription, inv.SubscriptionDetails.Metadata = ref{id: sub.ID}, after.Metadata
	inv.DefaultPaymentMethod = ref{}
	inv.PeriodStart, inv.PeriodEnd = sub.CurrentPeriodStart, sub.CurrentPeriodEnd
	inv.Created = sub.CurrentPeriodEnd
	if restarted || how == alwaysInvoice && len(prorations) > 0 {
		inv.Created, inv.PeriodEnd = c.at.Unix(), c.at.Unix()
	}
	if len(prorations) > 0 {
		inv.SubscriptionProrationDate = at.Unix()
	}
	if inv.CollectionMethod == collectAutomatically {
		inv.NextPaymentAttempt = new(inv.Created + int64(draftTime/time.Second))
	}
	return s.previewed(c, inv, append(cut, s.waiting(c, inv, prorations)...), own)
}

// renewalLines bills the period after the current one, if there is one, as the schedule of the subscription wants it.
// What of that period is cut off by its end is given back at once.
func (s *Sandbox) renewalLines(c *call, after subscription) (cut, own []invoiceLine) {
	end := after.CurrentPeriodEnd
	if after.ended() || after.Status == subscriptionPaused || after.endsBy(end) || len(after.Items.Data) == 0 {
		return nil, nil
	}
	after.Status = subscriptionActive // where a trial ends
	sched, ok := s.world.schedules.get(after.Schedule.id)
	if ok && sched.managing() && sched.CurrentPhase != nil && sched.CurrentPhase.EndDate <= end {
		phase := sched.phaseAt(sched.CurrentPhase.EndDate)
		if phase == nil && sched.EndBehavior == "cancel" {
			return nil, nil
		}
		if phase != nil {
			s.applyPhase(c, &after, phase)
		}
	}
	after.CurrentPeriodStart, after.CurrentPeriodEnd = end, after.periodAfter(end)
	if after.endsBy(after.CurrentPeriodEnd - 1) {
		none := after
		none.setItems(nil)
		cut = s.prorate(c, &after, &none, time.Unix(*after.CancelAt, 0))
	}
	return cut, s.periodLines(&after, linePeriod{Start: end, End: after.CurrentPeriodEnd})
}

// periodLines bills the items of a subscription for a period.
func (s *Sandbox) periodLines(sub *subscription, period linePeriod) []invoiceLine {
	lines := make([]invoiceLine, len(sub.Items.Data))
	for i, item := range sub.Items.Data {
		lines[i] = s.periodLine(sub, item, period)
	}
	return lines
}

// waiting are the lines that the pending items would make, those of a change that is made now among them.
func (s *Sandbox) waiting(c *call, inv *invoice, change []invoiceLine) []invoiceLine {
	lines, newer := []invoiceLine{}, 0
	for _, item := range s.pendingItems(inv) {
		lines = append(lines, *s.lineOf(c, item, inv))
		if item.Date >= c.at.Unix() {
			newer++
		}
	}
	return slices.Insert(lines, newer, change...)
}

// previewed finishes a preview: an empty one is none.
func (s *Sandbox) previewed(c *call, inv *invoice, pending, own []invoiceLine) (*invoice, *failure) {
	for _, line := range slices.Concat(pending, own) {
		line.ID = s.ids.object("il_tmp_", c.at)
		inv.all = append(inv.all, line.withTax())
	}
	if len(inv.all) == 0 {
		return nil, noneUpcoming(inv.Customer.id)
	}
	inv.reckon()
	return inv, nil
}

func noneUpcoming(customerID string) *failure {
	f := invalid("invoice_upcoming_none", "", "No upcoming invoices for customer: "+customerID)
	f.status = http.StatusNotFound
	return f
}

// upcomingItems previews what waits for a customer who has no subscription.
func (s *Sandbox) upcomingItems(c *call, cu *customer) (*invoice, *failure) {
	inv := s.newInvoice(c, cu, lower(orElse(c.text("currency"), orElse(string(cu.Currency), "usd"))), reasonUpcoming)
	inv.ID, inv.WebhooksDeliveredAt = "", nil
	return s.previewed(c, inv, s.waiting(c, inv, nil), nil)
}

// upcomingSubject finds what a preview is about: the subscription that it names, or the one of the customer that is
// billed next.
func (s *Sandbox) upcomingSubject(c *call) (*customer, *subscription, *failure) {
	owner, id := c.text("customer"), c.text("subscription")
	if owner == "" && id == "" {
		return nil, nil, invalid("parameter_missing", "customer", "You must specify either a customer or a subscription.")
	}
	if id != "" {
		sub, ok := s.world.subscriptions.get(id)
		if !ok {
			return nil, nil, missing(http.StatusNotFound, "subscription", id, "subscription")
		}
		if owner != "" && owner != sub.Customer.id {
			return nil, nil, invalid("resource_missing", "subscription", fmt.Sprintf("The customer %s does not have a "+
				"subscription with the ID %s.", owner, id))
		}
		cu, _ := s.world.customers.get(sub.Customer.id)
		return cu, sub, nil
	}
	cu, f := s.customerParam(c, owner, "customer")
	if f != nil {
		return nil, nil, f
	}
	if c.has("subscription_items") {
		return nil, nil, invalid("", "subscription_items",
			"The sandbox does not imitate the preview of a subscription that does not exist.")
	}
	var next *subscription
	for _, sub := range s.world.subscriptions.rows {
		if sub.Customer.id == owner && !sub.ended() && (next == nil || sub.CurrentPeriodEnd < next.CurrentPeriodEnd) {
			next = sub
		}
	}
	return cu, next, nil
}
