package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

func (s *Sandbox) getRefund(c *call) (any, *failure) {
	return s.findRefund(c)
}

func (s *Sandbox) findRefund(c *call) (*refund, *failure) {
	re, ok := s.world.refunds.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "refund", c.id, "refund")
	}
	s.enterCharge(c, re.Charge.id)
	return re, nil
}

// enterCharge takes a call into the time of a charge's customer.
func (s *Sandbox) enterCharge(c *call, id string) {
	if ch, ok := s.world.charges.get(id); ok {
		s.enter(c, ch.Customer.id)
	}
}

// updateRefund changes the metadata; nothing else of a refund can be changed.
func (s *Sandbox) updateRefund(c *call) (any, *failure) {
	old, f := s.findRefund(c)
	if f != nil {
		return nil, f
	}
	re := *old
	re.Metadata = c.merged(old.Metadata)
	s.world.refunds.put(re.ID, &re)
	s.refundUpdated(c, &re, old)
	return &re, nil
}

// cancelRefund ends a refund that waits for the customer; no other can be canceled by the API.
func (s *Sandbox) cancelRefund(c *call) (any, *failure) {
	re, f := s.findRefund(c)
	if f != nil {
		return nil, f
	}
	if re.Status != refundRequiresAction {
		return nil, invalid("", "", "Canceling this refund is unsupported.")
	}
	return s.undoRefund(c, re, refundCanceled, "merchant_request", MovementRefundCanceled), nil
}

// settleLater lets the clock end what the request began.
func (s *Sandbox) settleLater(c *call, re *refund, method *paymentMethod) {
	fails := method.test != nil && method.test.refund == refundsFail
	if re.Status != refundPending && !fails {
		return
	}
	s.schedule(c, c.at.Add(refundDelay), func(s *Sandbox, c *call) {
		old, _ := s.world.refunds.get(re.ID)
		switch {
		case fails && old.Status == refundSucceeded:
			s.undoRefund(c, old, refundFailed, "expired_or_canceled_card", MovementRefundFailed)
		case old.Status == refundPending:
			now := *old
			now.Status = refundSucceeded
			ch, _ := s.world.charges.get(old.Charge.id)
			now.DestinationDetails = refundTo(ch, refundSucceeded)
			s.world.refunds.put(now.ID, &now)
			s.refundUpdated(c, &now, old)
		}
	})
}

// controlRequireAction makes a pending refund wait for the customer. At Stripe only methods that the sandbox does not
// have do that (docs.stripe.com/refunds, requires_action), so this stands in for them.
func (s *Sandbox) controlRequireAction(id string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.catchUp(now)
	old, ok := s.world.refunds.get(id)
	if !ok {
		return controlError(http.StatusNotFound, fmt.Errorf("no refund %s", id))
	}
	if old.Status != refundPending {
		return controlError(http.StatusConflict, fmt.Errorf("refund %s is %s, not pending", id, old.Status))
	}
	const patience = 45 * 24 * time.Hour
	c := &call{at: now}
	s.enterCharge(c, old.Charge.id)
	re := *old
	re.Status = refundRequiresAction
	re.NextAction = &refundAction{Type: "display_details", DisplayDetails: refundInstructions{
		EmailSent: emailSent{c.at.Unix(), orElse(re.InstructionsEmail, "customer@shop.example")},
		ExpiresAt: c.at.Add(patience).Unix(),
	}}
	s.world.refunds.put(re.ID, &re)
	s.refundUpdated(c, &re, old)
	return controlAnswer(http.StatusOK, &re)
}
