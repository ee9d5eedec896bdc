package store

import (
	"testing"
	"testing/synctest"
	"time"
)

// However the store's clock goes, a row is never younger to it than it is, by more than the tolerance; and an honest clock
// is believed.
func TestClock(t *testing.T) {
	const hour = time.Hour
	// step lets time pass, and moves the store's clock besides.
	type step struct{ passes, jumps time.Duration }
	tests := map[string]struct {
		steps []step
		// unknown is whether the row is of any age in the end.
		unknown bool
	}{
		"honest":                 {steps: []step{{hour, 0}, {hour, 0}}},
		"stepped back a little":  {steps: []step{{hour, -30 * time.Second}, {hour, 0}}},
		"forward":                {steps: []step{{hour, 25 * hour}, {hour, 0}}},
		"back":                   {steps: []step{{hour, -25 * hour}}, unknown: true},
		"back, and caught up":    {steps: []step{{hour, -25 * hour}, {25 * hour, 0}, {hour, 0}}, unknown: true},
		"back and forth":         {steps: []step{{hour, -25 * hour}, {hour, 25 * hour}, {hour, 0}}, unknown: true},
		"forward and back":       {steps: []step{{hour, 25 * hour}, {hour, -25 * hour}}, unknown: true},
		"back to the day before": {steps: []step{{0, -25 * hour}, {0, -25 * hour}, {hour, 0}}, unknown: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				offset := time.Duration(0)
				now := func() time.Time { return time.Now().Add(offset) }
				c := newClock(time.Time{}, time.Time{})
				began, truly := now(), time.Now()
				c.look(began)
				var got time.Duration
				for _, step := range test.steps {
					<-time.After(step.passes)
					offset += step.jumps
					mark := c.look(now())
					got = age(began, now(), mark)
					if truth := time.Since(truly); got < truth-clockTolerance {
						t.Errorf("the age is %v, and truly %v", got, truth)
					}
				}
				if unknown := got == MaxAge; unknown != test.unknown {
					t.Errorf("the age is %v in the end; unknown: %v, want %v", got, unknown, test.unknown)
				}
			})
		})
	}
}

// Many small steps back, or a clock that stands still, are one big step in the end.
func TestClockCreepsBack(t *testing.T) {
	creeps := map[string]struct{ every, shown time.Duration }{
		"it stands still":        {time.Second, 0},
		"it goes at half speed":  {time.Second, 500 * time.Millisecond},
		"it steps back at times": {time.Hour, time.Hour - 30*time.Second},
	}
	for name, creep := range creeps {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				c := newClock(time.Time{}, time.Time{})
				began, truly := now, time.Now()
				for range 1000 {
					mark := c.look(now)
					got, truth := age(began, now, mark), time.Since(truly)
					if got < truth-clockTolerance-truth/clockDrift {
						t.Fatalf("the age is %v, and truly %v", got, truth)
					}
					<-time.After(creep.every)
					now = now.Add(creep.shown)
				}
			})
		})
	}
}

// Two good clocks drift apart, and that is no reason to send nothing any more.
func TestClockDrifts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		c := newClock(time.Time{}, time.Time{})
		for range 365 * 24 {
			if mark := c.look(now); !mark.IsZero() {
				t.Fatalf("it is distrusted after %v", time.Since(now))
			}
			<-time.After(time.Hour)
			now = now.Add(time.Hour - 500*time.Millisecond)
		}
	})
}

// What began after a clock that went back has come as far again is known as ever.
func TestClockIsTrustedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		c := newClock(now.Add(time.Hour), time.Time{})
		mark := c.look(now)
		if mark.IsZero() {
			t.Fatal("a clock behind what is remembered is trusted")
		}
		if got := age(now, now, mark); got != MaxAge {
			t.Errorf("what begins before the mark is %v old", got)
		}
		<-time.After(2 * time.Hour)
		now = now.Add(2 * time.Hour)
		if got := age(now.Add(-time.Minute), now, c.look(now)); got != time.Minute {
			t.Errorf("what began a minute ago is %v old", got)
		}
		if got := age(now.Add(-time.Hour), now, newClock(now, mark).look(now)); got != MaxAge {
			t.Errorf("after a start, what began before the mark is %v old", got)
		}
	})
}

func TestAge(t *testing.T) {
	now := time.Now()
	tests := map[string]struct {
		began, mark time.Time
		want        time.Duration
	}{
		"an hour ago":                   {began: now.Add(-time.Hour), want: time.Hour},
		"a moment ahead":                {began: now.Add(time.Second), want: 0},
		"ahead":                         {began: now.Add(2 * clockTolerance), want: MaxAge},
		"before the clock went back":    {began: now.Add(-time.Hour), mark: now.Add(-time.Hour), want: MaxAge},
		"after it had come that far":    {began: now.Add(-time.Hour), mark: now.Add(-2 * time.Hour), want: time.Hour},
		"nobody knows, as it is erased": {want: MaxAge},
	}
	for name, test := range tests {
		if got := age(test.began, now, test.mark); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
