package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// Statuses of a test clock (spec3.json, test_helpers.test_clock).
const (
	clockAdvancing = "advancing"
	clockReady     = "ready"
)

// clockLife is how long Stripe keeps a test clock (issue 789 of stripe/stripe-python shows one).
const clockLife = 30 * 24 * time.Hour

// maxClockCustomers is how many customers one test clock can have
// (docs.stripe.com/billing/testing/test-clocks/api-advanced-usage).
const maxClockCustomers = 3

// testClock is Stripe's object for a time of its own, which stands still until it is advanced, its properties in
// Stripe's order.
type testClock struct {
	ID           string     `json:"id"`
	Object       string     `json:"object"`
	Created      int64      `json:"created"`
	DeletesAfter int64      `json:"deletes_after"`
	FrozenTime   int64      `json:"frozen_time"`
	Livemode     bool       `json:"livemode"`
	Name         nullString `json:"name"`
	Status       string     `json:"status"`

	target int64 // where it is going while it advances
}

func (k *testClock) identity() string { return k.ID }

// enter takes a call into the time of a customer: to where the customer's test clock stands, if it has one. Every
// handler calls it as soon as it knows whose object it is about. What an advancing clock brings about is in its time
// already.
func (s *Sandbox) enter(c *call, customerID string) {
	cu, ok := s.world.customers.get(customerID)
	if !ok || cu.TestClock.id == "" || cu.TestClock.id == c.clock {
		return
	}
	if clock, ok := s.world.testClocks.get(cu.TestClock.id); ok {
		c.at, c.clock = time.Unix(clock.FrozenTime, 0), clock.ID
	}
}

// timeOf is what a test clock shows; the sandbox's own time where there is none, or no longer.
func (s *Sandbox) timeOf(clock string) time.Time {
	if found, ok := s.world.testClocks.get(clock); ok {
		return time.Unix(found.FrozenTime, 0)
	}
	return s.now()
}

// joinTestClock makes room on a clock for a new customer, whose time it is from here on.
func (s *Sandbox) joinTestClock(c *call, id string) *failure {
	clock, f := s.testClockParam(id, "test_clock")
	if f != nil {
		return f
	}
	others := 0
	for _, cu := range s.world.customers.rows {
		if cu.TestClock.id == id && !cu.deleted {
			others++
		}
	}
	if others >= maxClockCustomers {
		return invalid("", "test_clock", fmt.Sprintf("The test clock %s has reached its limit of %d customers.", id,
			maxClockCustomers))
	}
	c.at, c.clock = time.Unix(clock.FrozenTime, 0), clock.ID
	return nil
}

// createTestClock makes a clock that stands still at any time, past or future.
func (s *Sandbox) createTestClock(c *call) (any, *failure) {
	frozen, _ := parseInteger(c.text("frozen_time"))
	clock := &testClock{
		ID: s.ids.object("clock_", c.at), Object: "test_helpers.test_clock", Created: c.at.Unix(),
		DeletesAfter: c.at.Add(clockLife).Unix(), FrozenTime: frozen, Name: nullString(c.text("name")), Status: clockReady,
	}
	s.world.testClocks.put(clock.ID, clock)
	s.emit(c, "test_helpers.test_clock.created", clock, nil)
	s.schedule(c, c.at.Add(clockLife), func(s *Sandbox, c *call) {
		if clock, ok := s.world.testClocks.get(clock.ID); ok {
			s.dropTestClock(c, clock)
		}
	})
	return clock, nil
}

func (s *Sandbox) getTestClock(c *call) (any, *failure) {
	return s.findTestClock(c)
}

func (s *Sandbox) findTestClock(c *call) (*testClock, *failure) {
	clock, ok := s.world.testClocks.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "testclock", c.id, "test_clock")
	}
	return clock, nil
}

// testClockParam finds the test clock that a parameter names.
func (s *Sandbox) testClockParam(id, param string) (*testClock, *failure) {
	clock, ok := s.world.testClocks.get(id)
	if !ok {
		return nil, missing(http.StatusBadRequest, "testclock", id, param)
	}
	return clock, nil
}

func (s *Sandbox) listTestClocks(c *call) (any, *failure) {
	return pageOf(c, &s.world.testClocks, "testclock", func(*testClock) bool { return true })
}

// deleteTestClock answers with the little that is left of a clock.
func (s *Sandbox) deleteTestClock(c *call) (any, *failure) {
	clock, f := s.findTestClock(c)
	if f != nil {
		return nil, f
	}
	s.dropTestClock(c, clock)
	return &tombstone{ID: clock.ID, Object: clock.Object, Deleted: true}, nil
}

// dropTestClock forgets a clock, what it was to bring about, its customers, and what is billed to them. The customers'
// payments stay, as when a customer is deleted, and no event tells of more than the clock.
func (s *Sandbox) dropTestClock(c *call, clock *testClock) {
	s.world.subscriptions.remove(func(sub *subscription) bool { return sub.TestClock.id == clock.ID })
	s.world.schedules.remove(func(sched *subscriptionSchedule) bool { return sched.TestClock.id == clock.ID })
	s.world.invoices.remove(func(inv *invoice) bool { return inv.TestClock.id == clock.ID })
	s.world.invoiceItems.remove(func(item *invoiceItem) bool { return item.TestClock.id == clock.ID })
	for _, cu := range s.world.customers.rows {
		if cu.TestClock.id == clock.ID {
			gone := *cu
			gone.deleted = true
			s.world.customers.put(gone.ID, &gone)
		}
	}
	delete(s.world.agendas, clock.ID)
	s.world.testClocks.remove(func(other *testClock) bool { return other.ID == clock.ID })
	s.emit(c, "test_helpers.test_clock.deleted", clock, nil)
}
