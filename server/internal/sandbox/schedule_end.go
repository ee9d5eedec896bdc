package sandbox

import "fmt"

// releaseSchedule leaves the subscription as it is, without the phases that were to come.
func (s *Sandbox) releaseSchedule(c *call) (any, *failure) {
	sched, f := s.findSchedule(c)
	if f != nil {
		return nil, f
	}
	if f := sched.mayEnd("release", "released"); f != nil {
		return nil, f
	}
	sub, _ := s.world.subscriptions.get(sched.Subscription.id)
	now := s.letGo(c, sched)
	next := *sub
	next.Schedule = ref{}
	if sched.EndBehavior == "cancel" && !c.flag("preserve_cancel_date") {
		next.CancelAt, next.CancelAtPeriodEnd, next.CanceledAt = nil, false, nil
	}
	s.changed(c, sub, &next)
	return now, nil
}

// letGo ends a schedule, and not its subscription.
func (s *Sandbox) letGo(c *call, sched *subscriptionSchedule) *subscriptionSchedule {
	now := *sched
	now.Status, now.ReleasedAt, now.CurrentPhase = scheduleReleased, new(c.at.Unix()), nil
	now.ReleasedSubscription, now.Subscription = nullString(sched.Subscription.id), ref{}
	s.putSchedule(c, "released", &now, nil)
	return &now
}

// cancelSchedule ends a schedule and its subscription at once.
func (s *Sandbox) cancelSchedule(c *call) (any, *failure) {
	sched, f := s.findSchedule(c)
	if f != nil {
		return nil, f
	}
	if f := sched.mayEnd("cancel", "canceled"); f != nil {
		return nil, f
	}
	if sub, ok := s.world.subscriptions.get(sched.Subscription.id); ok && !sub.ended() {
		s.cancelNow(c, sub, c.text("prorate") != "false", c.text("invoice_now") != "false")
	}
	now, _ := s.world.schedules.get(sched.ID)
	return now, nil
}

func (sched *subscriptionSchedule) mayEnd(verb, done string) *failure {
	if sched.managing() {
		return nil
	}
	return invalid("", "", fmt.Sprintf("You cannot %s a subscription schedule that is currently in the `%s` status. A "+
		"schedule can only be %s if its status is `not_started` or `active`.", verb, sched.Status, done))
}

// scheduleOfEnded ends the schedule of a subscription that has ended: it is complete if that was its plan.
func (s *Sandbox) scheduleOfEnded(c *call, sub *subscription) {
	sched, ok := s.world.schedules.get(sub.Schedule.id)
	if !ok || !sched.managing() {
		return
	}
	now := *sched
	now.CurrentPhase = nil
	if last := sched.Phases[len(sched.Phases)-1]; sched.EndBehavior == "cancel" && last.EndDate <= c.at.Unix() {
		now.Status, now.CompletedAt = scheduleCompleted, new(c.at.Unix())
		s.putSchedule(c, "completed", &now, nil)
		return
	}
	now.Status, now.CanceledAt = scheduleCanceled, new(c.at.Unix())
	s.putSchedule(c, "canceled", &now, nil)
}
