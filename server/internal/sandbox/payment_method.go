package sandbox

import (
	"crypto/sha256"
	"time"
)

// paymentMethod is Stripe's object for a card or a bank account; it has the one hash that its type names.
type paymentMethod struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	BillingDetails billingDetails    `json:"billing_details"`
	Card           *card             `json:"card,omitempty"`
	Created        int64             `json:"created"`
	Customer       ref               `json:"customer"`
	Livemode       bool              `json:"livemode"`
	Metadata       map[string]string `json:"metadata"`
	SEPADebit      *sepaDebit        `json:"sepa_debit,omitempty"`
	Type           string            `json:"type"`
	USBankAccount  *usBankAccount    `json:"us_bank_account,omitempty"`

	test  *testCard  // how a card behaves
	debit *testDebit // how a bank account behaves
	used  bool       // it paid without a customer, or was detached from one, so it can not be used again

	verified bool   // of an American account: it may be debited. One given by number must be verified first.
	barred   bool   // of a bank account: it could not be verified, so it can not be used
	mandate  string // of a bank account: under which it may be debited again, without asking the customer
	setUp    bool   // of a card: the customer authenticated it for payments off session
}

func (m *paymentMethod) identity() string { return m.ID }

type billingDetails struct {
	Address address    `json:"address"`
	Email   nullString `json:"email"`
	Name    nullString `json:"name"`
	Phone   nullString `json:"phone"`
}

type card struct {
	Brand             string      `json:"brand"`
	Checks            cardChecks  `json:"checks"`
	Country           string      `json:"country"`
	DisplayBrand      string      `json:"display_brand"`
	ExpMonth          int         `json:"exp_month"`
	ExpYear           int         `json:"exp_year"`
	Fingerprint       string      `json:"fingerprint"`
	Funding           string      `json:"funding"`
	GeneratedFrom     null        `json:"generated_from"`
	Last4             string      `json:"last4"`
	Networks          networks    `json:"networks"`
	ThreeDSecureUsage supported   `json:"three_d_secure_usage"`
	Wallet            *cardWallet `json:"wallet"`
}

type cardChecks struct {
	AddressLine1      nullString `json:"address_line1_check"`
	AddressPostalCode nullString `json:"address_postal_code_check"`
	CVC               nullString `json:"cvc_check"`
}

// cvcUnchecked is how a method looks until the bank has seen it (captured from api.stripe.com at 2023-10-16).
const cvcUnchecked = "unchecked"

// checkCVC notes that a bank has looked at the card, and at the address that came with it. Who holds the old card sees
// it unchecked.
func (m *paymentMethod) checkCVC() {
	seen := *m.Card
	for _, check := range []*nullString{
		&seen.Checks.AddressLine1, &seen.Checks.AddressPostalCode, &seen.Checks.CVC,
	} {
		if *check == cvcUnchecked {
			*check = "pass"
		}
	}
	m.Card = &seen
}

type networks struct {
	Available []string `json:"available"`
	Preferred null     `json:"preferred"`
}

type supported struct {
	Supported bool `json:"supported"`
}

// usePaymentMethod finds the method that a parameter or a path names; known says whether there is one. A published test
// method is a template: each use makes a new object, with an expiry one year ahead, as captured from api.stripe.com.
func (s *Sandbox) usePaymentMethod(c *call, id string) (method *paymentMethod, known bool) {
	if stored, ok := s.world.paymentMethods.get(id); ok {
		s.enter(c, stored.Customer.id)
		return stored, true
	}
	test, isCard := testCards[id]
	account, isAccount := testDebits[id]
	if !isCard && !isAccount {
		return nil, false
	}
	method = s.newPaymentMethod(c)
	if isCard {
		method.Type, method.Card, method.test = "card", test.card(c.at), &test
	} else {
		account.describe(method)
		method.BillingDetails.Name, method.BillingDetails.Email = "Jenny Rosen", "jenny.rosen@example.com"
		method.verified = true
	}
	s.world.paymentMethods.put(method.ID, method)
	return method, true
}

func (s *Sandbox) newPaymentMethod(c *call) *paymentMethod {
	return &paymentMethod{
		ID: s.ids.object("pm_", c.at), Object: "payment_method", Created: c.at.Unix(), Metadata: map[string]string{},
	}
}

func (t testCard) card(at time.Time) *card {
	return &card{
		Brand: t.brand, DisplayBrand: t.brand, Country: t.country, Funding: t.funding, Last4: t.last4, Checks: t.checks,
		ExpMonth: int(at.UTC().Month()), ExpYear: at.UTC().Year() + 1, Fingerprint: t.fingerprint(),
		Networks:          networks{Available: []string{t.brand}},
		ThreeDSecureUsage: supported{!t.without3DS},
		Wallet:            newWallet(t.wallet),
	}
}

// fingerprint is the same whenever the same card is used.
func (t testCard) fingerprint() string { return fingerprint(t.brand + t.country + t.funding + t.last4) }

// fingerprint tells two cards or accounts apart, and nothing else of them.
func fingerprint(number string) string {
	sum := sha256.Sum256([]byte(number))
	text := make([]byte, 16)
	for i := range text {
		text[i] = base62[int(sum[i])%len(base62)]
	}
	return string(text)
}
