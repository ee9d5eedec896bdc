package sandbox

import (
	"fmt"
	"time"
)

// maxIntervals is how many periods of the shortest subscription a clock can go at once, and idleYears how far one with
// no subscription (spec3.json, frozen_time).
const (
	maxIntervals = 2
	idleYears    = 2
)

// advanceTestClock lets a clock begin to go. It has arrived, and everything on the way has happened, by the next
// request: Stripe takes a while too, and a caller must wait for the status.
func (s *Sandbox) advanceTestClock(c *call) (any, *failure) {
	old, f := s.findTestClock(c)
	if f != nil {
		return nil, f
	}
	target, _ := parseInteger(c.text("frozen_time"))
	if f := s.mayAdvance(old, target); f != nil {
		return nil, f
	}
	clock := *old
	clock.Status, clock.target = clockAdvancing, target
	s.world.testClocks.put(clock.ID, &clock)
	s.world.advancing = append(s.world.advancing, clock.ID)
	s.emit(c, "test_helpers.test_clock.advancing", &clock, nil)
	return &clock, nil
}

// mayAdvance holds the limits of one step.
func (s *Sandbox) mayAdvance(clock *testClock, target int64) *failure {
	if clock.Status != clockReady {
		return invalid("", "", "Test clock advancement underway - cannot perform modifications.")
	}
	if target <= clock.FrozenTime {
		return invalid("", "frozen_time", fmt.Sprintf("The time to advance to must be after the test clock's current frozen "+
			"time (%d).", clock.FrozenTime))
	}
	from := time.Unix(clock.FrozenTime, 0).UTC()
	limit, reason := from.AddDate(idleYears, 0, 0), "two years in the future"
	for _, sub := range s.world.subscriptions.rows {
		if sub.TestClock.id != clock.ID || sub.ended() {
			continue
		}
		for _, item := range sub.Items.Data {
			end := from
			for range maxIntervals {
				end = item.Price.next(from, end)
			}
			if end.Before(limit) {
				limit, reason = end, "two intervals in the future from the shortest subscription"
			}
		}
	}
	if target > limit.Unix() {
		return invalid("", "frozen_time", fmt.Sprintf("The time to advance a test clock to can not be more than %s: at most "+
			"%d.", reason, limit.Unix()))
	}
	return nil
}

// arrive lets the clocks that go do what is due on the way, each thing at its own time. The caller holds mu.
func (s *Sandbox) arrive(now time.Time) {
	for len(s.world.advancing) > 0 {
		id := s.world.advancing[0]
		s.world.advancing = s.world.advancing[1:]
		going, ok := s.world.testClocks.get(id)
		if !ok {
			continue // it was deleted meanwhile
		}
		s.runUntil(id, time.Unix(going.target, 0))
		clock := *going
		clock.Status, clock.FrozenTime, clock.target = clockReady, going.target, 0
		s.world.testClocks.put(id, &clock)
		s.emit(&call{at: now}, "test_helpers.test_clock.ready", &clock, nil)
	}
}
