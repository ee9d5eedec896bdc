package sandbox

import (
	"net/http"
	"slices"
)

// findSubscription finds the subscription of the path, and enters the time of its customer.
func (s *Sandbox) findSubscription(c *call) (*subscription, *failure) {
	sub, ok := s.world.subscriptions.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "subscription", c.id, "id")
	}
	s.enter(c, sub.Customer.id)
	return sub, nil
}

func (s *Sandbox) getSubscription(c *call) (any, *failure) {
	sub, f := s.findSubscription(c)
	if f != nil {
		return nil, f
	}
	return sub, nil
}

// listSubscriptions leaves out the canceled ones unless a status is asked for, and those on test clocks unless a
// customer or the clock is (spec3.json, /v1/subscriptions).
func (s *Sandbox) listSubscriptions(c *call) (any, *failure) {
	owner, clock, status := c.text("customer"), c.text("test_clock"), c.text("status")
	if f := s.checkReferences(c); f != nil {
		return nil, f
	}
	if id := c.text("price"); id != "" {
		if _, f := s.priceParam(c, id, "price"); f != nil {
			return nil, f
		}
	}
	return pageOf(c, &s.world.subscriptions, "subscription", func(sub *subscription) bool {
		switch {
		case !c.within(sub.Created), owner != "" && sub.Customer.id != owner,
			c.has("collection_method") && sub.CollectionMethod != c.text("collection_method"),
			clock != "" && sub.TestClock.id != clock, clock == "" && owner == "" && sub.TestClock.id != "":
			return false
		}
		return sub.shownAs(status) && sub.hasPrice(c.text("price"))
	})
}

func (sub *subscription) shownAs(status string) bool {
	switch status {
	case "all":
		return true
	case "":
		return sub.Status != subscriptionCanceled
	case "ended":
		return sub.ended()
	}
	return sub.Status == status
}

func (sub *subscription) hasPrice(id string) bool {
	return id == "" || slices.ContainsFunc(sub.Items.Data, func(item *subscriptionItem) bool { return item.Price.ID == id })
}

func (s *Sandbox) getSubscriptionItem(c *call) (any, *failure) {
	for _, sub := range s.world.subscriptions.rows {
		if item := sub.item(c.id); item != nil {
			return item, nil
		}
	}
	return nil, missing(http.StatusNotFound, "subscription_item", c.id, "item")
}

// listSubscriptionItems gives the items of one subscription, the newest first.
func (s *Sandbox) listSubscriptionItems(c *call) (any, *failure) {
	id := c.text("subscription")
	sub, ok := s.world.subscriptions.get(id)
	if !ok {
		return nil, missing(http.StatusBadRequest, "subscription", id, "subscription")
	}
	items := table[subscriptionItem]{}
	for _, item := range sub.Items.Data {
		items.put(item.ID, item)
	}
	return pageOf(c, &items, "subscription_item", func(item *subscriptionItem) bool { return c.within(item.Created) })
}
