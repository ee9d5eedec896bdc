package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// checkItem holds the rules across parameters of a create.
func checkItem(c *call) *failure {
	given := 0
	for _, name := range []string{"amount", "price", "unit_amount"} {
		if c.has(name) {
			given++
		}
	}
	switch {
	case given == 0:
		return invalid("parameter_missing", "amount", "You must pass either `amount`, `price`, or `unit_amount`.")
	case given > 1:
		return invalid("parameters_exclusive", "amount",
			"You may only specify one of these parameters: amount, price, unit_amount.")
	case c.has("amount") && c.has("quantity"):
		return invalid("parameters_exclusive", "amount", "You may only specify one of these parameters: amount, quantity.")
	case !c.has("price") && !c.has("currency"):
		return invalid("parameter_missing", "currency", "Missing required param: currency.")
	}
	if quantity, _ := parseInteger(c.text("quantity")); quantity < 0 {
		return invalid("parameter_invalid_integer", "quantity", "This value must be greater than or equal to 0.")
	}
	return nil
}

// createInvoiceItem makes an item that waits for an invoice, or puts it on a draft at once.
func (s *Sandbox) createInvoiceItem(c *call) (any, *failure) {
	cu, f := s.customerParam(c, c.text("customer"), "customer")
	if f != nil {
		return nil, f
	}
	s.enter(c, cu.ID)
	item := &invoiceItem{
		ID: s.ids.object("ii_", c.at), Object: "invoiceitem", Currency: lower(c.text("currency")),
		Customer: ref{id: cu.ID}, Date: c.at.Unix(), Description: nullString(c.text("description")),
		Discountable: c.text("discountable") != "false", Discounts: []string{}, Metadata: c.metadata(),
		Period: linePeriod{Start: c.at.Unix(), End: c.at.Unix()}, Quantity: 1, TaxRates: []string{},
		TestClock: ref{id: c.clock},
	}
	if f := s.priceItem(c, item); f != nil {
		return nil, f
	}
	if c.has("period") {
		item.Period.Start, _ = parseInteger(c.text("period", "start"))
		item.Period.End, _ = parseInteger(c.text("period", "end"))
	}
	draft, f := s.placeItem(c, item)
	if f != nil {
		return nil, f
	}
	if f := s.billIn(c, cu.ID, item.Currency); f != nil {
		return nil, f
	}
	s.world.invoiceItems.put(item.ID, item)
	s.emit(c, "invoiceitem.created", item, nil)
	if draft != nil {
		next := *draft
		next.all = append(slices.Clip(next.all), s.lineOf(c, item, draft))
		next.reckon()
		s.putInvoice(&next)
		s.tellUpdate(c, &next, draft)
	}
	return item, nil
}

// priceItem says what an item comes to: an amount, or a price of so many units.
func (s *Sandbox) priceItem(c *call, item *invoiceItem) *failure {
	if quantity, ok := parseInteger(c.text("quantity")); ok {
		item.Quantity = quantity
	}
	if id := c.text("price"); id != "" {
		found, f := s.priceParam(c, id, "price")
		switch {
		case f != nil:
			return f
		case found.Type != typeOneTime:
			return invalid("", "price", "The price specified is set to `type=recurring` but this field only accepts prices "+
				"with `type=one_time`.")
		case !found.Active:
			return invalid("", "price", "The price specified is inactive. This field only accepts active prices.")
		}
		item.Price, item.Currency = found, found.Currency
		item.Description = nullString(orElse(string(item.Description), s.productName(found)))
		item.setAmount(rounded(found.amountOf(item.Quantity)))
		return nil
	}
	amount, ok := parseInteger(c.text("amount"))
	if !ok {
		amount, _ = parseInteger(c.text("unit_amount"))
		amount *= item.Quantity
	}
	item.setAmount(amount)
	return nil
}

// placeItem applies the subscription and the draft that the item is for.
func (s *Sandbox) placeItem(c *call, item *invoiceItem) (*invoice, *failure) {
	if id := c.text("subscription"); id != "" {
		sub, ok := s.world.subscriptions.get(id)
		if !ok || sub.Customer.id != item.Customer.id {
			return nil, missing(http.StatusBadRequest, "subscription", id, "subscription")
		}
		item.Subscription = ref{id: id}
	}
	id := c.text("invoice")
	if id == "" {
		return nil, nil //nolint:nilnil // it waits, and nothing is wrong with that
	}
	draft, ok := s.world.invoices.get(id)
	switch {
	case !ok || draft.deleted || draft.Customer.id != item.Customer.id:
		return nil, missing(http.StatusBadRequest, "invoice", id, "invoice")
	case draft.Status != invoiceDraft:
		return nil, invalid("invoice_not_editable", "", "Invalid invoice: This invoice is no longer editable")
	case draft.Currency != item.Currency:
		return nil, invalid("", "currency", "The currency of the invoice item must match that of the invoice, "+draft.Currency+".")
	}
	item.Invoice = ref{id: id}
	return draft, nil
}

func (s *Sandbox) findInvoiceItem(c *call, param string) (*invoiceItem, *failure) {
	item, ok := s.world.invoiceItems.get(c.id)
	if !ok || item.deleted {
		return nil, missing(http.StatusNotFound, "invoiceitem", c.id, param)
	}
	s.enter(c, item.Customer.id)
	return item, nil
}

func (s *Sandbox) getInvoiceItem(c *call) (any, *failure) { return s.findInvoiceItem(c, "id") }

// listInvoiceItems counts the time of an item by its date, as Stripe does.
func (s *Sandbox) listInvoiceItems(c *call) (any, *failure) {
	if f := s.checkReferences(c); f != nil {
		return nil, f
	}
	owner, on := c.text("customer"), c.text("invoice")
	return pageOf(c, &s.world.invoiceItems, "invoiceitem", func(item *invoiceItem) bool {
		return !item.deleted && c.within(item.Date) && (item.TestClock.id == "" || owner != "" || on != "") &&
			(owner == "" || item.Customer.id == owner) && (on == "" || item.Invoice.id == on) &&
			(!c.has("pending") || c.flag("pending") == item.pending())
	})
}

// deleteInvoiceItem removes an item that no finalized invoice bills.
func (s *Sandbox) deleteInvoiceItem(c *call) (any, *failure) {
	item, f := s.findInvoiceItem(c, "id")
	if f != nil {
		return nil, f
	}
	draft, attached := s.world.invoices.get(item.Invoice.id)
	if attached && draft.Status != invoiceDraft {
		return nil, invalid("invoice_not_editable", "", "Invalid invoice: This invoice is no longer editable")
	}
	gone := *item
	gone.deleted = true
	s.world.invoiceItems.put(gone.ID, &gone)
	s.emit(c, "invoiceitem.deleted", item, nil)
	if attached && !draft.deleted {
		next := *draft
		next.all = nil
		for _, line := range draft.all {
			if line.InvoiceItem != item.ID {
				next.all = append(next.all, line)
			}
		}
		next.reckon()
		s.putInvoice(&next)
		s.tellUpdate(c, &next, draft)
	}
	return &tombstone{ID: gone.ID, Object: gone.Object, Deleted: true}, nil
}

func lower(code string) string { return strings.ToLower(code) }
