package sandbox

import (
	"maps"
	"net/http"
)

// statementDescriptor is what the sandbox's account puts on statements.
const statementDescriptor = "TILLGATE SANDBOX"

// newCharge makes the charge of one attempt to pay. Its metadata and description are those that the intent has now;
// later changes of the intent leave it as it is.
func (s *Sandbox) newCharge(c *call, pi *paymentIntent, method *paymentMethod, why *decline) *charge {
	ch := &charge{
		ID: s.ids.payment("ch_", stemOf(pi.ID)), Object: "charge", Amount: pi.Amount,
		BillingDetails: method.BillingDetails, Created: c.at.Unix(), Currency: pi.Currency, Customer: pi.Customer,
		Description: pi.Description, Invoice: pi.Invoice,
		Metadata: maps.Clone(pi.Metadata), PaymentIntent: ref{id: pi.ID}, PaymentMethod: nullString(method.ID),
		PaymentMethodDetails: chargeDetails{Type: method.Type}, ReceiptEmail: pi.ReceiptEmail, Shipping: pi.Shipping,
		StatementDescriptor: pi.StatementDescriptor, StatementDescriptorSuffix: pi.StatementDescriptorSuffix,
		TransferGroup: pi.TransferGroup,
	}
	if method.debit != nil {
		ch.ID = "py" + ch.ID[len("ch"):]
		ch.Outcome, ch.PaymentMethodDetails = method.debit.charged(method, why)
		return ch
	}
	if why == nil || !why.blocked {
		method.checkCVC()
	}
	const scores = 65 // below it Radar calls a payment normal
	ch.Outcome = method.test.outcome(why, s.ids.random.IntN(scores))
	ch.PaymentMethodDetails.Card = method.Card.onCharge(pi.Amount)
	ch.PaymentMethodDetails.Card.ThreeDSecure = pi.passed
	ch.CalculatedStatementDescriptor = pi.onStatement()
	if why != nil && why.blocked {
		ch.CalculatedStatementDescriptor = ""
	}
	return ch
}

func (p *paymentIntent) onStatement() nullString {
	switch {
	case p.StatementDescriptor != "":
		return p.StatementDescriptor
	case p.StatementDescriptorSuffix != "":
		return nullString(statementDescriptor[:8]) + "* " + p.StatementDescriptorSuffix
	}
	return statementDescriptor
}

func (c *card) onCharge(amount int64) *chargeCard {
	return &chargeCard{
		Brand: c.Brand, Checks: c.Checks, Country: c.Country, ExpMonth: c.ExpMonth, ExpYear: c.ExpYear,
		ExtendedAuthorization: statusOnly{"disabled"}, Fingerprint: c.Fingerprint, Funding: c.Funding,
		IncrementalAuthorization: statusOnly{"unavailable"}, Last4: c.Last4, Multicapture: statusOnly{"unavailable"},
		Network: c.Brand, Overcapture: overcapture{amount, "unavailable"}, Wallet: c.Wallet,
	}
}

func (s *Sandbox) getCharge(c *call) (any, *failure) {
	ch, ok := s.world.charges.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "charge", c.id, "id")
	}
	return ch, nil
}
