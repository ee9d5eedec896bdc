package stripegw

import (
	"cmp"
	"slices"

	"github.com/stripe/stripe-go/v76"
)

// Change is what an event is about: one object, and what became of it.
type Change struct {
	// Kind is what is published, in Stripe's words; it may be another than the event's type, where Stripe has two for
	// one change. Empty: nothing is.
	Kind string
	// ObjectKind is Stripe's name of the object's type, and ObjectID its id. For an opaque change both may be empty.
	ObjectKind, ObjectID string
	// ChargeID is set, and ObjectID empty, where the change is one of every refund of a charge: RefundsOfCharge has
	// them.
	ChargeID string
	// Snapshot is whether the event holds the object itself, with all that is told of it: EventResource reads it. It is
	// false for an event that is rendered at another API version, for one about another object, and where what matters
	// most stands in an object of which a snapshot has the id alone. The object is to be fetched then, and
	// EventResource is for the case that it is gone.
	Snapshot bool
	// Begins is whether this kind is the first that there can be of the object.
	Begins bool
	// Refresh is whether the object is to be fetched and kept, with nothing published: Kind is empty.
	Refresh bool
	// Opaque is whether no more is told of the object than what it is: we have no message for it.
	Opaque bool
}

// ChangesOf says what an event is about. There may be nothing, where another event tells of the same change. What is
// not in the table is one opaque change.
func ChangesOf(e StripeEvent) []Change {
	row, ok := eventRows[e.Type]
	switch {
	case !ok:
		return []Change{{Kind: e.Type, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Opaque: true}}
	case row.does == ignored || row.object == kindPrice && soldOnce(e):
		return nil
	}
	var changes []Change
	if row.does == published {
		changes = append(changes, Change{
			Kind: cmp.Or(row.kind, e.Type), ObjectKind: row.object, ObjectID: e.ObjectID, Begins: row.begins,
			Snapshot: !row.fetch && e.APIVersion == stripe.APIVersion && e.ObjectKind == row.object && e.object != nil,
		})
	}
	if row.does == refunded {
		changes = append(changes, Change{
			Kind: row.kind, ObjectKind: row.object, ChargeID: e.ObjectID, Begins: row.begins,
		})
	}
	if row.refreshes {
		if id := paymentOf(e); id != "" {
			changes = append(changes, Change{ObjectKind: kindPayment, ObjectID: id, Refresh: true})
		}
	}
	return changes
}

// soldOnce is whether an event is about the price of something that is not subscribed to. That is no plan.
func soldOnce(e StripeEvent) bool { return string(fieldOf(e.object, `"recurring"`)) == "null" }

// paymentOf is the payment that the object of an event belongs to; empty for a charge that was made without one.
func paymentOf(e StripeEvent) string {
	payment := fieldOf(e.object, `"payment_intent"`)
	if isObject(payment) {
		payment = fieldOf(payment, `"id"`)
	}
	return objectID(payment)
}

// EventTypes are the types that our endpoint at Stripe is to get: those that change something here. They are sorted.
func EventTypes() []string {
	var types []string
	for name, row := range eventRows {
		if row.does != ignored && !row.unasked {
			types = append(types, name)
		}
	}
	slices.Sort(types)
	return types
}
