package stripegw

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/subscription"
	"github.com/stripe/stripe-go/v76/subscriptionschedule"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// currentPhase is what a new schedule says of the phase that it begins in, which is the subscription's period: that
// stays as it is, whatever became of the subscription since it was read. One that has been cancelled since is let alone:
// phases behind it would take the end back.
func currentPhase(items []itemStanding) []Fill {
	fills := []Fill{
		{From: "id"},
		{From: "end_behavior", Is: string(stripe.SubscriptionScheduleEndBehaviorRelease)},
		{Param: "phases[0][start_date]", From: "phases.0.start_date"},
		{Param: "phases[0][end_date]", From: "phases.0.end_date"},
	}
	for i := range items {
		fills = append(fills,
			Fill{Param: fmt.Sprintf("phases[0][items][%d][price]", i), From: fmt.Sprintf("phases.0.items.%d.price", i)},
			Fill{Param: fmt.Sprintf("phases[0][items][%d][quantity]", i), From: fmt.Sprintf("phases.0.items.%d.quantity", i)})
	}
	return fills
}

// prepareChangePlan lets go of a schedule that is attached. Then it is POST /v1/subscriptions/{subscription}; or, at the
// period's end, POST /v1/subscription_schedules/{schedule}, after the schedule was made.
func prepareChangePlan(p *plan, req *paymentsv1.ChangePlanRequest, on *paymentsv1.Subscription, _ string) error {
	if err := readFor(on, req.GetSubscriptionId()); err != nil {
		return err
	}
	items, err := changeItems(on, req)
	if err != nil {
		return err
	}
	if err := p.release(on); err != nil {
		return err
	}
	if atPeriodEnd(req) {
		return p.changeLater(on, items)
	}
	params := &stripe.SubscriptionParams{
		Items:             items.params(),
		PaymentBehavior:   new(changeBehavior(on, items, req.GetAllowUnpaid())),
		ProrationBehavior: stripe.String(string(stripe.SubscriptionSchedulePhaseProrationBehaviorAlwaysInvoice)),
		ProrationDate:     seconds(req.GetProrationTime()),
		Expand:            expandSubscription(""),
	}
	_, err = subscription.Client{B: p.step(OnlyStep)}.Update(req.GetSubscriptionId(), params)
	return err
}

// changeBehavior is what happens where a change now is not paid. By default nothing is granted then: the change is held
// back until it is or, where Stripe can not do that, it is not made. Stripe holds no item back that goes
// (https://docs.stripe.com/billing/subscriptions/pending-updates-reference).
func changeBehavior(on *paymentsv1.Subscription, items itemChanges, allowUnpaid bool) string {
	switch {
	case allowUnpaid:
		return "allow_incomplete"
	case holdsBack(on) && !items.removes:
		return "pending_if_incomplete"
	default:
		return "error_if_incomplete"
	}
}

// holdsBack is whether Stripe can hold a change of this subscription back until it is paid.
func holdsBack(on *paymentsv1.Subscription) bool {
	kind := on.GetChargedPaymentMethodType()
	return (kind == "card" || kind == "link") && on.GetPause() == nil &&
		on.GetCollectionMethod() == paymentsv1.CollectionMethod_COLLECTION_METHOD_CHARGE_AUTOMATICALLY
}

// changeLater makes the change with the next period: the schedule's first phase is the current period as it stands, and
// after one period with the new plans the subscription goes on by itself.
func (p *plan) changeLater(on *paymentsv1.Subscription, items itemChanges) error {
	now := make([]itemStanding, 0, len(on.GetItems()))
	metered := false
	for _, item := range on.GetItems() {
		now = append(now, standing(item))
		metered = metered || now[len(now)-1].quantity == nil
	}
	current := &stripe.SubscriptionSchedulePhaseParams{}
	if metered {
		// Which of the phase's items counts its quantity itself, and takes none, is known of those that were read.
		current.Items, now = phaseItems(now), nil
	}
	if on.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING {
		current.TrialEnd = seconds(on.GetTrialEndTime())
	}
	created := &stripe.SubscriptionScheduleParams{FromSubscription: new(on.GetId())}
	if _, err := (subscriptionschedule.Client{B: p.step(scheduleStep)}).New(created); err != nil {
		return err
	}
	client := subscriptionschedule.Client{B: p.step(OnlyStep, currentPhase(now)...)}
	_, err := client.Update(PathFill, &stripe.SubscriptionScheduleParams{
		EndBehavior: stripe.String(string(stripe.SubscriptionScheduleEndBehaviorRelease)),
		Phases: []*stripe.SubscriptionSchedulePhaseParams{current, {
			Items: phaseItems(items.stand), Iterations: new(int64(1)),
			ProrationBehavior: stripe.String(string(stripe.SubscriptionSchedulePhaseProrationBehaviorNone)),
		}},
		Expand: expandManaged(),
	})
	return err
}

// sentItem is the field for an item as it was sent.
var sentItem = regexp.MustCompile(`^items\[(\d+)\]`)

// placeOfItem turns an item as it was sent into the change, or the new item, that it is. Those that the subscription has
// come first, and have an id.
func placeOfItem(r Request, field string) string {
	match := sentItem.FindStringSubmatch(field)
	if match == nil && field != "items" {
		return field
	}
	form, err := url.ParseQuery(r.Form)
	switch {
	case err != nil:
		return ""
	case match == nil && !form.Has("items[0][id]"):
		return "new_items"
	case match == nil:
		return "changes"
	}
	at, _ := strconv.Atoi(match[1])
	changes := 0
	for form.Has(fmt.Sprintf("items[%d][id]", changes)) {
		changes++
	}
	return changeField(at, changes) + strings.TrimPrefix(field, match[0])
}

// changeField is the field of a request for the item that was sent as this one, of so many changes.
func changeField(at, changes int) string {
	if at < changes {
		return fmt.Sprintf("changes[%d]", at)
	}
	return fmt.Sprintf("new_items[%d]", at-changes)
}
