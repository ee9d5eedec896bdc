package proof_test

import (
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// asking is an invoice that asks for something, the latest of a subscription; nil for none.
func (l *life) asking(states ...paymentsv1.InvoiceState) *paymentsv1.Invoice {
	for _, sub := range l.subs {
		for _, state := range states {
			if sub.GetLatestInvoice().GetState() == state {
				l.touched = append(l.touched, sub.GetId())
				return sub.GetLatestInvoice()
			}
		}
	}
	return l.sub().GetLatestInvoice()
}

// pay pays an invoice, mostly one that is open, now and then in another way than through Stripe.
func (l *life) pay() {
	invoice := l.asking(paymentsv1.InvoiceState_INVOICE_STATE_OPEN, paymentsv1.InvoiceState_INVOICE_STATE_UNCOLLECTIBLE)
	if invoice == nil {
		return
	}
	req := &paymentsv1.PayInvoiceRequest{
		IdempotencyKey: l.key(), InvoiceId: invoice.GetId(), OnSession: l.random.IntN(2) == 0,
	}
	switch {
	case l.random.IntN(8) == 0:
		req.PaidOutOfBand = true
	case l.random.IntN(2) == 0 && len(l.methods) > 0:
		req.PaymentMethodId = draw(l, l.methods...)
	}
	_, err := l.PayInvoice(l.t.Context(), req)
	if l.hears("pay", err) && req.GetPaidOutOfBand() {
		l.outOfBand[invoice.GetId()] = true
	}
}

// void takes an invoice back.
func (l *life) void() {
	if invoice := l.asking(paymentsv1.InvoiceState_INVOICE_STATE_OPEN); invoice != nil {
		_, err := l.VoidInvoice(l.t.Context(), &paymentsv1.VoidInvoiceRequest{
			IdempotencyKey: l.key(), InvoiceId: invoice.GetId(),
		})
		if l.hears("void", err) {
			l.voided[invoice.GetId()] = true
		}
	}
}

// finalize makes a draft final.
func (l *life) finalize() {
	if invoice := l.asking(paymentsv1.InvoiceState_INVOICE_STATE_DRAFT); invoice != nil {
		_, err := l.FinalizeInvoice(l.t.Context(), &paymentsv1.FinalizeInvoiceRequest{
			IdempotencyKey: l.key(), InvoiceId: invoice.GetId(),
		})
		l.hears("finalize", err)
	}
}

// setDefault makes another method the default, mostly a new one.
func (l *life) setDefault() {
	if method := l.pickMethod(); method != "" && (len(l.methods) < 3 || l.random.IntN(2) == 0) {
		l.methods = append(l.methods, l.has(l.t, method))
		l.note("has %s as %s", method, l.methods[len(l.methods)-1])
	}
	if len(l.methods) == 0 {
		return
	}
	_, err := l.SetDefaultPaymentMethod(l.t.Context(), &paymentsv1.SetDefaultPaymentMethodRequest{
		IdempotencyKey: l.key(), CustomerId: l.customer,
		PaymentMethodId: l.methods[len(l.methods)-1-l.random.IntN(min(2, len(l.methods)))],
	})
	l.hears("set the default", err)
}

// authenticate takes the 3D Secure step of a payment that waits for it; else it lets time pass.
func (l *life) authenticate() {
	for _, sub := range l.subs {
		invoice := sub.GetLatestInvoice()
		if invoice.GetPaymentState() == paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION &&
			invoice.GetNextAction() != nil {
			outcome := draw(l, "succeed", "succeed", "fail")
			l.authenticates(l.t, invoice.GetPaymentId(), outcome)
			l.touched = append(l.touched, sub.GetId())
			l.met["authenticate: "+outcome]++
			l.note("authenticate: %s", outcome)
			return
		}
	}
	l.wait()
}

// wait lets time pass: an hour or two, days, or into the next period.
func (l *life) wait() {
	d := draw(l, 90*time.Minute, 2*time.Hour, 25*time.Hour, 4*day, 8*day, 20*day, 31*day, 33*day)
	d += time.Duration(l.random.IntN(3600)) * time.Second
	l.passes(l.t, d)
	for _, sub := range l.subs {
		l.touched = append(l.touched, sub.GetId())
	}
	l.note("it is %s", l.now.Format(time.RFC3339))
}
