package eventlog

import (
	"slices"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// eventKind is one row of the table between Stripe's types, as they stand in the log, and ours.
type eventKind struct {
	kind string
	is   paymentsv1.EventType
}

// eventKinds is the one table: https://docs.stripe.com/api/events/types. A type of ours may have several kinds, a kind
// has one type. What is not in it is EVENT_TYPE_UNSPECIFIED.
var eventKinds = []eventKind{
	{"payment_intent.created", paymentsv1.EventType_EVENT_TYPE_PAYMENT_CREATED},
	{"payment_intent.updated", paymentsv1.EventType_EVENT_TYPE_PAYMENT_UPDATED},
	{"payment_intent.requires_action", paymentsv1.EventType_EVENT_TYPE_PAYMENT_REQUIRES_ACTION},
	{"payment_intent.processing", paymentsv1.EventType_EVENT_TYPE_PAYMENT_PROCESSING},
	{"payment_intent.amount_capturable_updated", paymentsv1.EventType_EVENT_TYPE_PAYMENT_CAPTURABLE},
	{"payment_intent.partially_funded", paymentsv1.EventType_EVENT_TYPE_PAYMENT_PARTIALLY_FUNDED},
	{"payment_intent.payment_failed", paymentsv1.EventType_EVENT_TYPE_PAYMENT_FAILED},
	{"payment_intent.succeeded", paymentsv1.EventType_EVENT_TYPE_PAYMENT_SUCCEEDED},
	{"payment_intent.canceled", paymentsv1.EventType_EVENT_TYPE_PAYMENT_CANCELED},

	{"refund.created", paymentsv1.EventType_EVENT_TYPE_REFUND_CREATED},
	{"refund.updated", paymentsv1.EventType_EVENT_TYPE_REFUND_UPDATED},
	{"refund.failed", paymentsv1.EventType_EVENT_TYPE_REFUND_FAILED},

	{"customer.created", paymentsv1.EventType_EVENT_TYPE_CUSTOMER_CREATED},
	{"customer.updated", paymentsv1.EventType_EVENT_TYPE_CUSTOMER_UPDATED},
	{"customer.deleted", paymentsv1.EventType_EVENT_TYPE_CUSTOMER_DELETED},

	{"payment_method.attached", paymentsv1.EventType_EVENT_TYPE_PAYMENT_METHOD_ATTACHED},
	{"payment_method.updated", paymentsv1.EventType_EVENT_TYPE_PAYMENT_METHOD_UPDATED},
	{"payment_method.automatically_updated", paymentsv1.EventType_EVENT_TYPE_PAYMENT_METHOD_UPDATED},
	{"payment_method.detached", paymentsv1.EventType_EVENT_TYPE_PAYMENT_METHOD_DETACHED},

	{"setup_intent.created", paymentsv1.EventType_EVENT_TYPE_SETUP_INTENT_CREATED},
	{"setup_intent.requires_action", paymentsv1.EventType_EVENT_TYPE_SETUP_INTENT_REQUIRES_ACTION},
	{"setup_intent.setup_failed", paymentsv1.EventType_EVENT_TYPE_SETUP_INTENT_FAILED},
	{"setup_intent.succeeded", paymentsv1.EventType_EVENT_TYPE_SETUP_INTENT_SUCCEEDED},
	{"setup_intent.canceled", paymentsv1.EventType_EVENT_TYPE_SETUP_INTENT_CANCELED},

	{"customer.subscription.created", paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_CREATED},
	{"customer.subscription.updated", paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_UPDATED},
	{"customer.subscription.paused", paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_PAUSED},
	{"customer.subscription.resumed", paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_RESUMED},
	{"customer.subscription.trial_will_end", paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_TRIAL_WILL_END},
	{"customer.subscription.pending_update_applied", paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_CHANGE_APPLIED},
	{"customer.subscription.pending_update_expired", paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_CHANGE_EXPIRED},
	{"customer.subscription.deleted", paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_ENDED},

	{"invoice.created", paymentsv1.EventType_EVENT_TYPE_INVOICE_CREATED},
	{"invoice.updated", paymentsv1.EventType_EVENT_TYPE_INVOICE_UPDATED},
	{"invoice.finalized", paymentsv1.EventType_EVENT_TYPE_INVOICE_FINALIZED},
	{"invoice.finalization_failed", paymentsv1.EventType_EVENT_TYPE_INVOICE_FINALIZATION_FAILED},
	{"invoice.sent", paymentsv1.EventType_EVENT_TYPE_INVOICE_SENT},
	{"invoice.payment_failed", paymentsv1.EventType_EVENT_TYPE_INVOICE_PAYMENT_FAILED},
	{"invoice.payment_action_required", paymentsv1.EventType_EVENT_TYPE_INVOICE_PAYMENT_ACTION_REQUIRED},
	{"invoice.paid", paymentsv1.EventType_EVENT_TYPE_INVOICE_PAID},
	{"invoice.voided", paymentsv1.EventType_EVENT_TYPE_INVOICE_VOIDED},
	{"invoice.marked_uncollectible", paymentsv1.EventType_EVENT_TYPE_INVOICE_UNCOLLECTIBLE},

	{"price.created", paymentsv1.EventType_EVENT_TYPE_PLAN_CREATED},
	{"price.updated", paymentsv1.EventType_EVENT_TYPE_PLAN_UPDATED},
	{"price.deleted", paymentsv1.EventType_EVENT_TYPE_PLAN_DELETED},

	{"charge.dispute.created", paymentsv1.EventType_EVENT_TYPE_DISPUTE_CREATED},
	{"charge.dispute.updated", paymentsv1.EventType_EVENT_TYPE_DISPUTE_UPDATED},
	{"charge.dispute.funds_withdrawn", paymentsv1.EventType_EVENT_TYPE_DISPUTE_FUNDS_WITHDRAWN},
	{"charge.dispute.funds_reinstated", paymentsv1.EventType_EVENT_TYPE_DISPUTE_FUNDS_REINSTATED},
	{"charge.dispute.closed", paymentsv1.EventType_EVENT_TYPE_DISPUTE_CLOSED},
}

// typesByKind is the table by what stands in the log.
var typesByKind = func() map[string]paymentsv1.EventType {
	types := make(map[string]paymentsv1.EventType, len(eventKinds))
	for _, row := range eventKinds {
		types[row.kind] = row.is
	}
	return types
}()

// TypeOf is our type of a kind of Stripe's, payment_intent.succeeded; EVENT_TYPE_UNSPECIFIED of one that is not modelled.
func TypeOf(kind string) paymentsv1.EventType { return typesByKind[kind] }

// kindsOf are the kinds of Stripe's that have one of these types, in the order of the table. EVENT_TYPE_UNSPECIFIED has
// none: what is not modelled is all that allKinds leaves out.
func kindsOf(types []paymentsv1.EventType) []string {
	var kinds []string
	for _, row := range eventKinds {
		if slices.Contains(types, row.is) {
			kinds = append(kinds, row.kind)
		}
	}
	return kinds
}

// allKinds are all that are modelled.
func allKinds() []string {
	kinds := make([]string, 0, len(eventKinds))
	for _, row := range eventKinds {
		kinds = append(kinds, row.kind)
	}
	return kinds
}
