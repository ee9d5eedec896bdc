package sandbox

import (
	"net/http"
	"strings"
)

// token stands for a card that was typed into Stripe's own form. It is used once.
type token struct {
	ID       string     `json:"id"`
	Object   string     `json:"object"`
	Card     tokenCard  `json:"card"`
	ClientIP nullString `json:"client_ip"`
	Created  int64      `json:"created"`
	Livemode bool       `json:"livemode"`
	Type     string     `json:"type"`
	Used     bool       `json:"used"`

	test  *testCard
	card  *card
	owner billingDetails
}

// tokenCard is the older object for a card, with the properties that stand in a token (fixtures3.json, token).
type tokenCard struct {
	ID                 string        `json:"id"`
	Object             string        `json:"object"`
	AddressCity        nullString    `json:"address_city"`
	AddressCountry     nullString    `json:"address_country"`
	AddressLine1       nullString    `json:"address_line1"`
	AddressLine1Check  nullString    `json:"address_line1_check"`
	AddressLine2       nullString    `json:"address_line2"`
	AddressState       nullString    `json:"address_state"`
	AddressZip         nullString    `json:"address_zip"`
	AddressZipCheck    nullString    `json:"address_zip_check"`
	Brand              string        `json:"brand"`
	Country            string        `json:"country"`
	CVCCheck           nullString    `json:"cvc_check"`
	DynamicLast4       nullString    `json:"dynamic_last4"`
	ExpMonth           int           `json:"exp_month"`
	ExpYear            int           `json:"exp_year"`
	Fingerprint        string        `json:"fingerprint"`
	Funding            string        `json:"funding"`
	Last4              string        `json:"last4"`
	Metadata           struct{}      `json:"metadata"`
	Name               nullString    `json:"name"`
	Networks           tokenNetworks `json:"networks"`
	TokenizationMethod nullString    `json:"tokenization_method"`
	Wallet             *cardWallet   `json:"wallet"`
}

type tokenNetworks struct {
	Preferred null `json:"preferred"`
}

// brandNames are what the older object calls brands.
var brandNames = map[string]string{
	"amex": "American Express", "diners": "Diners Club", "discover": "Discover", "jcb": "JCB", "mastercard": "MasterCard",
	"unionpay": "UnionPay", "visa": "Visa",
}

var tokenShape = shape{
	{name: "account", kind: kindRefused},
	{name: "bank_account", kind: kindRefused},
	{name: "card", kind: kindHash, fields: shape{
		{name: "address_city", max: 5000},
		{name: "address_country", kind: kindCountry, max: 5000},
		{name: "address_line1", max: 5000},
		{name: "address_line2", max: 5000},
		{name: "address_state", max: 5000},
		{name: "address_zip", max: 5000},
		{name: "currency", max: 5000},
		{name: "cvc", max: 5000},
		{name: "exp_month", max: 5000, required: true},
		{name: "exp_year", max: 5000, required: true},
		{name: "name", max: 5000},
		{name: "networks", kind: kindRefused},
		{name: "number", max: 5000, required: true},
	}},
	{name: "customer", kind: kindRefused},
	{name: "cvc_update", kind: kindRefused},
	expandField,
	{name: "person", kind: kindRefused},
	{name: "pii", kind: kindRefused},
}

func checkToken(c *call) *failure {
	if !c.has("card") {
		return absent("card")
	}
	return nil
}

// createToken keeps a card as Stripe.js does.
func (s *Sandbox) createToken(c *call) (any, *failure) {
	entry := c.cardEntry()
	test, month, year, f := entry.check(c.at)
	if f != nil {
		return nil, f
	}
	given := c.params.get("card")
	var owner billingDetails
	for name, text := range map[string]*nullString{
		"address_city": &owner.Address.City, "address_country": &owner.Address.Country,
		"address_line1": &owner.Address.Line1, "address_line2": &owner.Address.Line2,
		"address_state": &owner.Address.State, "address_zip": &owner.Address.PostalCode, "name": &owner.Name,
	} {
		given.change(text, name)
	}
	shown := test.card(c.at)
	shown.ExpMonth, shown.ExpYear, shown.Checks = month, year, test.typed(entry.cvc, owner.Address)
	return s.newToken(c, &test, shown, owner), nil
}

func (s *Sandbox) newToken(c *call, test *testCard, shown *card, owner billingDetails) *token {
	t := &token{
		ID: s.ids.object("tok_", c.at), Object: "token", Created: c.at.Unix(), Type: "card",
		test: test, card: shown, owner: owner,
		Card: tokenCard{
			ID: s.ids.object("card_", c.at), Object: "card",
			AddressCity: owner.Address.City, AddressCountry: owner.Address.Country, AddressLine1: owner.Address.Line1,
			AddressLine1Check: shown.Checks.AddressLine1, AddressLine2: owner.Address.Line2,
			AddressState: owner.Address.State, AddressZip: owner.Address.PostalCode,
			AddressZipCheck: shown.Checks.AddressPostalCode,
			Brand:           orElse(brandNames[shown.Brand], "Unknown"), Country: shown.Country, CVCCheck: shown.Checks.CVC,
			ExpMonth: shown.ExpMonth, ExpYear: shown.ExpYear, Fingerprint: shown.Fingerprint, Funding: shown.Funding,
			Last4: shown.Last4, Name: owner.Name, Wallet: shown.Wallet,
		},
	}
	if shown.Wallet != nil {
		t.Card.DynamicLast4, t.Card.TokenizationMethod = shown.Wallet.DynamicLast4, nullString(shown.Wallet.Type)
	}
	if t.Card.TokenizationMethod == googlePay {
		t.Card.TokenizationMethod = "android_pay" // its name before it was Google's
	}
	s.world.tokens.put(t.ID, t)
	return t
}

// useToken finds a token. A published one, named as the template of the same card, is made anew with each use.
func (s *Sandbox) useToken(c *call, id string) (found *token, known bool) {
	if stored, ok := s.world.tokens.get(id); ok {
		return stored, true
	}
	name, published := strings.CutPrefix(id, "tok_")
	test, ok := testCards["pm_card_"+name]
	if !published || !ok {
		return nil, false
	}
	return s.newToken(c, &test, test.card(c.at), billingDetails{}), true
}

func (s *Sandbox) getToken(c *call) (any, *failure) {
	found, known := s.useToken(c, c.id)
	if !known {
		return nil, missing(http.StatusNotFound, "token", c.id, "token")
	}
	return found, nil
}
