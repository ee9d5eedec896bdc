package sandbox

import "net/http"

const alreadyFinalized = "This invoice is already finalized, you can't re-finalize a non-draft invoice."

// requestFinalize ends a draft by hand. Nothing is collected, unless the invoice goes on by itself.
func (s *Sandbox) requestFinalize(c *call) (any, *failure) {
	inv, f := s.findInvoice(c, "id")
	if f != nil {
		return nil, f
	}
	if inv.Status != invoiceDraft {
		return nil, invalid("invoice_not_editable", "", alreadyFinalized)
	}
	next := *inv
	next.NextPaymentAttempt = nil
	if c.has("auto_advance") {
		next.AutoAdvance = c.flag("auto_advance")
	}
	return s.finalizeInvoice(c, &next), nil
}

// requestPay tries to collect an invoice at once, or notes that it was paid elsewhere. A draft is finalized first. Other
// than a payment intent, an invoice is paid off session unless the request says otherwise (spec3.json, off_session).
func (s *Sandbox) requestPay(c *call) (any, *failure) {
	inv, f := s.findInvoice(c, "id")
	if f != nil {
		return nil, f
	}
	switch inv.Status {
	case invoicePaid:
		return nil, invalid("", "", "Invoice is already paid")
	case invoiceVoid:
		return nil, invalid("", "", "Invoice can no longer be paid: it is void")
	}
	how := confirmation{offSession: c.text("off_session") != "false"}
	if id := c.text("payment_method"); id != "" && !c.flag("paid_out_of_band") {
		method, known := s.usePaymentMethod(c, id)
		if !known {
			return nil, missing(http.StatusBadRequest, "PaymentMethod", id, "payment_method")
		}
		if f := method.belongsTo(inv.Customer.id); f != nil {
			return nil, f
		}
		how.method = method
	}
	if how.method == nil && !c.flag("paid_out_of_band") && s.methodOf(inv) == nil && inv.AmountDue > 0 {
		return nil, noMethod()
	}
	if inv.Status == invoiceDraft {
		inv = s.finalizeInvoice(c, inv)
	}
	if c.flag("paid_out_of_band") && inv.payable() {
		return s.payElsewhere(c, inv), nil
	}
	now, f := s.payInvoice(c, inv, how)
	if f != nil {
		return nil, f
	}
	return now, nil
}

// requestVoid ends an invoice that is not to be paid any more.
func (s *Sandbox) requestVoid(c *call) (any, *failure) {
	inv, f := s.findInvoice(c, "id")
	if f != nil {
		return nil, f
	}
	if f := inv.notOpen(invoiceUncollectible); f != nil {
		return nil, f
	}
	if pi, ok := s.world.paymentIntents.get(inv.PaymentIntent.id); ok && pi.Status == statusProcessing {
		return nil, invalid("", "", "You cannot void an invoice with a payment that is processing.")
	}
	return s.voidInvoice(c, inv), nil
}

// requestUncollectible writes an invoice off.
func (s *Sandbox) requestUncollectible(c *call) (any, *failure) {
	inv, f := s.findInvoice(c, "id")
	if f != nil {
		return nil, f
	}
	if inv.Status == invoiceUncollectible {
		return nil, invalid("", "", "This invoice has already been marked uncollectible.")
	}
	if f := inv.notOpen(); f != nil {
		return nil, f
	}
	return s.markUncollectible(c, inv), nil
}

// requestSend sends an invoice to its customer; no mail is sent in test mode, but the event is.
func (s *Sandbox) requestSend(c *call) (any, *failure) {
	inv, f := s.findInvoice(c, "invoice")
	if f != nil {
		return nil, f
	}
	switch {
	case inv.CollectionMethod != collectBySending:
		return nil, invalid("", "", "You can only manually send an invoice if its collection method is 'send_invoice'.")
	case inv.Status == invoiceDraft:
		inv = s.finalizeInvoice(c, inv)
	case inv.Status != invoiceOpen:
		return nil, invalid("", "", "This invoice cannot be sent right now. Please contact us via "+
			"https://support.stripe.com/contact with details, so we can help.")
	}
	s.emit(c, "invoice.sent", inv, nil)
	return inv, nil
}
