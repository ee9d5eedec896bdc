package client_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Takes a payment, and tries another card where the first one is declined.
func Example() {
	ctx, target := context.Background(), sandbox() // 127.0.0.1:50051 of `go run ./server --sandbox`

	tillgate, err := client.New(target, client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tillgate.Close()

	created, err := tillgate.Payments.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:  client.Key("order", 1003, 1), // order 1003, attempt 1: the same after a crash
		Amount:          &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
		PaymentMethodId: "pm_card_visa_chargeDeclinedInsufficientFunds",
		Confirm:         true,
	})
	payment := created.GetPayment()
	if decline, ok := client.DeclineOf(err); ok {
		fmt.Println("Declined:", decline.GetCustomerMessage())
		var confirmed *paymentsv1.ConfirmPaymentResponse
		confirmed, err = tillgate.Payments.ConfirmPayment(ctx, &paymentsv1.ConfirmPaymentRequest{
			IdempotencyKey:  client.Key("order", 1003, 2), // another attempt, another key
			PaymentId:       decline.GetPaymentId(),
			PaymentMethodId: "pm_card_visa",
		})
		payment = confirmed.GetPayment()
	}
	if err != nil { // what is safe to repeat was repeated by now, with the same key
		fmt.Println(client.ReasonOf(err), client.RequestIDOf(err), err)
		return
	}
	fmt.Println(payment.GetState(), payment.GetAmountReceived().GetMinorUnits())

	// Output:
	// Declined: The payment was declined for lack of funds. Please use another payment method.
	// PAYMENT_STATE_SUCCEEDED 2000
}

// Takes a payment. A step that the customer must take is no error.
func ExampleNew() {
	ctx := context.Background()
	c, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	resp, err := c.Payments.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:  client.Key("order", 2001, 1),
		Amount:          &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
		PaymentMethodId: "pm_card_visa",
		Confirm:         true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	switch payment := resp.GetPayment(); payment.GetState() {
	case paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED:
		fmt.Println("paid", payment.GetAmountReceived().GetMinorUnits(), payment.GetAmountReceived().GetCurrencyCode())
	case paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION:
		fmt.Println("the customer must act; give the client secret to the page")
	default:
		fmt.Println("not paid yet:", payment.GetState())
	}
	// Output: paid 2000 USD
}

// The same key again charges nothing.
func ExampleKey() {
	c, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	order, attempt := "2002", 1
	for range 2 {
		resp, err := c.Payments.CreatePayment(context.Background(), &paymentsv1.CreatePaymentRequest{
			IdempotencyKey:  client.Key("order", order, attempt),
			Amount:          &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
			PaymentMethodId: "pm_card_visa",
			Confirm:         true,
		})
		fmt.Println(client.Key("order", order, attempt), resp.GetReplayed(), err)
	}
	// Output:
	// order:2002:1 false <nil>
	// order:2002:1 true <nil>
}

// Tells what is wrong with a request, by field.
func ExampleViolationsOf() {
	c, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	_, err = c.Payments.CreatePayment(context.Background(), &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: client.Key("order", 2003, 1),
		Amount:         &paymentsv1.Money{MinorUnits: -5, CurrencyCode: "USD"},
	})
	fmt.Println(client.ReasonOf(err))
	for field, violation := range client.ViolationsOf(err) {
		fmt.Println(field+":", violation)
	}
	// Output:
	// ERROR_REASON_INVALID_FIELD
	// amount.minor_units: must be greater than 0
}

// Gives a part of a payment back, and lists what was given back.
func ExampleListRefunds() {
	ctx := context.Background()
	c, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	paid, err := c.Payments.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:  client.Key("order", 2004, 1),
		Amount:          &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
		PaymentMethodId: "pm_card_visa",
		Confirm:         true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for part, cents := range []int64{500, 700} {
		_, err := c.Payments.CreateRefund(ctx, &paymentsv1.CreateRefundRequest{
			IdempotencyKey: client.Key("order", 2004, "refund", part),
			PaymentId:      paid.GetPayment().GetId(),
			Amount:         &paymentsv1.Money{MinorUnits: cents, CurrencyCode: "USD"},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	refunds := &paymentsv1.ListRefundsRequest{PaymentId: paid.GetPayment().GetId(), PageSize: 1}
	for refund, err := range client.ListRefunds(ctx, c.Payments, refunds) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(refund.GetAmount().GetMinorUnits(), refund.GetState())
	}
	// Output:
	// 700 REFUND_STATE_SUCCEEDED
	// 500 REFUND_STATE_SUCCEEDED
}

// Ships what was paid, however it was paid and whoever took the payment.
func ExampleClient_Consume() {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	tillgate, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tillgate.Close()

	paid, err := tillgate.Payments.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:  client.Key("order", 3001, 1),
		Amount:          &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
		PaymentMethodId: "pm_card_visa",
		Confirm:         true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ship := func(_ context.Context, _ string, payment *paymentsv1.Payment) error {
		if payment.GetId() != paid.GetPayment().GetId() {
			return nil
		}
		defer stop()
		_, err := fmt.Println("ship what was paid with", payment.GetAmountReceived().GetMinorUnits())
		return err
	}

	err = tillgate.Consume(ctx, "shipping", &paymentsv1.EventFilter{
		Types: []paymentsv1.EventType{paymentsv1.EventType_EVENT_TYPE_PAYMENT_SUCCEEDED},
	}, func(ctx context.Context, event *paymentsv1.Event) error {
		// An event can come twice, with the same id: nil acknowledges it, an error brings it again.
		return ship(ctx, event.GetId(), event.GetPayment())
	}, client.FromOldest())
	fmt.Println(err) // Consume returns when the context ends, or when no other stream would go on
	// Output:
	// ship what was paid with 2000
	// context canceled
}

// Waits for a customer who authenticates, without asking again and again.
func ExampleClient_WatchPayment() {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	tillgate, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tillgate.Close()

	created, err := tillgate.Payments.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:  client.Key("order", 3002, 1),
		Amount:          &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
		PaymentMethodId: "pm_card_threeDSecure2Required",
		Confirm:         true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for payment, err := range tillgate.WatchPayment(ctx, created.GetPayment().GetId()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(payment.GetState())
		if payment.GetState() == paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION {
			if err := authenticate(ctx, payment.GetId()); err != nil { // the customer does, in their browser
				fmt.Println(err)
				return
			}
		}
	}
	// Output:
	// PAYMENT_STATE_REQUIRES_ACTION
	// PAYMENT_STATE_SUCCEEDED
}

// authenticate takes the customer's step in the sandbox.
func authenticate(ctx context.Context, paymentID string) error {
	p, err := server()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost,
		p.sandboxURL+"/_sandbox/payment_intents/"+paymentID+"/authenticate", strings.NewReader(`{"outcome":"succeed"}`))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the customer could not authenticate: %s", resp.Status)
	}
	return nil
}
