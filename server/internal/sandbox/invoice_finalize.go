package sandbox

import (
	"fmt"
	"slices"
)

// finalizeInvoice ends the draft: the invoice is open, or paid if nothing is due. What the customer has or owes is part
// of it from here on. Nothing is collected yet.
func (s *Sandbox) finalizeInvoice(c *call, inv *invoice) *invoice {
	next := *inv
	s.settleBalance(c, &next)
	next.AmountRemaining, next.Status = next.AmountDue, invoiceOpen
	next.StatusTransitions.FinalizedAt, next.EffectiveAt = new(c.at.Unix()), new(c.at.Unix())
	page := "https://invoice.stripe.com/i/" + s.account + "/test_" + s.ids.letters(hostedLetters)
	next.HostedInvoiceURL = nullString(page + "?s=ap")
	next.InvoicePDF = nullString("https://pay.stripe.com/invoice/" + page[len("https://invoice.stripe.com/i/"):] + "/pdf?s=ap")
	if next.AmountDue == 0 {
		return s.settleNothing(c, inv, &next)
	}
	pi := s.invoiceIntent(c, &next)
	next.PaymentIntent = ref{id: pi.ID}
	s.putInvoice(&next)
	s.emit(c, "invoice.finalized", &next, nil)
	s.world.paymentIntents.put(pi.ID, pi)
	s.emit(c, "payment_intent.created", pi, nil)
	s.invoiceChanged(c, inv, &next)
	return s.invoiceNow(&next)
}

// hostedLetters is how long the secret part of an invoice's page is.
const hostedLetters = 56

// settleNothing pays an invoice on which nothing is due, without a payment.
func (s *Sandbox) settleNothing(c *call, draft, open *invoice) *invoice {
	s.putInvoice(open)
	s.emit(c, "invoice.finalized", open, nil)
	next := *open
	next.Attempted = true
	s.markPaid(c, &next)
	s.putInvoice(&next)
	s.emit(c, "invoice.paid", &next, nil)
	s.emit(c, "invoice.payment_succeeded", &next, nil)
	s.invoiceChanged(c, draft, &next)
	return s.invoiceNow(&next)
}

// markPaid ends the life of an invoice.
func (s *Sandbox) markPaid(c *call, inv *invoice) {
	inv.AmountPaid, inv.AmountRemaining = inv.AmountDue, 0
	inv.AutoAdvance, inv.NextPaymentAttempt = false, nil
	inv.Paid, inv.Status, inv.StatusTransitions.PaidAt = true, invoicePaid, new(c.at.Unix())
}

// invoiceNow is an invoice as it stands after what followed from the last change of it.
func (s *Sandbox) invoiceNow(inv *invoice) *invoice {
	now, _ := s.world.invoices.get(inv.ID)
	return now
}

// settleBalance gives the invoice its number, and takes what the customer has or owes into it.
func (s *Sandbox) settleBalance(c *call, inv *invoice) {
	old, ok := s.world.customers.get(inv.Customer.id)
	if !ok {
		return
	}
	cu := *old
	inv.Number = nullString(fmt.Sprintf("%s-%04d", cu.InvoicePrefix, cu.NextInvoiceSequence))
	cu.NextInvoiceSequence++
	inv.StartingBalance = cu.Balance
	inv.AmountDue, cu.Balance = inv.due(cu.Balance)
	inv.EndingBalance = new(cu.Balance)
	s.world.customers.put(cu.ID, &cu)
	if cu.Balance != old.Balance {
		s.emit(c, "customer.updated", &cu, old)
	}
}

// invoiceIntent makes the payment intent of an invoice. A method that would pay it waits for confirmation at once.
func (s *Sandbox) invoiceIntent(c *call, inv *invoice) *paymentIntent {
	id := s.ids.payment("pi_", s.ids.newPayment(c.at))
	pi := &paymentIntent{
		ID: id, Object: "payment_intent", Amount: inv.AmountDue, Currency: inv.Currency,
		ClientSecret: id + "_secret_" + s.ids.letters(25), CaptureMethod: "automatic", ConfirmationMethod: "automatic",
		Created: c.at.Unix(), Customer: inv.Customer, Description: "Payment for Invoice", Invoice: ref{id: inv.ID},
		Metadata: map[string]string{}, Status: statusRequiresPaymentMethod, StatementDescriptor: inv.StatementDescriptor,
	}
	switch inv.BillingReason {
	case reasonManual:
	case reasonCreate:
		pi.Description, pi.SetupFutureUsage = "Subscription creation", usageOffSession
	default:
		pi.Description, pi.SetupFutureUsage = "Subscription update", usageOffSession
	}
	pi.setMethodTypes(inv.methodTypes())
	if method := s.methodOf(inv); method != nil && pi.accepts(method) == nil {
		pi.PaymentMethod, pi.Status = ref{id: method.ID}, statusRequiresConfirmation
	}
	return pi
}

// methodTypes are those that the subscription names, or else those that the sandbox's Dashboard has for invoices: cards,
// Link, and the bank debits of the currency.
func (i *invoice) methodTypes() []string {
	if given := i.PaymentSettings.PaymentMethodTypes; len(given) > 0 {
		return slices.Clone(given)
	}
	switch i.Currency {
	case "eur":
		return []string{"card", "link", "sepa_debit"}
	case "usd":
		return []string{"card", "link", "us_bank_account"}
	}
	return []string{"card", "link"}
}
