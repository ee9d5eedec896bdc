package sandbox_test

import (
	"errors"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// Stripe's library understands customers and their methods.
func TestT01_StripeLibraryOfCustomers(t *testing.T) {
	t.Parallel()
	c := newClient(t, newAPI())
	p := &stripe.CustomerParams{
		Name: new("Jenny"), Email: new("jenny@example.com"), PreferredLocales: []*string{new("de")},
		Address: &stripe.AddressParams{City: new("Bonn"), Country: new("DE")},
	}
	p.Context = t.Context()
	p.AddMetadata("k", "v")
	cu, err := c.Customers.New(p)
	if err != nil || cu.Email != "jenny@example.com" || cu.Address.City != "Bonn" || cu.PreferredLocales[0] != "de" {
		t.Fatalf("%+v %v", cu, err)
	}
	token := &stripe.TokenParams{Card: &stripe.CardParams{
		Number: new("4242424242424242"), ExpMonth: new("12"), ExpYear: new("2030"), CVC: new("123"),
	}}
	token.Context = t.Context()
	tok, err := c.Tokens.New(token)
	if err != nil || tok.Card.Last4 != "4242" {
		t.Fatalf("%+v %v", tok, err)
	}
	method := &stripe.PaymentMethodParams{Type: new("card"), Card: &stripe.PaymentMethodCardParams{Token: new(tok.ID)}}
	method.Context = t.Context()
	pm, err := c.PaymentMethods.New(method)
	if err != nil || pm.Card.ExpYear != 2030 {
		t.Fatalf("%+v %v", pm, err)
	}
	attach := &stripe.PaymentMethodAttachParams{Customer: new(cu.ID)}
	attach.Context = t.Context()
	if pm, err = c.PaymentMethods.Attach(pm.ID, attach); err != nil || pm.Customer.ID != cu.ID {
		t.Fatalf("%+v %v", pm, err)
	}
	settings := &stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: new(pm.ID)}}
	settings.Context = t.Context()
	settings.AddExpand("invoice_settings.default_payment_method")
	cu, err = c.Customers.Update(cu.ID, settings)
	if err != nil || cu.InvoiceSettings.DefaultPaymentMethod.Card.Last4 != "4242" {
		t.Fatalf("%+v %v", cu, err)
	}
	pay := intentParams(t, pm.ID)
	pay.Customer = new(cu.ID)
	pay.AddExpand("customer")
	if pi, err := c.PaymentIntents.New(pay); err != nil || pi.Customer.Name != "Jenny" {
		t.Errorf("%+v %v", pi, err)
	}
	list := &stripe.CustomerListPaymentMethodsParams{Customer: new(cu.ID)}
	list.Context = t.Context()
	methods := c.Customers.ListPaymentMethods(list)
	for methods.Next() {
		if methods.PaymentMethod().ID != pm.ID {
			t.Errorf("%+v", methods.PaymentMethod())
		}
	}
	if methods.Err() != nil || len(methods.PaymentMethodList().Data) != 1 {
		t.Errorf("%v", methods.Err())
	}
	detach := &stripe.PaymentMethodDetachParams{}
	detach.Context = t.Context()
	if pm, err = c.PaymentMethods.Detach(pm.ID, detach); err != nil || pm.Customer != nil {
		t.Errorf("%+v %v", pm, err)
	}
	remove := &stripe.CustomerParams{}
	remove.Context = t.Context()
	if gone, err := c.Customers.Del(cu.ID, remove); err != nil || !gone.Deleted || gone.ID != cu.ID {
		t.Errorf("%+v %v", gone, err)
	}
	if gone, err := c.Customers.Get(cu.ID, remove); err != nil || !gone.Deleted {
		t.Errorf("%+v %v", gone, err)
	}
	var refused *stripe.Error
	if _, err = c.Customers.Del(cu.ID, remove); !errors.As(err, &refused) || refused.HTTPStatusCode != 404 ||
		refused.Code != stripe.ErrorCodeResourceMissing {
		t.Errorf("%v", err)
	}
}
