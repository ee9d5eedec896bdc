package sandbox

import "slices"

// newRefund makes a refund of a charge and counts it there. The caller gives a copy of the charge, and stores both.
func (s *Sandbox) newRefund(c *call, ch *charge, amount int64, status string) *refund {
	re := &refund{
		ID: s.ids.payment("re_", stemOf(ch.ID)), Object: "refund", Amount: amount, Charge: ref{id: ch.ID},
		Created: c.at.Unix(), Currency: ch.Currency, Metadata: map[string]string{}, PaymentIntent: ch.PaymentIntent,
		Status: status,
	}
	if ch.isDebit() {
		re.ID = s.ids.object("pyr_", c.at)
	}
	ch.refundIDs = append(slices.Clip(ch.refundIDs), re.ID) // a copy of the charge keeps its own list
	ch.AmountRefunded += amount
	ch.Refunded = ch.AmountRefunded == ch.Amount
	return re
}

// release gives up a part of what a charge holds. Stripe shows that as a refund which reverses the authorization and
// books nothing; also on a charge that was captured in part (captured: of 206.75 with 203.00 captured, amount_refunded
// is 3.75, and the list of refunds has it).
func (s *Sandbox) release(c *call, pi *paymentIntent, ch *charge, amount int64, why nullString) {
	re := s.newRefund(c, ch, amount, refundSucceeded)
	re.Reason = why
	re.DestinationDetails = &destinationDetails{Card: &refundedCard{Type: "reversal"}, Type: "card"}
	s.world.refunds.put(re.ID, re)
	s.recordRefund(c, MovementRelease, pi, ch, re)
}

// refundTo says where a refund goes.
func refundTo(ch *charge, status string) *destinationDetails {
	if ch.isDebit() {
		return nil
	}
	card := &refundedCard{ReferenceStatus: "pending", ReferenceType: "acquirer_reference_number", Type: "refund"}
	if status == refundPending {
		card = &refundedCard{Type: "pending"}
	}
	return &destinationDetails{Card: card, Type: "card"}
}

// bookRefund takes the money of a refund from the balance.
func (s *Sandbox) bookRefund(c *call, ch *charge, re *refund) {
	tx := s.newBalanceTransaction(c, ch, -re.Amount, re.ID)
	tx.Description, tx.ReportingCategory, tx.Type = onBalance("REFUND FOR CHARGE", ch), "refund", "refund"
	if ch.isDebit() {
		tx.Description, tx.Type = onBalance("REFUND FOR PAYMENT", ch), "payment_refund"
	}
	re.BalanceTransaction = ref{id: tx.ID}
}

// undoRefund ends a refund that did not reach the customer: its money is on the balance again, and the charge can be
// refunded again.
func (s *Sandbox) undoRefund(c *call, old *refund, status, reason string, how Movement) *refund {
	re := *old
	stored, _ := s.world.charges.get(re.Charge.id)
	pi, _ := s.world.paymentIntents.get(re.PaymentIntent.id)
	ch := stored.copied()
	tx := s.newBalanceTransaction(c, ch, re.Amount, re.ID)
	tx.Description, tx.ReportingCategory, tx.Type = onBalance("REFUND FAILURE", ch), "refund_failure", "refund_failure"
	re.FailureBalanceTransaction, re.FailureReason, re.Status = &ref{id: tx.ID}, reason, status
	re.NextAction = nil
	ch.AmountRefunded -= re.Amount
	ch.Refunded = false
	s.world.charges.put(ch.ID, ch)
	s.world.refunds.put(re.ID, &re)
	s.recordRefund(c, how, pi, ch, &re)
	s.refundUpdated(c, &re, old)
	return &re
}

func onBalance(what string, ch *charge) nullString {
	if ch.Description == "" {
		return nullString(what)
	}
	return nullString(what+" (") + ch.Description + ")"
}

// refundUpdated tells of a change by the event of old and by the newer one, as Stripe does.
func (s *Sandbox) refundUpdated(c *call, re, old *refund) {
	s.emit(c, "charge.refund.updated", re, old)
	s.emit(c, "refund.updated", re, old)
}
