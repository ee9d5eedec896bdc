package sandbox

import "fmt"

type chargeUSBank struct {
	AccountHolderType string `json:"account_holder_type"`
	AccountType       string `json:"account_type"`
	BankName          string `json:"bank_name"`
	Fingerprint       string `json:"fingerprint"`
	Last4             string `json:"last4"`
	RoutingNumber     string `json:"routing_number"`
}

type chargeSEPADebit struct {
	BankCode    string     `json:"bank_code"`
	BranchCode  nullString `json:"branch_code"`
	Country     string     `json:"country"`
	Fingerprint string     `json:"fingerprint"`
	Last4       string     `json:"last4"`
	Mandate     string     `json:"mandate"`
}

const needsMandate = "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate " +
	"acceptance from the customer and try again, providing acceptance data in the mandate_data parameter."

// debit starts a payment that the bank settles later (docs.stripe.com/payments/payment-methods/bank-debits).
func (s *Sandbox) debit(c *call, pi *paymentIntent, how confirmation) *failure {
	method := how.method
	currency := "usd"
	if method.Type == "sepa_debit" {
		currency = "eur"
	}
	switch {
	case pi.Currency != currency:
		return invalid("payment_intent_invalid_parameter", "payment_method_types", fmt.Sprintf("The currency provided (%s) "+
			"is invalid for the payment method type %s. It only supports the following currencies: %s.", pi.Currency,
			method.Type, currency))
	case pi.CaptureMethod == captureManual:
		return invalid("payment_intent_invalid_parameter", "capture_method", fmt.Sprintf("The payment method type %s cannot "+
			"be used with capture_method=manual.", method.Type))
	case !how.mandate:
		return invalid("", "", needsMandate)
	}
	ch := s.newCharge(c, pi, method, nil)
	ch.Status, ch.Captured, ch.AmountCaptured = "pending", true, ch.Amount
	s.world.charges.put(ch.ID, ch)
	pi.settledOn(ch, method)
	pi.Status = statusProcessing
	if !method.debit.forever {
		s.schedule(c.at.Add(debitDelay), func(s *Sandbox, c *call) { s.bankAnswers(c, pi.ID, ch.ID, method) })
	}
	s.emit(c, "payment_intent.processing", pi, nil)
	s.emit(c, "charge.pending", ch, nil)
	return nil
}

// bankAnswers settles a debit, or sends it back.
func (s *Sandbox) bankAnswers(c *call, intentID, chargeID string, method *paymentMethod) {
	stored, _ := s.world.paymentIntents.get(intentID)
	pending, _ := s.world.charges.get(chargeID)
	pi, ch := *stored, *pending
	if why := method.debit.bounces; why != nil {
		ch.Status, ch.FailureCode, ch.FailureMessage = "failed", nullString(why.code), nullString(why.message)
		s.world.charges.put(ch.ID, &ch)
		s.emit(c, "charge.failed", &ch, nil)
		s.failed(c, &pi, method, ch.ID, why)
	} else {
		ch.Status, ch.Paid, ch.ReceiptURL = "succeeded", true, s.receiptURL()
		s.settle(c, &ch)
		pi.AmountReceived, pi.Status = pi.Amount, statusSucceeded
		s.record(c, MovementCharge, &pi, &ch, ch.Amount)
		s.world.charges.put(ch.ID, &ch)
		s.emit(c, "charge.succeeded", &ch, nil)
		s.emit(c, "payment_intent.succeeded", &pi, nil)
	}
	s.world.paymentIntents.put(pi.ID, &pi)
}

// charged is what a charge shows of the account, under the mandate that the customer gave.
func (t *testDebit) charged(s *Sandbox, c *call, m *paymentMethod) (outcome, chargeDetails) {
	assessed := outcome{
		NetworkStatus: "approved_by_network", RiskLevel: "not_assessed", SellerMessage: "Payment complete.",
		Type: "authorized",
	}
	details := chargeDetails{Type: m.Type}
	if a := m.SEPADebit; a != nil {
		details.SEPADebit = &chargeSEPADebit{
			BankCode: a.BankCode, Country: a.Country, Fingerprint: a.Fingerprint, Last4: a.Last4,
			Mandate: s.ids.object("mandate_", c.at),
		}
		return assessed, details
	}
	a := m.USBankAccount
	details.USBankAccount = &chargeUSBank{
		AccountHolderType: a.AccountHolderType, AccountType: a.AccountType, BankName: a.BankName,
		Fingerprint: a.Fingerprint, Last4: a.Last4, RoutingNumber: a.RoutingNumber,
	}
	return assessed, details
}
