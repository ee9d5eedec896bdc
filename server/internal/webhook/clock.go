package webhook

import (
	"sync"
	"time"
)

const (
	// clockWindow is how far back the clock looks at requests, in steps of clockStep.
	clockWindow = 5 * time.Minute
	clockStep   = 10 * time.Second
	clockSteps  = int64(clockWindow / clockStep)
	// leastForAlarm is how many requests must be out of bounds before it says that a clock is wrong: one may be a replay.
	leastForAlarm = 3
)

// clock finds out whether our clock is right, by those requests that are surely Stripe's: Stripe signs with its time when
// it sends. Where most of the last minutes are too old or too new, one of the clocks is wrong.
type clock struct {
	mu    sync.Mutex
	steps [clockSteps]struct {
		at        int64
		good, bad int
	}
	alarmed bool
	// skew is how far our clock was ahead of the last request.
	skew time.Duration
}

// saw counts a request that is surely Stripe's. It says whether the alarm changed, and to what.
func (c *clock) saw(now time.Time, skew time.Duration, inBounds bool) (alarmed, changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew = skew
	number := now.Unix() / int64(clockStep/time.Second)
	step := &c.steps[number%clockSteps]
	if step.at != number {
		step.at, step.good, step.bad = number, 0, 0
	}
	if inBounds {
		step.good++
	} else {
		step.bad++
	}
	alarmed = c.wrong(number)
	changed = alarmed != c.alarmed
	c.alarmed = alarmed
	return alarmed, changed
}

// isWrong is whether the alarm is on.
func (c *clock) isWrong(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrong(now.Unix() / int64(clockStep/time.Second))
}

func (c *clock) lastSkew() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew
}

func (c *clock) wrong(number int64) bool {
	good, bad := 0, 0
	for _, step := range c.steps {
		if step.at > number-clockSteps && step.at <= number {
			good += step.good
			bad += step.bad
		}
	}
	return bad >= leastForAlarm && bad > good
}
