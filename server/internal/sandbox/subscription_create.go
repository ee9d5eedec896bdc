package sandbox

import (
	"fmt"
	"time"
)

// maxSubscriptions stands in spec3.json: that many live subscriptions a customer can have.
const maxSubscriptions = 500

// incompleteLife is how long a first invoice can be paid (spec3.json, subscription, status).
const incompleteLife = 23 * time.Hour

// checkSubscriptionCreate holds the rules that need no object.
func checkSubscriptionCreate(c *call) *failure {
	if c.text("payment_behavior") == pendingIncomplete {
		return invalid("", "payment_behavior", "`payment_behavior` cannot be `pending_if_incomplete` when creating a "+
			"subscription. It can only be used when updating one.")
	}
	return nil
}

// createSubscription makes a subscription and bills its first period. The first invoice is finalized, and paid if it
// can be, within the request; what becomes of it decides what becomes of the subscription.
func (s *Sandbox) createSubscription(c *call) (any, *failure) {
	cu, f := s.customerParam(c, c.text("customer"), "customer")
	if f != nil {
		return nil, f
	}
	s.enter(c, cu.ID)
	sub, f := s.newSubscription(c, cu)
	if f != nil {
		return nil, f
	}
	back := func() {}
	if s.mayFail(sub, cu, c.text("payment_behavior")) {
		back = s.undo()
	}
	first := len(s.world.events.rows)
	if f := s.billIn(c, cu.ID, sub.Currency); f != nil {
		return nil, f
	}
	sub.busy = true
	s.world.subscriptions.put(sub.ID, sub)
	inv, f := s.firstInvoice(c, sub)
	if f != nil {
		back()
		return nil, f
	}
	next := *sub
	next.busy = false
	next.LatestInvoice = ref{id: inv.ID}
	next.Status = next.statusFirst(s, inv)
	s.keepMethod(&next, inv)
	s.askForMethod(c, &next, inv)
	s.world.subscriptions.put(next.ID, &next)
	s.emit(c, "customer.subscription.created", &next, nil)
	if next.Status == subscriptionIncomplete {
		s.tellFirst(first)
		s.schedule(c, c.at.Add(incompleteLife), func(s *Sandbox, c *call) { s.expireIncomplete(c, next.ID) })
	}
	s.expectRenewal(c, &next)
	if next.Status == subscriptionTrialing {
		s.announceTrialEnd(c, &next)
	}
	return &next, nil
}

// mayFail says whether a first payment that does not go through undoes the subscription.
func (s *Sandbox) mayFail(sub *subscription, cu *customer, behavior string) bool {
	return sub.CollectionMethod == collectAutomatically && behavior != defaultIncomplete &&
		(behavior == errorIfIncomplete || s.invoiceMethod(sub, cu) == nil)
}

// newSubscription reads a subscription from the parameters of a request.
func (s *Sandbox) newSubscription(c *call, cu *customer) (*subscription, *failure) {
	sub := &subscription{
		ID: s.ids.object("sub_", c.at), Object: "subscription", CollectionMethod: collectAutomatically, Created: c.at.Unix(),
		Customer: ref{id: cu.ID}, DefaultTaxRates: []string{}, Metadata: map[string]string{},
		PaymentSettings: subscriptionPayment{SaveDefaultPaymentMethod: saveOff}, StartDate: c.at.Unix(),
		Status: subscriptionIncomplete, TestClock: cu.TestClock,
		TrialSettings: trialSettings{trialEndBehavior{missingCreateInvoice}},
	}
	items, f := s.changedItems(c, sub, c.params.get("items"), "items")
	if f != nil {
		return nil, f
	}
	sub.setItems(items)
	sub.Currency = items[0].Price.Currency
	if asked := c.text("currency"); asked != "" && asked != sub.Currency {
		return nil, invalid("", "currency", fmt.Sprintf("The price specified only supports `%s`. This doesn't match the "+
			"expected currency: `%s`.", sub.Currency, asked))
	}
	if s.live(cu.ID) >= maxSubscriptions {
		return nil, invalid("customer_max_subscriptions", "customer", fmt.Sprintf("Customer %s already has the maximum %d "+
			"current subscriptions.", cu.ID, maxSubscriptions))
	}
	if f := s.applySettings(c, sub); f != nil {
		return nil, f
	}
	if f := sub.begin(c); f != nil {
		return nil, f
	}
	return sub, sub.applyCancel(c, sub)
}

// begin sets the first period: a trial, the time until the anchor, or a whole period from now on.
func (sub *subscription) begin(c *call) *failure {
	until, f := trialEnd(c, sub.Items.Data, c.params, "")
	if f != nil {
		return f
	}
	now := c.at.Unix()
	anchor := c.params.integer("billing_cycle_anchor")
	sub.startPeriod(now)
	if until != nil && *until > now {
		sub.tryOut(now, *until)
	}
	switch {
	case anchor == nil:
		return nil
	case *anchor <= now:
		return invalid("", "billing_cycle_anchor", notInFuture)
	case sub.Status == subscriptionTrialing:
		return invalid("", "billing_cycle_anchor", "The sandbox does not imitate billing_cycle_anchor beside a trial.")
	case *anchor > sub.CurrentPeriodEnd:
		return invalid("", "billing_cycle_anchor", fmt.Sprintf("billing_cycle_anchor cannot be later than next natural "+
			"billing date (%d) for plan", sub.CurrentPeriodEnd))
	}
	sub.BillingCycleAnchor, sub.CurrentPeriodEnd = *anchor, *anchor
	return nil
}

// live counts the subscriptions of a customer that have not ended.
func (s *Sandbox) live(customerID string) int {
	count := 0
	for _, sub := range s.world.subscriptions.rows {
		if sub.Customer.id == customerID && !sub.ended() {
			count++
		}
	}
	return count
}

// tellFirst moves the newest event before those that came after the given number of them: a subscription that waits for
// its first payment is there before its invoice.
func (s *Sandbox) tellFirst(from int) {
	events := &s.world.events
	if last := len(events.rows) - 1; from <= last {
		newest := events.rows[last]
		copy(events.rows[from+1:], events.rows[from:last])
		events.rows[from] = newest
		for i := from; i <= last; i++ {
			events.place[events.rows[i].ID] = events.dropped + i
		}
	}
}
