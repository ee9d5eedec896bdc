package sandbox

import "strings"

// addressShape may be emptied field by field.
var addressShape = shape{
	{name: "city", max: 5000, unset: true},
	{name: "country", kind: kindCountry, max: 5000, unset: true},
	{name: "line1", max: 5000, unset: true},
	{name: "line2", max: 5000, unset: true},
	{name: "postal_code", max: 5000, unset: true},
	{name: "state", max: 5000, unset: true},
}

// billingShape is whose a payment method is.
var billingShape = shape{
	{name: "address", kind: kindHash, unset: true, fields: addressShape},
	{name: "email", kind: kindEmail, unset: true},
	{name: "name", max: 5000, unset: true},
	{name: "phone", max: 5000, unset: true},
}

// change puts the text of a parameter, where it is given, in the place of an old one. An empty text is null.
func (n *node) change(text *nullString, name string) {
	if given := n.get(name); given != nil {
		*text = nullString(given.text)
	}
}

// changed gives an address with the fields that a parameter names in the place of the old ones; an empty text empties
// all of it.
func (a address) changed(given *node) address {
	if given == nil {
		return a
	}
	if given.isText() {
		return address{}
	}
	for name, text := range map[string]*nullString{
		"city": &a.City, "country": &a.Country, "line1": &a.Line1, "line2": &a.Line2, "postal_code": &a.PostalCode,
		"state": &a.State,
	} {
		given.change(text, name)
	}
	a.Country = nullString(strings.ToUpper(string(a.Country)))
	return a
}

func (b billingDetails) changed(given *node) billingDetails {
	if given == nil {
		return b
	}
	b.Address = b.Address.changed(given.get("address"))
	given.change(&b.Email, "email")
	given.change(&b.Name, "name")
	given.change(&b.Phone, "phone")
	return b
}
