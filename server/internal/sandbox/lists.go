package sandbox

import (
	"fmt"
	"net/http"
)

// listShape holds what every list takes, beside its own filters.
func listShape(filters ...field) shape {
	return append(shape{
		{name: "created", kind: kindRange, fields: shape{
			{name: "gt", kind: kindInteger},
			{name: "gte", kind: kindInteger},
			{name: "lt", kind: kindInteger},
			{name: "lte", kind: kindInteger},
		}},
		{name: "ending_before", max: 5000},
		expandField,
		{name: "limit", kind: kindInteger},
		{name: "starting_after", max: 5000},
	}, filters...)
}

var (
	intentListShape = listShape(field{name: "customer", max: 5000})
	chargeListShape = listShape(
		field{name: "customer", max: 5000}, field{name: "payment_intent", max: 5000},
		field{name: "transfer_group", max: 5000},
	)
	refundListShape = listShape(field{name: "charge"}, field{name: "payment_intent", max: 5000})
	eventListShape  = listShape(
		field{name: "delivery_success", kind: kindBoolean}, field{name: "type", max: 5000},
		field{name: "types", kind: kindList},
	)
)

// checkList holds the limit of a page (docs.stripe.com/api/pagination).
func checkList(c *call) *failure {
	if !c.has("limit") {
		return nil
	}
	limit, _ := parseInteger(c.text("limit"))
	if limit < 1 {
		return invalid("parameter_invalid_integer", "limit", "This value must be greater than or equal to 1.")
	}
	if limit > maxLimit {
		return invalid("parameter_invalid_integer", "limit",
			fmt.Sprintf("This value must be less than or equal to %d (it currently is '%d').", maxLimit, limit))
	}
	return nil
}

func (s *Sandbox) listPaymentIntents(c *call) (any, *failure) {
	if f := s.checkReferences(c); f != nil {
		return nil, f
	}
	owner := c.text("customer")
	return pageOf(c, &s.world.paymentIntents, "payment_intent", func(pi *paymentIntent) bool {
		return c.within(pi.Created) && (owner == "" || pi.Customer.id == owner)
	})
}

func (s *Sandbox) listCharges(c *call) (any, *failure) {
	if f := s.checkReferences(c); f != nil {
		return nil, f
	}
	intent, group, owner := c.text("payment_intent"), c.text("transfer_group"), c.text("customer")
	return pageOf(c, &s.world.charges, "charge", func(ch *charge) bool {
		return c.within(ch.Created) && (intent == "" || ch.PaymentIntent.id == intent) &&
			(group == "" || string(ch.TransferGroup) == group) && (owner == "" || ch.Customer.id == owner)
	})
}

func (s *Sandbox) listRefunds(c *call) (any, *failure) {
	if f := s.checkReferences(c); f != nil {
		return nil, f
	}
	ch, intent := c.text("charge"), c.text("payment_intent")
	return pageOf(c, &s.world.refunds, "refund", func(re *refund) bool {
		return c.within(re.Created) && (ch == "" || re.Charge.id == ch) && (intent == "" || re.PaymentIntent.id == intent)
	})
}

// checkReferences refuses a list that filters by an object that does not exist.
func (s *Sandbox) checkReferences(c *call) *failure {
	if id := c.text("customer"); id != "" {
		if _, f := s.customerParam(c, id, "customer"); f != nil {
			return f
		}
	}
	id := c.text("charge")
	if _, known := s.world.charges.get(id); id != "" && !known {
		return missing(http.StatusBadRequest, "charge", id, "charge")
	}
	id = c.text("payment_intent")
	if _, known := s.world.paymentIntents.get(id); id != "" && !known {
		return missing(http.StatusBadRequest, "payment_intent", id, "payment_intent")
	}
	return nil
}
