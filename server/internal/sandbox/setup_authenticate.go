package sandbox

import (
	"fmt"
	"net/http"
)

// failedSetupAuthentication is what a setup intent says when the customer failed the step
// (docs.stripe.com/error-codes).
var failedSetupAuthentication = decline{
	code: "setup_intent_authentication_failure", noCardError: true,
	message: "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new " +
		"PaymentMethod to attempt to fulfill this SetupIntent again.",
}

// controlAuthenticateSetup takes the step of next_action in the customer's place, and answers with the intent.
func (s *Sandbox) controlAuthenticateSetup(r *http.Request, id string) answer {
	succeeded, err := decodeOutcome(r)
	if err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.catchUp(now)
	si, ok := s.world.setupIntents.get(id)
	if !ok {
		return controlError(http.StatusNotFound, fmt.Errorf("no setup intent %s", id))
	}
	if err := si.waiting.authenticable("setup intent "+id, si.Status); err != nil {
		return controlError(http.StatusConflict, err)
	}
	c := &call{at: now, echoed: id + "-" + si.waiting.attempt}
	s.enter(c, si.Customer.id)
	next, method := *si, si.waiting.how.method
	if succeeded {
		s.setupSucceeded(c, &next, method.ID)
	} else {
		s.setupFailed(c, &next, method, &failedSetupAuthentication)
	}
	s.world.setupIntents.put(next.ID, &next)
	return controlAnswer(http.StatusOK, &next)
}
