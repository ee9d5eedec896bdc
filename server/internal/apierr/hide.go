package apierr

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	// genericDecline and genericCode are what a hidden decline looks like.
	genericDecline = "generic_decline"
	genericCode    = "card_declined"
)

// hidden is whether a decline code must not be told to the holder of the card. Stripe's docs name the first four and the
// last (https://docs.stripe.com/declines/codes); pickup_card and restricted_card are said of lost and stolen cards too.
func hidden(declineCode string) bool {
	return slices.Contains([]string{
		"fraudulent", "lost_card", "stolen_card", "merchant_blacklist", "pickup_card", "restricted_card",
		"lost_or_stolen_card",
	}, declineCode)
}

// HideDeclines makes, in place and everywhere in the message, declines that must not be told look like generic ones.
func HideDeclines(m proto.Message) {
	hideIn(m.ProtoReflect())
}

func hideIn(m protoreflect.Message) {
	switch v := m.Interface().(type) {
	case *paymentsv1.Decline:
		hideDecline(v)
		return
	case *paymentsv1.PaymentError:
		hidePaymentError(v)
		return
	case *paymentsv1.Payment:
		hideRisk(v)
	case *paymentsv1.Refund:
		if hidden(v.GetFailureReason()) {
			v.FailureReason = "unknown"
		}
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			if field.MapValue().Message() != nil {
				value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					hideIn(v.Message())
					return true
				})
			}
		case field.Message() == nil:
		case field.IsList():
			for i := range value.List().Len() {
				hideIn(value.List().Get(i).Message())
			}
		default:
			hideIn(value.Message())
		}
		return true
	})
}

func hideDecline(d *paymentsv1.Decline) {
	if !hidden(d.GetDeclineCode()) && !hidden(d.GetCode()) {
		return
	}
	row := declineOf(genericCode, genericDecline, d.GetRawAdviceCode())
	d.Code, d.DeclineCode = genericCode, genericDecline
	d.Advice, d.CustomerMessage, d.RetryAfter = row.advice, row.message, row.retryAfter()
}

func hidePaymentError(e *paymentsv1.PaymentError) {
	if !hidden(e.GetDeclineCode()) && !hidden(e.GetCode()) {
		return
	}
	row := declineOf(genericCode, genericDecline, e.GetRawAdviceCode())
	e.Code, e.DeclineCode = genericCode, genericDecline
	e.Advice, e.CustomerMessage = row.advice, row.message
}

// hideRisk takes Radar's view away beside every decline that is, or is to look like, one without a reason: beside some of
// the hidden ones it is always the same. What is hidden already is not written: streams share their messages.
func hideRisk(p *paymentsv1.Payment) {
	code := p.GetLastError().GetDeclineCode()
	if p.GetLatestCharge().GetRiskLevel() != "" && (code == genericDecline || hidden(code)) {
		p.LatestCharge.RiskLevel = ""
	}
}

// Hidden returns the error as a caller may see it who must not know why a card was refused. It can not be told from a
// generic decline. The cause is kept, since the log hides it by itself.
func (e *Error) Hidden() *Error {
	if !e.hides() {
		return e
	}
	c := e.clone()
	for _, detail := range c.Details {
		if d, ok := detail.(*paymentsv1.Decline); ok {
			hideDecline(d)
			c = c.WithMetadata("stripe_code", d.GetCode()).WithMetadata("advice", shortAdvice(d.GetAdvice()))
		}
	}
	return c
}

func (e *Error) hides() bool {
	return slices.ContainsFunc(e.Details, func(detail proto.Message) bool {
		d, ok := detail.(*paymentsv1.Decline)
		return ok && (hidden(d.GetDeclineCode()) || hidden(d.GetCode()))
	})
}
