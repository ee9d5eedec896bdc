package sandbox

import "net/http"

// unverified says whether a debit must wait for microdeposits: an American account that was given by its number, and
// always the one to which none can be sent.
func (m *paymentMethod) unverified() bool {
	return m.Type == "us_bank_account" && (!m.verified || m.debit.noSmall)
}

// mayVerify refuses an account that can not be verified in the way that the intent asks for.
func (m *paymentMethod) mayVerify(options *usDebitsOptions) *failure {
	if m.barred {
		return invalid("payment_method_bank_account_blocked", "payment_method", "This bank account has failed verification "+
			"in the past and can not be used. Contact us via https://support.stripe.com/contact if you wish to attempt to use "+
			"these bank account credentials.")
	}
	if m.unverified() && options != nil && options.VerificationMethod == verifyInstantly {
		return invalid("payment_method_invalid_parameter", "payment_method", "Payment method data is not allowed when "+
			"payment_method_options[us_bank_account][verification_method]=instant is used.")
	}
	return nil
}

// changeMethod puts a changed copy of a method in its place, as it now stands.
func (s *Sandbox) changeMethod(id string, change func(*paymentMethod)) *paymentMethod {
	stored, _ := s.world.paymentMethods.get(id)
	next := *stored
	change(&next)
	s.world.paymentMethods.put(id, &next)
	return &next
}

func (s *Sandbox) verifyAccount(id string) *paymentMethod {
	return s.changeMethod(id, func(m *paymentMethod) { m.verified = true })
}

// barAccount keeps an account that could not be verified from being tried again.
func (s *Sandbox) barAccount(id string) *paymentMethod {
	return s.changeMethod(id, func(m *paymentMethod) { m.barred = true })
}

// lost says whether a method went away while its customer took a step: detached, or given to somebody else.
func (m *paymentMethod) lost(customerID string) bool {
	return m.used || m.Customer.id != "" && m.Customer.id != customerID
}

// awaitDeposits stops a payment until its customer has verified the account.
func (s *Sandbox) awaitDeposits(c *call, pi *paymentIntent, how confirmation) *failure {
	if how.errorOnAction {
		return s.actionRequired(c, pi, how) // which is the refusal
	}
	pi.LastPaymentError, pi.passed = nil, nil
	pi.waiting = &challenge{how: how, attempt: s.ids.payment("payatt_", stemOf(pi.ID)), deposits: true}
	pi.NextAction = s.depositAction(c, "pacs")
	pi.PaymentMethod, pi.Status = ref{id: how.method.ID}, statusRequiresAction
	id, attempt := pi.ID, pi.waiting.attempt
	s.schedule(c, c.at.Add(depositLife), func(s *Sandbox, c *call) {
		if stored, _ := s.world.paymentIntents.get(id); stored.waiting != nil && stored.waiting.attempt == attempt {
			next := *stored
			s.failed(c, &next, s.barAccount(how.method.ID), "", &deniedTooLate)
			s.putIntent(c, &next)
		}
	})
	s.emit(c, "payment_intent.requires_action", pi, nil)
	return nil
}

// verifyPaymentIntent goes on with a payment whose account is verified.
func (s *Sandbox) verifyPaymentIntent(c *call) (any, *failure) {
	pi, f := s.findIntent(c)
	if f != nil {
		return nil, f
	}
	if pi.waiting == nil || !pi.waiting.deposits {
		return nil, notVerifiable("PaymentIntent", pi.Status).about(pi)
	}
	next, how := *pi, pi.waiting.how
	waiting, refused, why := pi.waiting.judge(c)
	switch {
	case refused != nil:
		next.waiting = waiting
	case why != nil:
		refused = s.failed(c, &next, s.barAccount(how.method.ID), "", why).asBadRequest()
	default:
		if how.method = s.verifyAccount(how.method.ID); how.method.lost(pi.Customer.id) {
			refused = s.failed(c, &next, how.method, "", &attemptFailed)
		} else {
			refused = s.sendDebit(c, &next, how)
		}
	}
	s.putIntent(c, &next)
	if refused != nil {
		return nil, refused.about(&next)
	}
	return &next, nil
}

var attemptFailed = decline{
	code: "payment_intent_payment_attempt_failed", noCardError: true,
	message: "The latest payment attempt for the PaymentIntent has failed because its PaymentMethod can no longer be " +
		"used.",
}

// asBadRequest gives the end of a verification its status: the type of the error is invalid_request_error.
func (f *failure) asBadRequest() *failure {
	f.status = http.StatusBadRequest
	return f
}
