package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// confirmation is what a request says about one attempt to pay.
type confirmation struct {
	method        *paymentMethod
	offSession    bool
	returnURL     string
	errorOnAction bool
	useStripeSDK  bool
	consent       *acceptance // how the customer agreed to debits; nil where they were not asked
}

func readConfirmation(c *call, method *paymentMethod) confirmation {
	off := c.text("off_session")
	return confirmation{
		method: method, offSession: off != "" && off != "false", returnURL: c.text("return_url"),
		errorOnAction: c.flag("error_on_requires_action"), useStripeSDK: c.flag("use_stripe_sdk"),
		consent: c.consent(),
	}
}

var confirmable = []string{statusRequiresConfirmation, statusRequiresPaymentMethod, statusRequiresAction}

// confirmPaymentIntent attempts to pay an intent that exists.
func (s *Sandbox) confirmPaymentIntent(c *call) (any, *failure) {
	pi, f := s.findIntent(c)
	if f != nil {
		return nil, f
	}
	if pi.Status == statusCanceled && c.has("payment_method") {
		return nil, pi.notChangeable("payment_method") // captured from api.stripe.com
	}
	if f := pi.mayConfirm(); f != nil {
		return nil, f
	}
	if f := pi.asInvoiced(c); f != nil {
		return nil, f
	}
	id := orElse(c.text("payment_method"), pi.PaymentMethod.id)
	var method *paymentMethod
	if id != "" {
		found, known := s.usePaymentMethod(c, id)
		if !known {
			return nil, missing(http.StatusBadRequest, "PaymentMethod", id, "payment_method").about(pi)
		}
		method = found
	}
	if f := s.mayCharge(c, pi, method); f != nil {
		return nil, f.about(pi)
	}
	next := *pi
	next.change(c)
	return s.attempt(c, pi, next, readConfirmation(c, method))
}

// attempt tries to pay with a copy of the intent, and puts that in its place. A decline is a result and stays; an
// unacceptable request changes nothing. Either way the error carries the intent as it now stands.
func (s *Sandbox) attempt(c *call, pi *paymentIntent, next paymentIntent, how confirmation) (any, *failure) {
	f := s.confirm(c, &next, how)
	if f != nil && f.status != http.StatusPaymentRequired {
		return nil, f.about(pi)
	}
	s.putIntent(c, &next)
	if f != nil {
		return nil, f.about(&next)
	}
	return &next, nil
}

func (p *paymentIntent) mayConfirm() *failure {
	if p.Status == statusSucceeded {
		return unexpectedState(p, "You cannot confirm this PaymentIntent because it has already succeeded after being "+
			"previously confirmed.")
	}
	if !slices.Contains(confirmable, p.Status) {
		return unexpectedState(p, fmt.Sprintf("You cannot confirm this PaymentIntent because it has a status of %s. Only a "+
			"PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, "+
			"requires_payment_method, requires_action.", p.Status))
	}
	return nil
}

// change applies the parameters of a confirm that alter the intent.
func (p *paymentIntent) change(c *call) {
	if c.has("capture_method") {
		p.CaptureMethod = c.text("capture_method")
	}
	if c.has("payment_method_types") {
		p.AutomaticPaymentMethods, p.PaymentMethodConfigurationDetails = nil, nil
		p.setMethodTypes(listed(c.params.get("payment_method_types")))
	}
	if c.has("receipt_email") {
		p.ReceiptEmail = nullString(c.text("receipt_email"))
	}
	if c.has("setup_future_usage") {
		p.SetupFutureUsage = nullString(c.text("setup_future_usage"))
	}
	if c.has("shipping") {
		p.Shipping = readShipping(c)
	}
	p.applyCardOptions(c)
	p.applyDebitOptions(c)
}

// confirm attempts one payment on a copy of the intent.
func (s *Sandbox) confirm(c *call, pi *paymentIntent, how confirmation) *failure {
	if f := pi.mayPay(how); f != nil {
		return f
	}
	if how.method.debit != nil {
		return s.debit(c, pi, how)
	}
	if how.method.ID != pi.PaymentMethod.id {
		pi.passed = nil // the customer authenticated for another card
	}
	card := how.method.test
	demanded := pi.PaymentMethodOptions.Card.RequestThreeDSecure != "automatic"
	switch {
	case pi.passed != nil:
		return s.charge(c, pi, how)
	case card.auth == authBroken, card.auth == authBrokenIfAsked && demanded:
		return s.declined(c, pi, how.method, &declineGeneric)
	case how.offSession && (card.auth == authRequired || card.auth == authUnlessSetUp && !how.method.setUp):
		if pi.Invoice.id != "" { // the customer is asked to come back (docs.stripe.com/billing/subscriptions/overview)
			return s.actionRequired(c, pi, how)
		}
		return s.declined(c, pi, how.method, &declineAuth)
	case !how.offSession && card.challenges(demanded):
		return s.actionRequired(c, pi, how)
	}
	return s.charge(c, pi, how)
}

