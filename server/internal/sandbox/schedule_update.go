package sandbox

import (
	"fmt"
	"strconv"
)

// updateSchedule changes the phases of a schedule. Those that are over may be left out; the current one stays where it
// began, and what it changes of the subscription applies at once.
func (s *Sandbox) updateSchedule(c *call) (any, *failure) {
	old, f := s.findSchedule(c)
	if f != nil {
		return nil, f
	}
	if !old.managing() {
		return nil, invalid("", "", fmt.Sprintf("You cannot update a subscription schedule that is currently in the `%s` "+
			"status. A schedule can only be updated if its status is `not_started` or `active`.", old.Status))
	}
	sub, _ := s.world.subscriptions.get(old.Subscription.id)
	sched, changed := *old, *sub
	if f := s.scheduleSettings(c, &sched, &changed); f != nil {
		return nil, f
	}
	if list := c.params.get("phases"); list != nil {
		phases, f := s.readPhases(c, sub, old, list)
		if f != nil {
			return nil, f
		}
		sched.Phases = phases
		if f := s.currentChanged(c, &sched, &changed); f != nil {
			return nil, f
		}
	}
	last := sched.Phases[len(sched.Phases)-1].EndDate
	switch sched.EndBehavior {
	case "cancel":
		changed.CancelAt = &last
	default:
		changed.CancelAt, changed.CancelAtPeriodEnd, changed.CanceledAt = nil, false, nil
	}
	s.putSchedule(c, "updated", &sched, old)
	if sub.differs(&changed) {
		how := changing{
			proration: orElse(c.text("proration_behavior"), createProrations), payment: allowIncomplete, at: c.at,
		}
		if _, f := s.change(c, sub, &changed, how); f != nil {
			return nil, f
		}
	}
	s.expectPhase(c, &sched)
	return &sched, nil
}

// differs says whether a schedule changed anything of its subscription.
func (sub *subscription) differs(now *subscription) bool {
	return string(compact(sub)) != string(compact(now))
}

// scheduleSettings reads what holds for all phases.
func (s *Sandbox) scheduleSettings(c *call, sched *subscriptionSchedule, sub *subscription) *failure {
	given := c.params.get("default_settings")
	if given.value("default_payment_method") != "" {
		if f := s.applyMethod(&call{params: given}, sub); f != nil {
			f.param = "default_settings[default_payment_method]"
			return f
		}
		sched.DefaultSettings.DefaultPaymentMethod = sub.DefaultPaymentMethod
	}
	given.change(&sched.DefaultSettings.CollectionMethod, "collection_method")
	given.change(&sched.DefaultSettings.Description, "description")
	if days := given.integer("invoice_settings", "days_until_due"); days != nil {
		sched.DefaultSettings.InvoiceSettings.DaysUntilDue = days
	}
	sched.EndBehavior = orElse(c.text("end_behavior"), sched.EndBehavior)
	if sched.EndBehavior == "none" || sched.EndBehavior == "renew" {
		return invalid("", "end_behavior", "The sandbox imitates only the end_behavior release and cancel.")
	}
	sched.Metadata = c.merged(sched.Metadata)
	return nil
}

// readPhases reads the phases of an update, one behind the other.
func (s *Sandbox) readPhases(
	c *call, sub *subscription, old *subscriptionSchedule, list *node,
) ([]schedulePhase, *failure) {
	current := false
	phases := make([]schedulePhase, 0, len(list.names))
	for i := range list.names {
		given, at := list.kids[strconv.Itoa(i)], fmt.Sprintf("phases[%d]", i)
		phase := newPhase(sub)
		start, f := phaseTime(c, given, "start_date", at)
		switch {
		case f != nil:
			return nil, f
		case start == nil && i == 0:
			return nil, invalid("", at+"[start_date]", "The subscription schedule update is missing at least one phase with a "+
				"`start_date` to anchor end dates to.")
		case start != nil && i > 0 && *start != phases[i-1].EndDate:
			return nil, invalid("", at+"[start_date]", "A phase must begin where the phase before it ends.")
		case start != nil:
			phase.StartDate = *start
		default:
			phase.StartDate = phases[i-1].EndDate
		}
		if f := s.readPhase(c, sub, &phase, given, at); f != nil {
			return nil, f
		}
		if old.CurrentPhase != nil && phase.StartDate == old.CurrentPhase.StartDate {
			current = true
		}
		phases = append(phases, phase)
	}
	if !current {
		return nil, invalid("", "phases[0][start_date]", "You can not modify the start date of the current phase.")
	}
	return phases, nil
}

