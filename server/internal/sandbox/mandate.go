package sandbox

import "net/http"

// Statuses of a mandate (docs.stripe.com/api/mandates/object).
const (
	mandateActive   = "active"
	mandateInactive = "inactive"
	mandatePending  = "pending"
)

// mandate is Stripe's object for the permission to debit an account, its properties in Stripe's order. It has one of
// the two hashes that its type names.
type mandate struct {
	ID                   string         `json:"id"`
	Object               string         `json:"object"`
	CustomerAcceptance   acceptance     `json:"customer_acceptance"`
	Livemode             bool           `json:"livemode"`
	MultiUse             *struct{}      `json:"multi_use,omitempty"`
	PaymentMethod        ref            `json:"payment_method"`
	PaymentMethodDetails mandateDetails `json:"payment_method_details"`
	SingleUse            *singleUse     `json:"single_use,omitempty"`
	Status               string         `json:"status"`
	Type                 string         `json:"type"`
}

// acceptance is how a customer agreed.
type acceptance struct {
	AcceptedAt int64             `json:"accepted_at"`
	Offline    *struct{}         `json:"offline,omitempty"`
	Online     *onlineAcceptance `json:"online,omitempty"`
	Type       string            `json:"type"`
}

type onlineAcceptance struct {
	IPAddress string `json:"ip_address"`
	UserAgent string `json:"user_agent"`
}

// mandateDetails has the one hash that its type names.
type mandateDetails struct {
	SEPADebit     *sepaMandate `json:"sepa_debit,omitempty"`
	Type          string       `json:"type"`
	USBankAccount *struct{}    `json:"us_bank_account,omitempty"`
}

type sepaMandate struct {
	Reference string `json:"reference"`
	URL       string `json:"url"`
}

// singleUse is the one payment that a mandate allows.
type singleUse struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

func (m *mandate) identity() string { return m.ID }

// newMandate writes down what the customer agreed to: one payment, or where none is given any number of them.
func (s *Sandbox) newMandate(c *call, how confirmation, status string, once *singleUse) *mandate {
	m := &mandate{
		ID: s.ids.object("mandate_", c.at), Object: "mandate", CustomerAcceptance: *how.consent,
		PaymentMethod: ref{id: how.method.ID}, PaymentMethodDetails: mandateDetails{Type: how.method.Type},
		SingleUse: once, Status: status, Type: "single_use",
	}
	if once == nil {
		m.MultiUse, m.Type = &struct{}{}, "multi_use"
	}
	if how.method.Type == "sepa_debit" {
		const length = 16
		reference := s.ids.letters(length)
		m.PaymentMethodDetails.SEPADebit = &sepaMandate{
			Reference: reference, URL: "https://hooks.stripe.com/adapter/sepa_debit/file/" + m.ID + "/" + reference,
		}
	} else {
		m.PaymentMethodDetails.USBankAccount = &struct{}{}
	}
	s.world.mandates.put(m.ID, m)
	return m
}

// moveMandate gives a mandate another status, and tells of it.
func (s *Sandbox) moveMandate(c *call, id, status string) {
	old, ok := s.world.mandates.get(id)
	if !ok || old.Status == status {
		return
	}
	next := *old
	next.Status = status
	s.world.mandates.put(id, &next)
	s.emit(c, "mandate.updated", &next, old)
}

// standing says whether a method may be debited under a mandate that its customer gave before.
func (s *Sandbox) standing(method *paymentMethod) bool {
	m, ok := s.world.mandates.get(method.mandate)
	return ok && m.Status == mandateActive
}

func (s *Sandbox) getMandate(c *call) (any, *failure) {
	m, ok := s.world.mandates.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "mandate", c.id, "mandate")
	}
	return m, nil
}
