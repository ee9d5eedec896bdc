package sandbox

import (
	"fmt"
	"net/http"
)

// applySettings applies what says how a subscription is collected and described, and not what it bills.
func (s *Sandbox) applySettings(c *call, sub *subscription) *failure {
	if f := s.applyMethod(c, sub); f != nil {
		return f
	}
	sub.CollectionMethod = orElse(c.text("collection_method"), sub.CollectionMethod)
	if days := c.params.integer("days_until_due"); days != nil {
		sub.DaysUntilDue = days
	}
	switch automatic := sub.CollectionMethod == collectAutomatically; {
	case automatic && c.has("days_until_due"):
		return invalid("", "days_until_due", "You can only set `days_until_due` if `collection_method` is `send_invoice`.")
	case automatic:
		sub.DaysUntilDue = nil
	case sub.DaysUntilDue == nil:
		return invalid("", "days_until_due", "You must pass `days_until_due` when `collection_method` is `send_invoice`.")
	case *sub.DaysUntilDue < 0:
		return invalid("parameter_invalid_integer", "days_until_due", "This value must be greater than or equal to 0.")
	}
	c.params.change(&sub.Description, "description")
	sub.Metadata = c.merged(sub.Metadata)
	sub.PaymentSettings.SaveDefaultPaymentMethod = orElse(c.text("payment_settings", "save_default_payment_method"),
		sub.PaymentSettings.SaveDefaultPaymentMethod)
	switch types := c.params.get("payment_settings", "payment_method_types"); {
	case types == nil:
	case types.isText():
		sub.PaymentSettings.PaymentMethodTypes = nil
	default:
		sub.PaymentSettings.PaymentMethodTypes = listed(types)
	}
	end := &sub.TrialSettings.EndBehavior.MissingPaymentMethod
	*end = orElse(c.text("trial_settings", "end_behavior", "missing_payment_method"), *end)
	c.params.readDetails(sub)
	return nil
}

// applyMethod sets the method that goes before the customer's own default.
func (s *Sandbox) applyMethod(c *call, sub *subscription) *failure {
	const param = "default_payment_method"
	id := c.text(param)
	if id == "" {
		if c.has(param) {
			sub.DefaultPaymentMethod = ref{}
		}
		return nil
	}
	method, ok := s.world.paymentMethods.get(id)
	switch {
	case !ok:
		return missing(http.StatusBadRequest, "PaymentMethod", id, param)
	case method.Customer.id != sub.Customer.id:
		return invalid("resource_missing", param, fmt.Sprintf("The customer does not have a payment method with the ID %s. "+
			"The payment method must be attached to the customer.", id))
	}
	sub.DefaultPaymentMethod = ref{id: id}
	return nil
}
