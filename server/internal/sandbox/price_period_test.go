package sandbox

import (
	"testing"
	"time"
)

// The anchor's day comes back after a month that is too short, and no sum of periods drifts from it.
func TestPeriodsKeepTheAnchor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		interval string
		count    int64
		anchor   string
		ends     []string
	}{
		{intervalMonth, 1, "2024-01-31T10:20:30Z", []string{
			"2024-02-29T10:20:30Z", "2024-03-31T10:20:30Z", "2024-04-30T10:20:30Z", "2024-05-31T10:20:30Z",
		}},
		{intervalMonth, 1, "2023-01-30T00:00:00Z", []string{"2023-02-28T00:00:00Z", "2023-03-30T00:00:00Z"}},
		{intervalMonth, 3, "2023-11-30T23:59:59Z", []string{"2024-02-29T23:59:59Z", "2024-05-30T23:59:59Z"}},
		{intervalYear, 1, "2024-02-29T12:00:00Z", []string{
			"2025-02-28T12:00:00Z", "2026-02-28T12:00:00Z", "2027-02-28T12:00:00Z", "2028-02-29T12:00:00Z",
		}},
		{intervalYear, 3, "2024-02-29T12:00:00Z", []string{"2027-02-28T12:00:00Z", "2030-02-28T12:00:00Z"}},
		{intervalWeek, 2, "2024-03-01T00:00:00Z", []string{"2024-03-15T00:00:00Z", "2024-03-29T00:00:00Z"}},
		{intervalDay, 1, "2024-02-28T06:00:00Z", []string{"2024-02-29T06:00:00Z", "2024-03-01T06:00:00Z"}},
		{intervalDay, 45, "2024-12-01T06:00:00Z", []string{"2025-01-15T06:00:00Z", "2025-03-01T06:00:00Z"}},
	} {
		p := &price{Recurring: &recurring{Interval: tt.interval, IntervalCount: tt.count}}
		anchor, from := at(t, tt.anchor), at(t, tt.anchor)
		for _, want := range tt.ends {
			if from = p.next(anchor, from); !from.Equal(at(t, want)) {
				t.Fatalf("%d %s from %s: %s, want %s", tt.count, tt.interval, tt.anchor, from.Format(time.RFC3339), want)
			}
		}
	}
}

// A period may begin anywhere: it ends at the next whole number of intervals from the anchor, which may be to come.
func TestPeriodsThatBeginInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ interval, anchor, from, want string }{
		{intervalMonth, "2024-01-31T00:00:00Z", "2024-02-10T00:00:00Z", "2024-02-29T00:00:00Z"},
		{intervalMonth, "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z"},
		{intervalMonth, "2024-01-31T00:00:00Z", "2024-02-28T23:59:59Z", "2024-02-29T00:00:00Z"},
		{intervalMonth, "2024-05-31T00:00:00Z", "2024-05-01T00:00:00Z", "2024-05-31T00:00:00Z"},
		{intervalMonth, "2024-05-31T00:00:00Z", "2023-02-11T00:00:00Z", "2023-02-28T00:00:00Z"},
		{intervalYear, "2024-05-31T00:00:00Z", "2023-08-01T00:00:00Z", "2024-05-31T00:00:00Z"},
		{intervalWeek, "2024-05-31T00:00:00Z", "2024-05-01T00:00:00Z", "2024-05-03T00:00:00Z"},
		{intervalDay, "2024-05-31T06:00:00Z", "2024-05-01T06:00:00Z", "2024-05-02T06:00:00Z"},
		{intervalDay, "2024-05-31T06:00:00Z", "2024-05-01T05:59:59Z", "2024-05-01T06:00:00Z"},
	} {
		p := &price{Recurring: &recurring{Interval: tt.interval, IntervalCount: 1}}
		if got := p.next(at(t, tt.anchor), at(t, tt.from)); !got.Equal(at(t, tt.want)) {
			t.Errorf("%s, anchor %s, from %s: %s, want %s", tt.interval, tt.anchor, tt.from, got.Format(time.RFC3339), tt.want)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}