// readPhase reads the rest of a phase, whose start is known.
func (s *Sandbox) readPhase(c *call, sub *subscription, phase *schedulePhase, given *node, path string) *failure {
	none := *sub
	none.setItems(nil)
	// Whether Stripe lets the current phase keep an archived price is not written anywhere; a renewal does.
	keeping := *c
	if phase.StartDate == sub.CurrentPeriodStart {
		for _, item := range sub.Items.Data {
			keeping.standing = append(keeping.standing, item.Price.ID)
		}
	}
	items, f := s.changedItems(&keeping, &none, given.get("items"), path+"[items]")
	if f != nil {
		return f
	}
	if items[0].Price.Currency != sub.Currency {
		return invalid("", path+"[items]", "All phases of a subscription schedule must have the same currency.")
	}
	for _, item := range items {
		phase.Items = append(phase.Items, scheduleItem{
			Metadata: item.Metadata, Plan: nullString(item.Price.ID), Price: ref{id: item.Price.ID}, Quantity: item.Quantity,
			TaxRates: []string{},
		})
	}
	given.change(&phase.BillingCycleAnchor, "billing_cycle_anchor")
	given.change(&phase.CollectionMethod, "collection_method")
	given.change(&phase.Description, "description")
	phase.Metadata = (&call{params: given}).metadata()
	phase.ProrationBehavior = orElse(given.value("proration_behavior"), phase.ProrationBehavior)
	if given.value("default_payment_method") != "" {
		if f := s.applyMethod(&call{params: given}, &none); f != nil {
			f.param = path + "[default_payment_method]"
			return f
		}
		phase.DefaultPaymentMethod = none.DefaultPaymentMethod
	}
	if f := phaseEnd(c, sub, phase, items, given, path); f != nil {
		return f
	}
	return phaseTrial(c, phase, given, path)
}

// phaseEnd reads where a phase ends: at a time, or after some periods.
func phaseEnd(
	c *call, sub *subscription, phase *schedulePhase, items []*subscriptionItem, given *node, path string,
) *failure {
	end, f := phaseTime(c, given, "end_date", path)
	switch {
	case f != nil:
		return f
	case end != nil && given.get("iterations") != nil:
		return invalid("parameters_exclusive", path, "You may only specify one of these parameters: end_date, iterations.")
	case end != nil:
		phase.EndDate = *end
	default:
		paced := *sub
		paced.setItems(items)
		if paced.paceChanged(sub) || phase.BillingCycleAnchor == phaseStart {
			paced.BillingCycleAnchor = phase.StartDate
		}
		phase.EndDate = phase.StartDate
		times := int64(1)
		if asked := given.integer("iterations"); asked != nil {
			times = *asked
		}
		if times < 1 || times > 1000 {
			return invalid("parameter_invalid_integer", path+"[iterations]", "This value must be greater than or equal to 1.")
		}
		for range times {
			phase.EndDate = paced.periodAfter(phase.EndDate)
		}
	}
	if phase.EndDate <= phase.StartDate {
		return invalid("", path+"[end_date]", "The end date of a phase must be after its start date.")
	}
	return nil
}

// phaseTrial reads the trial of a phase: all of it, or until a time within it.
func phaseTrial(c *call, phase *schedulePhase, given *node, path string) *failure {
	end, f := phaseTime(c, given, "trial_end", path)
	switch {
	case f != nil:
		return f
	case given.value("trial") == "true":
		phase.TrialEnd = new(phase.EndDate)
	case end != nil && (*end <= phase.StartDate || *end > phase.EndDate):
		return invalid("", path+"[trial_end]", "The trial of a phase must end within the phase.")
	case end != nil:
		phase.TrialEnd = end
	}
	return nil
}

// phaseTime reads a time, or now.
func phaseTime(c *call, given *node, name, path string) (*int64, *failure) {
	text := given.value(name)
	switch text {
	case "":
		return nil, nil //nolint:nilnil // no time is no failure
	case "now":
		return new(c.at.Unix()), nil
	}
	at, ok := parseInteger(text)
	if !ok || at < 0 || at > maxTimestamp {
		return nil, invalid("parameter_invalid_integer", path+"["+name+"]", "Invalid integer: "+text)
	}
	return &at, nil
}
