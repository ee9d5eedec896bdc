package sandbox

import (
	"maps"
	"net/http"
)

// paid takes the money, or holds it when capture is manual.
func (s *Sandbox) paid(c *call, pi *paymentIntent, method *paymentMethod, how confirmation) {
	ch := s.newCharge(c, pi, method, nil)
	ch.Status, ch.Paid, ch.Captured = "succeeded", true, !pi.manual()
	ch.PaymentMethodDetails.Card.AmountAuthorized = &ch.Amount
	ch.ReceiptURL = nullString("https://pay.stripe.com/receipts/payment/" + s.ids.letters(108))
	if ch.Captured {
		ch.AmountCaptured = ch.Amount
		s.settle(c, ch)
		pi.AmountReceived, pi.Status = pi.Amount, statusSucceeded
		s.record(c, MovementCharge, pi, ch)
	} else {
		window := holdWindow
		if how.offSession && method.Card.Brand == "visa" {
			window = holdWindowVisaMerchant
		}
		ch.PaymentMethodDetails.Card.CaptureBefore = c.at.Add(window).Unix()
		pi.AmountCapturable, pi.Status = pi.Amount, statusRequiresCapture
		s.record(c, MovementAuthorize, pi, ch)
	}
	s.world.charges[ch.ID] = ch
	// Without a customer a method pays once (docs.stripe.com/payments/payment-methods, single use).
	method.used = true
	pi.LastPaymentError, pi.NextAction = nil, nil
	pi.LatestCharge, pi.PaymentMethod = ref{id: ch.ID}, ref{id: method.ID}
}

// declined records the failed charge and makes the 402.
func (s *Sandbox) declined(c *call, pi *paymentIntent, method *paymentMethod, why *decline) *failure {
	ch := s.newCharge(c, pi, method, why)
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", nullString(why.code), nullString(why.message)
	s.world.charges[ch.ID] = ch
	pi.LatestCharge = ref{id: ch.ID}
	return pi.failed(method, ch.ID, why)
}

// failed puts the intent back to where it waits for another method, and says why both there and in the answer.
func (p *paymentIntent) failed(method *paymentMethod, chargeID string, why *decline) *failure {
	snapshot := *method
	p.LastPaymentError = &paymentError{
		Charge: chargeID, Code: why.code, DeclineCode: why.declineCode, DocURL: docURL(why.code), Message: why.message,
		Param: why.param, PaymentMethod: &snapshot, Type: typeCard,
	}
	p.NextAction, p.PaymentMethod, p.Status = nil, ref{}, statusRequiresPaymentMethod
	return &failure{
		status: http.StatusPaymentRequired, errorType: typeCard, charge: chargeID, code: why.code,
		decline: why.declineCode, message: why.message, param: why.param, method: &snapshot,
	}
}

// statementDescriptor is what the sandbox's account puts on statements.
const statementDescriptor = "TILLGATE SANDBOX"

func (s *Sandbox) newCharge(c *call, pi *paymentIntent, method *paymentMethod, why *decline) *charge {
	const scores = 65 // below it Radar calls a payment normal
	descriptor := nullString(statementDescriptor)
	switch {
	case why != nil && why.blocked:
		descriptor = ""
	case pi.StatementDescriptor != "":
		descriptor = pi.StatementDescriptor
	case pi.StatementDescriptorSuffix != "":
		descriptor = nullString(statementDescriptor[:8]) + "* " + pi.StatementDescriptorSuffix
	}
	return &charge{
		ID: s.ids.payment("ch_", stemOf(pi.ID)), Object: "charge", Amount: pi.Amount,
		BillingDetails: method.BillingDetails, CalculatedStatementDescriptor: descriptor, Created: c.at.Unix(),
		Currency: pi.Currency, Description: pi.Description, Metadata: maps.Clone(pi.Metadata),
		Outcome:       method.test.outcome(why, s.ids.random.IntN(scores)),
		PaymentIntent: ref{id: pi.ID}, PaymentMethod: nullString(method.ID),
		PaymentMethodDetails: chargeDetails{Type: method.Type, Card: method.Card.onCharge(pi.Amount)},
		ReceiptEmail:         pi.ReceiptEmail, Shipping: pi.Shipping, StatementDescriptor: pi.StatementDescriptor,
		StatementDescriptorSuffix: pi.StatementDescriptorSuffix, TransferGroup: pi.TransferGroup,
	}
}

func (c card) onCharge(amount int64) chargeCard {
	return chargeCard{
		Brand: c.Brand, Checks: c.Checks, Country: c.Country, ExpMonth: c.ExpMonth, ExpYear: c.ExpYear,
		ExtendedAuthorization: statusOnly{"disabled"}, Fingerprint: c.Fingerprint, Funding: c.Funding,
		IncrementalAuthorization: statusOnly{"unavailable"}, Last4: c.Last4, Multicapture: statusOnly{"unavailable"},
		Network: c.Brand, Overcapture: overcapture{amount, "unavailable"},
	}
}

func (s *Sandbox) getCharge(c *call) (any, *failure) {
	ch, ok := s.world.charges[c.id]
	if !ok {
		return nil, missing(http.StatusNotFound, "charge", c.id, "id")
	}
	return ch, nil
}
