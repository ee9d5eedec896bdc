package store

import (
	"sync"
	"time"
)

const (
	// clockTolerance is how far a clock may go back before it is not trusted: time servers take it back by seconds.
	clockTolerance = time.Minute
	// clockDrift is how much slower than this process's clock the store's may be without suspicion, one part in so many:
	// two good clocks differ by a twentieth of that, and one that stands still is found out all the same.
	clockDrift = 1000
)

// clock says whether the store's clock can be trusted to tell how old a row is. One that goes back makes old rows look
// young, and a young row may be sent again: after a day, Stripe would take it for a new one. It compares the store's clock
// with this process's monotonic one, and at start with the latest time that the store has seen.
type clock struct {
	mu     sync.Mutex
	base   time.Time // the store's clock when it was furthest ahead
	looked time.Time // this process's clock then
	mark   time.Time // how far the store's clock had come before it went back
}

// newClock begins with the latest time that the store has seen, which is the later one of what it remembers and of its
// newest row, and with the mark that it remembers. Both are zero for a new store.
func newClock(latest, mark time.Time) *clock {
	return &clock{base: latest, looked: time.Now(), mark: mark}
}

// look compares the store's clock, at every time that it is taken, and returns the mark: what began then or before may
// have done so before the clock went back, and the clock does not tell its age any more, not even when it has come that
// far again. The mark must outlive the process. It is zero as long as the clock never went back.
func (c *clock) look(now time.Time) (mark time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed := time.Since(c.looked)
	due := c.base.Add(passed - passed/clockDrift)
	switch back := due.Sub(now); {
	case back > clockTolerance:
		if due.After(c.mark) {
			c.mark = due
		}
		c.base, c.looked = now, time.Now()
	case back <= 0:
		// A clock that jumps forward makes rows look old, which costs a look-up and nothing else.
		c.base, c.looked = now, time.Now()
	default:
		// Many small steps back must not pass for none, so they are all counted from the same base.
	}
	return c.mark
}

// age is how long ago that began by a clock that says now, and MaxAge if the clock can not tell.
func age(began, now, mark time.Time) time.Duration {
	if !began.After(mark) || began.After(now.Add(clockTolerance)) {
		return MaxAge
	}
	return max(now.Sub(began), 0)
}
