package stripegw

import "encoding/json"

// expandable is a field of Stripe's that is the id of an object or, where that was asked for, the object itself. It
// never makes an answer unreadable: what is neither has no id. T is a pointer to what we take from the object.
type expandable[T identified] struct {
	// ID is the object's, in both forms; empty where there is none.
	ID string
	// Object is nil where Stripe gave the id alone. A field in it that has another type than expected is left empty.
	Object T
}

// identified is what tells its own id, so that an expanded object is decoded once.
type identified interface{ identity() string }

// onlyID is what we take from an object of which the id alone is of use.
type onlyID struct {
	ID string `json:"id"`
}

func (o *onlyID) identity() string             { return o.ID }
func (o *payingCustomer) identity() string     { return o.ID }
func (o *chargedMethod) identity() string      { return o.ID }
func (o *subscriptionObject) identity() string { return o.ID }
func (o *scheduleObject) identity() string     { return o.ID }
func (o *invoiceObject) identity() string      { return o.ID }
func (o *priceObject) identity() string        { return o.ID }
func (o *productObject) identity() string      { return o.ID }
func (p *paymentIntent) identity() string      { return p.ID }
func (i *setupIntent) identity() string        { return i.ID }

// UnmarshalJSON reads both forms. It never fails, since encoding/json stops at an error of this method.
func (e *expandable[T]) UnmarshalJSON(raw []byte) error {
	*e = expandable[T]{}
	if !isObject(raw) {
		e.ID = reference(raw)
		return nil
	}
	var object T
	_ = json.Unmarshal(raw, &object)
	if id := object.identity(); id != "" {
		*e = expandable[T]{ID: id, Object: object}
	}
	return nil
}

// reference is the id in a string or in an object; empty where there is neither.
func reference(raw json.RawMessage) string {
	if isObject(raw) {
		var object onlyID
		_ = json.Unmarshal(raw, &object)
		return object.ID
	}
	var id string
	_ = json.Unmarshal(raw, &id)
	return id
}

// isObject is whether a value of JSON, of which encoding/json took the space before it, is an object.
func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }
