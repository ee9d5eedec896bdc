package client_test

import (
	"context"
	"fmt"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Saves a card while its holder is there, and charges it a month later, when nobody is.
func Example_savedCard() {
	ctx := context.Background()
	c, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	ensured, err := c.Customers.EnsureCustomer(ctx, &paymentsv1.EnsureCustomerRequest{
		Reference: "user-4711", // one customer, however many services ask for it at once
		Customer:  &paymentsv1.Customer{Name: "Ada Lovelace", Email: "ada@example.com"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	saved, err := c.Customers.CreateSetupIntent(ctx, &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey:  client.Key("user", 4711, "card", 1),
		CustomerId:      ensured.GetCustomer().GetId(),
		PaymentMethodId: "pm_card_visa", // what Stripe.js made of the card
		Confirm:         true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ensured.GetCreated(), saved.GetSetupIntent().GetState())

	// A month later.
	paid, err := c.Payments.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:  client.Key("user", 4711, "fee", "2026-12"), // one fee a month, whatever happens
		Amount:          &paymentsv1.Money{MinorUnits: 900, CurrencyCode: "USD"},
		CustomerId:      ensured.GetCustomer().GetId(),
		PaymentMethodId: saved.GetSetupIntent().GetPaymentMethodId(),
		Confirm:         true,
		OffSession:      true,
	})
	if decline, ok := client.DeclineOf(err); ok {
		fmt.Println("Ask the customer to come back:", decline.GetCustomerMessage())
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(paid.GetPayment().GetState(), paid.GetPayment().GetAmountReceived().GetMinorUnits())
	// Output:
	// true SETUP_INTENT_STATE_SUCCEEDED
	// PAYMENT_STATE_SUCCEEDED 900
}

// Saves a bank account, which its holder verifies by two small deposits, and draws money from it.
func Example_bankAccount() {
	ctx := context.Background()
	c, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	ensured, err := c.Customers.EnsureCustomer(ctx, &paymentsv1.EnsureCustomerRequest{Reference: "user-4712"})
	if err != nil {
		fmt.Println(err)
		return
	}
	account, err := c.Customers.CreatePaymentMethod(ctx, &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: client.Key("user", 4712, "account", 1),
		Source: &paymentsv1.CreatePaymentMethodRequest_UsBankAccount{
			UsBankAccount: &paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource{
				AccountNumber: "000123456789", RoutingNumber: "110000000", AccountHolderType: "individual",
			},
		},
		BillingDetails: &paymentsv1.BillingDetails{Name: "Ada Lovelace", Email: "ada@example.com"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	setup, err := c.Customers.CreateSetupIntent(ctx, &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey:     client.Key("user", 4712, "account", 1, "save"),
		CustomerId:         ensured.GetCustomer().GetId(),
		PaymentMethodId:    account.GetPaymentMethod().GetId(),
		PaymentMethodTypes: []string{"us_bank_account"},
		Confirm:            true,
		// What the customer agreed to on the page: Stripe makes a mandate of it.
		MandateAcceptance: &paymentsv1.MandateAcceptance{
			Acceptance: &paymentsv1.MandateAcceptance_Online{Online: &paymentsv1.MandateAcceptance_OnlineAcceptance{
				IpAddress: "203.0.113.7", UserAgent: "Mozilla/5.0",
			}},
		},
		BankAccountVerification: paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_MICRODEPOSITS,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(setup.GetSetupIntent().GetState(), setup.GetSetupIntent().GetNextAction().GetVerifyMicrodeposits() != nil)

	// Two days later, the customer types what stands on the statement.
	verified, err := c.Customers.VerifyMicrodeposits(ctx, &paymentsv1.VerifyMicrodepositsRequest{
		IdempotencyKey: client.Key("user", 4712, "account", 1, "verify", 1),
		Subject:        &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: setup.GetSetupIntent().GetId()},
		Amounts:        []int32{32, 45},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(verified.GetSetupIntent().GetState())

	paid, err := c.Payments.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:     client.Key("user", 4712, "fee", "2026-12"),
		Amount:             &paymentsv1.Money{MinorUnits: 900, CurrencyCode: "USD"},
		CustomerId:         ensured.GetCustomer().GetId(),
		PaymentMethodId:    account.GetPaymentMethod().GetId(),
		PaymentMethodTypes: []string{"us_bank_account"},
		Confirm:            true,
		OffSession:         true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(paid.GetPayment().GetState()) // the bank takes days: it is not paid yet
	// Output:
	// SETUP_INTENT_STATE_REQUIRES_ACTION true
	// SETUP_INTENT_STATE_SUCCEEDED
	// PAYMENT_STATE_PROCESSING
}
