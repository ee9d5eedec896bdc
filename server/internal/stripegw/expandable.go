package stripegw

import "encoding/json"

// expandable is a field of Stripe's that is the id of an object or, where that was asked for, the object itself. It
// never makes an answer unreadable: what is neither has no id.
type expandable[T any] struct {
	// ID is the object's, in both forms; empty where there is none.
	ID string
	// Object is nil where Stripe gave the id alone. A field in it that has another type than expected is left empty.
	Object *T
}

// UnmarshalJSON reads both forms. It never fails, since encoding/json stops at an error of this method.
func (e *expandable[T]) UnmarshalJSON(raw []byte) error {
	*e = expandable[T]{ID: reference(raw)}
	if len(raw) == 0 || raw[0] != '{' || e.ID == "" {
		return nil
	}
	e.Object = new(T)
	_ = json.Unmarshal(raw, e.Object)
	return nil
}
