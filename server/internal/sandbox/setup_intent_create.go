package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// createSetupIntent makes an intent and, with confirm, tries to set the method up at once. A decline leaves the intent
// behind: a caller finds its id in the error.
func (s *Sandbox) createSetupIntent(c *call) (any, *failure) {
	if id := c.text("customer"); id != "" {
		if _, f := s.customerParam(c, id, "customer"); f != nil {
			return nil, f
		}
	}
	si := s.newSetupIntent(c)
	method, f := s.setupMethod(c, si, c.text("payment_method"))
	if f != nil {
		return nil, f
	}
	if method != nil && !c.flag("confirm") {
		si.PaymentMethod, si.Status = ref{id: method.ID}, statusRequiresConfirmation
	}
	s.world.setupIntents.put(si.ID, si)
	s.emit(c, "setup_intent.created", si, nil)
	if !c.flag("confirm") {
		return si, nil
	}
	return s.attemptSetup(c, si, *si, readConfirmation(c, method))
}

func (s *Sandbox) newSetupIntent(c *call) *setupIntent {
	const secretLength = 31
	id := s.ids.object("seti_", c.at)
	si := &setupIntent{
		ID: id, Object: "setup_intent", ClientSecret: id + "_secret_" + s.ids.letters(secretLength), Created: c.at.Unix(),
		Customer: ref{id: c.text("customer")}, Description: nullString(c.text("description")), Metadata: c.metadata(),
		Status: statusRequiresPaymentMethod, Usage: orElse(c.text("usage"), usageOffSession),
	}
	switch {
	case c.has("payment_method_types"):
		si.setTypes(listed(c.params.get("payment_method_types")))
	case c.has("automatic_payment_methods") && !c.flag("automatic_payment_methods", "enabled"):
		si.setTypes([]string{"card"})
	default: // as for payments: see chooseMethodTypes
		si.AutomaticPaymentMethods = &automaticMethods{
			AllowRedirects: orElse(c.text("automatic_payment_methods", "allow_redirects"), redirectsAllow), Enabled: true,
		}
		si.PaymentMethodConfigurationDetails = &methodConfiguration{ID: s.methods}
		si.setTypes([]string{"card", "link"})
	}
	si.applyOptions(c)
	return si
}

func (si *setupIntent) setTypes(types []string) {
	si.PaymentMethodTypes = types
	si.PaymentMethodOptions = &setupOptions{}
	if slices.Contains(types, "card") {
		si.PaymentMethodOptions.Card = &setupCardOptions{RequestThreeDSecure: "automatic"}
	}
	if slices.Contains(types, "link") {
		si.PaymentMethodOptions.Link = &linkOptions{}
	}
	if slices.Contains(types, "sepa_debit") {
		si.PaymentMethodOptions.SEPADebit = &struct{}{}
	}
	if slices.Contains(types, "us_bank_account") {
		si.PaymentMethodOptions.USBankAccount = &usDebitsOptions{VerificationMethod: "automatic"}
	}
}

// applyOptions takes the options of the types that the intent accepts.
func (si *setupIntent) applyOptions(c *call) {
	all := *si.PaymentMethodOptions
	if all.Card != nil {
		card := *all.Card
		card.Network = nullString(orElse(c.text("payment_method_options", "card", "network"), string(card.Network)))
		card.RequestThreeDSecure = orElse(c.text("payment_method_options", "card", "request_three_d_secure"),
			card.RequestThreeDSecure)
		all.Card = &card
	}
	if how := c.text("payment_method_options", "us_bank_account", "verification_method"); how != "" &&
		all.USBankAccount != nil {
		all.USBankAccount = &usDebitsOptions{VerificationMethod: how}
	}
	si.PaymentMethodOptions = &all
}

// setupMethod finds the method that a request names, if it may be set up for this intent.
func (s *Sandbox) setupMethod(c *call, si *setupIntent, id string) (*paymentMethod, *failure) {
	if id == "" {
		return nil, nil //nolint:nilnil // no method is named, which is no failure
	}
	method, known := s.usePaymentMethod(c, id)
	if !known {
		return nil, missing(http.StatusBadRequest, "PaymentMethod", id, "payment_method")
	}
	return method, si.accepts(method)
}

// accepts refuses in Stripe's words: what belongs to somebody else, what is used up, and what is of another type.
func (si *setupIntent) accepts(method *paymentMethod) *failure {
	owner := method.Customer.id
	switch {
	case owner != "" && si.Customer.id == "":
		return invalid("", "payment_method", fmt.Sprintf("The payment method supplied (%s) belongs to the Customer %s. "+
			"Please include the Customer in the `customer` parameter on the SetupIntent.", method.ID, owner))
	case owner != "" && owner != si.Customer.id:
		return invalid("", "payment_method", fmt.Sprintf("The PaymentMethod %s does not belong to the Customer you supplied "+
			"%s. Please use this PaymentMethod with the Customer that it belongs to instead.", method.ID, si.Customer.id))
	case method.used:
		return invalid("", "", previouslyUsed)
	case !slices.Contains(si.PaymentMethodTypes, method.Type):
		return invalid("setup_intent_invalid_parameter", "payment_method", fmt.Sprintf("The PaymentMethod provided (%[1]s) "+
			"is not allowed for this SetupIntent. Please attach a PaymentMethod of one of the following types: %[2]s. "+
			"Alternately update the allowed payment_method_types for this SetupIntent to include %[1]q.", method.Type,
			alternatives(si.PaymentMethodTypes)))
	}
	return nil
}
