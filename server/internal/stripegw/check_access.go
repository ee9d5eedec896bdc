package stripegw

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// accessPages is how many pages of a customer's subscriptions are read. Stripe lets a customer have 500 that have not
// ended.
const accessPages = 5

// checkAccessFields are those of CheckAccessRequest.
var checkAccessFields = paramFields{"customer": "customer_id", "price": "plan_id"}

// CheckAccess reads the customer's subscriptions that have not ended, and tells the best access that one with the plan
// among its items gives: of several, the newest. Where there is none, and where there is no such customer, it is
// BLOCKED with NO_SUBSCRIPTION. Its errors are those of GetPayment, but INVALID_FIELD where there is no such plan.
func (g *Gateway) CheckAccess(
	ctx context.Context, req *paymentsv1.CheckAccessRequest,
) (*paymentsv1.CheckAccessResponse, error) {
	best := &paymentsv1.CheckAccessResponse{Access: blocked(paymentsv1.AccessReason_ACCESS_REASON_NO_SUBSCRIPTION)}
	list := &paymentsv1.ListSubscriptionsRequest{CustomerId: req.GetCustomerId(), PlanId: req.GetPlanId()}
	after := ""
	for range accessPages {
		r, err := listSubscriptionsRequest(list, after, searchPageSize)
		if err != nil {
			return nil, err
		}
		objects, more, err := readPage(ctx, g, r, checkAccessFields, decodeSubscriptionObject)
		switch {
		case err != nil && noSuchCustomer(err):
			return best, nil
		case err != nil:
			return nil, err
		}
		for _, object := range objects {
			after = object.ID
			given, err := g.accessBy(ctx, req, object)
			if err != nil {
				return nil, err
			}
			if given == nil || best.GetSubscriptionId() != "" && !better(given.GetAccess(), best.GetAccess()) {
				continue
			}
			best = given
			if best.GetAccess().GetLevel() == paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE {
				return best, nil
			}
		}
		if !more {
			return best, nil
		}
	}
	return best, nil
}

// accessBy is the access that a subscription gives to the plan, nil where it does not have it.
func (g *Gateway) accessBy(
	ctx context.Context, req *paymentsv1.CheckAccessRequest, object *subscriptionObject,
) (*paymentsv1.CheckAccessResponse, error) {
	item := itemWith(object.Items.Data, req)
	if item == nil && object.Items.HasMore {
		items, err := g.allItems(ctx, object.ID, apierr.Subject{Type: subscriptionSubject, ID: object.ID})
		if err != nil {
			return nil, err
		}
		item = itemWith(items, req)
	}
	if item == nil {
		return nil, nil
	}
	return &paymentsv1.CheckAccessResponse{
		Access:               g.subscription(object).GetAccess(),
		SubscriptionId:       object.ID,
		PlanId:               item.Price.ID,
		Quantity:             item.Quantity,
		CurrentPeriodEndTime: timestamp(object.CurrentPeriodEnd),
	}, nil
}

// itemWith is the item with the plan that is asked for: with the lookup key, the one that has it now before one that
// had it. Nil where there is none.
func itemWith(items []subscriptionItemObject, req *paymentsv1.CheckAccessRequest) (found *subscriptionItemObject) {
	key := req.GetLookupKey()
	for i := range items {
		item := &items[i]
		switch price := item.Price.Object; {
		case req.GetPlanId() != "" && item.Price.ID == req.GetPlanId():
			return item
		case key == "" || price == nil:
		case price.LookupKey == key:
			return item
		case found == nil && price.hasLookupKey(key):
			found = item
		}
	}
	return found
}

// better is whether an access lets a customer do more than another.
func better(a, b *paymentsv1.Access) bool { return rank[a.GetLevel()] > rank[b.GetLevel()] }

// rank orders the levels of access; what is not in it is worth nothing.
var rank = map[paymentsv1.AccessLevel]int{
	paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE:  3,
	paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE:   2,
	paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED: 1,
}

// noSuchCustomer is whether Stripe knows no such customer.
func noSuchCustomer(err error) bool {
	metadata := apierr.From(err).Metadata
	return metadata["field"] == "customer_id" && metadata["stripe_code"] == "resource_missing"
}
