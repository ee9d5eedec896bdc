package sandbox

import (
	"maps"
	"slices"
	"time"
)

// expectPhase looks after the end of the current phase. Where that is the end of a period too, the period's own
// appointment does it.
func (s *Sandbox) expectPhase(c *call, sched *subscriptionSchedule) {
	id, end := sched.ID, sched.CurrentPhase.EndDate
	s.schedule(c, time.Unix(end, 0), func(s *Sandbox, c *call) {
		now, ok := s.world.schedules.get(id)
		if !ok || !now.managing() || now.CurrentPhase == nil || now.CurrentPhase.EndDate != end {
			return
		}
		sub, ok := s.world.subscriptions.get(now.Subscription.id)
		if !ok || sub.ended() || sub.CurrentPeriodEnd == end {
			return
		}
		next := *sub
		if !s.enterPhase(c, sub, &next, end) {
			phase := now.phaseAt(end)
			how := changing{proration: createProrations, payment: allowIncomplete, at: c.at}
			if phase != nil {
				how.proration = phase.ProrationBehavior
			}
			_, _ = s.change(c, sub, &next, how) // allow_incomplete does not fail
		}
	})
}

// phaseAt is the phase that begins at a time; nil where none does.
func (sched *subscriptionSchedule) phaseAt(at int64) *schedulePhase {
	i := slices.IndexFunc(sched.Phases, func(p schedulePhase) bool { return p.StartDate == at })
	if i < 0 {
		return nil
	}
	return &sched.Phases[i]
}

// enterPhase makes a subscription what the phase says that begins at a time. Behind the last phase the schedule lets go
// of the subscription, or ends it.
func (s *Sandbox) enterPhase(c *call, sub, next *subscription, at int64) (ended bool) {
	sched, ok := s.world.schedules.get(sub.Schedule.id)
	if !ok || !sched.managing() || sched.CurrentPhase == nil || sched.CurrentPhase.EndDate > at {
		return false
	}
	phase := sched.phaseAt(sched.CurrentPhase.EndDate)
	if phase == nil {
		if sched.EndBehavior == "cancel" {
			s.end(c, sub, reasonRequested)
			return true
		}
		s.letGo(c, sched)
		next.Schedule = ref{}
		return false
	}
	now := *sched
	now.CurrentPhase = &currentPhase{EndDate: phase.EndDate, StartDate: phase.StartDate}
	s.putSchedule(c, "updated", &now, sched)
	s.applyPhase(c, next, phase)
	s.expectPhase(c, &now)
	return false
}

// applyPhase puts the items and settings of a phase into a subscription. An item keeps its id where the price stays, or
// else where it is in the place of one that goes.
func (s *Sandbox) applyPhase(c *call, sub *subscription, phase *schedulePhase) {
	was := *sub
	sub.setItems(s.itemsOfPhase(c, sub, phase))
	if sub.paceChanged(&was) || phase.BillingCycleAnchor == phaseStart {
		sub.BillingCycleAnchor = phase.StartDate
	}
	if len(phase.Metadata) > 0 {
		sub.Metadata = maps.Clone(phase.Metadata)
	}
	if phase.DefaultPaymentMethod.id != "" {
		sub.DefaultPaymentMethod = phase.DefaultPaymentMethod
	}
	if phase.TrialEnd != nil && *phase.TrialEnd > c.at.Unix() {
		sub.tryOut(c.at.Unix(), *phase.TrialEnd)
	}
}

func (s *Sandbox) itemsOfPhase(c *call, sub *subscription, phase *schedulePhase) []*subscriptionItem {
	left := slices.Clone(sub.Items.Data)
	items := make([]*subscriptionItem, len(phase.Items))
	take := func(i, place int, p *price) {
		item := *left[place]
		item.Price, item.Plan, item.Quantity = p, planOf(p), phase.Items[i].Quantity
		items[i], left = &item, slices.Delete(left, place, place+1)
	}
	for i, wanted := range phase.Items {
		place := slices.IndexFunc(left, func(item *subscriptionItem) bool { return item.Price.ID == wanted.Price.id })
		if place >= 0 {
			take(i, place, left[place].Price)
		}
	}
	for i, wanted := range phase.Items {
		p, _ := s.world.prices.get(wanted.Price.id)
		switch {
		case items[i] != nil:
		case len(left) > 0:
			take(i, 0, p)
		default:
			items[i] = &subscriptionItem{
				ID: "si_T" + s.ids.letters(13), Object: "subscription_item", Created: c.at.Unix(),
				Metadata: maps.Clone(wanted.Metadata), Plan: planOf(p), Price: p, Quantity: wanted.Quantity,
				Subscription: sub.ID, TaxRates: []string{},
			}
		}
	}
	return items
}

// currentChanged takes over what an update changes of the phase that the subscription is in.
func (s *Sandbox) currentChanged(c *call, sched *subscriptionSchedule, sub *subscription) *failure {
	phase := sched.phaseAt(sched.CurrentPhase.StartDate)
	if phase.EndDate <= c.at.Unix() {
		return invalid("", "phases[0][end_date]", "The current phase cannot end in the past.")
	}
	sched.CurrentPhase = &currentPhase{EndDate: phase.EndDate, StartDate: phase.StartDate}
	same := len(phase.Items) == len(sub.Items.Data)
	for _, item := range phase.Items {
		same = same && slices.ContainsFunc(sub.Items.Data, func(old *subscriptionItem) bool {
			return old.Price.ID == item.Price.id && (item.Quantity == nil || old.units() == *item.Quantity)
		})
	}
	if !same {
		sub.setItems(s.itemsOfPhase(c, sub, phase))
	}
	return nil
}
