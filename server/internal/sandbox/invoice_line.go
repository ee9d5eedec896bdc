package sandbox

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// invoiceLine is Stripe's object for one line of an invoice, its properties in Stripe's order. A line that an invoice
// item made names that; one of a subscription's period, or of its proration, names the subscription's item.
type invoiceLine struct {
	ID                     string            `json:"id"`
	Object                 string            `json:"object"`
	Amount                 int64             `json:"amount"`
	AmountExcludingTax     int64             `json:"amount_excluding_tax"`
	Currency               string            `json:"currency"`
	Description            nullString        `json:"description"`
	DiscountAmounts        []string          `json:"discount_amounts"`
	Discountable           bool              `json:"discountable"`
	Discounts              []string          `json:"discounts"`
	Invoice                nullString        `json:"invoice"`
	InvoiceItem            string            `json:"invoice_item,omitempty"`
	Livemode               bool              `json:"livemode"`
	Metadata               map[string]string `json:"metadata"`
	Period                 linePeriod        `json:"period"`
	Plan                   *plan             `json:"plan"`
	Price                  *price            `json:"price"`
	Proration              bool              `json:"proration"`
	ProrationDetails       prorationDetails  `json:"proration_details"`
	Quantity               int64             `json:"quantity"`
	Subscription           ref               `json:"subscription"`
	SubscriptionItem       string            `json:"subscription_item,omitempty"`
	TaxAmounts             []string          `json:"tax_amounts"`
	TaxRates               []string          `json:"tax_rates"`
	Type                   string            `json:"type"`
	UnitAmountExcludingTax nullString        `json:"unit_amount_excluding_tax"`
}

const (
	lineOfItem         = "invoiceitem"
	lineOfSubscription = "subscription"
)

type linePeriod struct {
	End   int64 `json:"end"`
	Start int64 `json:"start"`
}

// prorationDetails names, of a credit, what it gives back.
type prorationDetails struct {
	CreditedItems *creditedItems `json:"credited_items"`
}

type creditedItems struct {
	Invoice          string   `json:"invoice"`
	InvoiceLineItems []string `json:"invoice_line_items"`
}

// invoiceLines are the first lines of an invoice.
type invoiceLines struct {
	Object     string         `json:"object"`
	Data       []*invoiceLine `json:"data"`
	HasMore    bool           `json:"has_more"`
	TotalCount int            `json:"total_count"`
	URL        string         `json:"url"`
}

// newLine is a line about an item of a subscription.
func newLine(sub *subscription, item *subscriptionItem, period linePeriod) invoiceLine {
	return invoiceLine{
		Object: "line_item", Currency: sub.Currency, DiscountAmounts: []string{}, Discounts: []string{},
		Metadata: map[string]string{}, Period: period, Plan: item.Plan, Price: item.Price, Quantity: item.units(),
		Subscription: ref{id: sub.ID}, SubscriptionItem: item.ID, TaxAmounts: []string{}, TaxRates: []string{},
	}
}

// periodLine bills an item for a whole period, or for nothing while it is on trial.
func (s *Sandbox) periodLine(sub *subscription, item *subscriptionItem, period linePeriod) invoiceLine {
	line := newLine(sub, item, period)
	line.Type, line.Discountable, line.Metadata = lineOfSubscription, true, item.Metadata
	if sub.trialingAt(time.Unix(period.Start, 0)) {
		line.Description = nullString("Trial period for " + s.productName(item.Price))
		return line
	}
	amount := item.Price.amountOf(item.units())
	if whole := sub.wholePeriod(); period.Start == sub.CurrentPeriodStart && period.End-period.Start < whole {
		line.Proration = true
		line.Amount = currencyOf(sub.Currency).rounded(amount.Mul(amount, share(period.End-period.Start, whole)))
		line.Description = nullString(s.sinceWhen("Remaining time on", item, period.Start))
		return line
	}
	line.Amount = rounded(amount)
	line.Description = nullString(fmt.Sprintf("%d × %s (at %s)", item.units(), s.productName(item.Price), item.Price.rate()))
	return line
}

// rate is a price in the words of a line: $10.00 / month, $10.00 / every 3 months.
func (p *price) rate() string {
	unit := int64(0)
	if p.UnitAmount != nil {
		unit = *p.UnitAmount
	}
	every := p.Recurring.Interval
	if p.Recurring.IntervalCount > 1 {
		every = fmt.Sprintf("every %d %ss", p.Recurring.IntervalCount, every)
	}
	return currencyOf(p.Currency).format(unit) + " / " + every
}

// amountOf is what a quantity costs, to the smallest fraction: prices may have parts of a cent. Usage is not imitated,
// so that what is metered costs nothing.
func (p *price) amountOf(quantity int64) *big.Rat {
	if p.BillingScheme == schemeTiered {
		return p.tieredAmountOf(quantity)
	}
	unit, ok := new(big.Rat).SetString(string(p.UnitAmountDecimal))
	if !ok {
		return new(big.Rat)
	}
	return unit.Mul(unit, big.NewRat(quantity, 1))
}

// tieredAmountOf goes up the tiers: each bills its part of the quantity, or the last one that is reached bills all of
// it (docs.stripe.com/products-prices/pricing-models, graduated and volume).
func (p *price) tieredAmountOf(quantity int64) *big.Rat {
	sum, below := new(big.Rat), int64(0)
	for _, tier := range p.tiers {
		last := tier.UpTo == nil || quantity <= *tier.UpTo
		part := quantity - below
		if !last {
			part = *tier.UpTo - below
		}
		if p.TiersMode == "volume" {
			if !last {
				continue
			}
			part = quantity
		}
		for _, fee := range []struct {
			amount nullString
			times  int64
		}{{tier.UnitAmountDecimal, part}, {tier.FlatAmountDecimal, 1}} {
			if each, ok := new(big.Rat).SetString(string(fee.amount)); ok {
				sum.Add(sum, each.Mul(each, big.NewRat(fee.times, 1)))
			}
		}
		if last {
			break
		}
		below = *tier.UpTo
	}
	return sum
}

// decimalOf writes a part of an amount as Stripe writes decimals: at most twelve digits behind the point, and none that
// say nothing.
func decimalOf(amount, parts int64) nullString {
	if parts == 0 {
		return "0"
	}
	const digits = 12
	text := big.NewRat(amount, parts).FloatString(digits)
	return nullString(strings.TrimRight(strings.TrimRight(text, "0"), "."))
}
