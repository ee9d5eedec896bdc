package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// setupWaits stops for the customer's step.
func (s *Sandbox) setupWaits(c *call, si *setupIntent) {
	si.PaymentMethod, si.Status = ref{id: si.waiting.how.method.ID}, statusRequiresAction
	s.emit(c, "setup_intent.requires_action", si, nil)
}

// setupSucceeded keeps the method for later: with the customer, if there is one. Without, it is used up.
func (s *Sandbox) setupSucceeded(c *call, si *setupIntent, methodID string) *failure {
	stored, _ := s.world.paymentMethods.get(methodID)
	customerID := si.Customer.id
	if customerID != "" {
		if _, f := s.customerParam(c, customerID, "customer"); f != nil || stored.lost(customerID) {
			return s.setupFailed(c, si, stored, &setupAttemptFailed)
		}
	} else if stored.lost("") {
		return s.setupFailed(c, si, stored, &setupAttemptFailed)
	}
	method := s.changeMethod(methodID, func(m *paymentMethod) {
		m.used = customerID == ""
		if m.Card != nil {
			m.checkCVC()
			m.setUp = m.setUp || si.Usage == usageOffSession
			return
		}
		m.mandate = si.Mandate.id
	})
	if customerID != "" && method.Customer.id == "" {
		s.attachTo(c, method, customerID)
	}
	s.moveMandate(c, si.Mandate.id, mandateActive)
	si.LastSetupError, si.NextAction, si.waiting = nil, nil, nil
	si.PaymentMethod, si.Status = ref{id: methodID}, statusSucceeded
	s.emit(c, "setup_intent.succeeded", si, nil)
	s.setupOfSubscription(c, si)
	return nil
}

// setupAttemptFailed is what an intent says when its method went away during the customer's step.
var setupAttemptFailed = decline{
	code: "setup_attempt_failed", noCardError: true,
	message: "The latest attempt to set up the payment method has failed because it can no longer be used.",
}

// setupFailed puts the intent back to where it waits for another method, and says why both there and in the answer. A
// decline of a set-up has a decline code always (captured: expired_card has that of its code).
func (s *Sandbox) setupFailed(c *call, si *setupIntent, method *paymentMethod, why *decline) *failure {
	snapshot, kind, declineCode := *method, typeCard, orElse(why.declineCode, why.code)
	if why.noCardError {
		kind, declineCode = typeInvalid, ""
	}
	s.endSetupStep(c, si)
	si.LastSetupError = &paymentError{
		Code: why.code, DeclineCode: declineCode, DocURL: docURL(why.code), Message: why.message, Param: why.param,
		PaymentMethod: &snapshot, Type: kind,
	}
	si.PaymentMethod, si.Status = ref{}, statusRequiresPaymentMethod
	s.emit(c, "setup_intent.setup_failed", si, nil)
	return &failure{
		status: http.StatusPaymentRequired, errorType: kind, code: why.code, decline: declineCode, message: why.message,
		param: why.param, method: &snapshot, result: true,
	}
}

// endSetupStep forgets the step that the customer did not take, and the mandate that waited for it.
func (s *Sandbox) endSetupStep(c *call, si *setupIntent) {
	s.moveMandate(c, si.Mandate.id, mandateInactive)
	si.LastSetupError, si.Mandate, si.NextAction, si.waiting = nil, ref{}, nil, nil
}

var setupCancelable = []string{statusRequiresPaymentMethod, statusRequiresConfirmation, statusRequiresAction}

// cancelSetupIntent ends an intent that has not succeeded. It keeps its method.
func (s *Sandbox) cancelSetupIntent(c *call) (any, *failure) {
	si, f := s.findSetupIntent(c)
	if f != nil {
		return nil, f
	}
	if si.Status == statusCanceled {
		return nil, si.refuse("You cannot cancel this SetupIntent because it is already canceled.")
	}
	if !slices.Contains(setupCancelable, si.Status) {
		return nil, si.refuse(fmt.Sprintf("You cannot cancel this SetupIntent because it has a status of %s. Only a "+
			"SetupIntent with one of the following statuses may be canceled: `requires_payment_method`, "+
			"`requires_confirmation`, or `requires_action`.", si.Status))
	}
	next := *si
	s.endSetupStep(c, &next)
	next.LastSetupError, next.Mandate = si.LastSetupError, si.Mandate
	next.CancellationReason, next.Status = nullString(c.text("cancellation_reason")), statusCanceled
	s.world.setupIntents.put(next.ID, &next)
	s.emit(c, "setup_intent.canceled", &next, nil)
	return &next, nil
}

// verifySetupIntent goes on with a set-up whose account is verified.
func (s *Sandbox) verifySetupIntent(c *call) (any, *failure) {
	si, f := s.findSetupIntent(c)
	if f != nil {
		return nil, f
	}
	if si.waiting == nil || !si.waiting.deposits {
		return nil, notVerifiable("SetupIntent", si.Status).aboutSetup(si)
	}
	next, methodID := *si, si.waiting.how.method.ID
	waiting, refused, why := si.waiting.judge(c)
	switch {
	case refused != nil:
		next.waiting = waiting
	case why != nil:
		refused = s.setupFailed(c, &next, s.barAccount(methodID), why).asBadRequest()
	default:
		s.verifyAccount(methodID)
		refused = s.setupSucceeded(c, &next, methodID)
	}
	s.world.setupIntents.put(next.ID, &next)
	if refused != nil {
		return nil, refused.aboutSetup(&next)
	}
	return &next, nil
}
