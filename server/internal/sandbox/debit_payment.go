package sandbox

import (
	"fmt"
	"time"
)

// How long banks take: the working days of docs.stripe.com/payments/ach-direct-debit and sepa-debit. The test accounts
// that are late take some more, which at Stripe is all that they take.
const (
	achDelay  = 4 * 24 * time.Hour
	sepaDelay = 5 * 24 * time.Hour
	lateDelay = 3 * time.Minute
)

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
	Mandate     nullString `json:"mandate"`
}

func needsMandate(kind string) string {
	return "This " + kind + " requires a mandate, but no existing mandate was found. Collect mandate acceptance from " +
		"the customer and try again, providing acceptance data in the mandate_data parameter."
}

// debit starts a payment that the bank settles later (docs.stripe.com/payments/payment-methods/bank-debits).
func (s *Sandbox) debit(c *call, pi *paymentIntent, how confirmation) *failure {
	if f := s.mayDebit(pi, how); f != nil {
		return f
	}
	switch {
	case !how.method.unverified():
		return s.sendDebit(c, pi, how)
	case how.method.debit.noSmall:
		return s.failed(c, pi, how.method, "", &deniedUnsent)
	}
	return s.awaitDeposits(c, pi, how)
}

// mayDebit refuses what no bank is asked for. A method that was saved with a mandate needs no other.
func (s *Sandbox) mayDebit(pi *paymentIntent, how confirmation) *failure {
	method, currency := how.method, "usd"
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
	}
	if f := method.mayVerify(pi.PaymentMethodOptions.USBankAccount); f != nil {
		return f
	}
	if how.consent == nil && !s.standing(method) {
		return invalid("", "", needsMandate("PaymentIntent"))
	}
	return nil
}

// sendDebit asks the bank for the money of a verified account.
func (s *Sandbox) sendDebit(c *call, pi *paymentIntent, how confirmation) *failure {
	method := how.method
	if why := method.debit.exceeds; why != nil {
		return s.declined(c, pi, method, why)
	}
	under, kept := method.mandate, pi.futureUse(method) != "" && pi.Customer.id != ""
	if how.consent != nil {
		once := &singleUse{Amount: pi.Amount, Currency: pi.Currency}
		if kept {
			once = nil
		}
		under = s.newMandate(c, how, mandateActive, once).ID
	}
	ch := s.newCharge(c, pi, method, nil)
	ch.Status, ch.Captured, ch.AmountCaptured = "pending", true, ch.Amount
	if account := ch.PaymentMethodDetails.SEPADebit; account != nil {
		account.Mandate = nullString(under)
	}
	s.world.charges.put(ch.ID, ch)
	pi.settledOn(ch, method)
	pi.Status = statusProcessing
	if delay, answers := method.debit.delay(); answers {
		s.schedule(c, c.at.Add(delay), func(s *Sandbox, c *call) { s.bankAnswers(c, pi.ID, ch.ID, method) })
	}
	s.emit(c, "payment_intent.processing", pi, nil)
	s.emit(c, "charge.pending", ch, nil)
	if kept {
		s.changeMethod(method.ID, func(m *paymentMethod) { m.mandate = under })
		s.keep(c, pi, method)
	}
	return nil
}

// delay is how long the bank takes; some never answer.
func (t *testDebit) delay() (d time.Duration, answers bool) {
	d = achDelay
	if t.bankCode != "" {
		d = sepaDelay
	}
	if t.late {
		d += lateDelay
	}
	return d, !t.forever
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
		s.disputeLater(c, ch.ID, method)
	}
	s.putIntent(c, &pi)
}

// charged is what a charge shows of the account, and of why it is not even debited.
func (t *testDebit) charged(m *paymentMethod, why *decline) (outcome, chargeDetails) {
	assessed := outcome{
		NetworkStatus: "approved_by_network", RiskLevel: "not_assessed", SellerMessage: "Payment complete.",
		Type: "authorized",
	}
	switch {
	case why == nil:
	case why.blocked:
		assessed = outcome{
			NetworkStatus: "not_sent_to_network", Reason: "highest_risk_level", RiskLevel: "highest",
			Rule: "block_if_high_risk", SellerMessage: "Stripe blocked this payment as too risky.", Type: "blocked",
		}
	default:
		assessed.NetworkStatus, assessed.Reason, assessed.Type = "not_sent_to_network", nullString(why.code), "invalid"
		assessed.SellerMessage = why.message
	}
	details := chargeDetails{Type: m.Type}
	if a := m.SEPADebit; a != nil {
		details.SEPADebit = &chargeSEPADebit{
			BankCode: a.BankCode, BranchCode: a.BranchCode, Country: a.Country, Fingerprint: a.Fingerprint, Last4: a.Last4,
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

// applyDebitOptions takes how an account that is not verified yet shall be.
func (p *paymentIntent) applyDebitOptions(c *call) {
	how := c.text("payment_method_options", "us_bank_account", "verification_method")
	if how == "" || p.PaymentMethodOptions.USBankAccount == nil {
		return
	}
	all := *p.PaymentMethodOptions
	all.USBankAccount = &usDebitsOptions{VerificationMethod: how}
	p.PaymentMethodOptions = &all
}
