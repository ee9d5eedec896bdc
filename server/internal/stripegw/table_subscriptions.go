package stripegw

import (
	"slices"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	// subscriptionSubject is the type of a subscription in errors, and subscriptionPath what stands before its id in a
	// path; so for its schedule.
	subscriptionSubject = "subscription"
	subscriptionPath    = "/v1/subscriptions/"
	scheduleSubject     = "subscription_schedule"
	schedulePath        = "/v1/subscription_schedules/"
)

// What the rpcs of subscriptions make and change.
var (
	subscriptionKind = objectKind{
		subject: subscriptionSubject, prefixes: []string{"sub_"}, others: []string{"sub_sched_"},
		get: getManagedRequest, decode: decodeSubscription,
	}
	scheduleKind = objectKind{
		subject: scheduleSubject, prefixes: []string{"sub_sched_"}, get: getScheduleRequest, decode: decodeSchedule,
	}
)

// subscriptionWrites are the rpcs that make and change subscriptions.
func subscriptionWrites() []write {
	return slices.Concat(
		[]write{newWrite(paymentsv1.SubscriptionService_CreateSubscription_FullMethodName, prepareCreateSubscription, write{
			object:   subscriptionKind,
			lookUp:   created(listCreatedSubscriptions),
			fields:   createSubscriptionFields,
			confirms: chargesFirst,
		})},
		updateSubscriptionWrites(), changePlanWrites(), cancelSubscriptionWrites(), pauseSubscriptionWrites(),
		resumeSubscriptionWrites(),
	)
}

// createSubscriptionFields are those of CreateSubscriptionRequest.
var createSubscriptionFields = paramFields{
	"customer":               "customer_id",
	"items":                  "items",
	"items[][price]":         "items[].plan_id",
	"items[][quantity]":      "items[].quantity",
	"payment_behavior":       "payment_behavior",
	"default_payment_method": "default_payment_method_id",
	// Of the method that is to pay the first invoice: it is of no kind that is accepted, or may not be debited yet.
	"payment_method":       "default_payment_method_id",
	"mandate_data":         "default_payment_method_id",
	"collection_method":    "collection_method",
	"days_until_due":       "days_until_due",
	"trial_period_days":    "trial_days",
	"trial_end":            "trial_end_time",
	"trial_from_plan":      "plan_trial",
	"trial_settings":       "trial_end_behavior",
	"billing_cycle_anchor": "billing_cycle_anchor_time",
	"cancel_at":            "cancel_time",
	"cancel_at_period_end": "cancel_at_period_end",
	"off_session":          "off_session",
	"payment_settings":     "payment_method_types",
	"payment_settings[save_default_payment_method]": "save_default_payment_method",
	"description": "description",
	metadataParam: "metadata",
}

// chargesFirst is whether a recorded create asks for the first invoice to be charged.
func chargesFirst(r Request) bool {
	return slices.ContainsFunc(strings.Split(r.Form, "&"), func(pair string) bool {
		return pair == "payment_behavior=error_if_incomplete" || pair == "payment_behavior=allow_incomplete"
	})
}

// ofSubscription completes a row for what is sent to a subscription.
func ofSubscription(w write) write {
	// Stripe has no code for most refusals over the state of a subscription, and names no parameter.
	w.object, w.subject, w.subjectPath, w.stateParam = subscriptionKind, subscriptionSubject, subscriptionPath, subscriptionSubject
	w.fields = joined(w.fields, paramFields{
		"subscription": "subscription_id", "subscription_exposed_id": "subscription_id",
	})
	return w
}

// release is the row of the step that lets go of a schedule. One that has let go is no longer in the way, however that
// came.
func release() write {
	return write{
		fits: releasesSchedule, object: scheduleKind,
		lookUp:  changed(inState("released", "canceled", "completed")),
		subject: scheduleSubject, subjectPath: schedulePath, stateParam: scheduleSubject,
	}
}

func updateSubscriptionWrites() []write {
	fields := subscriptionUpdates.fields(paramFields{})
	return newSteps(paymentsv1.SubscriptionService_UpdateSubscription_FullMethodName, prepareUpdateSubscription,
		ofSubscription(write{fits: changesSubscription, lookUp: changed(subscriptionUpdated), fields: fields}),
		release(),
		write{
			fits: changesSchedule, object: scheduleKind, lookUp: changed(stands), fields: fields,
			subject: scheduleSubject, subjectPath: schedulePath, stateParam: scheduleSubject,
		},
	)
}

func changePlanWrites() []write {
	return newSteps(paymentsv1.SubscriptionService_ChangePlan_FullMethodName, prepareChangePlan,
		ofSubscription(write{
			fits:   changesSubscription,
			lookUp: changed(planChanged),
			fields: paramFields{
				"items":             "items",
				"items[][id]":       "items[].item_id",
				"items[][price]":    "items[].plan_id",
				"items[][quantity]": "items[].quantity",
				"items[][deleted]":  "items[].remove",
				"proration_date":    "proration_time",
				"payment_behavior":  "allow_unpaid",
			},
			place:    placeOfItem,
			confirms: chargesFirst,
		}),
		release(),
		write{
			fits: createsSchedule, object: scheduleKind, lookUp: scheduled,
			fields: paramFields{"from_subscription": "subscription_id"}, stateParam: "from_subscription",
		},
		// What is sent goes to the schedule, and what comes of it is the subscription.
		write{
			fits: changesSchedule, object: subscriptionKind, lookUp: changed(phasesStand),
			fields:  paramFields{"phases": "changes"},
			subject: scheduleSubject, subjectPath: schedulePath, stateParam: scheduleSubject,
		},
	)
}

func cancelSubscriptionWrites() []write {
	return newSteps(paymentsv1.SubscriptionService_CancelSubscription_FullMethodName, prepareCancelSubscription,
		ofSubscription(write{
			fits: changesSubscription, lookUp: changed(stands),
			fields: paramFields{"cancel_at": "time", "cancel_at_period_end": "at_period_end"},
		}),
		ofSubscription(write{
			fits: endsNow, lookUp: changed(inState("canceled")),
			fields: paramFields{"invoice_now": "invoice_now", "prorate": "prorate"},
		}),
		release(),
	)
}

func pauseSubscriptionWrites() []write {
	return newSteps(paymentsv1.SubscriptionService_PauseSubscription_FullMethodName, preparePauseSubscription,
		ofSubscription(write{
			fits: changesSubscription, lookUp: changed(stands),
			fields: paramFields{pauseParam: "behavior", pauseParam + "[resumes_at]": "resume_time"},
		}),
		release(),
	)
}

func resumeSubscriptionWrites() []write {
	return newSteps(paymentsv1.SubscriptionService_ResumeSubscription_FullMethodName, prepareResumeSubscription,
		ofSubscription(write{fits: changesSubscription, lookUp: changed(stands)}),
		// While its first invoice is not paid it stays PAUSED, so that nobody can tell then.
		ofSubscription(write{
			fits: resumesNow, lookUp: changed(inState("active", "past_due", "unpaid")), confirms: always,
		}),
	)
}
