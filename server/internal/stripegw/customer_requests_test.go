package stripegw_test

import (
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// The numbers of bank accounts that the tests send: none may be seen again.
const (
	accountNumber = "000123456789"
	iban          = "DE89370400440532013000"
)

var (
	setupSubject   = &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: "seti_1"}
	paymentSubject = &paymentsv1.VerifyMicrodepositsRequest_PaymentId{PaymentId: "pi_1"}
	// clearablePaths are all that an update of a customer can unset.
	clearablePaths = []string{"name", "email", "phone", "description", "address", "shipping", "preferred_locales"}
)

func online() *paymentsv1.MandateAcceptance {
	return &paymentsv1.MandateAcceptance{
		Acceptance: &paymentsv1.MandateAcceptance_Online{Online: &paymentsv1.MandateAcceptance_OnlineAcceptance{
			IpAddress: "203.0.113.7", UserAgent: "Mozilla/5.0",
		}},
		AcceptTime: &timestamppb.Timestamp{Seconds: 1700000000},
	}
}

func offline() *paymentsv1.MandateAcceptance {
	return &paymentsv1.MandateAcceptance{
		Acceptance: &paymentsv1.MandateAcceptance_Offline{Offline: &paymentsv1.MandateAcceptance_OfflineAcceptance{}},
	}
}

// home is an address with every part.
func home() *paymentsv1.Address {
	return &paymentsv1.Address{
		Line1: "1234 Main Street", Line2: "Floor 2", City: "San Francisco", State: "CA", PostalCode: "94111", RegionCode: "us",
	}
}

// jane is a customer with all that a caller can set.
func jane() *paymentsv1.Customer {
	return &paymentsv1.Customer{
		Name: "Jane Doe", Email: "jane@example.com", Phone: "+14155550123", Description: "From the shop",
		Address:          home(),
		Shipping:         &paymentsv1.ShippingDetails{Name: "Jim Doe", Phone: "+14155550124", Address: home()},
		PreferredLocales: []string{"en", "pt-BR"}, Metadata: map[string]string{"user": "4711"},
	}
}

func fullCreateCustomer() *paymentsv1.CreateCustomerRequest {
	return &paymentsv1.CreateCustomerRequest{
		IdempotencyKey: "user-4711-create", Customer: jane(), TestClockId: "clock_1",
	}
}

func fullEnsureCustomer() *paymentsv1.EnsureCustomerRequest {
	return &paymentsv1.EnsureCustomerRequest{
		IdempotencyKey: "user-4711-ensure", Reference: "user-4711", Customer: jane(),
	}
}

// customerUpdateOf is a request to change these paths.
func customerUpdateOf(c *paymentsv1.Customer, paths ...string) *paymentsv1.UpdateCustomerRequest {
	req := &paymentsv1.UpdateCustomerRequest{IdempotencyKey: "user-4711-update", CustomerId: "cus_1", Customer: c}
	if len(paths) > 0 {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return req
}

func fullUpdateCustomer() *paymentsv1.UpdateCustomerRequest {
	return customerUpdateOf(jane(), stripegw.CustomerUpdatePaths()...)
}

func fullDeleteCustomer() *paymentsv1.DeleteCustomerRequest {
	return &paymentsv1.DeleteCustomerRequest{IdempotencyKey: "user-4711-delete", CustomerId: "cus_1"}
}

func fullSetDefault() *paymentsv1.SetDefaultPaymentMethodRequest {
	return &paymentsv1.SetDefaultPaymentMethodRequest{
		IdempotencyKey: "user-4711-default", CustomerId: "cus_1", PaymentMethodId: "pm_1",
	}
}

func billing() *paymentsv1.BillingDetails {
	return &paymentsv1.BillingDetails{Name: "Jane Doe", Email: "jane@example.com", Phone: "+14155550123", Address: home()}
}

// cardMethod is the least method of a card.
func cardMethod(token string) *paymentsv1.CreatePaymentMethodRequest {
	return &paymentsv1.CreatePaymentMethodRequest{
		Source: &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: token},
	}
}

func fullCreateMethod() *paymentsv1.CreatePaymentMethodRequest {
	req := cardMethod("tok_visa")
	req.IdempotencyKey, req.BillingDetails, req.Metadata = "user-4711-card", billing(), map[string]string{"card": "1"}
	return req
}

func bankMethod() *paymentsv1.CreatePaymentMethodRequest {
	return &paymentsv1.CreatePaymentMethodRequest{
		Source: &paymentsv1.CreatePaymentMethodRequest_UsBankAccount{
			UsBankAccount: &paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource{
				AccountNumber: accountNumber, RoutingNumber: "110000000", AccountHolderType: "company",
				AccountType: "savings",
			},
		},
		BillingDetails: &paymentsv1.BillingDetails{Name: "Jane Doe"},
	}
}

