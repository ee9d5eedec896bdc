package operation

import (
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// billingChangeOf is changeOf for what is sold by subscription. An rpc may change more than its object, the payment of
// an invoice say: the webhooks tell of the rest.
func billingChangeOf(method string, resource proto.Message) (objectID, kind string) {
	switch resource := resource.(type) {
	case *paymentsv1.Plan:
		return resource.GetId(), planKind(method)
	case *paymentsv1.Subscription:
		return resource.GetId(), subscriptionKind(method, resource)
	case *paymentsv1.Invoice:
		return resource.GetId(), invoiceKind(method, resource)
	default:
		return "", ""
	}
}

func planKind(method string) string {
	if method == paymentsv1.SubscriptionService_CreatePlan_FullMethodName {
		return "price.created"
	}
	return "price.updated"
}

// subscriptionKind calls the end by its name, whichever way it came.
func subscriptionKind(method string, subscription *paymentsv1.Subscription) string {
	switch {
	case method == paymentsv1.SubscriptionService_CreateSubscription_FullMethodName:
		return "customer.subscription.created"
	case subscription.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED &&
		method == paymentsv1.SubscriptionService_CancelSubscription_FullMethodName:
		return "customer.subscription.deleted"
	case method == paymentsv1.SubscriptionService_ResumeSubscription_FullMethodName && resumed(subscription):
		return "customer.subscription.resumed"
	default:
		return "customer.subscription.updated"
	}
}

// resumed is whether a subscription goes on after it was PAUSED, rather than that its invoices are collected again:
// then its periods are counted anew, and not from the end of the trial.
func resumed(subscription *paymentsv1.Subscription) bool {
	anchor, trialEnd := subscription.GetBillingCycleAnchorTime(), subscription.GetTrialEndTime()
	return subscription.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE && trialEnd != nil &&
		anchor.AsTime().After(trialEnd.AsTime()) && proto.Equal(anchor, subscription.GetCurrentPeriodStartTime())
}

// invoiceKind takes what nothing is due on for finalized only, although it is paid by that.
func invoiceKind(method string, invoice *paymentsv1.Invoice) string {
	switch {
	case method == paymentsv1.SubscriptionService_FinalizeInvoice_FullMethodName:
		return "invoice.finalized"
	case invoice.GetState() == paymentsv1.InvoiceState_INVOICE_STATE_VOID:
		return "invoice.voided"
	case invoice.GetState() == paymentsv1.InvoiceState_INVOICE_STATE_PAID:
		return "invoice.paid"
	default:
		return "invoice.updated" // A bank works on the payment.
	}
}
