package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// createPaymentMethod makes a method of a card's number or token, or of the number of a bank account.
func (s *Sandbox) createPaymentMethod(c *call) (any, *failure) {
	method := s.newPaymentMethod(c)
	method.Type, method.Metadata = c.text("type"), c.metadata()
	method.BillingDetails = method.BillingDetails.changed(c.params.get("billing_details"))
	var f *failure
	switch {
	case c.has("card", "token"):
		f = s.fromToken(c, method)
	case method.Type == "card":
		f = method.fromNumber(c)
	case method.Type == "sepa_debit":
		f = method.fromIBAN(c)
	default:
		f = method.fromAccount(c)
	}
	if f != nil {
		return nil, f
	}
	s.world.paymentMethods.put(method.ID, method)
	return method, nil
}

func (m *paymentMethod) fromNumber(c *call) *failure {
	entry := c.cardEntry()
	test, month, year, f := entry.check(c.at)
	if f != nil {
		return f
	}
	m.Card, m.test = test.card(c.at), &test
	m.Card.ExpMonth, m.Card.ExpYear = month, year
	m.Card.Checks = test.typed(entry.cvc, m.BillingDetails.Address)
	return nil
}

// fromToken uses up a token. What its owner was asked for then is taken where the request does not say otherwise.
func (s *Sandbox) fromToken(c *call, m *paymentMethod) *failure {
	const param = "card[token]"
	id := c.text("card", "token")
	found, known := s.useToken(c, id)
	switch {
	case !strings.HasPrefix(id, "tok_"): // recorded at api.stripe.com
		return invalid("", "token", "Invalid token id: "+id)
	case !known:
		return missing(http.StatusBadRequest, "token", id, param)
	case found.Used:
		return invalid("token_already_used", param, fmt.Sprintf("You cannot use a Stripe token more than once: %s.", id))
	}
	spent := *found
	spent.Used = true
	s.world.tokens.put(spent.ID, &spent)
	m.Card, m.test = found.card, found.test
	m.BillingDetails = found.owner.changed(c.params.get("billing_details"))
	return nil
}

// updatePaymentMethod changes a method of a customer's (text: recorded at api.stripe.com).
func (s *Sandbox) updatePaymentMethod(c *call) (any, *failure) {
	old, known := s.usePaymentMethod(c, c.id)
	switch {
	case !known:
		return nil, missing(http.StatusNotFound, "PaymentMethod", c.id, "payment_method")
	case old.Customer.id == "":
		return nil, invalid("", "", "You must save this PaymentMethod to a customer before you can update it.")
	}
	for _, kind := range []string{"card", "us_bank_account"} {
		if c.has(kind) && kind != old.Type {
			return nil, invalid("payment_method_invalid_parameter", kind,
				fmt.Sprintf("The parameter %s can only be used with a PaymentMethod of that type.", kind))
		}
	}
	next := *old
	next.BillingDetails = old.BillingDetails.changed(c.params.get("billing_details"))
	next.Metadata = c.merged(old.Metadata)
	if f := next.renew(c); f != nil {
		return nil, f
	}
	if bank := old.USBankAccount; bank != nil {
		bank := *bank
		bank.AccountHolderType = orElse(c.text("us_bank_account", "account_holder_type"), bank.AccountHolderType)
		bank.AccountType = orElse(c.text("us_bank_account", "account_type"), bank.AccountType)
		next.USBankAccount = &bank
	}
	s.world.paymentMethods.put(next.ID, &next)
	s.emit(c, "payment_method.updated", &next, old)
	return &next, nil
}

// renew gives a card another expiry.
func (m *paymentMethod) renew(c *call) *failure {
	if !c.has("card", "exp_month") && !c.has("card", "exp_year") {
		return nil
	}
	month := orElse(c.text("card", "exp_month"), strconv.Itoa(m.Card.ExpMonth))
	year := orElse(c.text("card", "exp_year"), strconv.Itoa(m.Card.ExpYear))
	renewed := *m.Card
	var f *failure
	if renewed.ExpMonth, renewed.ExpYear, f = expiry(month, year, c.at); f != nil {
		return f
	}
	m.Card = &renewed
	return nil
}
