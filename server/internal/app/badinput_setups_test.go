package app_test

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// save makes a setup intent of a card of the customer's, but for a change.
func save(change func(*world, *paymentsv1.CreateSetupIntentRequest)) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		request := &paymentsv1.CreateSetupIntentRequest{
			IdempotencyKey: key, CustomerId: w.customer, PaymentMethodId: w.card, Confirm: true,
		}
		change(w, request)
		_, err := w.CreateSetupIntent(ctx, request)
		return err
	}
}

// saveDebit makes a setup intent of a bank account of nobody's, but for a change.
func saveDebit(change func(*paymentsv1.CreateSetupIntentRequest)) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		request := saveAccount(key, w.customer, w.account)
		change(request)
		_, err := w.CreateSetupIntent(ctx, request)
		return err
	}
}

func confirmSetup(setup, method func(*world) string) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		_, err := w.ConfirmSetupIntent(ctx, &paymentsv1.ConfirmSetupIntentRequest{
			IdempotencyKey: key, SetupIntentId: setup(w), PaymentMethodId: method(w),
		})
		return err
	}
}

func cancelSetup(setup func(*world) string, reason paymentsv1.CancellationReason) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		_, err := w.CancelSetupIntent(ctx, &paymentsv1.CancelSetupIntentRequest{
			IdempotencyKey: key, SetupIntentId: setup(w), CancellationReason: reason,
		})
		return err
	}
}

func verifySetup(setup func(*world) string, code string, amounts ...int32) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		_, err := w.VerifyMicrodeposits(ctx, &paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: key, DescriptorCode: code, Amounts: amounts,
			Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: setup(w)},
		})
		return err
	}
}

func verifyPayment(payment func(*world) string) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		_, err := w.VerifyMicrodeposits(ctx, &paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: key, DescriptorCode: "SM11AA",
			Subject: &paymentsv1.VerifyMicrodepositsRequest_PaymentId{PaymentId: payment(w)},
		})
		return err
	}
}

// verifyUnpaid verifies a payment that waits for a method.
func verifyUnpaid(ctx context.Context, w *world, key string) error {
	request := order(key+"-payment", "")
	request.Confirm = false
	unpaid, err := w.payments.CreatePayment(ctx, request)
	if err != nil {
		return err
	}
	return verifyPayment(id(unpaid.GetPayment().GetId()))(ctx, w, key)
}

func theSaved(w *world) string        { return w.saved }
func theWaiting(w *world) string      { return w.waiting }
func theAccountWaits(w *world) string { return w.accountWaits }

// onPage changes what was agreed to on a page.
func onPage(change func(*paymentsv1.MandateAcceptance_OnlineAcceptance)) func(*paymentsv1.CreateSetupIntentRequest) {
	return func(r *paymentsv1.CreateSetupIntentRequest) { change(r.GetMandateAcceptance().GetOnline()) }
}

