package sandbox

import (
	"math/big"
	"testing"
	"time"
)

func TestRounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		amount string
		want   int64
	}{
		{"0", 0},
		{"1/2", 1},
		{"-1/2", -1},
		{"1/3", 0},
		{"-1/3", 0},
		{"2/3", 1},
		{"-2/3", -1},
		{"5/2", 3},
		{"-5/2", -3},
		{"7", 7},
		{"-7", -7},
		{"49999999999/100000000000", 0},
		{"99999999999999/2", 50000000000000},
	} {
		amount, _ := new(big.Rat).SetString(tt.amount)
		if got := rounded(amount); got != tt.want {
			t.Errorf("%s is rounded to %d, want %d", tt.amount, got, tt.want)
		}
	}
}

// The interval that a time lies in, with anchors at the end of a month, before and after the time.
func TestAround(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		interval           string
		count              int64
		anchor, at         string
		wantStart, wantEnd string
	}{
		{"month", 1, "2024-01-31", "2024-02-10", "2024-01-31", "2024-02-29"},
		{"month", 1, "2024-01-31", "2024-02-29", "2024-02-29", "2024-03-31"},
		{"month", 3, "2024-01-15", "2024-05-01", "2024-04-15", "2024-07-15"},
		{"month", 1, "2024-06-01", "2024-05-10", "2024-05-01", "2024-06-01"},
		{"year", 1, "2024-02-29", "2025-03-01", "2025-02-28", "2026-02-28"},
		{"week", 2, "2024-01-01", "2024-01-16", "2024-01-15", "2024-01-29"},
		{"day", 1, "2024-01-01", "2024-01-03", "2024-01-03", "2024-01-04"},
	} {
		day := func(text string) time.Time {
			at, err := time.Parse(time.DateOnly, text)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		p := &price{Recurring: &recurring{Interval: tt.interval, IntervalCount: tt.count}}
		start, end := p.around(day(tt.anchor), day(tt.at))
		if !start.Equal(day(tt.wantStart)) || !end.Equal(day(tt.wantEnd)) {
			t.Errorf("%s is in %s - %s for %d %s from %s", tt.at, start, end, tt.count, tt.interval, tt.anchor)
		}
	}
}

// Tiers are gone through, or the last one that is reached counts for all.
func TestTieredAmountOf(t *testing.T) {
	t.Parallel()
	tiers := []priceTier{
		{UpTo: new(int64(10)), UnitAmountDecimal: "100", FlatAmountDecimal: "500"},
		{UpTo: new(int64(20)), UnitAmountDecimal: "50.5"},
		{UnitAmountDecimal: "10"},
	}
	for _, tt := range []struct {
		mode     string
		quantity int64
		want     int64
	}{
		{"graduated", 4, 900},
		{"graduated", 10, 1500},
		{"graduated", 15, 1753},
		{"graduated", 30, 2105},
		{"volume", 4, 900},
		{"volume", 15, 758},
		{"volume", 30, 300},
	} {
		p := &price{BillingScheme: schemeTiered, TiersMode: nullString(tt.mode), tiers: tiers}
		if got := rounded(p.amountOf(tt.quantity)); got != tt.want {
			t.Errorf("%d by %s cost %d, want %d", tt.quantity, tt.mode, got, tt.want)
		}
	}
}
