package stripegw

import (
	"fmt"
	"slices"

	"github.com/stripe/stripe-go/v76"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// maxItems is how many items Stripe lets a subscription have.
const maxItems = 20

// planChange is what a request asks of a subscription's items: ChangePlanRequest and PreviewPlanChangeRequest.
type planChange interface {
	GetSubscriptionId() string
	GetChanges() []*paymentsv1.ItemChange
	GetNewItems() []*paymentsv1.NewSubscriptionItem
	GetTiming() paymentsv1.ChangeTiming
}

// atPeriodEnd is whether a change is made with the next period.
func atPeriodEnd(req planChange) bool {
	return req.GetTiming() == paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
}

// itemChanges is what a change of plans sends, and what stands after it.
type itemChanges struct {
	// sent are the items that a change now names, first those of `changes`, in their order, then those of `new_items`.
	// Items that it does not name stay as they are.
	sent []itemSent
	// stand are all items as they will be.
	stand []itemStanding
	// removes is whether an item goes.
	removes bool
}

// itemSent is one item as it is sent. Stripe adds an item without an id beside the others, and resets a quantity that is
// not sent to 1 where the plan changes.
type itemSent struct {
	id string
	itemStanding
	deleted bool
}

// itemStanding is a plan, and how many of it; nil where Stripe counts that itself.
type itemStanding struct {
	planID   string
	quantity *int64
}

// changeItems works out what a request makes of the items that stand, and refuses what can not be made.
func changeItems(on *paymentsv1.Subscription, req planChange) (itemChanges, error) {
	byID, err := changesByItem(on.GetItems(), req.GetChanges())
	if err != nil {
		return itemChanges{}, err
	}
	var c itemChanges
	sent := make([]itemSent, len(req.GetChanges()))
	for _, item := range on.GetItems() {
		at, named := byID[item.GetId()]
		if !named {
			c.stand = append(c.stand, standing(item))
			continue
		}
		change := req.GetChanges()[at]
		sent[at] = changedItem(item, change)
		if change.GetRemove() {
			c.removes = true
			continue
		}
		c.stand = append(c.stand, sent[at].itemStanding)
	}
	for _, item := range req.GetNewItems() {
		added := itemStanding{planID: item.GetPlanId(), quantity: new(int64(1))}
		if item.Quantity != nil {
			added.quantity = item.Quantity
		}
		sent = append(sent, itemSent{itemStanding: added})
		c.stand = append(c.stand, added)
	}
	c.sent = sent
	return c, c.refused(on, req)
}

// changesByItem says of each item that is changed which change is its.
func changesByItem(items []*paymentsv1.SubscriptionItem, changes []*paymentsv1.ItemChange) (map[string]int, error) {
	known := map[string]bool{}
	for _, item := range items {
		known[item.GetId()] = true
	}
	byID := map[string]int{}
	for i, change := range changes {
		field := func(name string) string { return fmt.Sprintf("changes[%d].%s", i, name) }
		id := change.GetItemId()
		if id == "" && len(items) == 1 {
			id = items[0].GetId()
		}
		_, twice := byID[id]
		switch {
		case id == "":
			return nil, apierr.InvalidField(field("item_id"), "is required: the subscription has several items")
		case !known[id]:
			return nil, apierr.InvalidField(field("item_id"), "names no item of this subscription")
		case twice:
			return nil, apierr.InvalidField(field("item_id"), "names an item that is changed already")
		case change.GetRemove() && change.GetPlanId() != "":
			return nil, apierr.InvalidField(field("plan_id"), "can not stand beside remove")
		case change.GetRemove() && change.Quantity != nil:
			return nil, apierr.InvalidField(field("quantity"), "can not stand beside remove")
		}
		byID[id] = i
	}
	return byID, nil
}

// changedItem is an item after a change of it.
func changedItem(item *paymentsv1.SubscriptionItem, change *paymentsv1.ItemChange) itemSent {
	if change.GetRemove() {
		return itemSent{id: item.GetId(), deleted: true}
	}
	changed := itemSent{id: item.GetId(), itemStanding: standing(item)}
	if change.GetPlanId() != "" {
		changed.planID = change.GetPlanId()
	}
	if change.Quantity != nil {
		changed.quantity = change.Quantity
	}
	return changed
}

// standing is an item as it is. Stripe takes no quantity for what is metered.
func standing(item *paymentsv1.SubscriptionItem) itemStanding {
	s := itemStanding{planID: item.GetPlan().GetId(), quantity: new(item.GetQuantity())}
	if item.GetPlan().GetUsage() == paymentsv1.PlanUsage_PLAN_USAGE_METERED {
		s.quantity = nil
	}
	return s
}

// refused says what is wrong with what would stand.
func (c itemChanges) refused(on *paymentsv1.Subscription, req planChange) error {
	switch {
	case len(c.stand) == 0 && len(req.GetChanges()) > 0:
		return apierr.InvalidField(fmt.Sprintf("changes[%d].remove", len(req.GetChanges())-1), "leaves no item")
	case len(c.stand) > maxItems:
		return apierr.InvalidField("new_items", fmt.Sprintf("make more than %d items", maxItems))
	}
	if field := c.twice(len(req.GetChanges())); field != "" {
		return apierr.InvalidField(field, "names a plan that another item has; say how many by quantity")
	}
	if !c.changes(on, req) {
		return apierr.InvalidField("changes", "change nothing")
	}
	return nil
}

// twice is the field of an item that is sent, of so many changes, whose plan another item would have too; empty where
// there is none.
func (c itemChanges) twice(changes int) string {
	having := map[string]int{}
	for _, item := range c.stand {
		having[item.planID]++
	}
	for at, item := range slices.Backward(c.sent) {
		if !item.deleted && having[item.planID] > 1 {
			return changeField(at, changes) + ".plan_id"
		}
	}
	return ""
}

// changes is whether anything would be otherwise than without the request, now or with the next period. To bring back
// what stands takes a change back that is scheduled.
func (c itemChanges) changes(on *paymentsv1.Subscription, req planChange) bool {
	scheduled := on.GetScheduledChange().GetItems()
	if len(scheduled) == 0 {
		return !sameItems(c.stand, on.GetItems())
	}
	return !atPeriodEnd(req) || !sameItems(c.stand, scheduled)
}

// sameItems compares what would stand with items. Their order has no meaning, and no plan stands in them twice.
func sameItems(stand []itemStanding, items []*paymentsv1.SubscriptionItem) bool {
	if len(stand) != len(items) {
		return false
	}
	quantities := map[string]int64{}
	for _, item := range items {
		quantities[item.GetPlan().GetId()] = item.GetQuantity()
	}
	for _, s := range stand {
		quantity, ok := quantities[s.planID]
		if !ok || s.quantity != nil && *s.quantity != quantity {
			return false
		}
	}
	return true
}

// params are the items of a change now.
func (c itemChanges) params() []*stripe.SubscriptionItemsParams {
	params := make([]*stripe.SubscriptionItemsParams, 0, len(c.sent))
	for _, item := range c.sent {
		params = append(params, &stripe.SubscriptionItemsParams{
			ID: given(item.id), Price: given(item.planID), Quantity: item.quantity, Deleted: given(item.deleted),
		})
	}
	return params
}

// phaseItems are items in a phase of a schedule, which has all of them.
func phaseItems(items []itemStanding) []*stripe.SubscriptionSchedulePhaseItemParams {
	params := make([]*stripe.SubscriptionSchedulePhaseItemParams, 0, len(items))
	for _, item := range items {
		params = append(params, &stripe.SubscriptionSchedulePhaseItemParams{
			Price: new(item.planID), Quantity: item.quantity,
		})
	}
	return params
}
