package stripegw

import (
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The tables from Stripe's strings to our enums. A test holds them against the constants of stripe-go.
var (
	invoiceStates = map[string]paymentsv1.InvoiceState{
		"draft":         paymentsv1.InvoiceState_INVOICE_STATE_DRAFT,
		"open":          paymentsv1.InvoiceState_INVOICE_STATE_OPEN,
		"paid":          paymentsv1.InvoiceState_INVOICE_STATE_PAID,
		"uncollectible": paymentsv1.InvoiceState_INVOICE_STATE_UNCOLLECTIBLE,
		"void":          paymentsv1.InvoiceState_INVOICE_STATE_VOID,
	}
	invoiceReasons = map[string]paymentsv1.InvoiceReason{
		"manual":                 paymentsv1.InvoiceReason_INVOICE_REASON_MANUAL,
		"subscription_create":    paymentsv1.InvoiceReason_INVOICE_REASON_SUBSCRIPTION_CREATE,
		"subscription_cycle":     paymentsv1.InvoiceReason_INVOICE_REASON_SUBSCRIPTION_CYCLE,
		"subscription_update":    paymentsv1.InvoiceReason_INVOICE_REASON_SUBSCRIPTION_UPDATE,
		"subscription_threshold": paymentsv1.InvoiceReason_INVOICE_REASON_SUBSCRIPTION_THRESHOLD,
		"upcoming":               paymentsv1.InvoiceReason_INVOICE_REASON_UPCOMING,
	}
	collectionMethods = map[string]paymentsv1.CollectionMethod{
		"charge_automatically": paymentsv1.CollectionMethod_COLLECTION_METHOD_CHARGE_AUTOMATICALLY,
		"send_invoice":         paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE,
	}
)

// decodeInvoice reads the answer of a write that changes an invoice.
func decodeInvoice(g *Gateway, body []byte) (Outcome, error) {
	object, err := decodeInvoiceObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: g.invoice(object)}, nil
}

// decodePayableInvoice reads the answer of a write after which the customer may have to pay it, with the secret for
// that.
func decodePayableInvoice(g *Gateway, body []byte) (Outcome, error) {
	object, err := decodeInvoiceObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: g.invoice(object), ClientSecret: object.clientSecret()}, nil
}

// clientSecret is that of the payment, while there is something to do with it; empty otherwise.
func (o *invoiceObject) clientSecret() string {
	if o == nil || o.PaymentIntent.Object == nil {
		return ""
	}
	return clientSecret(paymentStates[o.PaymentIntent.Object.Status], o.PaymentIntent.Object)
}

// invoice is the message for an invoice.
func (g *Gateway) invoice(o *invoiceObject) *paymentsv1.Invoice {
	money := func(minorUnits *int64) *paymentsv1.Money {
		if minorUnits == nil {
			return nil
		}
		return fromStripe(*minorUnits, o.Currency)
	}
	m := &paymentsv1.Invoice{
		Id:                     o.ID,
		Number:                 o.Number,
		CustomerId:             o.Customer.ID,
		SubscriptionId:         o.Subscription.ID,
		Subtotal:               money(o.Subtotal),
		Total:                  money(o.Total),
		AmountDue:              money(o.AmountDue),
		AmountPaid:             money(o.AmountPaid),
		AmountRemaining:        money(o.AmountRemaining),
		StartingBalance:        money(o.StartingBalance),
		EndingBalance:          money(o.EndingBalance),
		Lines:                  invoiceLineMessages(o.Lines.Data, o.Currency),
		MoreLines:              o.Lines.HasMore,
		PaymentId:              o.PaymentIntent.ID,
		AttemptCount:           o.AttemptCount,
		NextAttemptTime:        timestamp(o.NextPaymentAttempt),
		DueTime:                timestamp(o.DueDate),
		PeriodStartTime:        timestamp(o.PeriodStart),
		PeriodEndTime:          timestamp(o.PeriodEnd),
		HostedInvoiceUrl:       o.HostedInvoiceURL,
		InvoicePdfUrl:          o.InvoicePDF,
		DefaultPaymentMethodId: o.DefaultPaymentMethod.ID,
		PaidOutOfBand:          o.PaidOutOfBand,
		AutoAdvance:            o.AutoAdvance,
		Description:            o.Description,
		Metadata:               visibleMetadata(o.Metadata),
		CreateTime:             timestamp(o.Created),
		FinalizeTime:           timestamp(o.StatusTransitions.FinalizedAt),
		PayTime:                timestamp(o.StatusTransitions.PaidAt),
		VoidTime:               timestamp(o.StatusTransitions.VoidedAt),
		Livemode:               o.Livemode,
	}
	m.State, m.RawState = enumValue(g, invoiceStates, "invoice.status", o.Status)
	m.Reason, m.RawReason = enumValue(g, invoiceReasons, "invoice.billing_reason", o.BillingReason)
	m.CollectionMethod, _ = enumValue(g, collectionMethods, "invoice.collection_method", o.CollectionMethod)
	if intent := o.PaymentIntent.Object; intent != nil {
		m.PaymentState, _ = enumValue(g, paymentStates, "payment.status", intent.Status)
		m.NextAction = nextActionMessage(intent.NextAction)
		m.PaymentError = paymentErrorMessage(intent.LastPaymentError)
	}
	return m
}

// invoiceLineMessages are the messages for the lines of an invoice in this currency.
func invoiceLineMessages(lines []invoiceLineObject, currency string) []*paymentsv1.InvoiceLine {
	messages := make([]*paymentsv1.InvoiceLine, 0, len(lines))
	for i := range lines {
		messages = append(messages, lines[i].message(currency))
	}
	return messages
}

// message is the message for one line. Stripe has no invoice of several currencies.
func (l *invoiceLineObject) message(currency string) *paymentsv1.InvoiceLine {
	m := &paymentsv1.InvoiceLine{
		Id:                 l.ID,
		Description:        l.Description,
		Quantity:           l.Quantity,
		PlanId:             l.Price.ID,
		SubscriptionItemId: l.SubscriptionItem.ID,
		Proration:          l.Proration,
		PeriodStartTime:    timestamp(l.Period.Start),
		PeriodEndTime:      timestamp(l.Period.End),
	}
	if l.Amount != nil {
		m.Amount = fromStripe(*l.Amount, currency)
	}
	return m
}
