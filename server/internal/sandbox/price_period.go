package sandbox

import "time"

// next is the end of the period that begins at from, for a subscription with that billing anchor: the first time after
// from that is a whole number of the price's intervals away from the anchor. A month that is too short ends the period
// on its last day, and the anchor's day comes back afterwards. All of it is UTC, as at Stripe.
func (p *price) next(anchor, from time.Time) time.Time {
	anchor, from = anchor.UTC(), from.UTC()
	every := p.Recurring.IntervalCount
	switch p.Recurring.Interval {
	case intervalDay:
		return nextSpan(anchor, from, time.Duration(every)*24*time.Hour)
	case intervalWeek:
		return nextSpan(anchor, from, time.Duration(every)*7*24*time.Hour)
	case intervalYear:
		every *= 12
	}
	months := int64(from.Year()-anchor.Year())*12 + int64(from.Month()-anchor.Month())
	steps := months/every - 1
	for {
		end := addMonths(anchor, steps*every)
		if end.After(from) {
			return end
		}
		steps++
	}
}

// nextSpan is next for a span that is always as long.
func nextSpan(anchor, from time.Time, span time.Duration) time.Time {
	steps := from.Sub(anchor) / span
	for end := anchor.Add(span * (steps - 1)); ; end = end.Add(span) {
		if end.After(from) {
			return end
		}
	}
}

// addMonths keeps the day, or takes the last one of a month that has not so many.
func addMonths(t time.Time, months int64) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}
