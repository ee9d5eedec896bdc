package sandbox

import (
	"maps"
	"slices"
	"time"
)

// draftInvoice makes a draft of what a subscription bills for the period that it has now, and of the items that wait for
// it. A change that begins a new period (billing_cycle_anchor now, or another interval) puts its credits into the
// pending items first (addPending) and then takes a draft for the reason subscription_update here.
func (s *Sandbox) draftInvoice(c *call, sub *subscription, reason string) *invoice {
	period := linePeriod{Start: sub.CurrentPeriodStart, End: sub.CurrentPeriodEnd}
	return s.fillInvoice(c, s.newSubscriptionInvoice(c, sub, reason), s.periodLines(sub, period))
}

// invoiceUpdate makes a draft of the lines that a change in the middle of a period gave, and of what waited before.
func (s *Sandbox) invoiceUpdate(c *call, sub *subscription, lines []invoiceLine) *invoice {
	s.addPending(c, sub, lines)
	return s.fillInvoice(c, s.newSubscriptionInvoice(c, sub, reasonUpdate), nil)
}

// fillInvoice gives a draft the items that wait for it, and behind them its own lines.
func (s *Sandbox) fillInvoice(c *call, inv *invoice, own []invoiceLine) *invoice {
	for _, item := range s.pendingItems(inv) {
		taken := *item
		taken.Invoice = ref{id: inv.ID}
		s.world.invoiceItems.put(taken.ID, &taken)
		inv.all = append(inv.all, s.lineOf(c, &taken, inv))
	}
	for _, line := range own {
		line.ID, line.Invoice = s.ids.object("il_", c.at), nullString(inv.ID)
		inv.all = append(inv.all, line.withTax())
	}
	inv.reckon()
	s.putInvoice(inv)
	s.emit(c, "invoice.created", inv, nil)
	return inv
}

// newInvoice is a draft with nothing on it, for the customer as they are now.
func (s *Sandbox) newInvoice(c *call, cu *customer, currency, reason string) *invoice {
	return &invoice{
		ID: s.ids.object("in_", c.at), Object: "invoice", AccountCountry: "US", AccountName: "Tillgate Sandbox",
		BillingReason: reason, CollectionMethod: collectAutomatically, Created: c.at.Unix(), Currency: currency,
		Customer: ref{id: cu.ID}, CustomerAddress: cu.Address, CustomerEmail: cu.Email, CustomerName: cu.Name,
		CustomerPhone: cu.Phone, CustomerShipping: cu.Shipping, CustomerTaxExempt: cu.TaxExempt,
		CustomerTaxIDs: []string{}, DefaultTaxRates: []string{}, Discounts: []string{},
		Footer: cu.InvoiceSettings.Footer, Issuer: invoiceIssuer{Type: "self"}, Metadata: map[string]string{},
		PeriodEnd: c.at.Unix(), PeriodStart: c.at.Unix(), StartingBalance: cu.Balance, Status: invoiceDraft,
		TestClock: ref{id: c.clock}, TotalDiscountAmounts: []string{}, TotalTaxAmounts: []string{},
		WebhooksDeliveredAt: new(c.at.Unix()),
	}
}

// draftTime is how long the invoice of a renewal stays a draft (docs.stripe.com/billing/subscriptions/webhooks).
const draftTime = time.Hour

func (s *Sandbox) newSubscriptionInvoice(c *call, sub *subscription, reason string) *invoice {
	cu, _ := s.world.customers.get(sub.Customer.id)
	inv := s.newInvoice(c, cu, sub.Currency, reason)
	inv.CollectionMethod, inv.AutoAdvance = sub.CollectionMethod, reason != reasonCreate
	inv.Subscription = ref{id: sub.ID}
	inv.SubscriptionDetails.Metadata = maps.Clone(sub.Metadata)
	inv.PaymentSettings.PaymentMethodTypes = sub.PaymentSettings.PaymentMethodTypes
	if sub.CollectionMethod == collectBySending && sub.DaysUntilDue != nil {
		inv.DueDate = new(c.at.AddDate(0, 0, int(*sub.DaysUntilDue)).Unix())
	}
	if reason == reasonCycle && sub.CollectionMethod == collectAutomatically {
		inv.NextPaymentAttempt = new(c.at.Add(draftTime).Unix())
	}
	switch reason {
	case reasonCycle:
		inv.PeriodStart = s.periodBefore(sub)
	case reasonUpdate:
		inv.PeriodStart = sub.CurrentPeriodStart
	}
	return inv
}

// periodBefore is where the period began that was billed last: what was used in it is on the invoice of the next.
func (s *Sandbox) periodBefore(sub *subscription) int64 {
	began := sub.StartDate
	invoices := &s.world.invoices
	invoices.walk(len(invoices.rows)-1, -1, func(inv *invoice) bool {
		if inv.Subscription.id != sub.ID {
			return true
		}
		for _, line := range inv.all {
			if line.Type == lineOfSubscription {
				began = line.Period.Start
				return false
			}
		}
		return true
	})
	return began
}

// reckon adds up the lines, and says what would be due if the invoice were finalized now.
func (i *invoice) reckon() {
	i.Subtotal = 0
	for _, line := range i.all {
		i.Subtotal += line.Amount
	}
	i.SubtotalExcludingTax, i.Total, i.TotalExcludingTax = i.Subtotal, i.Subtotal, i.Subtotal
	i.AmountDue, _ = i.due(i.StartingBalance)
	i.AmountRemaining = i.AmountDue
	i.Lines = invoiceLines{
		Object: "list", Data: slices.Clone(i.all[:min(len(i.all), defaultLimit)]), HasMore: len(i.all) > defaultLimit,
		TotalCount: len(i.all), URL: "/v1/invoices/" + orElse(i.ID, "upcoming") + "/lines",
	}
	if i.Lines.Data == nil {
		i.Lines.Data = []*invoiceLine{}
	}
}

// due is what an invoice asks for beside what the customer has or owes already, and what is left of that. What is less
// than the smallest charge waits for the next invoice (docs.stripe.com/api/invoices/object, amount_due).
func (i *invoice) due(balance int64) (amount, rest int64) {
	sum := i.Total + balance
	if sum <= 0 || sum < currencyOf(i.Currency).minimum {
		return 0, sum
	}
	return sum, 0
}

// withTax gives a copy of the line with the amounts that say that there is no tax.
func (l *invoiceLine) withTax() *invoiceLine {
	line := *l
	line.AmountExcludingTax, line.UnitAmountExcludingTax = line.Amount, decimalOf(line.Amount, line.Quantity)
	return &line
}
