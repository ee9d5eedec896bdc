package app_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// everyCustomerRPC calls each rpc of CustomerService, as a shop would.
func everyCustomerRPC(t *testing.T, customers paymentsv1.CustomerServiceClient) {
	t.Helper()
	ctx := t.Context()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}

	// A customer who is wanted twice is made once, and is changed and found.
	var id string
	for _, created := range []bool{true, false} {
		ensured, err := customers.EnsureCustomer(ctx, &paymentsv1.EnsureCustomerRequest{
			Reference: "user-4711", Customer: &paymentsv1.Customer{Email: "ada@example.com"},
		})
		must("EnsureCustomer", err)
		if ensured.GetCreated() != created || !created && ensured.GetCustomer().GetId() != id {
			t.Errorf("EnsureCustomer answers %v, want the one customer with created = %v", ensured, created)
		}
		id = ensured.GetCustomer().GetId()
	}
	updated, err := customers.UpdateCustomer(ctx, &paymentsv1.UpdateCustomerRequest{
		CustomerId: id, Customer: &paymentsv1.Customer{Name: "Ada Lovelace", Address: &paymentsv1.Address{RegionCode: "gb"}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "address"}},
	})
	must("UpdateCustomer", err)
	if updated.GetCustomer().GetName() != "Ada Lovelace" || updated.GetCustomer().GetEmail() != "ada@example.com" {
		t.Errorf("after the update the customer is %v", updated.GetCustomer())
	}
	seen := 0
	for customer, err := range client.ListCustomers(ctx, customers, &paymentsv1.ListCustomersRequest{Email: "ada@example.com"}) {
		must("ListCustomers", err)
		if seen++; customer.GetId() != id {
			t.Errorf("listed %v", customer)
		}
	}
	if seen != 1 {
		t.Errorf("%d customers were listed, want 1", seen)
	}

	// A card that is attached, changed, made the default, and detached.
	made, err := customers.CreatePaymentMethod(ctx, &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: client.Key("user", 4711, "card"),
		Source:         &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: "tok_visa"},
	})
	must("CreatePaymentMethod", err)
	card := made.GetPaymentMethod().GetId()
	_, err = customers.AttachPaymentMethod(ctx, &paymentsv1.AttachPaymentMethodRequest{PaymentMethodId: card, CustomerId: id})
	must("AttachPaymentMethod", err)
	_, err = customers.UpdatePaymentMethod(ctx, &paymentsv1.UpdatePaymentMethodRequest{
		PaymentMethodId: card, PaymentMethod: &paymentsv1.PaymentMethod{
			BillingDetails: &paymentsv1.BillingDetails{Name: "Ada Lovelace"},
			Details: &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_Card{
				Card: &paymentsv1.CardDetails{ExpiryMonth: 12, ExpiryYear: 2039},
			}},
		},
	})
	must("UpdatePaymentMethod", err)
	read, err := customers.GetPaymentMethod(ctx, &paymentsv1.GetPaymentMethodRequest{PaymentMethodId: card})
	must("GetPaymentMethod", err)
	if details := read.GetPaymentMethod().GetDetails().GetCard(); read.GetPaymentMethod().GetCustomerId() != id ||
		details.GetLast4() != "4242" || details.GetExpiryMonth() != 12 || details.GetExpiryYear() != 2039 ||
		read.GetPaymentMethod().GetBillingDetails().GetName() != "Ada Lovelace" {
		t.Errorf("the card is %v", read.GetPaymentMethod())
	}
	set, err := customers.SetDefaultPaymentMethod(ctx, &paymentsv1.SetDefaultPaymentMethodRequest{
		CustomerId: id, PaymentMethodId: card,
	})
	must("SetDefaultPaymentMethod", err)
	if set.GetCustomer().GetDefaultPaymentMethodId() != card {
		t.Errorf("the default is not the card: %v", set.GetCustomer())
	}
	everySetupIntentRPC(t, customers, id)
	kinds := map[string]int{}
	for method, err := range client.ListPaymentMethods(ctx, customers,
		&paymentsv1.ListPaymentMethodsRequest{CustomerId: id, PageSize: 1}) {
		must("ListPaymentMethods", err)
		if method.GetDetails().GetUsBankAccount() != nil {
			kinds["us_bank_account"]++
		} else if method.GetDetails().GetCard() != nil {
			kinds["card"]++
		}
	}
	if kinds["card"] != 2 || kinds["us_bank_account"] != 1 {
		t.Errorf("the methods of the customer are %v, want two cards and a bank account", kinds)
	}
	detached, err := customers.DetachPaymentMethod(ctx, &paymentsv1.DetachPaymentMethodRequest{PaymentMethodId: card})
	must("DetachPaymentMethod", err)
	if detached.GetPaymentMethod().GetCustomerId() != "" {
		t.Errorf("the detached card is %v", detached.GetPaymentMethod())
	}

	// One that is made and deleted, which leaves its id.
	other, err := customers.CreateCustomer(ctx, &paymentsv1.CreateCustomerRequest{IdempotencyKey: client.Key("user", 4712)})
	must("CreateCustomer", err)
	deleted, err := customers.DeleteCustomer(ctx, &paymentsv1.DeleteCustomerRequest{CustomerId: other.GetCustomer().GetId()})
	must("DeleteCustomer", err)
	gone, err := customers.GetCustomer(ctx, &paymentsv1.GetCustomerRequest{CustomerId: other.GetCustomer().GetId()})
	must("GetCustomer", err)
	if !deleted.GetCustomer().GetDeleted() || !gone.GetCustomer().GetDeleted() ||
		gone.GetCustomer().GetId() != other.GetCustomer().GetId() {
		t.Errorf("what is left of the customer is %v, and read %v", deleted.GetCustomer(), gone.GetCustomer())
	}
}

// everySetupIntentRPC saves a card and a bank account of the customer, and gives up a card that waits for the customer.
func everySetupIntentRPC(t *testing.T, customers paymentsv1.CustomerServiceClient, id string) {
	t.Helper()
	ctx := t.Context()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	waiting, err := customers.CreateSetupIntent(ctx, &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: client.Key("user", 4711, "setup", 1), CustomerId: id,
		PaymentMethodId: "pm_card_authenticationRequired", Confirm: true,
	})
	must("CreateSetupIntent", err)
	secret, err := customers.GetSetupIntentClientSecret(ctx, &paymentsv1.GetSetupIntentClientSecretRequest{
		SetupIntentId: waiting.GetSetupIntent().GetId(),
	})
	must("GetSetupIntentClientSecret", err)
	if state := waiting.GetSetupIntent().GetState(); state != setupNeedsAction || waiting.GetClientSecret() == "" ||
		secret.GetClientSecret() != waiting.GetClientSecret() {
		t.Errorf("the card with 3D Secure is at %v, and its secret is not the one that was given first", state)
	}
	canceled, err := customers.CancelSetupIntent(ctx, &paymentsv1.CancelSetupIntentRequest{
		SetupIntentId: waiting.GetSetupIntent().GetId(),
	})
	must("CancelSetupIntent", err)
	if canceled.GetSetupIntent().GetState() != setupCanceled {
		t.Errorf("after the cancellation it is %v", canceled.GetSetupIntent())
	}

	open, err := customers.CreateSetupIntent(ctx, &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: client.Key("user", 4711, "setup", 2), CustomerId: id,
	})
	must("CreateSetupIntent without a method", err)
	confirmed, err := customers.ConfirmSetupIntent(ctx, &paymentsv1.ConfirmSetupIntentRequest{
		IdempotencyKey: client.Key("user", 4711, "setup", 2, "confirm"), SetupIntentId: open.GetSetupIntent().GetId(),
		PaymentMethodId: "pm_card_mastercard",
	})
	must("ConfirmSetupIntent", err)
	got, err := customers.GetSetupIntent(ctx, &paymentsv1.GetSetupIntentRequest{SetupIntentId: open.GetSetupIntent().GetId()})
	must("GetSetupIntent", err)
	if confirmed.GetSetupIntent().GetState() != setupSucceeded || got.GetSetupIntent().GetCustomerId() != id ||
		got.GetSetupIntent().GetPaymentMethodId() == "" {
		t.Errorf("the card that was saved: %v, and read %v", confirmed.GetSetupIntent(), got.GetSetupIntent())
	}

	account, err := customers.CreatePaymentMethod(ctx, usBankAccount(client.Key("user", 4711, "account"), "000123456789"))
	must("CreatePaymentMethod of a bank account", err)
	saved, err := customers.CreateSetupIntent(ctx, saveAccount(client.Key("user", 4711, "setup", 3), id,
		account.GetPaymentMethod().GetId()))
	must("CreateSetupIntent of a bank account", err)
	verified, err := customers.VerifyMicrodeposits(ctx, &paymentsv1.VerifyMicrodepositsRequest{
		IdempotencyKey: client.Key("user", 4711, "verify"), Amounts: []int32{45, 32},
		Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: saved.GetSetupIntent().GetId()},
	})
	must("VerifyMicrodeposits", err)
	if saved.GetSetupIntent().GetNextAction().GetVerifyMicrodeposits() == nil ||
		verified.GetSetupIntent().GetState() != setupSucceeded || verified.GetSetupIntent().GetMandateId() == "" {
		t.Errorf("the bank account was %v, and is %v", saved.GetSetupIntent(), verified.GetSetupIntent())
	}
}
