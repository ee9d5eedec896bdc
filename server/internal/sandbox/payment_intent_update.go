package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// untilPaid are the parameters that only an intent whose payment has not begun takes, in the order in which Stripe
// complains about them. Description and metadata may change at any time.
var untilPaid = []string{
	"amount", "capture_method", "currency", "customer", "payment_method", "payment_method_options",
	"payment_method_types", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor",
	"statement_descriptor_suffix", "transfer_group",
}

var changeable = []string{statusRequiresPaymentMethod, statusRequiresConfirmation, statusRequiresAction}

// updatePaymentIntent changes an intent. There is no event for it.
func (s *Sandbox) updatePaymentIntent(c *call) (any, *failure) {
	pi, f := s.findIntent(c)
	if f != nil {
		return nil, f
	}
	for _, name := range untilPaid {
		if c.has(name) && !slices.Contains(changeable, pi.Status) {
			return nil, pi.notChangeable(name)
		}
	}
	if f := pi.asInvoiced(c); f != nil {
		return nil, f
	}
	next := *pi
	if f := s.chooseCustomer(c, &next); f != nil {
		return nil, f.about(pi)
	}
	next.LastPaymentError = nil // docs.stripe.com/api/payment_intents/object, last_payment_error
	next.change(c)
	next.describe(c)
	if f := next.price(c); f != nil {
		return nil, f.about(pi)
	}
	if f := s.chooseMethod(c, &next); f != nil {
		return nil, f.about(pi)
	}
	s.putIntent(c, &next)
	return &next, nil
}

// asInvoiced refuses to change what the invoice of an intent decides.
func (p *paymentIntent) asInvoiced(c *call) *failure {
	for _, name := range []string{"amount", "capture_method", "currency", "customer"} {
		if p.Invoice.id != "" && c.has(name) {
			return invalid("", name, fmt.Sprintf("You cannot update the %s of PaymentIntents created by invoices.", name)).
				about(p)
		}
	}
	return nil
}

func (p *paymentIntent) notChangeable(name string) *failure {
	f := unexpectedState(p, fmt.Sprintf("This PaymentIntent's %[1]s could not be updated because it has a status of %[2]s. "+
		"You may only update the %[1]s of a PaymentIntent with one of the following statuses: %[3]s.", name, p.Status,
		strings.Join(changeable, ", ")))
	f.param = name
	return f
}

// describe applies the parameters that only name and describe the payment.
func (p *paymentIntent) describe(c *call) {
	for name, text := range map[string]*nullString{
		"description": &p.Description, "statement_descriptor": &p.StatementDescriptor,
		"statement_descriptor_suffix": &p.StatementDescriptorSuffix, "transfer_group": &p.TransferGroup,
	} {
		if c.has(name) {
			*text = nullString(c.text(name))
		}
	}
	p.Metadata = c.merged(p.Metadata)
}

// price applies an amount or a currency. A challenge was for the old price, so the customer's step begins again with
// the next confirmation.
func (p *paymentIntent) price(c *call) *failure {
	if !c.has("amount") && !c.has("currency") {
		return nil
	}
	if c.has("amount") {
		p.Amount, _ = parseInteger(c.text("amount"))
	}
	p.Currency = strings.ToLower(orElse(c.text("currency"), p.Currency))
	if p.Status == statusRequiresAction {
		p.reconfirm()
	}
	return checkAmount(p.Amount, p.Currency)
}

// chooseMethod applies a method: whatever happened before, it must be confirmed (docs.stripe.com/api/payment_intents,
// update).
func (s *Sandbox) chooseMethod(c *call, p *paymentIntent) *failure {
	id := c.text("payment_method")
	if id == "" {
		id = p.PaymentMethod.id
	}
	if id == "" || !c.has("payment_method") && !c.has("payment_method_types") {
		return nil
	}
	method, known := s.usePaymentMethod(c, id)
	if !known {
		return missing(http.StatusBadRequest, "PaymentMethod", id, "payment_method")
	}
	if f := p.accepts(method); f != nil {
		return f
	}
	if f := method.belongsTo(p.Customer.id); f != nil {
		return f
	}
	p.PaymentMethod = ref{id: method.ID}
	p.reconfirm()
	return nil
}

func (p *paymentIntent) reconfirm() {
	p.Status, p.NextAction, p.waiting, p.passed = statusRequiresConfirmation, nil, nil, nil
}

// merged gives metadata with the changes of a request: an empty value unsets its key, an empty metadata all of them
// (docs.stripe.com/api/metadata).
func (c *call) merged(old map[string]string) map[string]string {
	return c.params.merged(old)
}

func (n *node) merged(old map[string]string) map[string]string {
	given := n.get("metadata")
	if given == nil {
		return old
	}
	if given.isText() {
		return map[string]string{}
	}
	pairs := maps.Clone(old)
	for _, name := range given.names {
		if value := given.kids[name].text; value == "" {
			delete(pairs, name)
		} else {
			pairs[name] = value
		}
	}
	return pairs
}
