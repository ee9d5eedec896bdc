package sandbox

import (
	"maps"
	"net/http"
)

const usedUp = "This PaymentMethod was previously used without being attached to a Customer or was detached from a " +
	"Customer, and may not be used again."

// attachPaymentMethod gives a method to a customer. Once more to the same customer changes nothing.
func (s *Sandbox) attachPaymentMethod(c *call) (any, *failure) {
	owner, f := s.customerParam(c, c.text("customer"), "customer")
	if f != nil {
		return nil, f
	}
	method, f := s.attachable(c, c.id, "", owner.ID)
	if f != nil {
		return nil, f
	}
	if method.Customer.id == owner.ID {
		return method, nil
	}
	return s.attachTo(c, method, owner.ID), nil
}

// attachable finds a method that a parameter names, or the path where there is no parameter, and refuses one that the
// customer can not be given (stripe-facts 5; the first text stands in logs of many users of Stripe's).
func (s *Sandbox) attachable(c *call, id, param, customerID string) (*paymentMethod, *failure) {
	method, known := s.usePaymentMethod(c, id)
	switch {
	case !known && param == "":
		return nil, missing(http.StatusNotFound, "PaymentMethod", id, "payment_method")
	case !known:
		return nil, missing(http.StatusBadRequest, "PaymentMethod", id, param)
	case method.Customer.id != "" && method.Customer.id != customerID:
		return nil, invalid("", "", "The payment method you provided has already been attached to a customer.")
	case method.used:
		return nil, invalid("", "", usedUp)
	case method.USBankAccount != nil && !method.verified:
		return nil, invalid("", "", "This PaymentMethod is a bank account that has not been verified. Verify it with a "+
			"SetupIntent or a PaymentIntent, which attaches it to the Customer.")
	case method.test != nil && method.test.declinesAttach() != nil:
		why := method.test.declinesAttach()
		refused := cardError(why.code, why.param, why.message)
		refused.decline = why.declineCode
		return nil, refused
	}
	return method, nil
}

// attachTo puts a copy of a method in its place that belongs to the customer; who holds the old one sees it as it was.
// The bank has looked at a card by then (recorded at api.stripe.com).
func (s *Sandbox) attachTo(c *call, method *paymentMethod, customerID string) *paymentMethod {
	attached := *method
	attached.Customer, attached.used = ref{id: customerID}, false
	attached.Metadata = maps.Clone(method.Metadata)
	if attached.Card != nil {
		attached.checkCVC()
	}
	s.world.paymentMethods.put(attached.ID, &attached)
	s.emit(c, "payment_method.attached", &attached, nil)
	return &attached
}

// detachPaymentMethod takes a method from its customer for good, and clears the default that named it.
func (s *Sandbox) detachPaymentMethod(c *call) (any, *failure) {
	method, known := s.usePaymentMethod(c, c.id)
	switch {
	case !known:
		return nil, missing(http.StatusNotFound, "PaymentMethod", c.id, "payment_method")
	case method.Customer.id == "": // text: issue 751 of stripe-ruby-mock
		return nil, invalid("", "", "The payment method you provided is not attached to a customer so detachment is "+
			"impossible.")
	}
	detached := s.detach(c, method)
	owner, _ := s.world.customers.get(method.Customer.id)
	if owner.InvoiceSettings.DefaultPaymentMethod.id == method.ID {
		next := *owner
		next.InvoiceSettings.DefaultPaymentMethod = ref{}
		s.world.customers.put(next.ID, &next)
		s.emit(c, "customer.updated", &next, owner)
	}
	return detached, nil
}

func (s *Sandbox) detach(c *call, method *paymentMethod) *paymentMethod {
	detached := *method
	detached.Customer, detached.used = ref{}, true
	s.world.paymentMethods.put(detached.ID, &detached)
	s.emit(c, "payment_method.detached", &detached, method)
	return &detached
}

func (s *Sandbox) getPaymentMethod(c *call) (any, *failure) {
	method, known := s.usePaymentMethod(c, c.id)
	if !known {
		return nil, missing(http.StatusNotFound, "PaymentMethod", c.id, "payment_method")
	}
	return method, nil
}

// listPaymentMethods lists nothing where no customer is named (recorded at api.stripe.com).
func (s *Sandbox) listPaymentMethods(c *call) (any, *failure) {
	if !c.has("customer") {
		return pageOf(c, &s.world.paymentMethods, "PaymentMethod", func(*paymentMethod) bool { return false })
	}
	owner, f := s.customerParam(c, c.text("customer"), "customer")
	if f != nil {
		return nil, f
	}
	return s.methodsOf(c, owner)
}

func (s *Sandbox) listMethodsOfCustomer(c *call) (any, *failure) {
	owner, f := s.livingCustomer(c)
	if f != nil {
		return nil, f
	}
	return s.methodsOf(c, owner)
}

func (s *Sandbox) methodsOf(c *call, owner *customer) (any, *failure) {
	kind := c.text("type")
	return pageOf(c, &s.world.paymentMethods, "PaymentMethod", func(m *paymentMethod) bool {
		return m.Customer.id == owner.ID && (kind == "" || m.Type == kind)
	})
}

func (s *Sandbox) getMethodOfCustomer(c *call) (any, *failure) {
	owner, f := s.livingCustomer(c)
	if f != nil {
		return nil, f
	}
	method, ok := s.world.paymentMethods.get(c.below)
	if !ok || method.Customer.id != owner.ID {
		return nil, missing(http.StatusNotFound, "PaymentMethod", c.below, "payment_method")
	}
	return method, nil
}