// charge asks the bank, after the customer authenticated or where that is not needed.
func (s *Sandbox) charge(c *call, pi *paymentIntent, how confirmation) *failure {
	how.method, _ = s.world.paymentMethods.get(how.method.ID) // it may have changed during the customer's step
	if how.method.lost(pi.Customer.id) {
		return s.failed(c, pi, how.method, "", &attemptFailed)
	}
	refused := how.method.test.decline
	if (pi.passed != nil || how.method.setUp) && refused == nil {
		refused = how.method.test.declineAfterAuth
	}
	if refused != nil {
		return s.declined(c, pi, how.method, refused)
	}
	s.paid(c, pi, how)
	s.keep(c, pi, how.method)
	return nil
}

const (
	mayRedirect = "Because some of these payment methods might redirect your customer off of your page, you must provide " +
		"a `return_url`. If you don't want to accept redirect-based payment methods, set " +
		"`automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when " +
		"creating Setup Intents and Payment Intents."
	previouslyUsed = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, " +
		"shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used " +
		"again. To use a PaymentMethod multiple times, you must attach it to a Customer first."
)

// mayPay refuses what can not be attempted at all.
func (p *paymentIntent) mayPay(how confirmation) *failure {
	redirects := p.AutomaticPaymentMethods != nil && p.AutomaticPaymentMethods.AllowRedirects == redirectsAllow
	switch {
	case redirects && how.returnURL == "" && !how.offSession:
		return invalid("", "", "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "+
			mayRedirect)
	case redirects && how.errorOnAction:
		return invalid("", "error_on_requires_action", "You cannot set `error_on_requires_action` on a PaymentIntent that is "+
			"configured to accept payment methods enabled in your Dashboard.")
	case how.method == nil:
		return unexpectedState(p, "You cannot confirm this PaymentIntent because it's missing a payment method. You can "+
			"either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly "+
			"with a payment method or ConfirmationToken.")
	case how.method.used:
		return invalid("", "", previouslyUsed)
	case how.offSession && p.SetupFutureUsage != "" && p.Invoice.id == "": // an invoice is collected so, again and again
		return invalid("", "", "You cannot confirm with the `off_session` parameter when `setup_future_usage` is also set on "+
			"the PaymentIntent because you cannot set up future usages when processing payments off-session.")
	}
	return p.accepts(how.method)
}

func (p *paymentIntent) accepts(method *paymentMethod) *failure {
	if slices.Contains(p.PaymentMethodTypes, method.Type) {
		return nil
	}
	return invalid("payment_intent_incompatible_payment_method", "payment_method", fmt.Sprintf("The PaymentMethod provided "+
		"(%[1]s) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: %[2]s. "+
		"Alternately update the allowed payment_method_types for this PaymentIntent to include %[1]q.", method.Type,
		alternatives(p.PaymentMethodTypes)))
}

// actionRequired stops for the customer's step. That is no error on session, unless the caller wants it to be one.
func (s *Sandbox) actionRequired(c *call, pi *paymentIntent, how confirmation) *failure {
	if how.errorOnAction {
		return s.failed(c, pi, how.method, "", &decline{
			code: "authentication_required", declineCode: "authentication_not_handled",
			message: "This payment required an authentication action to complete, but `error_on_requires_action` was set. " +
				"When you're ready, you can upgrade your integration to handle actions at " +
				"https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions.",
		})
	}
	pi.LastPaymentError, pi.passed = nil, nil
	pi.waiting = &challenge{how: how, attempt: s.ids.payment("payatt_", stemOf(pi.ID))}
	pi.NextAction = s.nextAction(pi.waiting, pi.Object, pi.ID, pi.ClientSecret)
	pi.PaymentMethod = ref{id: how.method.ID}
	pi.Status = statusRequiresAction
	s.emit(c, "payment_intent.requires_action", pi, nil)
	return nil
}
