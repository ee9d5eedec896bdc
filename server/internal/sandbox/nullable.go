package sandbox

import "encoding/json"

// Stripe sends every property of an object, with null for what is not set, so no tag in this package says omitempty
// unless Stripe leaves that property out.

// null is a property that is always null here, since nothing that the sandbox imitates sets it.
type null struct{}

// MarshalJSON writes null.
func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// nullString is a string whose empty value is null.
type nullString string

// MarshalJSON writes null for the empty string.
func (s nullString) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(s))
}

// ref is an expandable property: null, an id, or the object itself once it is expanded.
type ref struct {
	id     string
	object any
}

// MarshalJSON writes the object if it is there, or the id, or null.
func (r ref) MarshalJSON() ([]byte, error) {
	if r.object != nil {
		return json.Marshal(r.object)
	}
	return nullString(r.id).MarshalJSON()
}
