package sandbox

import (
	"fmt"
	"time"
)

const (
	day = 24 * time.Hour
	// maxTrialDays is the two years that spec3.json gives for trial_end.
	maxTrialDays = 730
	// trialNotice is how long before its end a trial is announced (docs.stripe.com/billing/subscriptions/trials).
	trialNotice = 3 * day
)

const notInFuture = "Invalid timestamp: must be an integer Unix timestamp in the future."

// trialEnd reads until when the trial goes; nil where the parameters name no trial. A time that is now ends it.
func trialEnd(c *call, items []*subscriptionItem, params *node, prefix string) (*int64, *failure) {
	text, days := params.value(prefix+"trial_end"), params.integer(prefix+"trial_period_days")
	fromPlan := params.value(prefix+"trial_from_plan") == "true"
	if fromPlan && (text != "" || days != nil) {
		return nil, invalid("parameters_exclusive", prefix+"trial_from_plan",
			"You may only specify one of these parameters: trial_end, trial_from_plan.")
	}
	switch {
	case text == "now":
		return new(c.at.Unix()), nil
	case text != "":
		return trialUntil(c, text, prefix+"trial_end")
	case days != nil:
		return trialFor(c, *days, prefix+"trial_period_days")
	case fromPlan:
		longest := int64(0)
		for _, item := range items {
			if of := item.Price.Recurring.TrialPeriodDays; of != nil {
				longest = max(longest, *of)
			}
		}
		return trialFor(c, longest, prefix+"trial_from_plan")
	}
	return nil, nil //nolint:nilnil // no trial is no failure
}

func trialUntil(c *call, text, param string) (*int64, *failure) {
	at, ok := parseInteger(text)
	switch {
	case !ok || at <= c.at.Unix():
		return nil, invalid("", param, notInFuture)
	case at > c.at.Add(maxTrialDays*day).Unix():
		return nil, invalid("", param, "The trial end can be at most two years from the billing cycle anchor.")
	}
	return &at, nil
}

func trialFor(c *call, days int64, param string) (*int64, *failure) {
	switch {
	case days < 0:
		return nil, invalid("parameter_invalid_integer", param, "This value must be greater than or equal to 0.")
	case days > maxTrialDays:
		return nil, invalid("parameter_invalid_integer", param, fmt.Sprintf("This value must be less than or equal to %d (it "+
			"currently is '%d').", maxTrialDays, days))
	case days == 0:
		return nil, nil //nolint:nilnil // a trial of no days is none
	}
	return new(c.at.Add(time.Duration(days) * day).Unix()), nil
}

// tryOut puts a subscription into a trial: nothing is billed before its end, where the billing cycle begins.
func (sub *subscription) tryOut(at, until int64) {
	if sub.Status != subscriptionTrialing {
		sub.TrialStart, sub.CurrentPeriodStart = &at, at
	}
	sub.TrialEnd, sub.CurrentPeriodEnd, sub.BillingCycleAnchor = &until, until, until
	sub.Status = subscriptionTrialing
}

// startPeriod begins the billing cycle at a time.
func (sub *subscription) startPeriod(at int64) {
	sub.BillingCycleAnchor, sub.CurrentPeriodStart = at, at
	sub.CurrentPeriodEnd = sub.periodAfter(at)
}

// announceTrialEnd tells three days before that a trial ends; of a shorter one, at once.
func (s *Sandbox) announceTrialEnd(c *call, sub *subscription) {
	end := *sub.TrialEnd
	tell := func(s *Sandbox, c *call) {
		now, ok := s.world.subscriptions.get(sub.ID)
		if ok && now.Status == subscriptionTrialing && *now.TrialEnd == end {
			s.emit(c, "customer.subscription.trial_will_end", now, nil)
		}
	}
	at := time.Unix(end, 0).Add(-trialNotice)
	if !at.After(c.at) {
		tell(s, c)
		return
	}
	s.schedule(c, at, tell)
}
