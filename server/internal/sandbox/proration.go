package sandbox

import (
	"fmt"
	"math/big"
	"time"
)

// prorate gives what a change in the middle of a period bills: for each item that changed a credit for the unused time
// of the old one and a debit for the remaining time of the new, to the second. Both are reckoned from the full amount
// of the item as it stood, so that several changes in one period add up (docs.stripe.com/billing/subscriptions/
// billing-mode/compare: the classic mode, the only one of this version). Where the change begins a new period, all old
// items are credited and nothing is debited: the lines of the new period bill it. A trial is neither credited nor
// debited.
//
// A period that is to end sooner gives its items back from there on, and one that goes on longer bills them for that.
func (s *Sandbox) prorate(_ *call, before, after *subscription, at time.Time) []invoiceLine {
	whole := before.wholePeriod()
	if len(before.Items.Data) == 0 {
		whole = after.wholePeriod()
	}
	from, end, newEnd := at.Unix(), before.CurrentPeriodEnd, after.CurrentPeriodEnd
	from = min(max(from, before.CurrentPeriodStart), end)
	restarted := after.startsOver(before)
	free, freeNow := before.Status == subscriptionTrialing, after.Status == subscriptionTrialing || restarted

	var lines []invoiceLine
	credit := func(item *subscriptionItem, from int64) {
		if !free && prorated(item) && from < end {
			lines = append(lines, s.credit(before, item, prorationSpan{at: from, end: end, whole: whole}))
		}
	}
	debit := func(item *subscriptionItem, from int64) {
		if !freeNow && prorated(item) && from < newEnd {
			lines = append(lines, s.debitFor(after, item, prorationSpan{at: from, end: newEnd, whole: whole}))
		}
	}
	for _, old := range before.Items.Data {
		switch now := after.item(old.ID); {
		case now == nil || restarted:
			credit(old, from)
		case now.Price.ID != old.Price.ID || now.units() != old.units():
			credit(old, from)
			debit(now, from)
		case newEnd < end:
			credit(old, newEnd)
		case newEnd > end:
			debit(now, end)
		}
	}
	for _, now := range after.Items.Data {
		if before.item(now.ID) == nil {
			debit(now, from)
		}
	}
	return lines
}

// prorated says whether an item is billed in advance: usage is billed when it has happened.
func prorated(item *subscriptionItem) bool { return item.Price.Recurring.UsageType != usageMetered }

// prorationSpan is the rest of a period: from a time to its end. Whole is how long the price's interval is then, which
// is more than the period where that was cut short.
type prorationSpan struct{ at, end, whole int64 }

// wholePeriod is how long the interval is that the current period of a subscription lies in. A period is shorter than
// that before a billing_cycle_anchor in the future, and where the subscription is to end within it.
func (sub *subscription) wholePeriod() int64 {
	if sub.price() == nil {
		return sub.CurrentPeriodEnd - sub.CurrentPeriodStart
	}
	start, end := sub.price().around(time.Unix(sub.BillingCycleAnchor, 0), time.Unix(sub.CurrentPeriodStart, 0))
	return end.Unix() - start.Unix()
}

// around gives the two ends of the interval that a time lies in, counted from a billing anchor.
func (p *price) around(anchor, at time.Time) (start, end time.Time) {
	const day = 24 * time.Hour
	longest := map[string]time.Duration{
		intervalDay: day, intervalWeek: 7 * day, intervalMonth: 31 * day, intervalYear: 366 * day,
	}[p.Recurring.Interval] * time.Duration(p.Recurring.IntervalCount)
	end = p.next(anchor, at)
	for edge := p.next(anchor, end.Add(-longest-day)); edge.Before(end); edge = p.next(anchor, edge) {
		start = edge
	}
	return start, end
}

// credit gives back what is left of an item from a time on.
func (s *Sandbox) credit(sub *subscription, item *subscriptionItem, span prorationSpan) invoiceLine {
	amount := item.Price.amountOf(item.units())
	line := s.prorationLine(sub, item, "Unused time on", span)
	line.Amount = -currencyOf(sub.Currency).rounded(amount.Mul(amount, share(span.end-span.at, span.whole)))
	line.ProrationDetails.CreditedItems = s.credited(sub, item, span)
	return line
}

// debitFor bills an item from a time on, to the end of the period.
func (s *Sandbox) debitFor(sub *subscription, item *subscriptionItem, span prorationSpan) invoiceLine {
	amount := item.Price.amountOf(item.units())
	line := s.prorationLine(sub, item, "Remaining time on", span)
	line.Amount = currencyOf(sub.Currency).rounded(amount.Mul(amount, share(span.end-span.at, span.whole)))
	return line
}

func (s *Sandbox) prorationLine(
	sub *subscription, item *subscriptionItem, what string, span prorationSpan,
) invoiceLine {
	line := newLine(sub, item, linePeriod{Start: span.at, End: span.end})
	line.Type, line.Proration = lineOfItem, true
	line.Description = nullString(s.sinceWhen(what, item, span.at))
	return line
}

// sinceWhen is a proration in words: Unused time on 2 × Gold after 15 Mar 2024.
func (s *Sandbox) sinceWhen(what string, item *subscriptionItem, at int64) string {
	name := s.productName(item.Price)
	if item.units() != 1 {
		name = fmt.Sprintf("%d × %s", item.units(), name)
	}
	return fmt.Sprintf("%s %s after %s", what, name, time.Unix(at, 0).UTC().Format("02 Jan 2006"))
}

func (s *Sandbox) productName(p *price) string {
	if found, ok := s.world.products.get(p.Product.id); ok {
		return found.Name
	}
	return p.Product.id
}

// credited finds the line that billed what a credit gives back: the newest of the item that runs to the same end.
func (s *Sandbox) credited(sub *subscription, item *subscriptionItem, span prorationSpan) *creditedItems {
	var found *creditedItems
	invoices := &s.world.invoices
	invoices.walk(len(invoices.rows)-1, -1, func(inv *invoice) bool {
		if inv.Subscription.id != sub.ID || inv.deleted || inv.Status == invoiceVoid {
			return true
		}
		for _, line := range inv.all {
			if line.SubscriptionItem == item.ID && line.Amount >= 0 && line.Period.End == span.end {
				found = &creditedItems{Invoice: inv.ID, InvoiceLineItems: []string{line.ID}}
			}
		}
		return found == nil
	})
	return found
}

// share is a part of a whole; a period of no length has no parts.
func share(part, whole int64) *big.Rat {
	if whole <= 0 {
		return new(big.Rat)
	}
	return big.NewRat(part, whole)
}

// rounded gives the nearest amount that can be charged in a currency: the networks carry no thousandths. What Stripe
// makes of a share that has some is not published.
func (m currency) rounded(amount *big.Rat) int64 {
	if m.multiple == 0 {
		return rounded(amount)
	}
	return rounded(amount.Mul(amount, big.NewRat(1, m.multiple))) * m.multiple
}

// rounded gives the nearest whole number; a half goes away from zero.
func rounded(amount *big.Rat) int64 {
	doubled := new(big.Int).Lsh(amount.Num(), 1)
	if amount.Sign() < 0 {
		doubled.Sub(doubled, amount.Denom())
	} else {
		doubled.Add(doubled, amount.Denom())
	}
	return doubled.Quo(doubled, new(big.Int).Lsh(amount.Denom(), 1)).Int64()
}
