package proof_test

import (
	"math/big"
	"slices"
	"time"
)

// oracle reckons what a subscription costs, apart from all other code: per second, by fractions, each line rounded to
// the minor unit with a half away from zero. What is left of a period is credited by what the items cost when they are
// changed (docs.stripe.com/billing/subscriptions/billing-mode/compare, classic).
type oracle struct {
	pace    pace
	anchor  time.Time // from which periods are counted
	start   time.Time // of the period
	end     time.Time
	items   map[string]cost // by the item's id
	trial   bool
	balance int64 // of the customer: negative is credit
	least   int64 // the least amount that can be charged
	unit    int64 // of which amounts are multiples
}

// pace is how often something is charged.
type pace struct {
	interval string
	count    int
}

// cost is what so many of a plan cost.
type cost struct {
	plan     string
	price    int64
	quantity int64
	pace     pace
}

// bill is what an invoice asks: its lines but those of 0, in order, their sum, and what is due.
type bill struct {
	Lines      []int64
	Total, Due int64
}

// next is the end of the period that begins at a time.
func (o *oracle) next(from time.Time) time.Time {
	if o.pace.interval == "day" || o.pace.interval == "week" {
		days := o.pace.count
		if o.pace.interval == "week" {
			days *= 7
		}
		return from.Add(time.Duration(days) * day)
	}
	months := o.pace.count
	if o.pace.interval == "year" {
		months *= 12
	}
	for n := months; ; n += months {
		if end := monthsLater(o.anchor, n); end.After(from) {
			return end
		}
	}
}

// monthsLater is the same day some months later, or the last of a month that has no such day.
func monthsLater(from time.Time, months int) time.Time {
	first := time.Date(from.Year(), from.Month()+time.Month(months), 1, from.Hour(), from.Minute(), from.Second(), 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(from.Day(), last)-1)
}

// begins begins the first period, or a trial of some days.
func (o *oracle) begins(now time.Time, trialDays int) {
	o.pace = o.anyItem().pace
	o.start, o.anchor = now, now
	if trialDays > 0 {
		o.trial, o.anchor = true, now.Add(time.Duration(trialDays)*day)
		o.end = o.anchor
		return
	}
	o.end = o.next(now)
}

func (o *oracle) anyItem() cost {
	for _, item := range o.items {
		return item
	}
	return cost{}
}

// renews begins the next period, and bills it.
func (o *oracle) renews() bill {
	o.trial, o.start = false, o.end
	o.end = o.next(o.start)
	var lines []int64
	for _, item := range o.items {
		lines = append(lines, item.price*item.quantity)
	}
	return o.bills(lines)
}

// changes puts other items in the place of these at a time, and bills the rest of the period.
func (o *oracle) changes(when time.Time, items map[string]cost) bill {
	old := o.items
	o.items = items
	var lines []int64
	if pace := o.anyItem().pace; pace != o.pace {
		// Another interval begins a new period.
		o.pace = pace
		if o.trial {
			return o.bills(nil)
		}
		for _, item := range old {
			lines = append(lines, -o.share(item, when))
		}
		for _, item := range items {
			lines = append(lines, item.price*item.quantity)
		}
		o.anchor, o.start = when, when
		o.end = o.next(when)
		return o.bills(lines)
	}
	if o.trial {
		return o.bills(nil)
	}
	for id, item := range old {
		if items[id] != item {
			lines = append(lines, -o.share(item, when))
		}
	}
	for id, item := range items {
		if old[id] != item {
			lines = append(lines, o.share(item, when))
		}
	}
	return o.bills(lines)
}

// share is what the rest of the period costs from a time on.
func (o *oracle) share(item cost, from time.Time) int64 {
	left, whole := o.end.Unix()-from.Unix(), o.end.Unix()-o.start.Unix()
	exact := big.NewRat(left, whole)
	exact.Mul(exact, big.NewRat(item.price, o.unit)).Mul(exact, big.NewRat(item.quantity, 1))
	// Half away from zero: a half more, and cut off. Nothing here is negative.
	exact.Add(exact, big.NewRat(1, 2))
	return new(big.Int).Quo(exact.Num(), exact.Denom()).Int64() * o.unit
}

// bills uses the customer's balance for a bill of these lines.
func (o *oracle) bills(lines []int64) bill {
	b := bill{Lines: slices.DeleteFunc(lines, func(amount int64) bool { return amount == 0 })}
	slices.Sort(b.Lines)
	for _, amount := range b.Lines {
		b.Total += amount
	}
	owed := b.Total + o.balance
	if owed <= 0 || owed < o.least {
		o.balance = owed // Credit, or too little to be charged: it goes with the next one.
	} else {
		o.balance, b.Due = 0, owed
	}
	return b
}
