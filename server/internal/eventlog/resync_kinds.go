package eventlog

import (
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// restatedKinds is how it is told what became of an object while nobody listened, in the kinds that Stripe would have
// told it with: that it began, where it was not known, and the state that it is in, where that is another.
func restatedKinds(row store.Object, r stripegw.Resource) []string {
	var kinds []string
	state := stateKind(r)
	if row.Version == 0 {
		kinds = append(kinds, beginningKind(r.Kind))
	}
	switch {
	case row.Version == 0 && state == "":
	case state != "" && (row.Version == 0 || row.State != r.State || row.Ended != r.Ended):
		kinds = append(kinds, state)
	default:
		if kind := updateKind(r.Kind); kind != "" {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// beginningKind is the first kind that there is of an object.
func beginningKind(object string) string {
	switch object {
	case "subscription":
		return "customer.subscription.created"
	case "dispute":
		return "charge.dispute.created"
	case "payment_method":
		return "payment_method.attached"
	default:
		return object + ".created"
	}
}

// updateKind is the kind for whatever changed without another state. Stripe has none for setup intents, nor have we: then
// it is empty, and nothing is told.
func updateKind(object string) string {
	switch object {
	case "subscription":
		return "customer.subscription.updated"
	case "dispute":
		return "charge.dispute.updated"
	case "setup_intent":
		return ""
	default:
		return object + ".updated"
	}
}

// endingKind is the kind with which an object ends that is deleted, or taken from its customer.
func endingKind(object string) string {
	if object == "payment_method" {
		return "payment_method.detached"
	}
	return object + ".deleted"
}

// stateKind is the kind that leads to the state that an object is in; empty where there is none, or it is the first
// one.
func stateKind(r stripegw.Resource) string {
	switch m := r.Message.(type) {
	case *paymentsv1.Payment:
		return paymentStateKind(m.GetState())
	case *paymentsv1.SetupIntent:
		return setupStateKind(m)
	case *paymentsv1.Invoice:
		return invoiceStateKind(m.GetState())
	case *paymentsv1.Refund:
		if m.GetState() == paymentsv1.RefundState_REFUND_STATE_FAILED {
			return "refund.failed"
		}
	case *paymentsv1.Subscription:
		if m.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED {
			return "customer.subscription.paused"
		}
		if r.Ended {
			return "customer.subscription.deleted"
		}
	case *paymentsv1.Dispute:
		if r.Ended {
			return "charge.dispute.closed"
		}
	default:
		if r.Ended {
			return endingKind(r.Kind)
		}
	}
	return ""
}

func paymentStateKind(state paymentsv1.PaymentState) string {
	switch state {
	case paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION:
		return "payment_intent.requires_action"
	case paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING:
		return "payment_intent.processing"
	case paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CAPTURE:
		return "payment_intent.amount_capturable_updated"
	case paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED:
		return "payment_intent.succeeded"
	case paymentsv1.PaymentState_PAYMENT_STATE_CANCELED:
		return "payment_intent.canceled"
	default:
		return ""
	}
}

func setupStateKind(m *paymentsv1.SetupIntent) string {
	switch m.GetState() {
	case paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION:
		return "setup_intent.requires_action"
	case paymentsv1.SetupIntentState_SETUP_INTENT_STATE_SUCCEEDED:
		return "setup_intent.succeeded"
	case paymentsv1.SetupIntentState_SETUP_INTENT_STATE_CANCELED:
		return "setup_intent.canceled"
	default:
		return ""
	}
}

func invoiceStateKind(state paymentsv1.InvoiceState) string {
	switch state {
	case paymentsv1.InvoiceState_INVOICE_STATE_OPEN:
		return "invoice.finalized"
	case paymentsv1.InvoiceState_INVOICE_STATE_PAID:
		return "invoice.paid"
	case paymentsv1.InvoiceState_INVOICE_STATE_VOID:
		return "invoice.voided"
	case paymentsv1.InvoiceState_INVOICE_STATE_UNCOLLECTIBLE:
		return "invoice.marked_uncollectible"
	default:
		return ""
	}
}
