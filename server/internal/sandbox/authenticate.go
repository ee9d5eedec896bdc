package sandbox

import (
	"fmt"
	"net/http"
)

// failedAuthentication is what an intent says when the customer failed the step (docs.stripe.com/error-codes). No
// charge was made: the bank was not asked yet.
var failedAuthentication = decline{
	code: "payment_intent_authentication_failure", noCardError: true,
	message: "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new " +
		"PaymentMethod to attempt to fulfill this PaymentIntent again.",
}

// controlAuthenticate takes the step of next_action in the customer's place, and answers with the intent.
func (s *Sandbox) controlAuthenticate(r *http.Request, id string) answer {
	var request struct {
		Outcome string `json:"outcome"`
	}
	if err := decodeControl(r, &request); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	if request.Outcome != "succeed" && request.Outcome != "fail" {
		return controlError(http.StatusBadRequest, fmt.Errorf("outcome: %q is neither succeed nor fail", request.Outcome))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.catchUp(now)
	pi, ok := s.world.paymentIntents.get(id)
	if !ok {
		return controlError(http.StatusNotFound, fmt.Errorf("no payment intent %s", id))
	}
	if pi.Status != statusRequiresAction {
		return controlError(http.StatusConflict, fmt.Errorf("payment intent %s is %s, not requires_action", id, pi.Status))
	}
	// Stripe.js asks in the customer's browser: such an event has no request id, and the attempt as its key (captured).
	c := &call{at: now, echoed: id + "-" + pi.waiting.attempt}
	next := *pi
	s.authenticate3DS(c, &next, request.Outcome == "succeed")
	s.world.paymentIntents.put(next.ID, &next)
	return controlAnswer(http.StatusOK, &next)
}

// authenticate3DS goes on where the confirmation stopped. With manual confirmation the caller's server must confirm
// once more (docs.stripe.com/payments/accept-a-payment-synchronously).
func (s *Sandbox) authenticate3DS(c *call, pi *paymentIntent, succeeded bool) {
	how := pi.waiting.how
	if !succeeded {
		s.failed(c, pi, how.method, "", &failedAuthentication)
		return
	}
	pi.passed = s.authenticated(how.method.Card.Brand)
	pi.NextAction, pi.waiting = nil, nil
	if pi.ConfirmationMethod == "manual" {
		pi.Status = statusRequiresConfirmation
		return
	}
	s.charge(c, pi, how)
}

// authenticated is what a charge shows after a challenge that went well.
func (s *Sandbox) authenticated(brand string) *threeDSecure {
	indicator := "05" // liability is the bank's; Mastercard counts differently
	if brand == "mastercard" {
		indicator = "02"
	}
	return &threeDSecure{
		AuthenticationFlow: "challenge", ElectronicCommerceIndicator: indicator, Result: "authenticated",
		TransactionID: s.ids.uuid(), Version: "2.1.0",
	}
}
