package sandbox

import (
	"cmp"
	"slices"
)

// invoiceItem is Stripe's object for something that an invoice will bill, its properties in Stripe's order. It is
// pending until an invoice takes it up.
type invoiceItem struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	Amount            int64             `json:"amount"`
	Currency          string            `json:"currency"`
	Customer          ref               `json:"customer"`
	Date              int64             `json:"date"`
	Description       nullString        `json:"description"`
	Discountable      bool              `json:"discountable"`
	Discounts         []string          `json:"discounts"`
	Invoice           ref               `json:"invoice"`
	Livemode          bool              `json:"livemode"`
	Metadata          map[string]string `json:"metadata"`
	Period            linePeriod        `json:"period"`
	Plan              *plan             `json:"plan"`
	Price             *price            `json:"price"`
	Proration         bool              `json:"proration"`
	Quantity          int64             `json:"quantity"`
	Subscription      ref               `json:"subscription"`
	SubscriptionItem  string            `json:"subscription_item,omitempty"`
	TaxRates          []string          `json:"tax_rates"`
	TestClock         ref               `json:"test_clock"`
	UnitAmount        *int64            `json:"unit_amount"`
	UnitAmountDecimal nullString        `json:"unit_amount_decimal"`

	credited *creditedItems // what a credit gives back
	deleted  bool
}

func (i *invoiceItem) identity() string { return i.ID }

// addPending puts lines aside for the next invoice of the subscription.
func (s *Sandbox) addPending(c *call, sub *subscription, lines []invoiceLine) {
	for _, line := range lines {
		item := &invoiceItem{
			ID: s.ids.object("ii_", c.at), Object: "invoiceitem", Amount: line.Amount, Currency: line.Currency,
			Customer: sub.Customer, Date: c.at.Unix(), Description: line.Description, Discounts: []string{},
			Metadata: map[string]string{}, Period: line.Period, Plan: line.Plan, Price: line.Price,
			Proration: line.Proration, Quantity: line.Quantity, Subscription: line.Subscription,
			SubscriptionItem: line.SubscriptionItem, TaxRates: []string{}, TestClock: ref{id: c.clock},
			credited: line.ProrationDetails.CreditedItems,
		}
		item.setAmount(line.Amount)
		s.world.invoiceItems.put(item.ID, item)
		s.emit(c, "invoiceitem.created", item, nil)
	}
}

// setAmount shows what one unit comes to, as a whole number where it is one.
func (i *invoiceItem) setAmount(amount int64) {
	i.Amount, i.UnitAmount, i.UnitAmountDecimal = amount, nil, decimalOf(amount, i.Quantity)
	if i.Quantity != 0 && amount%i.Quantity == 0 {
		i.UnitAmount = new(amount / i.Quantity)
	}
}

// pendingItems are those that an invoice takes up: of its own subscription, and of its customer with no subscription;
// the newest first, as Stripe shows them, and those of one second in the order in which they were made.
func (s *Sandbox) pendingItems(inv *invoice) []*invoiceItem {
	var items []*invoiceItem
	for _, item := range s.world.invoiceItems.rows {
		ours := item.Subscription.id == "" || item.Subscription.id == inv.Subscription.id
		if ours && item.pending() && item.Customer.id == inv.Customer.id && item.Currency == inv.Currency {
			items = append(items, item)
		}
	}
	slices.SortStableFunc(items, func(a, b *invoiceItem) int { return cmp.Compare(b.Date, a.Date) })
	return items
}

// pending says whether an item waits for an invoice.
func (i *invoiceItem) pending() bool { return i.Invoice.id == "" && !i.deleted }

// lineOf is the line that an item makes on an invoice.
func (s *Sandbox) lineOf(c *call, item *invoiceItem, inv *invoice) *invoiceLine {
	line := invoiceLine{
		ID: s.ids.object("il_", c.at), Object: "line_item", Amount: item.Amount, Currency: item.Currency,
		Description: item.Description, DiscountAmounts: []string{}, Discountable: item.Discountable,
		Discounts: []string{}, Invoice: nullString(inv.ID), InvoiceItem: item.ID, Metadata: item.Metadata,
		Period: item.Period, Plan: item.Plan, Price: item.Price, Proration: item.Proration,
		ProrationDetails: prorationDetails{CreditedItems: item.credited}, Quantity: item.Quantity,
		Subscription: item.Subscription, SubscriptionItem: item.SubscriptionItem, TaxAmounts: []string{},
		TaxRates: []string{}, Type: lineOfItem,
	}
	return line.withTax()
}
