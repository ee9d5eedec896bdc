package sandbox

// expandedInvoice is an invoice with the objects that paths name, those in its lines too.
func (s *Sandbox) expandedInvoice(inv *invoice, below map[string][]string) *invoice {
	snapshot := *inv
	s.expandRef(&snapshot.Charge, below["charge"])
	s.expandRef(&snapshot.Customer, below["customer"])
	s.expandRef(&snapshot.DefaultPaymentMethod, below["default_payment_method"])
	s.expandRef(&snapshot.PaymentIntent, below["payment_intent"])
	s.expandRef(&snapshot.Subscription, below["subscription"])
	s.expandRef(&snapshot.TestClock, below["test_clock"])
	if paths := underneath(below["lines"], "data"); len(inside(paths)) > 0 {
		snapshot.Lines.Data = make([]*invoiceLine, len(inv.Lines.Data))
		for i, line := range inv.Lines.Data {
			snapshot.Lines.Data[i], _ = s.expanded(line, inside(paths)).(*invoiceLine)
		}
	}
	return &snapshot
}

func (s *Sandbox) expandedLine(line *invoiceLine, below map[string][]string) *invoiceLine {
	snapshot := *line
	s.expandRef(&snapshot.Subscription, below["subscription"])
	s.expandPrice(&snapshot.Price, &snapshot.Plan, below)
	return &snapshot
}

func (s *Sandbox) expandedInvoiceItem(item *invoiceItem, below map[string][]string) *invoiceItem {
	snapshot := *item
	s.expandRef(&snapshot.Customer, below["customer"])
	s.expandRef(&snapshot.Invoice, below["invoice"])
	s.expandRef(&snapshot.Subscription, below["subscription"])
	s.expandRef(&snapshot.TestClock, below["test_clock"])
	s.expandPrice(&snapshot.Price, &snapshot.Plan, below)
	return &snapshot
}

// expandPrice expands what stands in a price and its plan, which are whole objects already.
func (s *Sandbox) expandPrice(p **price, legacy **plan, below map[string][]string) {
	if *p != nil && below["price"] != nil {
		*p, _ = s.expanded(*p, inside(below["price"])).(*price)
	}
	if *legacy != nil && below["plan"] != nil {
		*legacy, _ = s.expanded(*legacy, inside(below["plan"])).(*plan)
	}
}
