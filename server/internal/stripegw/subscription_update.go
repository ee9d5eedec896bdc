package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/subscription"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// subscriptionChange is what an update sends, and what it does to the schedule of the subscription that was read.
type subscriptionChange struct {
	*stripe.SubscriptionParams

	on *paymentsv1.Subscription
	// releases is whether it changes what a schedule manages.
	releases bool
	// settings is what a schedule must be told too, for its phases to come; nil if nothing.
	settings *stripe.SubscriptionScheduleDefaultSettingsParams
}

// defaults are the settings, once there are some.
func (c *subscriptionChange) defaults() *stripe.SubscriptionScheduleDefaultSettingsParams {
	if c.settings == nil {
		c.settings = &stripe.SubscriptionScheduleDefaultSettingsParams{}
	}
	return c.settings
}

// subscriptionUpdates is what an update can change of a subscription. Times that are those which stand are not sent: they
// may lie in the past, and would let go of a schedule for nothing.
var subscriptionUpdates = updates[*subscriptionChange, *paymentsv1.Subscription]{
	"default_payment_method_id": {
		params: paramFields{
			"default_payment_method":                   "subscription.default_payment_method_id",
			"default_settings[default_payment_method]": "subscription.default_payment_method_id",
		},
		clears: true,
		set: func(c *subscriptionChange, s *paymentsv1.Subscription) error {
			c.DefaultPaymentMethod = new(s.GetDefaultPaymentMethodId())
			c.defaults().DefaultPaymentMethod = c.DefaultPaymentMethod
			return nil
		},
	},
	"description": {
		params: paramFields{"description": "subscription.description"}, clears: true,
		set: func(c *subscriptionChange, s *paymentsv1.Subscription) error {
			c.Description = new(s.GetDescription())
			return nil
		},
	},
	metadataParam: {
		params: paramFields{metadataParam: "subscription.metadata"},
		set: func(c *subscriptionChange, s *paymentsv1.Subscription) (err error) {
			c.Metadata, err = changedMetadata(s.GetMetadata(), "subscription.metadata")
			return err
		},
	},
	"cancel_time": {
		params: paramFields{
			"cancel_at": "subscription.cancel_time", "cancel_at_period_end": "subscription.cancel_time",
		},
		clears: true,
		set:    setCancelTime,
	},
	"trial_end_time": {
		params: paramFields{"trial_end": "subscription.trial_end_time"}, clears: true,
		set: setTrialEndTime,
	},
	"trial_end_behavior": {
		params: paramFields{"trial_settings": "subscription.trial_end_behavior"},
		set: func(c *subscriptionChange, s *paymentsv1.Subscription) (err error) {
			c.TrialSettings, err = trialSettingsParams(s.GetTrialEndBehavior(), "subscription.trial_end_behavior")
			return err
		},
	},
	"collection_method": {
		params: paramFields{
			"collection_method":                   "subscription.collection_method",
			"default_settings[collection_method]": "subscription.collection_method",
		},
		set: func(c *subscriptionChange, s *paymentsv1.Subscription) (err error) {
			c.CollectionMethod, err = enumParam(
				collectionMethods, s.GetCollectionMethod(), "subscription.collection_method")
			c.defaults().CollectionMethod = c.CollectionMethod
			return err
		},
	},
	"days_until_due": {
		params: paramFields{
			"days_until_due": "subscription.days_until_due",
			"default_settings[invoice_settings][days_until_due]": "subscription.days_until_due",
		},
		set: func(c *subscriptionChange, s *paymentsv1.Subscription) error {
			c.DaysUntilDue = new(int64(s.GetDaysUntilDue()))
			c.defaults().InvoiceSettings = &stripe.SubscriptionScheduleDefaultSettingsInvoiceSettingsParams{
				DaysUntilDue: c.DaysUntilDue,
			}
			return nil
		},
	},
}

// setCancelTime ends the subscription at a time, or takes its end back.
func setCancelTime(c *subscriptionChange, s *paymentsv1.Subscription) error {
	switch {
	case s.GetCancelTime() == nil && c.on.GetCancelAtPeriodEnd():
		c.CancelAtPeriodEnd = new(false)
	case s.GetCancelTime() == nil:
		c.AddExtra("cancel_at", "")
	case s.GetCancelTime().GetSeconds() == c.on.GetCancelTime().GetSeconds():
		return nil
	default:
		c.CancelAt = seconds(s.GetCancelTime())
	}
	c.releases = true
	return nil
}

// setTrialEndTime prolongs the trial, or ends it now.
func setTrialEndTime(c *subscriptionChange, s *paymentsv1.Subscription) error {
	switch {
	case s.GetTrialEndTime() == nil:
		c.TrialEndNow = new(true)
	case s.GetTrialEndTime().GetSeconds() == c.on.GetTrialEndTime().GetSeconds():
		return nil
	default:
		c.TrialEnd = seconds(s.GetTrialEndTime())
	}
	c.releases = true
	return nil
}

// prepareUpdateSubscription is POST /v1/subscriptions/{subscription}, after what the schedule needs that is attached.
func prepareUpdateSubscription(
	p *plan, req *paymentsv1.UpdateSubscriptionRequest, on *paymentsv1.Subscription, _ string,
) error {
	if err := readFor(on, req.GetSubscriptionId()); err != nil {
		return err
	}
	change := &subscriptionChange{
		SubscriptionParams: &stripe.SubscriptionParams{Expand: expandSubscription("")}, on: on,
	}
	if err := subscriptionUpdates.prepare(change, req.GetUpdateMask(), req.GetSubscription()); err != nil {
		return err
	}
	schedule := on.GetScheduledChange().GetScheduleId()
	switch {
	case schedule == "":
	case change.releases:
		if err := p.release(on); err != nil {
			return err
		}
	case change.settings != nil:
		if err := p.setDefaults(schedule, change.settings); err != nil {
			return err
		}
	}
	_, err := subscription.Client{B: p.step(OnlyStep)}.Update(req.GetSubscriptionId(), change.SubscriptionParams)
	return err
}
