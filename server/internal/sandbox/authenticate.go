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
	succeeded, err := decodeOutcome(r)
	if err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.catchUp(now)
	pi, ok := s.world.paymentIntents.get(id)
	if !ok {
		return controlError(http.StatusNotFound, fmt.Errorf("no payment intent %s", id))
	}
	if err := pi.waiting.authenticable("payment intent "+id, pi.Status); err != nil {
		return controlError(http.StatusConflict, err)
	}
	// Stripe.js asks in the customer's browser: such an event has no request id, and the attempt as its key (captured).
	c := &call{at: now, echoed: id + "-" + pi.waiting.attempt}
	s.enter(c, pi.Customer.id)
	next := *pi
	s.authenticate3DS(c, &next, succeeded)
	s.putIntent(c, &next)
	return controlAnswer(http.StatusOK, &next)
}

func decodeOutcome(r *http.Request) (succeeded bool, err error) {
	var request struct {
		Outcome string `json:"outcome"`
	}
	if err := decodeControl(r, &request); err != nil {
		return false, err
	}
	if request.Outcome != "succeed" && request.Outcome != "fail" {
		return false, fmt.Errorf("outcome: %q is neither succeed nor fail", request.Outcome)
	}
	return request.Outcome == "succeed", nil
}

// authenticable says why there is no step to take on an intent with that status.
func (w *challenge) authenticable(name, status string) error {
	switch {
	case w == nil:
		return fmt.Errorf("%s is %s, not requires_action", name, status)
	case w.deposits:
		return fmt.Errorf("%s waits for the verification of microdeposits, not for authentication", name)
	}
	return nil
}

// challenges says whether a card asks for 3D Secure while its customer is there.
func (t *testCard) challenges(demanded bool) bool {
	switch t.auth {
	case authRequired, authUnlessSetUp, authOnSession:
		return true
	case authIfRequested:
		return demanded
	case authNever, authBroken, authBrokenIfAsked:
	}
	return false
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
