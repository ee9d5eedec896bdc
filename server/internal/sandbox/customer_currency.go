package sandbox

import "fmt"

// billIn notes the currency that a customer is billed in from here on, and refuses a second one while a subscription or
// an invoice item is in another (text: issues of many users of Stripe's).
func (s *Sandbox) billIn(c *call, customerID, currency string) *failure {
	old, ok := s.world.customers.get(customerID)
	if !ok || string(old.Currency) == currency {
		return nil
	}
	if busy := s.billedIn(customerID); busy != "" && busy != currency {
		return invalid("", "", fmt.Sprintf("You cannot combine currencies on a single customer. This customer has an active "+
			"subscription, subscription schedule, discount, quote, or invoice item with currency %s", busy))
	}
	next := *old
	next.Currency = nullString(currency)
	s.world.customers.put(next.ID, &next)
	s.emit(c, "customer.updated", &next, old)
	return nil
}

// billedIn is the currency of what a customer has to pay again; empty where there is nothing.
func (s *Sandbox) billedIn(customerID string) string {
	for _, sub := range s.world.subscriptions.rows {
		if sub.Customer.id == customerID && !sub.ended() {
			return sub.Currency
		}
	}
	for _, item := range s.world.invoiceItems.rows {
		if item.Customer.id == customerID && item.Invoice.id == "" && !item.deleted {
			return item.Currency
		}
	}
	return ""
}
