package store_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// shifted is a clock that a test sets wrong.
type shifted struct{ by atomic.Int64 }

func (s *shifted) now() time.Time { return time.Now().Add(time.Duration(s.by.Load())) }

func (s *shifted) jump(by time.Duration) { s.by.Add(int64(by)) }

// However the host's clock jumps, no operation is taken for younger than it is.
func TestM29_SQLiteClockJumps(t *testing.T) {
	const day = 25 * time.Hour
	var clock shifted
	s := open(t, store.Config{URL: sqlite.url(t), Now: clock.now})
	begin(t, s, request("op_1"))
	if got := get(t, s, "op_1").Age; got > time.Minute {
		t.Errorf("Age is %v", got)
	}
	clock.jump(day)
	if got := get(t, s, "op_1").Age; got < day {
		t.Errorf("Age is %v after the clock jumped forward", got)
	}
	begin(t, s, request("op_2"))
	for range 3 {
		clock.jump(-day)
		for _, id := range []string{"op_1", "op_2"} {
			if got := get(t, s, id).Age; got != store.MaxAge {
				t.Errorf("%s: Age is %v after the clock went back", id, got)
			}
		}
	}
	clock.jump(4 * day)
	if got := get(t, s, "op_1").Age; got != store.MaxAge {
		t.Errorf("Age is %v after the clock came back", got)
	}
	begin(t, s, request("op_3"))
	if got := get(t, s, "op_3").Age; got > time.Minute {
		t.Errorf("Age of what has just begun is %v", got)
	}
}

// Nor over a restart: what a claim hands out is old enough for everything.
func TestM29_SQLiteClockJumpsOverRestart(t *testing.T) {
	const day = 25 * time.Hour
	tests := map[string]struct {
		// crash is whether the process ended without noting the time.
		crash bool
		jumps []time.Duration
		want  time.Duration
	}{
		"back":                       {jumps: []time.Duration{-day}, want: store.MaxAge},
		"back, and caught up":        {jumps: []time.Duration{-day, day + time.Hour}, want: store.MaxAge},
		"back after a crash":         {crash: true, jumps: []time.Duration{-day}, want: store.MaxAge},
		"back, crash, and caught up": {crash: true, jumps: []time.Duration{-day, day}, want: store.MaxAge},
		"forward":                    {jumps: []time.Duration{day}, want: day},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var clock shifted
			url := sqlite.url(t)
			reopen := func() store.Store {
				t.Helper()
				s, err := store.Open(t.Context(), store.Config{URL: url, Now: clock.now})
				must(t, err)
				return s
			}
			s := reopen()
			begin(t, s, request("op_1"))
			begin(t, s, request("op_2"))
			postpone(t, s, "op_2", store.Unknown, over)
			must(t, s.Close())
			if test.crash {
				execute(t, sqlite.database(t, url), `DELETE FROM facts WHERE name = 'clock'`)
			}
			for _, jump := range test.jumps {
				clock.jump(jump)
				s = reopen()
				must(t, s.Close())
			}
			s = reopen()
			defer func() { must(t, s.Close()) }()
			// The one whose worker has died is due, whatever the clock says now.
			claimed := claim(t, s, 10)
			if len(claimed) == 0 {
				t.Error("nothing was claimed")
			}
			for _, op := range claimed {
				if op.Age < test.want {
					t.Errorf("%s is claimed with Age %v", op.ID, op.Age)
				}
			}
			for _, id := range []string{"op_1", "op_2"} {
				if got := get(t, s, id).Age; got < test.want {
					t.Errorf("%s: Age is %v", id, got)
				}
			}
		})
	}
}

// The time is noted while the server runs, so that a crash does not lose it.
func TestSQLiteClockIsNoted(t *testing.T) {
	var clock shifted
	url := sqlite.url(t)
	s, db := open(t, store.Config{URL: url, Now: clock.now}), sqlite.database(t, url)
	noted := func() int64 {
		t.Helper()
		return int64(count(t, db, `SELECT value FROM facts WHERE name = 'clock'`))
	}
	first := noted()
	clock.jump(59 * time.Second)
	claim(t, s, 1)
	if noted() != first {
		t.Error("it was noted before a minute had passed")
	}
	clock.jump(2 * time.Second)
	claim(t, s, 1)
	second := noted()
	if second < first+time.Minute.Microseconds() {
		t.Errorf("a minute later, it says %d; before %d", second, first)
	}
	clock.jump(-time.Hour)
	claim(t, s, 1)
	if noted() != second {
		t.Error("it went back")
	}
	if mark := int64(count(t, db, `SELECT value FROM facts WHERE name = 'clock_mark'`)); mark < second {
		t.Errorf("the mark is %d, want %d or later", mark, second)
	}
}

// A process that opens the file is the only one: what the last one held is free, what waits for its time waits.
func TestSQLiteTakesOver(t *testing.T) {
	url := sqlite.url(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	must(t, err)
	for _, id := range []string{"op_pending", "op_later", "op_unknown", "op_claimed", "op_ended"} {
		begin(t, s, request(id))
	}
	finish(t, s, "op_ended", 1, store.Succeeded)
	postpone(t, s, "op_later", store.Pending, time.Hour)
	postpone(t, s, "op_unknown", store.Unknown, time.Hour)
	postpone(t, s, "op_claimed", store.Unknown, over)
	claim(t, s, 10)
	must(t, s.Close())

	s = open(t, store.Config{URL: url})
	want := map[string]bool{"op_pending": true, "op_later": true, "op_claimed": true}
	claimed := claim(t, s, 10)
	for _, op := range claimed {
		if !want[op.ID] {
			t.Errorf("%s was claimed", op.ID)
		}
	}
	if len(claimed) != len(want) {
		t.Errorf("%d were claimed: %v", len(claimed), ids(claimed))
	}
	if _, err := s.Take(t.Context(), "op_unknown", lease); err != nil {
		t.Errorf("take: %v", err)
	}
}
