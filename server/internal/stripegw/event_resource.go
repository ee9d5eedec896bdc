package stripegw

import (
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// errNoKind is for an object of a type that has no message.
const errNoKind = apierr.ConstError("there is no message for an object of this type")

// Resource is an object of Stripe's as a message of payments.v1.
type Resource struct {
	// ID is Stripe's, and Kind Stripe's name of its type: payment_intent, refund, customer, payment_method,
	// setup_intent, subscription, invoice, price or dispute.
	ID, Kind string
	// Message is, for example, a *paymentsv1.Payment.
	Message proto.Message
	// State is the number of the message's state; 0 where it is not known, and for what has none: customers, payment
	// methods and prices.
	State int32
	// Ended is whether that state is never left, and nothing of weight will happen to it any more. Of a payment method
	// and a price no message can say so: see After.
	Ended bool
}

// String names the object only.
func (r Resource) String() string { return r.Kind + " " + r.ID }

// GoString names the object only.
func (r Resource) GoString() string { return r.String() }

// NewResource is the resource for a message of ours, false where that is none of an object that events are about, or
// has no id. A customer has ended if it is deleted.
func NewResource(m proto.Message) (Resource, bool) {
	r := Resource{Message: m}
	switch m := m.(type) {
	case *paymentsv1.Payment:
		r.ID, r.Kind, r.State = m.GetId(), kindPayment, int32(m.GetState())
		r.Ended = m.GetState() == paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED ||
			m.GetState() == paymentsv1.PaymentState_PAYMENT_STATE_CANCELED
	case *paymentsv1.Refund:
		// One that has succeeded can still fail: the bank may send the money back.
		r.ID, r.Kind, r.State = m.GetId(), kindRefund, int32(m.GetState())
		r.Ended = m.GetState() == paymentsv1.RefundState_REFUND_STATE_FAILED ||
			m.GetState() == paymentsv1.RefundState_REFUND_STATE_CANCELED
	case *paymentsv1.Customer:
		r.ID, r.Kind, r.Ended = m.GetId(), kindCustomer, m.GetDeleted()
	case *paymentsv1.PaymentMethod:
		r.ID, r.Kind = m.GetId(), kindPaymentMethod
	case *paymentsv1.SetupIntent:
		r.ID, r.Kind, r.State = m.GetId(), kindSetupIntent, int32(m.GetState())
		r.Ended = m.GetState() == paymentsv1.SetupIntentState_SETUP_INTENT_STATE_SUCCEEDED ||
			m.GetState() == paymentsv1.SetupIntentState_SETUP_INTENT_STATE_CANCELED
	case *paymentsv1.Subscription:
		r.ID, r.Kind, r.State = m.GetId(), kindSubscription, int32(m.GetState())
		r.Ended = m.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED ||
			m.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED
	case *paymentsv1.Invoice:
		r.ID, r.Kind, r.State = m.GetId(), kindInvoice, int32(m.GetState())
		r.Ended = m.GetState() == paymentsv1.InvoiceState_INVOICE_STATE_PAID ||
			m.GetState() == paymentsv1.InvoiceState_INVOICE_STATE_VOID
	case *paymentsv1.Plan:
		r.ID, r.Kind = m.GetId(), kindPrice
	case *paymentsv1.Dispute:
		r.ID, r.Kind, r.State = m.GetId(), kindDispute, int32(m.GetState())
		r.Ended = disputeOver(m.GetState())
	default:
		return Resource{}, false
	}
	return r, r.ID != ""
}

// After is the resource as a change of this kind leaves it, where the kind says more than the object does. A customer
// is deleted: the event still shows all of it, and what is left is the id. A payment method without a customer may
// never have had one, or have lost it for good: after `payment_method.detached` it has ended. A price does not say that
// it is deleted; nobody can subscribe to it any more. The message of r is not changed.
func (r Resource) After(kind string) Resource {
	switch m := r.Message.(type) {
	case *paymentsv1.Customer:
		if kind == "customer.deleted" {
			r.Message, r.Ended = &paymentsv1.Customer{Id: m.GetId(), Deleted: true}, true
		}
	case *paymentsv1.PaymentMethod:
		r.Ended = r.Ended || kind == "payment_method.detached" && m.GetCustomerId() == ""
	case *paymentsv1.Plan:
		if kind == "price.deleted" {
			deleted := proto.CloneOf(m)
			deleted.Active = false
			r.Message, r.Ended = deleted, true
		}
	}
	return r
}

// snapshotKinds says how the object in an event is read: as the answer to a read is.
var snapshotKinds = map[string]objectKind{
	kindPayment:       paymentObject,
	kindRefund:        refundOfPayment,
	kindCustomer:      customerKind,
	kindPaymentMethod: paymentMethodKind,
	kindSetupIntent:   setupIntentKind,
	kindSubscription:  subscriptionKind,
	kindInvoice:       invoiceKind,
	kindPrice:         planKind,
	kindDispute:       disputeKind,
}

// EventResource reads the object that an event holds, as it was then, in the state After its type. Objects within it
// are there by their ids alone, where a read of ours would have them: a payment's latest charge, an invoice's payment,
// a price's product, and a subscription's customer, latest invoice and schedule. At another API version than ours, what
// was moved or renamed since is missing.
//
// Its errors have fixed texts: the object has no message, or can not be read as what it says it is.
func (g *Gateway) EventResource(e StripeEvent) (Resource, error) {
	kind, ok := snapshotKinds[e.ObjectKind]
	switch {
	case !ok:
		return Resource{}, errNoKind
	case e.object == nil:
		return Resource{}, errUnreadable
	}
	outcome, err := kind.decode(g, e.object)
	if err != nil {
		return Resource{}, errUnreadable
	}
	r, ok := NewResource(outcome.Resource)
	if !ok || r.Kind != e.ObjectKind {
		return Resource{}, errUnreadable
	}
	return r.After(e.Type), nil
}
