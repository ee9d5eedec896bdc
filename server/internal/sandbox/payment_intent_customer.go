package sandbox

import "fmt"

// belongsTo refuses a method that is another customer's; one that is nobody's can pay once for anybody (both texts and
// the odd parameter of the first: recorded at api.stripe.com).
func (m *paymentMethod) belongsTo(customerID string) *failure {
	switch owner := m.Customer.id; {
	case owner == "" || owner == customerID:
		return nil
	case customerID == "":
		return invalid("parameter_missing", "source", fmt.Sprintf("The `payment_method` parameter supplied %s belongs to the "+
			"Customer %s. Please include the Customer in the `customer` parameter on the PaymentIntent.", m.ID, owner))
	default:
		return invalid("", "payment_method", fmt.Sprintf("The PaymentMethod %s does not belong to the Customer you supplied %s. "+
			"Please use this PaymentMethod with the Customer that it belongs to instead.", m.ID, customerID))
	}
}

// chooseCustomer applies the customer of an update. Once there is one it stays, and not even the same may be named
// again.
func (s *Sandbox) chooseCustomer(c *call, p *paymentIntent) *failure {
	id := c.text("customer")
	switch {
	case id == "":
		return nil
	case p.Customer.id != "":
		return invalid("", "customer", "You cannot modify `customer` on a PaymentIntent once it already has been set. To "+
			"fulfill a payment with a different Customer, cancel this PaymentIntent and create a new one.")
	}
	if _, f := s.customerParam(c, id, "customer"); f != nil {
		return f
	}
	p.Customer = ref{id: id}
	if method, ok := s.world.paymentMethods.get(p.PaymentMethod.id); ok && !c.has("payment_method") {
		return method.belongsTo(id)
	}
	return nil
}

// mayCharge refuses a confirmation for a customer who was deleted since, or with another's method.
func (s *Sandbox) mayCharge(c *call, p *paymentIntent, method *paymentMethod) *failure {
	if p.Customer.id != "" {
		if _, f := s.customerParam(c, p.Customer.id, "customer"); f != nil {
			return f
		}
	}
	if method == nil {
		return nil
	}
	return method.belongsTo(p.Customer.id)
}

// futureUse is what the payment is to prepare; the option of the card outranks the intent's.
func (p *paymentIntent) futureUse(method *paymentMethod) string {
	if method.Card == nil || p.PaymentMethodOptions == nil || p.PaymentMethodOptions.Card == nil ||
		p.PaymentMethodOptions.Card.SetupFutureUsage == "" {
		return string(p.SetupFutureUsage)
	}
	if own := p.PaymentMethodOptions.Card.SetupFutureUsage; own != "none" {
		return own
	}
	return ""
}

// keep attaches the method of a payment that went well to its customer, if the payment was to prepare others
// (docs.stripe.com/api/payment_intents, setup_future_usage).
func (s *Sandbox) keep(c *call, pi *paymentIntent, method *paymentMethod) {
	owner, known := s.world.customers.get(pi.Customer.id)
	now, _ := s.world.paymentMethods.get(method.ID)
	if pi.futureUse(now) != "" && known && !owner.deleted && now.Customer.id == "" {
		now = s.attachTo(c, now, owner.ID)
	}
	if now.Card != nil && now.Customer.id != "" && pi.futureUse(now) == usageOffSession {
		s.changeMethod(now.ID, func(m *paymentMethod) { m.setUp = true })
	}
}
