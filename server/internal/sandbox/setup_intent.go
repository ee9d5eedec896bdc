package sandbox

import "net/http"

// setupIntent is Stripe's object, its properties in Stripe's order.
type setupIntent struct {
	ID                                string               `json:"id"`
	Object                            string               `json:"object"`
	Application                       null                 `json:"application"`
	AutomaticPaymentMethods           *automaticMethods    `json:"automatic_payment_methods"`
	CancellationReason                nullString           `json:"cancellation_reason"`
	ClientSecret                      string               `json:"client_secret"`
	Created                           int64                `json:"created"`
	Customer                          ref                  `json:"customer"`
	Description                       nullString           `json:"description"`
	FlowDirections                    null                 `json:"flow_directions"`
	LastSetupError                    *paymentError        `json:"last_setup_error"`
	LatestAttempt                     ref                  `json:"latest_attempt"`
	Livemode                          bool                 `json:"livemode"`
	Mandate                           ref                  `json:"mandate"`
	Metadata                          map[string]string    `json:"metadata"`
	NextAction                        *nextAction          `json:"next_action"`
	OnBehalfOf                        null                 `json:"on_behalf_of"`
	PaymentMethod                     ref                  `json:"payment_method"`
	PaymentMethodConfigurationDetails *methodConfiguration `json:"payment_method_configuration_details"`
	PaymentMethodOptions              *setupOptions        `json:"payment_method_options"`
	PaymentMethodTypes                []string             `json:"payment_method_types"`
	SingleUseMandate                  null                 `json:"single_use_mandate"`
	Status                            string               `json:"status"`
	Usage                             string               `json:"usage"`

	waiting *challenge // the step of next_action
}

// setupOptions has one entry for each type that the intent accepts.
type setupOptions struct {
	Card          *setupCardOptions `json:"card,omitempty"`
	Link          *linkOptions      `json:"link,omitempty"`
	SEPADebit     *struct{}         `json:"sepa_debit,omitempty"`
	USBankAccount *usDebitsOptions  `json:"us_bank_account,omitempty"`
}

// setupCardOptions has less than that of a payment.
type setupCardOptions struct {
	MandateOptions      null       `json:"mandate_options"`
	Network             nullString `json:"network"`
	RequestThreeDSecure string     `json:"request_three_d_secure"`
}

const usageOffSession = "off_session"

func (si *setupIntent) identity() string { return si.ID }

func (s *Sandbox) getSetupIntent(c *call) (any, *failure) {
	return s.findSetupIntent(c)
}

// findSetupIntent finds the intent of the path; a client_secret, where it is given, must be the intent's own. Stripe
// writes its kind in one word, unlike payment_intent.
func (s *Sandbox) findSetupIntent(c *call) (*setupIntent, *failure) {
	si, ok := s.world.setupIntents.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "setupintent", c.id, "intent")
	}
	s.enter(c, si.Customer.id)
	if secret := c.text("client_secret"); c.has("client_secret") && secret != si.ClientSecret {
		return nil, invalid("setup_intent_invalid_parameter", "client_secret", "The client_secret provided does not match "+
			"any associated SetupIntent on this account. Ensure the publishable key used belongs to the same account that "+
			"created the SetupIntent.")
	}
	return si, nil
}

func (s *Sandbox) listSetupIntents(c *call) (any, *failure) {
	customer, method := c.text("customer"), c.text("payment_method")
	if customer != "" {
		if _, f := s.customerParam(c, customer, "customer"); f != nil {
			return nil, f
		}
	}
	if _, known := s.world.paymentMethods.get(method); method != "" && !known {
		return nil, missing(http.StatusBadRequest, "PaymentMethod", method, "payment_method")
	}
	return pageOf(c, &s.world.setupIntents, "setupintent", func(si *setupIntent) bool {
		return c.within(si.Created) && (customer == "" || si.Customer.id == customer) &&
			(method == "" || si.PaymentMethod.id == method)
	})
}

// refuse says that the status does not allow what was asked.
func (si *setupIntent) refuse(message string) *failure {
	return invalid("setup_intent_unexpected_state", "", message).aboutSetup(si)
}
