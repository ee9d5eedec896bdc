package sandbox

import "net/http"

// paid takes the money, or holds it when capture is manual.
func (s *Sandbox) paid(c *call, pi *paymentIntent, how confirmation) {
	ch := s.newCharge(c, pi, how.method, nil)
	card := ch.PaymentMethodDetails.Card
	ch.Status, ch.Paid, ch.Captured = "succeeded", true, !pi.manual()
	card.AmountAuthorized = new(ch.Amount)
	ch.ReceiptURL = s.receiptURL()
	pi.settledOn(ch, how.method)
	if ch.Captured {
		ch.AmountCaptured = ch.Amount
		s.settle(c, ch)
		pi.AmountReceived, pi.Status = pi.Amount, statusSucceeded
		s.record(c, MovementCharge, pi, ch, ch.Amount)
		s.world.charges.put(ch.ID, ch)
		s.emit(c, "charge.succeeded", ch, nil)
		s.emit(c, "payment_intent.succeeded", pi, nil)
		s.disputeLater(c, ch.ID, how.method)
		return
	}
	window := holdWindow
	if how.offSession && card.Brand == "visa" {
		window = holdWindowVisaMerchant
	}
	deadline := c.at.Add(window)
	card.CaptureBefore = deadline.Unix()
	pi.AmountCapturable, pi.Status = pi.Amount, statusRequiresCapture
	s.record(c, MovementAuthorize, pi, ch, ch.Amount)
	s.world.charges.put(ch.ID, ch)
	s.schedule(c, deadline, func(s *Sandbox, c *call) { s.expire(c, pi.ID) })
	s.emit(c, "charge.succeeded", ch, nil)
	s.emit(c, "payment_intent.amount_capturable_updated", pi, nil)
}

// settledOn notes the charge that ended the attempt. Without a customer a method pays once
// (docs.stripe.com/payments/payment-methods, single use).
func (p *paymentIntent) settledOn(ch *charge, method *paymentMethod) {
	if method.Customer.id == "" {
		method.used = true
	}
	p.LastPaymentError, p.NextAction, p.waiting, p.passed = nil, nil, nil, nil
	p.LatestCharge, p.PaymentMethod = ref{id: ch.ID}, ref{id: method.ID}
}

func (s *Sandbox) receiptURL() nullString {
	return nullString("https://pay.stripe.com/receipts/payment/" + s.ids.letters(108))
}

// declined records the failed charge and makes the 402.
func (s *Sandbox) declined(c *call, pi *paymentIntent, method *paymentMethod, why *decline) *failure {
	ch := s.newCharge(c, pi, method, why)
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", nullString(why.code), nullString(why.message)
	s.world.charges.put(ch.ID, ch)
	pi.LatestCharge = ref{id: ch.ID}
	s.emit(c, "charge.failed", ch, nil)
	return s.failed(c, pi, method, ch.ID, why)
}

// failed puts the intent back to where it waits for another method, and says why both there and in the answer.
func (s *Sandbox) failed(c *call, p *paymentIntent, method *paymentMethod, chargeID string, why *decline) *failure {
	snapshot, kind := *method, typeCard
	if why.noCardError {
		kind = typeInvalid
	}
	p.LastPaymentError = &paymentError{
		Charge: chargeID, Code: why.code, DeclineCode: why.declineCode, DocURL: docURL(why.code), Message: why.message,
		Param: why.param, PaymentMethod: &snapshot, Type: kind,
	}
	p.NextAction, p.PaymentMethod, p.Status = nil, ref{}, statusRequiresPaymentMethod
	p.waiting, p.passed = nil, nil
	s.emit(c, "payment_intent.payment_failed", p, nil)
	return &failure{
		status: http.StatusPaymentRequired, errorType: kind, charge: chargeID, code: why.code,
		decline: why.declineCode, message: why.message, param: why.param, method: &snapshot,
	}
}
