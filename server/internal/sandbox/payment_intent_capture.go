package sandbox

import "fmt"

const (
	alreadyCaptured = "This PaymentIntent could not be captured because it has already been captured."
	restReleased    = "The remaining amount on this PaymentIntent could not be captured because the remainder of the " +
		"authorized amount has been released."
	captureTooLarge = "The payment could not be captured because the requested capture amount is greater than the " +
		"amount you can capture for this charge. Contact us via https://support.stripe.com/contact/ for help."
	noMulticapture = "You cannot set `final_capture` to `false` because multicapture is not available for this " +
		"PaymentIntent."
)

// capturePaymentIntent takes what is held, or a part of it. The rest is released at once: it can not be captured later
// (docs.stripe.com/payments/place-a-hold-on-a-payment-method).
func (s *Sandbox) capturePaymentIntent(c *call) (any, *failure) {
	pi, f := s.findIntent(c)
	if f != nil {
		return nil, f
	}
	amount := pi.AmountCapturable
	if c.has("amount_to_capture") {
		amount, _ = parseInteger(c.text("amount_to_capture"))
	}
	if f := pi.mayCapture(c, amount); f != nil {
		return nil, f.about(pi)
	}
	held, _ := s.world.charges.get(pi.LatestCharge.id)
	ch, next := held.copied(), *pi
	next.describe(c)
	next.AmountCapturable, next.AmountReceived, next.Status = 0, amount, statusSucceeded
	next.LastPaymentError = nil
	ch.Captured, ch.AmountCaptured = true, amount
	ch.StatementDescriptor, ch.StatementDescriptorSuffix = next.StatementDescriptor, next.StatementDescriptorSuffix
	ch.CalculatedStatementDescriptor = next.onStatement()
	ch.ReceiptURL = s.receiptURL()
	s.settle(c, ch)
	s.record(c, MovementCapture, &next, ch, amount)
	if rest := ch.Amount - amount; rest > 0 {
		s.release(c, &next, ch, rest, "")
	}
	s.world.charges.put(ch.ID, ch)
	s.putIntent(c, &next)
	s.emit(c, "charge.captured", ch, held)
	s.emit(c, "payment_intent.succeeded", &next, nil)
	method, _ := s.world.paymentMethods.get(string(ch.PaymentMethod))
	s.disputeLater(c, ch.ID, method)
	return &next, nil
}

func (p *paymentIntent) mayCapture(c *call, amount int64) *failure {
	switch {
	case p.Status == statusSucceeded && p.AmountReceived < p.Amount:
		return invalid(codeUnexpectedState, "", restReleased)
	case p.Status == statusSucceeded:
		return invalid(codeUnexpectedState, "", alreadyCaptured)
	case p.Status != statusRequiresCapture:
		return invalid(codeUnexpectedState, "", fmt.Sprintf("This PaymentIntent could not be captured because it has a "+
			"status of %s. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.",
			p.Status))
	case amount < 1:
		return invalid("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	case amount > p.AmountCapturable:
		return invalid("amount_too_large", "", captureTooLarge)
	case c.text("final_capture") == "false":
		return invalid("", "final_capture", noMulticapture)
	}
	if money := currencyOf(p.Currency); money.multiple > 0 && amount%money.multiple != 0 {
		return offMultiple(amount, p.Currency)
	}
	return nil
}

// checkCapture refuses what no intent could capture; zero is refused like any amount that is too small.
func checkCapture(c *call) *failure {
	if amount, _ := parseInteger(c.text("amount_to_capture")); amount < 0 {
		return invalid("", "amount_to_capture", "Invalid non-negative integer")
	}
	return nil
}
