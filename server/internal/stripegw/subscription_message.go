package stripegw

import (
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The tables from Stripe's strings to our enums. A test holds them against the constants of stripe-go.
var (
	subscriptionStates = map[string]paymentsv1.SubscriptionState{
		"incomplete":         paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE,
		"incomplete_expired": paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED,
		"trialing":           paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING,
		"active":             paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE,
		"past_due":           paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE,
		"canceled":           paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED,
		"unpaid":             paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_UNPAID,
		"paused":             paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED,
	}
	pauseBehaviors = map[string]paymentsv1.PauseBehavior{
		"keep_as_draft":      paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_KEEP_AS_DRAFT,
		"mark_uncollectible": paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_MARK_UNCOLLECTIBLE,
		"void":               paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID,
	}
	trialEndBehaviors = map[string]paymentsv1.TrialEndBehavior{
		"create_invoice": paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_INVOICE,
		"cancel":         paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_CANCEL,
		"pause":          paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_PAUSE,
	}
)

// decodeSubscription reads the answer of a write that makes or changes a subscription: that itself or, where its
// schedule was changed, the schedule with the subscription in it.
func decodeSubscription(g *Gateway, body []byte) (Outcome, error) {
	object, err := decodeSubscriptionObject(body)
	if err != nil {
		if object, err = decodeManaged(body); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{Resource: g.subscription(object), ClientSecret: object.clientSecret()}, nil
}

// decodeManaged reads a schedule as its subscription, which it must have with it.
func decodeManaged(body []byte) (*subscriptionObject, error) {
	schedule, err := decodeScheduleObject(body)
	if err != nil {
		return nil, err
	}
	object := schedule.Subscription.Object
	if object == nil || !object.readable() {
		return nil, errUnreadable
	}
	if schedule.attached() {
		object.Schedule = expandable[*scheduleObject]{ID: schedule.ID, Object: schedule}
	}
	return object, nil
}

// clientSecret is that of the latest invoice's payment, or else of the setup intent that saves a method during a trial,
// while there is something to do with it; empty otherwise.
func (o *subscriptionObject) clientSecret() string {
	if secret := o.LatestInvoice.Object.clientSecret(); secret != "" {
		return secret
	}
	if o.PendingSetupIntent.Object == nil {
		return ""
	}
	return o.PendingSetupIntent.Object.clientSecret()
}

// subscription is the message for a subscription.
func (g *Gateway) subscription(o *subscriptionObject) *paymentsv1.Subscription {
	m := &paymentsv1.Subscription{
		Id:                     o.ID,
		CustomerId:             o.Customer.ID,
		Items:                  g.subscriptionItems(o.Items.Data),
		CurrentPeriodStartTime: timestamp(o.CurrentPeriodStart),
		CurrentPeriodEndTime:   timestamp(o.CurrentPeriodEnd),
		TrialStartTime:         timestamp(o.TrialStart),
		TrialEndTime:           timestamp(o.TrialEnd),
		CancelTime:             timestamp(o.CancelAt),
		CancelAtPeriodEnd:      o.CancelAtPeriodEnd,
		CanceledTime:           timestamp(o.CanceledAt),
		EndedTime:              timestamp(o.EndedAt),
		PendingChange:          g.pendingChange(o),
		ScheduledChange:        o.scheduledChange(),
		Pause:                  g.pauseMessage(o.PauseCollection),
		DaysUntilDue:           o.DaysUntilDue,
		DefaultPaymentMethodId: o.DefaultPaymentMethod.ID,
		LatestInvoice:          g.latestInvoice(o.LatestInvoice),
		SetupIntentId:          o.PendingSetupIntent.ID,
		Description:            o.Description,
		Metadata:               visibleMetadata(o.Metadata),
		CurrencyCode:           strings.ToUpper(o.Currency),
		BillingCycleAnchorTime: timestamp(o.BillingCycleAnchor),
		StartTime:              timestamp(o.StartDate),
		CreateTime:             timestamp(o.Created),
		TestClockId:            o.TestClock.ID,
		Livemode:               o.Livemode,
	}
	m.State, m.RawState = enumValue(g, subscriptionStates, "subscription.status", o.Status)
	m.CollectionMethod, m.RawCollectionMethod = enumValue(
		g, collectionMethods, "subscription.collection_method", o.CollectionMethod)
	m.TrialEndBehavior, _ = enumValue(
		g, trialEndBehaviors, "subscription.trial_end_behavior", o.TrialSettings.EndBehavior.MissingPaymentMethod)
	m.ChargedPaymentMethodId, m.ChargedPaymentMethodType = o.charged()
	m.Access = accessOf(m)
	return m
}

// subscriptionItems are the messages for items, or for those of a change that is pending.
func (g *Gateway) subscriptionItems(items []subscriptionItemObject) []*paymentsv1.SubscriptionItem {
	messages := make([]*paymentsv1.SubscriptionItem, 0, len(items))
	for i := range items {
		plan := &paymentsv1.Plan{Id: items[i].Price.ID}
		if price := items[i].Price.Object; price != nil {
			plan = g.plan(price)
		}
		messages = append(messages, &paymentsv1.SubscriptionItem{Id: items[i].ID, Plan: plan, Quantity: items[i].Quantity})
	}
	return messages
}

// pendingChange is nil where nothing waits for its payment. Its invoice is the latest, since no period begins before it
// is paid or the change is dropped.
func (g *Gateway) pendingChange(o *subscriptionObject) *paymentsv1.PendingChange {
	if o.PendingUpdate == nil {
		return nil
	}
	return &paymentsv1.PendingChange{
		Items:      g.subscriptionItems(o.PendingUpdate.SubscriptionItems),
		ExpireTime: timestamp(o.PendingUpdate.ExpiresAt),
		InvoiceId:  o.LatestInvoice.ID,
	}
}

// scheduledChange is nil where no schedule is attached.
func (o *subscriptionObject) scheduledChange() *paymentsv1.ScheduledChange {
	switch schedule := o.Schedule.Object; {
	case o.Schedule.ID == "":
		return nil
	case schedule == nil:
		return &paymentsv1.ScheduledChange{ScheduleId: o.Schedule.ID}
	case !schedule.attached():
		return nil
	default:
		return schedule.message()
	}
}

// pauseMessage is nil while invoices are collected.
func (g *Gateway) pauseMessage(p *pauseCollection) *paymentsv1.Pause {
	if p == nil {
		return nil
	}
	m := &paymentsv1.Pause{ResumeTime: timestamp(p.ResumesAt)}
	m.Behavior, _ = enumValue(g, pauseBehaviors, "subscription.pause_behavior", p.Behavior)
	return m
}

// latestInvoice is nil where there is none, and has the id alone where Stripe gave no more.
func (g *Gateway) latestInvoice(i expandable[*invoiceObject]) *paymentsv1.Invoice {
	switch {
	case i.Object != nil:
		return g.invoice(i.Object)
	case i.ID != "":
		return &paymentsv1.Invoice{Id: i.ID}
	default:
		return nil
	}
}
