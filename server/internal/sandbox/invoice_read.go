package sandbox

import (
	"net/http"
	"slices"
)

func (s *Sandbox) getInvoice(c *call) (any, *failure) { return s.findInvoice(c, "invoice") }

// listInvoices leaves out those of test clocks, unless the customer or the subscription is named.
func (s *Sandbox) listInvoices(c *call) (any, *failure) {
	if f := s.checkReferences(c); f != nil {
		return nil, f
	}
	owner, of := c.text("customer"), c.text("subscription")
	if _, ok := s.world.subscriptions.get(of); of != "" && !ok {
		return nil, missing(http.StatusBadRequest, "subscription", of, "subscription")
	}
	status, collection := c.text("status"), c.text("collection_method")
	return pageOf(c, &s.world.invoices, "invoice", func(inv *invoice) bool {
		return !inv.deleted && c.within(inv.Created) && (inv.TestClock.id == "" || owner != "" || of != "") &&
			(owner == "" || inv.Customer.id == owner) && (of == "" || inv.Subscription.id == of) &&
			(status == "" || inv.Status == status) && (collection == "" || inv.CollectionMethod == collection)
	})
}

func (s *Sandbox) listLines(c *call) (any, *failure) {
	inv, f := s.findInvoice(c, "invoice")
	if f != nil {
		return nil, f
	}
	return pageOfLines(c, inv)
}

// pageOfLines gives lines in the order of the invoice: a table is read from its end.
func pageOfLines(c *call, inv *invoice) (any, *failure) {
	var lines table[invoiceLine]
	for _, line := range slices.Backward(inv.all) {
		lines.put(line.ID, line)
	}
	return pageOf(c, &lines, "line item", func(*invoiceLine) bool { return true })
}
