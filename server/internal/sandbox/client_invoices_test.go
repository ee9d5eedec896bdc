package sandbox_test

import (
	"errors"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// Stripe's library understands invoices, their lines, their payments and their refusals.
func TestT01_StripeLibraryOfInvoices(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.payer(t, "pm_card_visa", "")
	c := newClient(t, a)
	item := &stripe.InvoiceItemParams{Customer: new(cu), Currency: new("usd"), Amount: new(int64(1200))}
	item.Context = t.Context()
	if made, err := c.InvoiceItems.New(item); err != nil || made.Amount != 1200 || made.Customer.ID != cu {
		t.Fatalf("%+v %v", made, err)
	}
	draft := &stripe.InvoiceParams{Customer: new(cu), PendingInvoiceItemsBehavior: new("include")}
	draft.Context = t.Context()
	inv, err := c.Invoices.New(draft)
	if err != nil || inv.Status != stripe.InvoiceStatusDraft || inv.Total != 1200 || inv.Lines.Data[0].Amount != 1200 {
		t.Fatalf("%+v %v", inv, err)
	}
	finalize := &stripe.InvoiceFinalizeInvoiceParams{}
	finalize.Context = t.Context()
	finalize.AddExpand("payment_intent")
	inv, err = c.Invoices.FinalizeInvoice(inv.ID, finalize)
	if err != nil || inv.Status != stripe.InvoiceStatusOpen || inv.PaymentIntent.Amount != 1200 || inv.HostedInvoiceURL == "" {
		t.Fatalf("%+v %v", inv, err)
	}
	pay := &stripe.InvoicePayParams{}
	pay.Context = t.Context()
	inv, err = c.Invoices.Pay(inv.ID, pay)
	if err != nil || !inv.Paid || inv.AmountPaid != 1200 || inv.AttemptCount != 1 || inv.Charge.ID == "" {
		t.Fatalf("%+v %v", inv, err)
	}
	var refused *stripe.Error
	if _, err = c.Invoices.Pay(inv.ID, pay); !errors.As(err, &refused) || refused.Msg != "Invoice is already paid" {
		t.Errorf("a second payment: %v", err)
	}
	lines := &stripe.InvoiceListLinesParams{Invoice: new(inv.ID)}
	lines.Context = t.Context()
	count := 0
	for i := c.Invoices.ListLines(lines); i.Next(); count++ {
		if i.InvoiceLineItem().InvoiceItem.ID == "" {
			t.Errorf("%+v names no item", i.InvoiceLineItem())
		}
	}
	if count != 1 {
		t.Errorf("%d lines", count)
	}
	upcoming := &stripe.InvoiceUpcomingParams{Customer: new(cu)}
	upcoming.Context = t.Context()
	if _, err = c.Invoices.Upcoming(upcoming); !errors.As(err, &refused) ||
		refused.Code != stripe.ErrorCodeInvoiceUpcomingNone || refused.HTTPStatusCode != 404 {
		t.Errorf("an upcoming invoice of nothing: %v", err)
	}
}
