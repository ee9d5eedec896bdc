package sandbox

// updateSetupIntent changes an intent. There is no event for it. A method can be chosen until the set-up has ended;
// the rest can be changed at any time.
func (s *Sandbox) updateSetupIntent(c *call) (any, *failure) {
	si, f := s.findSetupIntent(c)
	if f != nil {
		return nil, f
	}
	next := *si
	if id := c.text("customer"); id != "" {
		if _, f := s.customerParam(c, id, "customer"); f != nil {
			return nil, f.aboutSetup(si)
		}
		next.Customer = ref{id: id}
	}
	if c.has("description") {
		next.Description = nullString(c.text("description"))
	}
	next.Metadata = c.merged(si.Metadata)
	if c.has("payment_method_types") {
		next.AutomaticPaymentMethods, next.PaymentMethodConfigurationDetails = nil, nil
		next.setTypes(listed(c.params.get("payment_method_types")))
	}
	next.applyOptions(c)
	if f := s.chooseSetupMethod(c, si, &next); f != nil {
		return nil, f.aboutSetup(si)
	}
	s.world.setupIntents.put(next.ID, &next)
	return &next, nil
}

// chooseSetupMethod applies a method: whatever happened before, it must be confirmed. A method that the intent has must
// still fit when the intent becomes another customer's, or accepts other types.
func (s *Sandbox) chooseSetupMethod(c *call, si, next *setupIntent) *failure {
	if si.Status == statusSucceeded || si.Status == statusCanceled {
		if c.has("payment_method") || c.has("payment_method_options") || c.has("payment_method_types") {
			return si.ended("update")
		}
		return nil
	}
	id := orElse(c.text("payment_method"), si.PaymentMethod.id)
	if id == "" || !c.has("payment_method") && !c.has("payment_method_types") && !c.has("customer") {
		return nil
	}
	method, f := s.setupMethod(c, next, id)
	if f != nil || !c.has("payment_method") {
		return f
	}
	s.endSetupStep(c, next)
	next.PaymentMethod, next.Status = ref{id: method.ID}, statusRequiresConfirmation
	return nil
}
