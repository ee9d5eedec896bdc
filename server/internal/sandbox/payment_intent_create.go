package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// createPaymentIntent makes an intent and, with confirm, pays it at once. A refused confirmation leaves the intent
// behind: a caller finds its id in the error (docs.stripe.com/api/errors).
func (s *Sandbox) createPaymentIntent(c *call) (any, *failure) {
	if id := c.text("customer"); id != "" {
		if _, f := s.customerParam(c, id, "customer"); f != nil {
			return nil, f
		}
	}
	var method *paymentMethod
	if id := c.text("payment_method"); id != "" {
		found, known := s.usePaymentMethod(c, id)
		if !known {
			return nil, missing(http.StatusBadRequest, "PaymentMethod", id, "payment_method")
		}
		if f := found.belongsTo(c.text("customer")); f != nil {
			return nil, f
		}
		method = found
	}
	pi := s.newPaymentIntent(c)
	if method != nil && !c.flag("confirm") {
		if f := pi.accepts(method); f != nil {
			return nil, f
		}
		pi.PaymentMethod, pi.Status = ref{id: method.ID}, statusRequiresConfirmation
	}
	s.world.paymentIntents.put(pi.ID, pi)
	s.emit(c, "payment_intent.created", pi, nil)
	if !c.flag("confirm") {
		return pi, nil
	}
	return s.attempt(c, pi, *pi, readConfirmation(c, method))
}

func (s *Sandbox) newPaymentIntent(c *call) *paymentIntent {
	amount, _ := parseInteger(c.text("amount"))
	id := s.ids.payment("pi_", s.ids.newPayment(c.at))
	pi := &paymentIntent{
		ID: id, Object: "payment_intent", Amount: amount, Currency: strings.ToLower(c.text("currency")),
		ClientSecret:  id + "_secret_" + s.ids.letters(25),
		CaptureMethod: orElse(c.text("capture_method"), "automatic"), Created: c.at.Unix(),
		ConfirmationMethod: orElse(c.text("confirmation_method"), "automatic"),
		Customer:           ref{id: c.text("customer")},
		Description:        nullString(c.text("description")), Metadata: c.metadata(),
		ReceiptEmail:              nullString(c.text("receipt_email")),
		SetupFutureUsage:          nullString(c.text("setup_future_usage")),
		Shipping:                  readShipping(c),
		StatementDescriptor:       nullString(c.text("statement_descriptor")),
		StatementDescriptorSuffix: nullString(c.text("statement_descriptor_suffix")),
		Status:                    statusRequiresPaymentMethod,
		TransferGroup:             nullString(c.text("transfer_group")),
	}
	s.chooseMethodTypes(c, pi)
	pi.applyCardOptions(c)
	pi.applyDebitOptions(c)
	return pi
}

// chooseMethodTypes: since 2023-08-16 an intent that names no types takes those of the Dashboard, as if
// automatic_payment_methods were enabled (docs.stripe.com/changelog/2023-08-16). The sandbox's Dashboard has card and
// Link, as that of a new account.
func (s *Sandbox) chooseMethodTypes(c *call, pi *paymentIntent) {
	switch {
	case c.has("payment_method_types"):
		pi.setMethodTypes(listed(c.params.get("payment_method_types")))
	case c.has("automatic_payment_methods") && !c.flag("automatic_payment_methods", "enabled"):
		pi.setMethodTypes([]string{"card"})
	default:
		pi.AutomaticPaymentMethods = &automaticMethods{
			AllowRedirects: orElse(c.text("automatic_payment_methods", "allow_redirects"), redirectsAllow), Enabled: true,
		}
		pi.PaymentMethodConfigurationDetails = &methodConfiguration{ID: s.methods}
		pi.setMethodTypes([]string{"card", "link"})
	}
}

func (p *paymentIntent) setMethodTypes(types []string) {
	p.PaymentMethodTypes = types
	p.PaymentMethodOptions = &paymentMethodOptions{}
	if slices.Contains(types, "card") {
		p.PaymentMethodOptions.Card = &cardOptions{RequestThreeDSecure: "automatic"}
	}
	if slices.Contains(types, "link") {
		p.PaymentMethodOptions.Link = &linkOptions{}
	}
	if slices.Contains(types, "sepa_debit") {
		p.PaymentMethodOptions.SEPADebit = &struct{}{}
	}
	if slices.Contains(types, "us_bank_account") {
		p.PaymentMethodOptions.USBankAccount = &usDebitsOptions{VerificationMethod: "automatic"}
	}
}

func (p *paymentIntent) applyCardOptions(c *call) {
	given := c.params.get("payment_method_options", "card")
	if given == nil || given.isText() || p.PaymentMethodOptions.Card == nil {
		return
	}
	options := *p.PaymentMethodOptions.Card
	read := func(name, current string) string {
		if n := given.get(name); n != nil {
			return n.text
		}
		return current
	}
	options.CaptureMethod = read("capture_method", options.CaptureMethod)
	options.Network = nullString(read("network", string(options.Network)))
	options.RequestThreeDSecure = read("request_three_d_secure", options.RequestThreeDSecure)
	options.SetupFutureUsage = read("setup_future_usage", options.SetupFutureUsage)
	all := *p.PaymentMethodOptions
	all.Card = &options
	p.PaymentMethodOptions = &all
}

func listed(n *node) []string {
	items := make([]string, len(n.names))
	for i, name := range n.names {
		items[i] = n.kids[name].text
	}
	return items
}

func readShipping(c *call) *shipping {
	given := c.params.get("shipping")
	if given == nil || given.isText() {
		return nil
	}
	read := func(path ...string) nullString { return nullString(c.text(append([]string{"shipping"}, path...)...)) }
	return &shipping{
		Address: address{
			City: read("address", "city"), Country: read("address", "country"), Line1: read("address", "line1"),
			Line2: read("address", "line2"), PostalCode: read("address", "postal_code"), State: read("address", "state"),
		},
		Carrier: read("carrier"), Name: read("name"), Phone: read("phone"), TrackingNumber: read("tracking_number"),
	}
}

func (s *Sandbox) getPaymentIntent(c *call) (any, *failure) {
	return s.findIntent(c)
}

// findIntent finds the intent of the path; a client_secret, where it is given, must be the intent's own.
func (s *Sandbox) findIntent(c *call) (*paymentIntent, *failure) {
	pi, ok := s.world.paymentIntents.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "payment_intent", c.id, "intent")
	}
	s.enter(c, pi.Customer.id)
	if secret := c.text("client_secret"); c.has("client_secret") && secret != pi.ClientSecret {
		return nil, invalid("payment_intent_invalid_parameter", "client_secret", "The client_secret provided does not match "+
			"any associated PaymentIntent on this account. Ensure the publishable key used belongs to the same account that "+
			"created the PaymentIntent.")
	}
	return pi, nil
}
