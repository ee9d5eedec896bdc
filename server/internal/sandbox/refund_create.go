package sandbox

import (
	"fmt"
	"net/http"
)

var refundShape = shape{
	{name: "amount", kind: kindInteger},
	{name: "charge", max: 5000},
	{name: "currency", kind: kindRefused},
	{name: "customer", kind: kindRefused},
	expandField,
	{name: "instructions_email", kind: kindEmail},
	metadataField,
	{name: "origin", kind: kindRefused},
	{name: "payment_intent", max: 5000},
	{
		name: "reason", kind: kindEnum, max: 5000,
		oneOf: []string{"duplicate", "fraudulent", "requested_by_customer"},
	},
	{name: "refund_application_fee", kind: kindRefused},
	{name: "reverse_transfer", kind: kindRefused},
}

var refundUpdateShape = shape{expandField, metadataField}

func checkRefund(c *call) *failure {
	if !c.has("charge") && !c.has("payment_intent") {
		return invalid("", "",
			"One of the following params should be provided for this request: payment_intent or charge.")
	}
	return nil
}

// createRefund gives money back. Several refunds of one charge may follow each other until nothing is left
// (docs.stripe.com/refunds).
func (s *Sandbox) createRefund(c *call) (any, *failure) {
	stored, f := s.refundable(c)
	if f != nil {
		return nil, f
	}
	s.enter(c, stored.Customer.id)
	left := stored.Amount - stored.AmountRefunded
	amount := left
	if c.has("amount") {
		amount, _ = parseInteger(c.text("amount"))
	}
	if f := stored.mayRefund(amount, left); f != nil {
		return nil, f
	}
	if d, disputed := s.world.disputes.get(stored.Dispute.id); disputed && !d.IsChargeRefundable {
		return nil, invalid("charge_disputed", "", fmt.Sprintf("Charge %s has been charged back; cannot issue a refund.",
			stored.ID))
	}
	method, _ := s.world.paymentMethods.get(string(stored.PaymentMethod))
	status := refundSucceeded
	if method.debit != nil || method.test.refund == refundsLater {
		status = refundPending
	}
	ch := stored.copied()
	re := s.newRefund(c, ch, amount, status)
	re.InstructionsEmail, re.Metadata = c.text("instructions_email"), c.metadata()
	re.Reason, re.DestinationDetails = nullString(c.text("reason")), refundTo(ch, status)
	ch.ReceiptURL = s.receiptURL()
	s.bookRefund(c, ch, re)
	s.world.refunds.put(re.ID, re)
	s.world.charges.put(ch.ID, ch)
	pi, _ := s.world.paymentIntents.get(ch.PaymentIntent.id)
	s.recordRefund(c, MovementRefund, pi, ch, re)
	s.emit(c, "refund.created", re, nil)
	s.emit(c, "charge.refunded", ch, stored)
	s.settleLater(c, re, method)
	return re, nil
}

// refundable finds the charge, which a request names by itself or by its intent.
func (s *Sandbox) refundable(c *call) (*charge, *failure) {
	chargeID, intentID := c.text("charge"), c.text("payment_intent")
	if intentID != "" {
		pi, ok := s.world.paymentIntents.get(intentID)
		if !ok {
			return nil, missing(http.StatusBadRequest, "payment_intent", intentID, "payment_intent")
		}
		if pi.LatestCharge.id == "" {
			return nil, nothingToRefund(intentID)
		}
		if chargeID == "" {
			chargeID = pi.LatestCharge.id
		}
	}
	ch, ok := s.world.charges.get(chargeID)
	if !ok { // 404, as if the path named it: captured from api.stripe.com
		return nil, missing(http.StatusNotFound, "charge", chargeID, "id")
	}
	if intentID != "" && ch.PaymentIntent.id != intentID {
		return nil, invalid("", "charge", fmt.Sprintf("Charge %s does not belong to PaymentIntent %s.", ch.ID, intentID))
	}
	return ch, nil
}

func nothingToRefund(intentID string) *failure {
	return invalid("", "", fmt.Sprintf("This PaymentIntent (%s) does not have a successful charge to refund.", intentID))
}

// mayRefund refuses in Stripe's order and words. What was released counts as refunded.
func (c *charge) mayRefund(amount, left int64) *failure {
	switch money := currencyOf(c.Currency); {
	case c.Status != "succeeded", !c.Captured && c.Refunded:
		return nothingToRefund(c.PaymentIntent.id)
	case !c.Captured:
		return invalid("", "", fmt.Sprintf("This uncaptured Charge was created by a PaymentIntent (%s). You must cancel the "+
			"PaymentIntent to reverse the authorization instead of refunding the Charge directly. For more information, see "+
			"https://stripe.com/docs/payments/place-a-hold-on-a-payment-method", c.PaymentIntent.id))
	case left == 0:
		return invalid("charge_already_refunded", "", fmt.Sprintf("Charge %s has already been refunded.", c.ID))
	case amount < 1:
		return invalid("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	case amount > left && c.AmountRefunded == 0:
		return invalid("", "amount", fmt.Sprintf("Refund amount (%s) is greater than charge amount (%s)",
			money.format(amount), money.format(c.Amount)))
	case amount > left:
		return invalid("", "amount", fmt.Sprintf("Refund amount (%s) is greater than unrefunded amount on charge (%s)",
			money.format(amount), money.format(left)))
	case money.multiple > 0 && amount%money.multiple != 0:
		return offMultiple(amount, c.Currency)
	}
	return nil
}
