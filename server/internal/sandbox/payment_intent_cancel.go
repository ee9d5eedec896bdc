package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// cancelable are the statuses that may be canceled, in the order of Stripe's message. The message names processing too,
// which Stripe cancels in rare cases; the sandbox does not.
var cancelable = []string{
	statusRequiresPaymentMethod, statusRequiresCapture, statusRequiresConfirmation, statusRequiresAction,
}

// cancelPaymentIntent ends an intent, and releases what it holds.
func (s *Sandbox) cancelPaymentIntent(c *call) (any, *failure) {
	pi, f := s.findIntent(c)
	if f != nil {
		return nil, f
	}
	if pi.Invoice.id != "" {
		return nil, invalid("", "", "You cannot cancel PaymentIntents created by invoices. Try voiding the invoice instead.").
			about(pi)
	}
	if !slices.Contains(cancelable, pi.Status) {
		allowed := strings.Join(cancelable, ", ")
		if pi.Status != statusProcessing {
			allowed += ", " + statusProcessing
		}
		return nil, unexpectedState(pi, fmt.Sprintf("You cannot cancel this PaymentIntent because it has a status of %s. "+
			"Only a PaymentIntent with one of the following statuses may be canceled: %s.", pi.Status, allowed))
	}
	reason := nullString(c.text("cancellation_reason"))
	why := reason
	if why == "abandoned" { // a reason of intents, but not of refunds
		why = ""
	}
	return s.canceled(c, pi, reason, "charge.refunded", why), nil
}

// canceled ends an intent. A hold is released: its charge counts as refunded, as captured from api.stripe.com.
func (s *Sandbox) canceled(c *call, pi *paymentIntent, reason nullString, kind string, why nullString) *paymentIntent {
	next := *pi
	next.CanceledAt, next.CancellationReason, next.Status = new(c.at.Unix()), reason, statusCanceled
	next.NextAction, next.waiting, next.passed = nil, nil, nil
	next.AmountCapturable = 0
	if pi.Status == statusRequiresCapture {
		held, _ := s.world.charges.get(pi.LatestCharge.id)
		ch := held.copied()
		s.release(c, &next, ch, ch.Amount, why)
		s.world.charges.put(ch.ID, ch)
		s.emit(c, kind, ch, held)
	}
	s.putIntent(c, &next)
	s.emit(c, "payment_intent.canceled", &next, nil)
	return &next
}

// expire ends an intent whose hold was not captured in time.
func (s *Sandbox) expire(c *call, id string) {
	if pi, _ := s.world.paymentIntents.get(id); pi.Status == statusRequiresCapture {
		s.canceled(c, pi, "automatic", "charge.expired", "expired_uncaptured_charge")
	}
}