// badSetupCalls are about setup intents. Of a missing mandate and of a detached method Stripe names no parameter.
var badSetupCalls = []badCall{
	{
		"save nothing", save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.PaymentMethodId = "" }),
		codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED", "",
	},
	invalid("save a method that is not", "payment_method_id",
		save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.PaymentMethodId = "pm_unknown" })),
	invalid("save a method of another customer", "payment_method_id",
		save(func(w *world, r *paymentsv1.CreateSetupIntentRequest) { r.PaymentMethodId = w.othersCard })),
	invalid("save a detached method", "payment_method_id",
		save(func(w *world, r *paymentsv1.CreateSetupIntentRequest) { r.PaymentMethodId = w.detached })),
	invalid("save for a deleted customer", "customer_id",
		save(func(w *world, r *paymentsv1.CreateSetupIntentRequest) { r.CustomerId = w.deleted })),
	invalid("save for a customer that is not", "customer_id",
		save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.CustomerId = "cus_unknown" })),
	{"save a declining card", save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) {
		r.PaymentMethodId = "pm_card_visa_chargeDeclined"
	}), codes.FailedPrecondition, "PAYMENT_DECLINED", ""},
	invalid("return_url without confirm", "return_url", save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) {
		r.Confirm, r.ReturnUrl = false, "https://example.com"
	})),
	invalid("no URL", "return_url",
		save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.ReturnUrl = "canary" })),
	invalid("kind of method malformed", "payment_method_types[0]",
		save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.PaymentMethodTypes = []string{"Card!"} })),
	invalid("kind of method unknown", "payment_method_types",
		save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.PaymentMethodTypes = []string{"canary"} })),
	invalid("another kind than the method", "payment_method_id",
		save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) {
			r.PaymentMethodTypes = []string{"us_bank_account"}
		})),
	invalid("usage unknown", "usage", save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.Usage = 99 })),
	invalid("card number in the description", "description",
		save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.Description = "4242 4242 4242 4242" })),
	invalid("description too long", "description",
		save(func(_ *world, r *paymentsv1.CreateSetupIntentRequest) { r.Description = strings.Repeat("d", 1001) })),

	invalid("mandate missing", "mandate_acceptance",
		saveDebit(func(r *paymentsv1.CreateSetupIntentRequest) { r.MandateAcceptance = nil })),
	invalid("mandate that says nothing", "mandate_acceptance.acceptance",
		saveDebit(func(r *paymentsv1.CreateSetupIntentRequest) { r.MandateAcceptance = &paymentsv1.MandateAcceptance{} })),
	invalid("mandate without confirm", "mandate_acceptance",
		saveDebit(func(r *paymentsv1.CreateSetupIntentRequest) { r.Confirm = false })),
	invalid("mandate from no address", "mandate_acceptance.online.ip_address",
		saveDebit(onPage(func(o *paymentsv1.MandateAcceptance_OnlineAcceptance) { o.IpAddress = "canary" }))),
	invalid("mandate without a browser", "mandate_acceptance.online.user_agent",
		saveDebit(onPage(func(o *paymentsv1.MandateAcceptance_OnlineAcceptance) { o.UserAgent = "" }))),
	invalid("card number as the browser", "mandate_acceptance.online.user_agent",
		saveDebit(onPage(func(o *paymentsv1.MandateAcceptance_OnlineAcceptance) { o.UserAgent = "4242424242424242" }))),
	invalid("mandate at no time", "mandate_acceptance.accept_time", saveDebit(func(r *paymentsv1.CreateSetupIntentRequest) {
		r.MandateAcceptance.AcceptTime = &timestamppb.Timestamp{Nanos: -1}
	})),
	invalid("mandate of the day after tomorrow", "mandate_acceptance.accept_time", saveDebit(func(r *paymentsv1.CreateSetupIntentRequest) {
		r.MandateAcceptance.AcceptTime = timestamppb.New(time.Now().Add(48 * time.Hour))
	})),
	invalid("way of verification unknown", "bank_account_verification",
		saveDebit(func(r *paymentsv1.CreateSetupIntentRequest) { r.BankAccountVerification = 99 })),

	{"confirm nothing", confirmSetup(theWaiting, id("")), codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED", ""},
	invalid("confirm a method that is not", "payment_method_id", confirmSetup(theWaiting, id("pm_unknown"))),
	{"confirm what succeeded", confirmSetup(theSaved, theCard), codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"confirm what is not", confirmSetup(id("seti_unknown"), theCard), codes.NotFound, "RESOURCE_MISSING", ""},
	{"cancel what succeeded", cancelSetup(theSaved, 0), codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"cancel what is not", cancelSetup(id("seti_unknown"), 0), codes.NotFound, "RESOURCE_MISSING", ""},
	invalid("cancel for fraud", "cancellation_reason",
		cancelSetup(theWaiting, paymentsv1.CancellationReason_CANCELLATION_REASON_FRAUDULENT)),

	{"verify what succeeded", verifySetup(theSaved, "", 32, 45), codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"verify what waits for a method", verifySetup(theWaiting, "", 32, 45), codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"verify what is not", verifySetup(id("seti_unknown"), "", 32, 45), codes.NotFound, "RESOURCE_MISSING", ""},
	{"verify a payment that waits for a method", verifyUnpaid, codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"verify a payment that is not", verifyPayment(id("pi_unknown")), codes.NotFound, "RESOURCE_MISSING", ""},
	invalid("verify by nothing", "amounts", verifySetup(theAccountWaits, "")),
	invalid("verify by both", "amounts", verifySetup(theAccountWaits, "SM11AA", 32, 45)),
	invalid("verify by one amount", "amounts", verifySetup(theAccountWaits, "", 32)),
	invalid("verify by one amount and a code", "amounts", verifySetup(theAccountWaits, "SM11AA", 32)),
	invalid("verify by three amounts", "amounts", verifySetup(theAccountWaits, "", 32, 45, 1)),
	invalid("verify by an amount of nothing", "amounts[1]", verifySetup(theAccountWaits, "", 32, 0)),
	invalid("verify by a dollar", "amounts[0]", verifySetup(theAccountWaits, "", 100, 45)),
	invalid("verify by no code", "descriptor_code", verifySetup(theAccountWaits, "canary")),
	{"verify by other amounts", verifySetup(theAccountWaits, "", 1, 2), codes.FailedPrecondition, "PAYMENT_DECLINED", ""},
}

func updateCustomer(
	customer func(*world) string, change *paymentsv1.Customer, paths ...string,
) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		request := &paymentsv1.UpdateCustomerRequest{IdempotencyKey: key, CustomerId: customer(w), Customer: change}
		if len(paths) > 0 {
			request.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
		}
		_, err := w.UpdateCustomer(ctx, request)
		return err
	}
}

func charge(change func(*world, *paymentsv1.CreatePaymentRequest)) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		request := order(key, w.card)
		request.CustomerId = w.customer
		change(w, request)
		_, err := w.payments.CreatePayment(ctx, request)
		return err
	}
}

