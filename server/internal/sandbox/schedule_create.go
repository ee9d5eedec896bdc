package sandbox

import (
	"fmt"
	"maps"
	"net/http"
)

// findSchedule finds the schedule of the path, and enters the time of its customer.
func (s *Sandbox) findSchedule(c *call) (*subscriptionSchedule, *failure) {
	sched, ok := s.world.schedules.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "subscription_schedule", c.id, "id")
	}
	s.enter(c, sched.Customer.id)
	return sched, nil
}

func (s *Sandbox) getSchedule(c *call) (any, *failure) {
	sched, f := s.findSchedule(c)
	if f != nil {
		return nil, f
	}
	return sched, nil
}

// listSchedules leaves out those on test clocks, unless a customer is asked for.
func (s *Sandbox) listSchedules(c *call) (any, *failure) {
	if f := s.checkReferences(c); f != nil {
		return nil, f
	}
	owner := c.text("customer")
	return pageOf(c, &s.world.schedules, "subscription_schedule", func(sched *subscriptionSchedule) bool {
		return c.within(sched.Created) && (owner == "" && sched.TestClock.id == "" || sched.Customer.id == owner) &&
			(!c.flag("scheduled") || sched.Status == scheduleNotStarted)
	})
}

// createSchedule puts a subscription under a schedule: its first phase is the current period as it stands.
func (s *Sandbox) createSchedule(c *call) (any, *failure) {
	id := c.text("from_subscription")
	sub, ok := s.world.subscriptions.get(id)
	if !ok {
		return nil, missing(http.StatusBadRequest, "subscription", id, "from_subscription")
	}
	s.enter(c, sub.Customer.id)
	switch {
	case sub.ended(), sub.Status == subscriptionIncomplete:
		return nil, invalid("", "from_subscription", fmt.Sprintf("You cannot migrate a subscription with the status `%s` to a "+
			"subscription schedule.", sub.Status))
	case sub.Schedule.id != "":
		return nil, invalid("", "from_subscription", fmt.Sprintf("You cannot migrate a subscription that is already attached "+
			"to a schedule: `%s`.", sub.Schedule.id))
	}
	sched := &subscriptionSchedule{
		ID: s.ids.object("sub_sched_", c.at), Object: "subscription_schedule", Created: c.at.Unix(),
		CurrentPhase: &currentPhase{EndDate: sub.CurrentPeriodEnd, StartDate: sub.CurrentPeriodStart},
		Customer:     sub.Customer, EndBehavior: "release", Metadata: map[string]string{},
		DefaultSettings: scheduleSettings{
			BillingCycleAnchor: "automatic", CollectionMethod: nullString(sub.CollectionMethod),
			DefaultPaymentMethod: sub.DefaultPaymentMethod, Description: sub.Description,
			InvoiceSettings: scheduleInvoiceSettings{DaysUntilDue: sub.DaysUntilDue, Issuer: issuerOfOwn{"self"}},
		},
		Phases: []schedulePhase{phaseOf(sub)}, Status: scheduleActive, Subscription: ref{id: sub.ID},
		TestClock: sub.TestClock,
	}
	if sub.CancelAt != nil {
		sched.EndBehavior = "cancel"
	}
	next := *sub
	next.Schedule = ref{id: sched.ID}
	s.world.schedules.put(sched.ID, sched)
	s.emit(c, "subscription_schedule.created", sched, nil)
	s.changed(c, sub, &next)
	s.expectPhase(c, sched)
	return sched, nil
}

// phaseOf is the current period of a subscription as a phase.
func phaseOf(sub *subscription) schedulePhase {
	phase := newPhase(sub)
	phase.StartDate, phase.EndDate = sub.CurrentPeriodStart, sub.CurrentPeriodEnd
	phase.Metadata = maps.Clone(sub.Metadata)
	if sub.Status == subscriptionTrialing {
		phase.TrialEnd = sub.TrialEnd
	}
	for _, item := range sub.Items.Data {
		phase.Items = append(phase.Items, scheduleItem{
			Metadata: maps.Clone(item.Metadata), Plan: nullString(item.Price.ID), Price: ref{id: item.Price.ID},
			Quantity: item.Quantity, TaxRates: []string{},
		})
	}
	return phase
}

func newPhase(sub *subscription) schedulePhase {
	return schedulePhase{
		AddInvoiceItems: []string{}, Currency: sub.Currency, DefaultTaxRates: []string{}, Items: []scheduleItem{},
		Metadata: map[string]string{}, ProrationBehavior: createProrations,
	}
}

// putSchedule stores a schedule that was changed, and tells of it.
func (s *Sandbox) putSchedule(c *call, kind string, now, was *subscriptionSchedule) {
	s.world.schedules.put(now.ID, now)
	s.emit(c, "subscription_schedule."+kind, now, was)
}
