package sandbox

// updated is what an update would make of a subscription: a changed copy, without effects. The parameters stand under
// a prefix: "" for the update itself, subscription_ for a preview. In the copy, a current period that begins at the
// time of the call says that the billing cycle starts over, and that the new period is billed at once.
func (s *Sandbox) updated(c *call, sub *subscription, params *node, prefix string) (subscription, *failure) {
	next := *sub
	if list := params.get(prefix + "items"); list != nil {
		items, f := s.changedItems(c, sub, list, prefix+"items")
		if f != nil {
			return next, f
		}
		if items[0].Price.Currency != sub.Currency {
			return next, invalid("", prefix+"items", "Currency and interval fields must match across all plans on this "+
				"subscription. Found mismatch in currency field.")
		}
		next.setItems(items)
	}
	if prefix == "" {
		if f := s.applySettings(c, &next); f != nil {
			return next, f
		}
		if f := next.applyPause(c); f != nil {
			return next, f
		}
	}
	if f := checkProrationDate(sub, params, prefix); f != nil {
		return next, f
	}
	if f := next.applyCycle(c, sub, params, prefix); f != nil {
		return next, f
	}
	return next, next.applyCancelFrom(c, sub, params, prefix)
}

// applyCycle starts the billing cycle over where a change asks for that: a trial begins or ends, the anchor is now, the
// interval is another, or what was free is paid for (spec3.json, POST /v1/subscriptions/{id}).
func (sub *subscription) applyCycle(c *call, was *subscription, params *node, prefix string) *failure {
	until, f := trialEnd(c, sub.Items.Data, params, prefix)
	if f != nil {
		return f
	}
	now := c.at.Unix()
	anchor := params.value(prefix + "billing_cycle_anchor")
	switch trialing := was.Status == subscriptionTrialing; {
	case until != nil && *until > now:
		sub.tryOut(now, *until)
	case until != nil && trialing:
		sub.TrialEnd, sub.Status = until, subscriptionActive
		sub.startPeriod(now)
	case trialing && anchor == "now":
		return invalid("", prefix+"billing_cycle_anchor", "You cannot reset the billing cycle anchor during a trial. End the "+
			"trial with `trial_end=now` instead.")
	case trialing, was.Status == subscriptionPaused:
	case anchor == "now", sub.paceChanged(was), sub.free() != was.free():
		sub.startPeriod(now)
	}
	return nil
}

// paceChanged says whether two states of a subscription have different intervals.
func (sub *subscription) paceChanged(was *subscription) bool {
	is, old := sub.price().Recurring, was.price().Recurring
	return is.Interval != old.Interval || is.IntervalCount != old.IntervalCount
}

// startsOver says whether a change begins a new period, which is billed at once. One that is made in the very second in
// which the old period began is known by what it changes.
func (sub *subscription) startsOver(was *subscription) bool {
	trialing := sub.Status == subscriptionTrialing
	switch {
	case sub.CurrentPeriodStart != was.CurrentPeriodStart:
		return true
	case trialing != (was.Status == subscriptionTrialing):
		return true
	case trialing, was.Status == subscriptionPaused, len(sub.Items.Data) == 0, len(was.Items.Data) == 0:
		return false
	}
	return sub.paceChanged(was) || sub.free() != was.free()
}

// free says whether a period costs nothing.
func (sub *subscription) free() bool {
	for _, item := range sub.Items.Data {
		if unit := item.Price.UnitAmountDecimal; item.units() > 0 && unit != "" && unit != "0" {
			return false
		}
		if item.Price.BillingScheme == schemeTiered || item.Price.Recurring.UsageType == usageMetered {
			return false
		}
	}
	return true
}

// checkProrationDate holds the time of a proration within the period that is prorated.
func checkProrationDate(sub *subscription, params *node, prefix string) *failure {
	name := prefix + "proration_date"
	at := params.integer(name)
	if at == nil || sub.Status == subscriptionTrialing {
		return nil
	}
	if *at < sub.CurrentPeriodStart || *at > sub.CurrentPeriodEnd {
		return invalid("", name, "Cannot specify proration date outside of current subscription period")
	}
	return nil
}

// applyPause sets and unsets pause_collection.
func (sub *subscription) applyPause(c *call) *failure {
	given := c.params.get("pause_collection")
	switch {
	case given == nil:
		return nil
	case given.isText():
		sub.PauseCollection = nil
		return nil
	}
	resumes := given.integer("resumes_at")
	if resumes != nil && *resumes <= c.at.Unix() {
		return invalid("", "pause_collection[resumes_at]", notInFuture)
	}
	sub.PauseCollection = &pauseCollection{Behavior: given.value("behavior"), ResumesAt: resumes}
	return nil
}
