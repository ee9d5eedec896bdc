package sandbox

import (
	"fmt"
	"strings"
)

// createCustomer makes a customer and, where a method is named, attaches that to it. Nothing is made where the method
// is refused.
func (s *Sandbox) createCustomer(c *call) (any, *failure) {
	clock := c.text("test_clock")
	if clock != "" {
		if f := s.joinTestClock(c, clock); f != nil {
			return nil, f
		}
	}
	cu := &customer{
		ID: s.customerID(), Object: "customer", Created: c.at.Unix(), Metadata: map[string]string{},
		InvoicePrefix: nullString(strings.ToUpper(s.ids.letters(8))), NextInvoiceSequence: 1, TaxExempt: "none",
		PreferredLocales: []string{}, TestClock: ref{id: clock},
	}
	id, preferred := c.text("payment_method"), c.text("invoice_settings", "default_payment_method")
	if id == "" && preferred != "" {
		return nil, s.notAttached(c, preferred)
	}
	var method *paymentMethod
	if id != "" {
		found, f := s.attachable(c, id, "payment_method", cu.ID)
		if f != nil {
			return nil, f
		}
		if preferred != "" && preferred != id && preferred != found.ID {
			return nil, s.notAttached(c, preferred)
		}
		method = found
	}
	cu.change(c)
	if method != nil && preferred != "" {
		cu.InvoiceSettings.DefaultPaymentMethod = ref{id: method.ID}
	}
	s.world.customers.put(cu.ID, cu)
	if method != nil {
		s.attachTo(c, method, cu.ID)
	}
	s.emit(c, "customer.created", cu, nil)
	return cu, nil
}

// customerID makes ids of 14 letters. Stripe's begin with a letter that goes with the time; no payment's id does.
func (s *Sandbox) customerID() string { return "cus_T" + s.ids.letters(13) }

// updateCustomer changes a customer.
func (s *Sandbox) updateCustomer(c *call) (any, *failure) {
	old, f := s.livingCustomer(c)
	if f != nil {
		return nil, f
	}
	next := *old
	next.change(c)
	if c.has("invoice_settings", "default_payment_method") {
		id := c.text("invoice_settings", "default_payment_method")
		if method, ok := s.world.paymentMethods.get(id); id != "" && (!ok || method.Customer.id != old.ID) {
			return nil, s.notAttached(c, id)
		}
		next.InvoiceSettings.DefaultPaymentMethod = ref{id: id}
	}
	s.world.customers.put(next.ID, &next)
	s.emit(c, "customer.updated", &next, old)
	return &next, nil
}

// notAttached refuses a default that is not the customer's (text: pull request 3665 of getlago/lago-api).
func (s *Sandbox) notAttached(_ *call, id string) *failure {
	const param = "invoice_settings[default_payment_method]"
	if _, ok := s.world.paymentMethods.get(id); !ok {
		return missing(400, "PaymentMethod", id, param)
	}
	return invalid("resource_missing", param, fmt.Sprintf("The customer does not have a payment method with the ID %s. "+
		"The payment method must be attached to the customer.", id))
}

// change applies the parameters of a create or an update.
func (cu *customer) change(c *call) {
	c.params.change(&cu.Description, "description")
	c.params.change(&cu.Email, "email")
	c.params.change(&cu.Name, "name")
	c.params.change(&cu.Phone, "phone")
	c.params.change(&cu.InvoicePrefix, "invoice_prefix")
	c.params.get("invoice_settings").change(&cu.InvoiceSettings.Footer, "footer")
	if c.has("balance") {
		cu.Balance, _ = parseInteger(c.text("balance"))
	}
	if c.has("next_invoice_sequence") {
		cu.NextInvoiceSequence, _ = parseInteger(c.text("next_invoice_sequence"))
	}
	if c.has("tax_exempt") {
		cu.TaxExempt = orElse(c.text("tax_exempt"), "none")
	}
	if list := c.params.get("preferred_locales"); list != nil {
		cu.PreferredLocales = listed(list)
	}
	cu.Metadata = c.merged(cu.Metadata)
	cu.move(c)
}

// move applies the addresses: fields that are not given stay, and an empty text unsets a whole one.
func (cu *customer) move(c *call) {
	if given := c.params.get("address"); given != nil {
		cu.Address = cu.Address.moved(given)
	}
	given := c.params.get("shipping")
	switch {
	case given == nil:
	case given.isText():
		cu.Shipping = nil
	default:
		to := shipping{}
		if cu.Shipping != nil {
			to = *cu.Shipping
		}
		to.Address = to.Address.changed(given.get("address"))
		given.change(&to.Name, "name")
		given.change(&to.Phone, "phone")
		cu.Shipping = &to
	}
}

// moved is changed for an address that may not be there.
func (a *address) moved(given *node) *address {
	if given.isText() {
		return nil
	}
	old := address{}
	if a != nil {
		old = *a
	}
	return new(old.changed(given))
}
