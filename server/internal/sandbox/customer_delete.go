package sandbox

import "slices"

// deleteCustomer leaves nothing but a tombstone, ends the customer's subscriptions, and detaches the methods. The event
// holds the customer as it was.
func (s *Sandbox) deleteCustomer(c *call) (any, *failure) {
	old, f := s.livingCustomer(c)
	if f != nil {
		return nil, f
	}
	s.endSubscriptionsOf(c, old.ID)
	var methods []*paymentMethod
	for _, method := range s.world.paymentMethods.rows {
		if method.Customer.id == old.ID {
			methods = append(methods, method)
		}
	}
	for _, method := range slices.Backward(methods) {
		s.detach(c, method)
	}
	gone := *old
	gone.deleted = true
	s.world.customers.put(gone.ID, &gone)
	s.emit(c, "customer.deleted", old, nil)
	return &gone, nil
}

// tombstone is all that is told of a deleted customer.
type tombstone struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

func (cu *customer) tombstone() *tombstone {
	return &tombstone{ID: cu.ID, Object: cu.Object, Deleted: true}
}
