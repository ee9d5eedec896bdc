package sandbox

// askForMethod makes the setup intent that a customer can name a method with, where nothing is due now and nobody has
// named one (spec3.json, subscription, pending_setup_intent).
func (s *Sandbox) askForMethod(c *call, sub *subscription, inv *invoice) {
	cu, _ := s.world.customers.get(sub.Customer.id)
	if sub.CollectionMethod != collectAutomatically || inv.PaymentIntent.id != "" || s.invoiceMethod(sub, cu) != nil {
		return
	}
	nothing := &node{kids: map[string]*node{}}
	si := s.newSetupIntent(&call{at: c.at, params: nothing})
	si.Customer = sub.Customer
	si.AutomaticPaymentMethods, si.PaymentMethodConfigurationDetails = nil, nil
	si.setTypes(inv.methodTypes())
	s.world.setupIntents.put(si.ID, si)
	s.emit(c, "setup_intent.created", si, nil)
	sub.PendingSetupIntent = ref{id: si.ID}
}

// setupOfSubscription gives a method that was set up to the subscription that asked for it, where it is set to keep it.
func (s *Sandbox) setupOfSubscription(c *call, si *setupIntent) {
	for _, sub := range s.world.subscriptions.rows {
		if sub.PendingSetupIntent.id != si.ID || sub.ended() {
			continue
		}
		next := *sub
		next.PendingSetupIntent = ref{}
		if sub.PaymentSettings.SaveDefaultPaymentMethod == saveOnSubscription {
			next.DefaultPaymentMethod = si.PaymentMethod
		}
		s.changed(c, sub, &next)
		return
	}
}
