package sandbox

import "net/http"

// customer is Stripe's object, its properties in Stripe's order. What Stripe shows only when it is expanded, and the
// sandbox does not imitate, is left out: cash_balance, sources, subscriptions, tax and tax_ids.
type customer struct {
	ID                  string            `json:"id"`
	Object              string            `json:"object"`
	Address             *address          `json:"address"`
	Balance             int64             `json:"balance"`
	Created             int64             `json:"created"`
	Currency            nullString        `json:"currency"`
	DefaultSource       null              `json:"default_source"`
	Delinquent          bool              `json:"delinquent"`
	Description         nullString        `json:"description"`
	Discount            null              `json:"discount"`
	Email               nullString        `json:"email"`
	InvoicePrefix       nullString        `json:"invoice_prefix"`
	InvoiceSettings     invoiceSettings   `json:"invoice_settings"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	Name                nullString        `json:"name"`
	NextInvoiceSequence int64             `json:"next_invoice_sequence"`
	Phone               nullString        `json:"phone"`
	PreferredLocales    []string          `json:"preferred_locales"`
	Shipping            *shipping         `json:"shipping"`
	TaxExempt           string            `json:"tax_exempt"`
	TestClock           ref               `json:"test_clock"`

	deleted bool // only the tombstone is left of it
}

type invoiceSettings struct {
	CustomFields         null       `json:"custom_fields"`
	DefaultPaymentMethod ref        `json:"default_payment_method"`
	Footer               nullString `json:"footer"`
	RenderingOptions     null       `json:"rendering_options"`
}

func (cu *customer) identity() string { return cu.ID }

// customerParam finds the customer that a parameter names, and enters that customer's time; a deleted one is none.
func (s *Sandbox) customerParam(c *call, id, param string) (*customer, *failure) {
	found, ok := s.world.customers.get(id)
	if !ok || found.deleted {
		return nil, missing(http.StatusBadRequest, "customer", id, param)
	}
	s.enter(c, id)
	return found, nil
}

// livingCustomer finds the customer of the path, unless it is deleted.
func (s *Sandbox) livingCustomer(c *call) (*customer, *failure) {
	found, f := s.customerParam(c, c.id, "id")
	if f != nil {
		f.status = http.StatusNotFound
		return nil, f
	}
	return found, nil
}

// getCustomer answers what is left of a deleted customer too (expand.go).
func (s *Sandbox) getCustomer(c *call) (any, *failure) {
	found, ok := s.world.customers.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "customer", c.id, "id")
	}
	return found, nil
}

// listCustomers leaves out the deleted ones, and those on a test clock unless that clock is named. E-mail addresses are
// compared letter by letter (docs.stripe.com/api/customers/list).
func (s *Sandbox) listCustomers(c *call) (any, *failure) {
	email, clock := c.text("email"), c.text("test_clock")
	if clock != "" {
		if _, f := s.testClockParam(clock, "test_clock"); f != nil {
			return nil, f
		}
	}
	return pageOf(c, &s.world.customers, "customer", func(cu *customer) bool {
		return !cu.deleted && cu.TestClock.id == clock && c.within(cu.Created) && (email == "" || string(cu.Email) == email)
	})
}