var badCustomerCalls = []badCall{
	{"change a deleted customer", updateCustomer(theDeleted, &paymentsv1.Customer{Name: "Ada"}), codes.NotFound, "RESOURCE_MISSING", ""},
	{
		"change a customer that is not", updateCustomer(id("cus_unknown"), &paymentsv1.Customer{Name: "Ada"}), codes.NotFound,
		"RESOURCE_MISSING", "",
	},
	invalid("change nothing", "update_mask", updateCustomer(theCustomer, &paymentsv1.Customer{})),
	invalid("change everything", "update_mask", updateCustomer(theCustomer, &paymentsv1.Customer{Name: "Ada"}, "*")),
	invalid("change a city", "update_mask", updateCustomer(theCustomer, &paymentsv1.Customer{}, "address.city")),
	invalid("change the default", "update_mask", updateCustomer(theCustomer, &paymentsv1.Customer{}, "default_payment_method_id")),
	invalid("change what is no field", "update_mask", updateCustomer(theCustomer, &paymentsv1.Customer{}, "colour")),
	{"read a customer that is not", func(ctx context.Context, w *world, _ string) error {
		_, err := w.GetCustomer(ctx, &paymentsv1.GetCustomerRequest{CustomerId: "cus_unknown"})
		return err
	}, codes.NotFound, "RESOURCE_MISSING", ""},
	{"read a method that is not", func(ctx context.Context, w *world, _ string) error {
		_, err := w.GetPaymentMethod(ctx, &paymentsv1.GetPaymentMethodRequest{PaymentMethodId: "pm_unknown"})
		return err
	}, codes.NotFound, "RESOURCE_MISSING", ""},
	{"read a setup intent that is not", func(ctx context.Context, w *world, _ string) error {
		_, err := w.GetSetupIntent(ctx, &paymentsv1.GetSetupIntentRequest{SetupIntentId: "seti_unknown"})
		return err
	}, codes.NotFound, "RESOURCE_MISSING", ""},
	{"read a secret that is not", func(ctx context.Context, w *world, _ string) error {
		_, err := w.GetSetupIntentClientSecret(ctx, &paymentsv1.GetSetupIntentClientSecretRequest{SetupIntentId: "seti_unknown"})
		return err
	}, codes.NotFound, "RESOURCE_MISSING", ""},
	invalid("list the methods of a deleted customer", "customer_id", func(ctx context.Context, w *world, _ string) error {
		_, err := w.ListPaymentMethods(ctx, &paymentsv1.ListPaymentMethodsRequest{CustomerId: w.deleted})
		return err
	}),
	invalid("list the methods of a customer that is not", "customer_id", func(ctx context.Context, w *world, _ string) error {
		_, err := w.ListPaymentMethods(ctx, &paymentsv1.ListPaymentMethodsRequest{CustomerId: "cus_unknown"})
		return err
	}),
	invalid("list methods of no kind", "type", func(ctx context.Context, w *world, _ string) error {
		_, err := w.ListPaymentMethods(ctx, &paymentsv1.ListPaymentMethodsRequest{CustomerId: w.customer, Type: "canary"})
		return err
	}),
	invalid("list customers by no e-mail", "email", func(ctx context.Context, w *world, _ string) error {
		_, err := w.ListCustomers(ctx, &paymentsv1.ListCustomersRequest{Email: "canary"})
		return err
	}),
	invalid("list customers by a card number", "email", func(ctx context.Context, w *world, _ string) error {
		_, err := w.ListCustomers(ctx, &paymentsv1.ListCustomersRequest{Email: "4242424242424242@example.com"})
		return err
	}),
	invalid("ensure without a reference", "reference", func(ctx context.Context, w *world, key string) error {
		_, err := w.EnsureCustomer(ctx, &paymentsv1.EnsureCustomerRequest{IdempotencyKey: key})
		return err
	}),
	invalid("ensure an e-mail address", "reference", func(ctx context.Context, w *world, key string) error {
		_, err := w.EnsureCustomer(ctx, &paymentsv1.EnsureCustomerRequest{IdempotencyKey: key, Reference: "canary@example.com"})
		return err
	}),
	invalid("ensure a card number", "reference", func(ctx context.Context, w *world, key string) error {
		_, err := w.EnsureCustomer(ctx, &paymentsv1.EnsureCustomerRequest{IdempotencyKey: key, Reference: "4242424242424242"})
		return err
	}),
	invalid("charge a deleted customer", "customer_id",
		charge(func(w *world, r *paymentsv1.CreatePaymentRequest) { r.CustomerId = w.deleted })),
	invalid("charge a card of another customer", "payment_method_id",
		charge(func(w *world, r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId = w.othersCard })),
	invalid("charge a saved card without its customer", "customer_id",
		charge(func(_ *world, r *paymentsv1.CreatePaymentRequest) { r.CustomerId = "" })),
	invalid("charge a detached card", "payment_method_id",
		charge(func(w *world, r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId = w.detached })),
	invalid("draw without a mandate", "mandate_acceptance", charge(func(w *world, r *paymentsv1.CreatePaymentRequest) {
		r.CustomerId, r.PaymentMethodId, r.PaymentMethodTypes = "", "pm_usBankAccount_success", []string{"us_bank_account"}
	})),
	invalid("mandate for nothing confirmed", "mandate_acceptance", charge(func(_ *world, r *paymentsv1.CreatePaymentRequest) {
		r.Confirm, r.MandateAcceptance = false, agreed()
	})),
}
