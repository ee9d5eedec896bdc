// Package client is the Go client of Tillgate, the one service in a company that talks to Stripe.
//
//	tillgate, err := client.New("tillgate.internal:443", client.WithToken(token))
//	if err != nil {
//		return err
//	}
//	defer tillgate.Close()
//
//	paid, err := tillgate.Payments.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{
//		IdempotencyKey:  client.Key("order", order.ID, order.Attempt),
//		Amount:          &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
//		PaymentMethodId: "pm_card_visa",
//		Confirm:         true,
//	})
//	if decline, ok := client.DeclineOf(err); ok {
//		return show(decline.GetCustomerMessage())
//	}
//	if err != nil {
//		return err
//	}
//
// The requests and answers are those of the contract, github.com/tillgate/tillgate/gen/payments/v1. Beside the
// connection (TLS, a token, all addresses of a name in turn), the client sees to three things.
//
// # Deadlines
//
// A call whose context has no deadline gets one of 30 s, which spans all its tries.
//
// # Idempotency keys
//
// Where money moves or may (CreatePayment, ConfirmPayment, CapturePayment, CreateRefund, VerifyMicrodeposits,
// CreateSubscription, UpdateSubscription, ChangePlan, ResumeSubscription, CancelSubscription, FinalizeInvoice,
// PayInvoice), and where a second call would make or try something a second time (CreateCustomer, CreatePaymentMethod,
// CreateSetupIntent, ConfirmSetupIntent, CreatePlan), a call without a key is refused with MissingKeyError before
// anything is sent: a key that the client made up would not survive a crash of its caller, who would then charge again.
// Key makes one from the caller's own facts. Other writes without a key get a random one; EnsureCustomer too, since its
// reference does what a key does.
//
// # Repetition
//
// A read, and a write, which has a key and is done once however often it is sent, is sent again by the client itself:
//
//   - after UNAVAILABLE and ABORTED, up to 5 tries; a read also after RESOURCE_EXHAUSTED, where google.rpc.RetryInfo
//     says when;
//   - a write also after UNKNOWN with the reason OUTCOME_PENDING, until the deadline: it was sent to Stripe, and the
//     same key asks what became of it.
//
// Nothing else is sent again, and nothing after the context has ended. Between two tries it waits as long as
// RetryInfo asks for, and on top of that a random time of up to 200 ms, doubling with each try up to 2 s. A wait that
// the deadline does not leave room for (a write needs 500 ms after it) is not begun: the last error comes at once.
//
// An outcome that is open stays open: a call that was told OUTCOME_PENDING, or whose connection broke, does not end
// with the error of a later try that did nothing (DEADLINE_TOO_SHORT, say), but with the first, and the later one
// behind it. It also ends with the last word of the server, rather than with CANCELLED, when the context ends during
// a wait; errors.Is finds context.Canceled or context.DeadlineExceeded in it.
//
// A write that ends with OUTCOME_PENDING, OPERATION_IN_PROGRESS or an error that has no reason (see ReasonOf) may have
// been done, or may still be: repeat it with the same key, never with a new one.
package client
