package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// maxQuantity keeps the amount of a line within what a charge can be.
const maxQuantity = 999_999

// changedItems gives the items that a subscription has after a list of changes: one that names an item changes or
// deletes that, and one that names none adds another.
func (s *Sandbox) changedItems(c *call, sub *subscription, list *node, path string) ([]*subscriptionItem, *failure) {
	items := slices.Clone(sub.Items.Data)
	for i := range list.names {
		given, at := list.kids[strconv.Itoa(i)], fmt.Sprintf("%s[%d]", path, i)
		id := given.value("id")
		if id == "" {
			added, f := s.newItem(c, sub, given, at)
			if f != nil {
				return nil, f
			}
			items = append(items, added)
			continue
		}
		place := slices.IndexFunc(items, func(item *subscriptionItem) bool { return item.ID == id })
		if place < 0 {
			return nil, missing(http.StatusBadRequest, "subscription_item", id, at+"[id]")
		}
		if given.value("deleted") == "true" {
			items = slices.Delete(items, place, place+1)
			continue
		}
		changed, f := s.changedItem(c, items[place], given, at)
		if f != nil {
			return nil, f
		}
		items[place] = changed
	}
	return items, checkItems(items, path)
}

// newItem makes an item of a price: of one unit, unless a quantity is given.
func (s *Sandbox) newItem(c *call, sub *subscription, given *node, path string) (*subscriptionItem, *failure) {
	if given.value("price") == "" {
		return nil, invalid("parameter_missing", path+"[price]", fmt.Sprintf("Missing required param: %s[price].", path))
	}
	item := &subscriptionItem{
		ID: "si_T" + s.ids.letters(13), Object: "subscription_item", Created: c.at.Unix(), Metadata: map[string]string{},
		Subscription: sub.ID, TaxRates: []string{},
	}
	return s.changedItem(c, item, given, path)
}

// changedItem is an item with another price, quantity or metadata. A changed price without a quantity makes it one unit
// (spec3.json, subscription_items, price).
func (s *Sandbox) changedItem(c *call, item *subscriptionItem, given *node, path string) (*subscriptionItem, *failure) {
	next := *item
	next.Metadata = (&call{params: given}).merged(item.Metadata)
	if id := given.value("price"); id != "" && (item.Price == nil || item.Price.ID != id) {
		found, f := s.subscribable(c, id, path+"[price]")
		if f != nil {
			return nil, f
		}
		next.Price, next.Plan, next.Quantity = found, planOf(found), nil
		if found.Recurring.UsageType == usageLicensed {
			next.Quantity = new(int64(1))
		}
	}
	if quantity := given.integer("quantity"); quantity != nil {
		if f := next.mayCount(*quantity, path+"[quantity]"); f != nil {
			return nil, f
		}
		next.Quantity = quantity
	}
	return &next, nil
}

// subscribable finds a price that a subscription may have.
func (s *Sandbox) subscribable(c *call, id, param string) (*price, *failure) {
	found, f := s.priceParam(c, id, param)
	switch {
	case f != nil:
		return nil, f
	case !found.Active && !slices.Contains(c.standing, id):
		return nil, invalid("resource_missing", param,
			"The price specified is inactive. This field only accepts active prices.")
	case found.Recurring == nil:
		return nil, invalid("", param, "The price specified is set to `type=one_time` but this field only accepts prices "+
			"with `type=recurring`.")
	}
	return found, nil
}

// mayCount refuses a quantity. Stripe takes 0: such an item costs nothing.
func (item *subscriptionItem) mayCount(quantity int64, param string) *failure {
	switch {
	case item.Price.Recurring.UsageType == usageMetered:
		return invalid("", param, "You cannot set the quantity for metered plans.")
	case quantity < 0:
		return invalid("parameter_invalid_integer", param, "This value must be greater than or equal to 0.")
	case quantity > maxQuantity:
		return invalid("parameter_invalid_integer", param, fmt.Sprintf("This value must be less than or equal to %d (it "+
			"currently is '%d').", maxQuantity, quantity))
	}
	return nil
}

// checkItems holds the rules across the items of one subscription.
func checkItems(items []*subscriptionItem, path string) *failure {
	if len(items) == 0 {
		return invalid("", path, "A subscription must have at least one active plan. In order to cancel the subscription, "+
			"please use the cancellation API endpoint.")
	}
	if len(items) > maxItems {
		return invalid("", path, fmt.Sprintf("Subscriptions may have up to %d items, but you passed %d.", maxItems,
			len(items)))
	}
	seen := map[string]bool{}
	first := items[0].Price
	for _, item := range items {
		p := item.Price
		mismatch := ""
		switch {
		case seen[p.ID]:
			return invalid("", path, "Cannot add multiple subscription items with the same plan: "+p.ID)
		case p.Currency != first.Currency:
			mismatch = "currency"
		case p.Recurring.Interval != first.Recurring.Interval:
			mismatch = "interval"
		case p.Recurring.IntervalCount != first.Recurring.IntervalCount:
			mismatch = "interval_count"
		}
		if mismatch != "" {
			return invalid("", path, "Currency and interval fields must match across all plans on this subscription. Found "+
				"mismatch in "+mismatch+" field.")
		}
		seen[p.ID] = true
	}
	return nil
}

// value gives a text below a node, or "" where it is missing.
func (n *node) value(names ...string) string {
	if found := n.get(names...); found != nil {
		return found.text
	}
	return ""
}