func sepaMethod() *paymentsv1.CreatePaymentMethodRequest {
	return &paymentsv1.CreatePaymentMethodRequest{
		Source: &paymentsv1.CreatePaymentMethodRequest_SepaDebit{
			SepaDebit: &paymentsv1.CreatePaymentMethodRequest_SepaDebitSource{Iban: "de89 3704 0044 0532 0130 00"},
		},
		BillingDetails: &paymentsv1.BillingDetails{Name: "Jane Doe", Email: "jane@example.com"},
	}
}

// methodUpdateOf is a request to change these paths.
func methodUpdateOf(m *paymentsv1.PaymentMethod, paths ...string) *paymentsv1.UpdatePaymentMethodRequest {
	req := &paymentsv1.UpdatePaymentMethodRequest{
		IdempotencyKey: "user-4711-method", PaymentMethodId: "pm_1", PaymentMethod: m,
	}
	if len(paths) > 0 {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return req
}

// cardDetails is a card as it is shown, with more than can be changed.
func cardDetails() *paymentsv1.PaymentMethodDetails {
	return &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_Card{
		Card: &paymentsv1.CardDetails{Brand: "visa", Last4: "4242", ExpiryMonth: 8, ExpiryYear: 2034},
	}}
}

func fullUpdateMethod() *paymentsv1.UpdatePaymentMethodRequest {
	return methodUpdateOf(&paymentsv1.PaymentMethod{
		Details: cardDetails(), BillingDetails: billing(), Metadata: map[string]string{"card": "1", "old": ""},
	}, "billing_details", "details.card.expiry_month", "details.card.expiry_year", "metadata")
}

func bankUpdate() *paymentsv1.UpdatePaymentMethodRequest {
	return methodUpdateOf(&paymentsv1.PaymentMethod{
		Details: &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_UsBankAccount{
			UsBankAccount: &paymentsv1.UsBankAccountDetails{
				BankName: "STRIPE TEST BANK", AccountHolderType: "company", AccountType: "savings",
			},
		}},
	})
}

func fullAttach() *paymentsv1.AttachPaymentMethodRequest {
	return &paymentsv1.AttachPaymentMethodRequest{
		IdempotencyKey: "user-4711-attach", PaymentMethodId: "pm_1", CustomerId: "cus_1",
	}
}

func fullDetach() *paymentsv1.DetachPaymentMethodRequest {
	return &paymentsv1.DetachPaymentMethodRequest{IdempotencyKey: "user-4711-detach", PaymentMethodId: "pm_1"}
}

func fullCreateSetupIntent() *paymentsv1.CreateSetupIntentRequest {
	return &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: "user-4711-setup", CustomerId: "cus_1", PaymentMethodId: "pm_1",
		PaymentMethodTypes: []string{"us_bank_account"}, Confirm: true,
		Usage:     paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_ON_SESSION,
		ReturnUrl: "https://example.com/back", MandateAcceptance: online(),
		BankAccountVerification: paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_MICRODEPOSITS,
		Description:             "For the subscription", Metadata: map[string]string{"order": "1001"},
	}
}

func fullConfirmSetupIntent() *paymentsv1.ConfirmSetupIntentRequest {
	return &paymentsv1.ConfirmSetupIntentRequest{
		IdempotencyKey: "user-4711-confirm", SetupIntentId: "seti_1", PaymentMethodId: "pm_1",
		ReturnUrl: "https://example.com/back", MandateAcceptance: online(),
	}
}

func fullCancelSetupIntent() *paymentsv1.CancelSetupIntentRequest {
	return &paymentsv1.CancelSetupIntentRequest{
		IdempotencyKey: "user-4711-cancel", SetupIntentId: "seti_1",
		CancellationReason: paymentsv1.CancellationReason_CANCELLATION_REASON_ABANDONED,
	}
}

func verifySetup() *paymentsv1.VerifyMicrodepositsRequest {
	return &paymentsv1.VerifyMicrodepositsRequest{
		IdempotencyKey: "user-4711-verify", Subject: setupSubject, Amounts: []int32{32, 45},
	}
}

func verifyPayment() *paymentsv1.VerifyMicrodepositsRequest {
	return &paymentsv1.VerifyMicrodepositsRequest{
		IdempotencyKey: "user-4711-verify", Subject: paymentSubject, Amounts: []int32{32, 45},
	}
}
