package sandbox

// confirmSetupIntent tries to set up the method of an intent that exists.
func (s *Sandbox) confirmSetupIntent(c *call) (any, *failure) {
	si, f := s.findSetupIntent(c)
	if f != nil {
		return nil, f
	}
	id := orElse(c.text("payment_method"), si.PaymentMethod.id)
	if id == "" {
		return nil, si.refuse(setupNeedsMethod)
	}
	if f := si.ended("confirm"); f != nil {
		return nil, f
	}
	if owner := si.Customer.id; owner != "" {
		if _, f := s.customerParam(c, owner, "customer"); f != nil {
			return nil, f.aboutSetup(si)
		}
	}
	method, f := s.setupMethod(c, si, id)
	if f != nil {
		return nil, f.aboutSetup(si)
	}
	next := *si
	next.applyOptions(c)
	return s.attemptSetup(c, si, next, readConfirmation(c, method))
}

const setupNeedsMethod = "You cannot confirm this SetupIntent because it's missing a payment method. You can either " +
	"update the SetupIntent with a payment method and then confirm it again, or confirm it again directly with a " +
	"payment method or ConfirmationToken."

// ended refuses what an intent that has ended does not allow.
func (si *setupIntent) ended(action string) *failure {
	switch si.Status {
	case statusSucceeded:
		return si.refuse("You cannot " + action + " this SetupIntent because it has already succeeded.")
	case statusCanceled:
		return si.refuse("You cannot " + action + " this SetupIntent because it has been canceled.")
	}
	return nil
}

// attemptSetup tries with a copy of the intent, and puts that in its place. A decline is a result and stays; an
// unacceptable request changes nothing. Either way the error carries the intent as it now stands.
func (s *Sandbox) attemptSetup(c *call, si *setupIntent, next setupIntent, how confirmation) (any, *failure) {
	f := s.setUp(c, &next, how)
	if f != nil && !f.result {
		return nil, f.aboutSetup(si)
	}
	s.world.setupIntents.put(next.ID, &next)
	if f != nil {
		return nil, f.aboutSetup(&next)
	}
	return &next, nil
}

// setUp makes one attempt on a copy of the intent.
func (s *Sandbox) setUp(c *call, si *setupIntent, how confirmation) *failure {
	automatic := si.AutomaticPaymentMethods
	switch {
	case how.method == nil:
		return si.refuse(setupNeedsMethod)
	case automatic != nil && automatic.AllowRedirects == redirectsAllow && how.returnURL == "":
		return invalid("", "", "This SetupIntent is configured to accept payment methods enabled in your Dashboard. "+
			mayRedirect)
	case how.method.debit != nil:
		return s.setUpAccount(c, si, how)
	}
	s.endSetupStep(c, si)
	si.LatestAttempt = ref{id: s.ids.object("setatt_", c.at)}
	card := how.method.test
	demanded := si.PaymentMethodOptions.Card.RequestThreeDSecure != "automatic"
	switch {
	case card.declinesAttach() != nil: // the bank is asked for the set-up as it is for an attachment
		return s.setupFailed(c, si, how.method, card.declinesAttach())
	case card.auth == authBroken, card.auth == authBrokenIfAsked && demanded:
		return s.setupFailed(c, si, how.method, &declineGeneric)
	case card.challenges(demanded):
		si.waiting = &challenge{how: how, attempt: si.LatestAttempt.id}
		si.NextAction = s.nextAction(si.waiting, si.Object, si.ID, si.ClientSecret)
		s.setupWaits(c, si)
		return nil
	}
	return s.setupSucceeded(c, si, how.method.ID)
}

// setUpAccount makes the mandate for later debits. It is pending until the account is verified.
func (s *Sandbox) setUpAccount(c *call, si *setupIntent, how confirmation) *failure {
	if f := how.method.mayVerify(si.PaymentMethodOptions.USBankAccount); f != nil {
		return f
	}
	if how.consent == nil {
		return invalid("", "", needsMandate("SetupIntent"))
	}
	s.endSetupStep(c, si)
	si.LatestAttempt = ref{id: s.ids.object("setatt_", c.at)}
	switch {
	case !how.method.unverified():
		si.Mandate = ref{id: s.newMandate(c, how, mandateActive, nil).ID}
		return s.setupSucceeded(c, si, how.method.ID)
	case how.method.debit.noSmall:
		return s.setupFailed(c, si, how.method, &deniedUnsent)
	}
	si.Mandate = ref{id: s.newMandate(c, how, mandatePending, nil).ID}
	si.waiting = &challenge{how: how, attempt: si.LatestAttempt.id, deposits: true}
	si.NextAction = s.depositAction(c, "sacs")
	s.setupWaits(c, si)
	id, attempt := si.ID, si.LatestAttempt.id
	s.schedule(c, c.at.Add(depositLife), func(s *Sandbox, c *call) {
		if stored, _ := s.world.setupIntents.get(id); stored.waiting != nil && stored.waiting.attempt == attempt {
			next := *stored
			s.setupFailed(c, &next, s.barAccount(how.method.ID), &deniedTooLate)
			s.world.setupIntents.put(id, &next)
		}
	})
	return nil
}
