package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// checkInvoice holds the rules across parameters of a create (texts captured from api.stripe.com).
func checkInvoice(c *call) *failure {
	dated := c.has("days_until_due") || c.has("due_date")
	switch sends := c.text("collection_method") == collectBySending; {
	case sends && !dated:
		return invalid("", "", "If invoice collection method is 'send_invoice', you must specify 'due_date' or "+
			"'days_until_due'.")
	case !sends && dated:
		return invalid("", "", "You can only specify 'due_date' or 'days_until_due' if invoice collection method is "+
			"'send_invoice'.")
	}
	return nil
}

// createInvoice makes a draft that no subscription asked for. It takes up pending items only if it is told to.
func (s *Sandbox) createInvoice(c *call) (any, *failure) {
	cu, f := s.customerParam(c, c.text("customer"), "customer")
	if f != nil {
		return nil, f
	}
	s.enter(c, cu.ID)
	currency := lower(orElse(c.text("currency"), orElse(string(cu.Currency), "usd")))
	if f := s.billIn(c, cu.ID, currency); f != nil {
		return nil, f
	}
	inv := s.newInvoice(c, cu, currency, reasonManual)
	if f := s.changeInvoice(c, inv); f != nil {
		return nil, f
	}
	if c.text("pending_invoice_items_behavior") == "include" {
		return s.fillInvoice(c, inv, nil), nil
	}
	inv.reckon()
	s.putInvoice(inv)
	s.emit(c, "invoice.created", inv, nil)
	s.advanceLater(c, inv)
	return inv, nil
}

// advanceLater finalizes and collects a draft that was told to go on by itself. Those of subscriptions are driven by
// their subscription.
func (s *Sandbox) advanceLater(c *call, inv *invoice) {
	if !inv.AutoAdvance || inv.Status != invoiceDraft || inv.Subscription.id != "" {
		return
	}
	id := inv.ID
	s.schedule(c, time.Unix(inv.Created, 0).Add(draftTime), func(s *Sandbox, c *call) {
		stored, ok := s.world.invoices.get(id)
		if !ok || stored.deleted || !stored.AutoAdvance || stored.Status != invoiceDraft {
			return
		}
		if now := s.finalizeInvoice(c, stored); now.CollectionMethod == collectAutomatically {
			_, _ = s.payInvoice(c, now, confirmation{offSession: true}) // the invoice says how it ended
		}
	})
}

// whileDraft are the parameters that a finalized invoice refuses, in the order in which Stripe complains about them.
var whileDraft = []string{
	"collection_method", "days_until_due", "description", "due_date", "footer", "statement_descriptor",
}

// updateInvoice changes an invoice: a draft in all ways, a finalized one in few.
func (s *Sandbox) updateInvoice(c *call) (any, *failure) {
	inv, f := s.findInvoice(c, "id")
	if f != nil {
		return nil, f
	}
	for _, name := range whileDraft {
		if c.has(name) && inv.Status != invoiceDraft {
			return nil, invalid("", name, "Finalized invoices can't be updated in this way")
		}
	}
	next := *inv
	if f := s.changeInvoice(c, &next); f != nil {
		return nil, f
	}
	s.putInvoice(&next)
	s.tellUpdate(c, &next, inv)
	if !inv.AutoAdvance {
		s.advanceLater(c, &next)
	}
	return &next, nil
}

// changeInvoice applies the parameters of a create or an update.
func (s *Sandbox) changeInvoice(c *call, inv *invoice) *failure {
	if id := c.text("default_payment_method"); id != "" {
		if method, ok := s.world.paymentMethods.get(id); !ok || method.Customer.id != inv.Customer.id {
			return missing(http.StatusBadRequest, "PaymentMethod", id, "default_payment_method")
		}
	}
	if c.has("default_payment_method") {
		inv.DefaultPaymentMethod = ref{id: c.text("default_payment_method")}
	}
	inv.CollectionMethod = orElse(c.text("collection_method"), inv.CollectionMethod)
	if days, ok := parseInteger(c.text("days_until_due")); ok {
		inv.DueDate = new(inv.Created + days*int64(24*time.Hour/time.Second))
	}
	if at, ok := parseInteger(c.text("due_date")); ok {
		inv.DueDate = new(at)
	}
	c.params.change(&inv.Description, "description")
	c.params.change(&inv.Footer, "footer")
	c.params.change(&inv.StatementDescriptor, "statement_descriptor")
	inv.Metadata = c.merged(maps.Clone(inv.Metadata))
	if c.has("auto_advance") {
		inv.advance(c.flag("auto_advance"))
	}
	return nil
}

// advance says whether an invoice goes on by itself: a draft is then collected after an hour.
func (i *invoice) advance(on bool) {
	i.AutoAdvance = on
	if i.Status != invoiceDraft {
		if !on {
			i.NextPaymentAttempt = nil
		}
		return
	}
	i.NextPaymentAttempt = nil
	if on && i.CollectionMethod == collectAutomatically {
		i.NextPaymentAttempt = new(i.Created + int64(draftTime/time.Second))
	}
}

// deleteInvoice removes a draft that no subscription made. What it had taken up is not pending again.
func (s *Sandbox) deleteInvoice(c *call) (any, *failure) {
	inv, f := s.findInvoice(c, "invoice")
	switch {
	case f != nil:
		return nil, f
	case inv.Status != invoiceDraft:
		return nil, invalid("", "", "You can only delete draft invoices.")
	case inv.Subscription.id != "":
		return nil, invalid("", "", "You can't delete invoices created by subscriptions.")
	}
	gone := *inv
	gone.deleted = true
	s.putInvoice(&gone)
	s.emit(c, "invoice.deleted", inv, nil)
	return &tombstone{ID: gone.ID, Object: gone.Object, Deleted: true}, nil
}

// notOpen refuses what only an open invoice allows.
func (i *invoice) notOpen(also ...string) *failure {
	if i.Status == invoiceOpen || slices.Contains(also, i.Status) {
		return nil
	}
	return invalid("", "", "You can only pass in open invoices. This invoice isn't open.")
}
