package stripegw

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/subscriptionschedule"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The steps that deal with the schedule of a subscription, before what the rpc is for.
const (
	releaseStep  = "release_schedule"
	settingsStep = "schedule_settings"
	scheduleStep = "schedule"
)

// release lets go of the schedule that is attached, where one is: while it manages the subscription, Stripe refuses what
// would change its items, its trial or its end. What the schedule would have brought is dropped.
func (p *plan) release(on *paymentsv1.Subscription) error {
	id := on.GetScheduledChange().GetScheduleId()
	if id == "" {
		return nil
	}
	client := subscriptionschedule.Client{B: p.step(releaseStep)}
	_, err := client.Release(id, &stripe.SubscriptionScheduleReleaseParams{})
	return err
}

// setDefaults changes what the phases of a schedule inherit, which would undo the same change of the subscription when the
// next of them begins.
func (p *plan) setDefaults(scheduleID string, settings *stripe.SubscriptionScheduleDefaultSettingsParams) error {
	client := subscriptionschedule.Client{B: p.step(settingsStep)}
	_, err := client.Update(scheduleID, &stripe.SubscriptionScheduleParams{DefaultSettings: settings})
	return err
}

// getScheduleRequest is GET /v1/subscription_schedules/{schedule}.
func getScheduleRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: schedulePath + url.QueryEscape(id)}
}

// getManagedRequest reads a subscription by its own id or, with the schedule around it, by that of its schedule.
func getManagedRequest(id string) Request {
	if !scheduleKind.hasID(id) {
		return getSubscriptionRequest(id)
	}
	r := getScheduleRequest(id)
	r.Form = expandForm(expandManaged())
	return r
}

// expandManaged is what to expand in a schedule, so that it tells all of its subscription: which schedule that has is
// known.
func expandManaged() []*string {
	var expands []*string
	for _, expand := range subscriptionExpands {
		if expand != "schedule" {
			expands = append(expands, new("subscription."+expand))
		}
	}
	return expands
}

// releasesSchedule, changesSchedule and createsSchedule tell the steps apart.
func releasesSchedule(r Request) bool {
	return strings.HasPrefix(r.Path, schedulePath) && strings.HasSuffix(r.Path, "/release")
}

func changesSchedule(r Request) bool {
	return strings.HasPrefix(r.Path, schedulePath) && !releasesSchedule(r)
}

func createsSchedule(r Request) bool { return r.Path+"/" == schedulePath }
