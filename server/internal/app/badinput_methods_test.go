package app_test

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// badMethodCalls are about payment methods that exist, or do not.
var badMethodCalls = []badCall{
	{"attach a method of another customer", attach(theOthersCard, theCustomer), codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"attach a detached method", attach(theDetached, theCustomer), codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"attach a method that is not", attach(id("pm_unknown"), theCustomer), codes.NotFound, "RESOURCE_MISSING", ""},
	{"attach a declining card", attachDeclined("tok_visa_chargeDeclined"), codes.FailedPrecondition, "PAYMENT_DECLINED", ""},
	{
		"attach a card without money", attachDeclined("tok_visa_chargeDeclinedInsufficientFunds"), codes.FailedPrecondition,
		"PAYMENT_DECLINED", "",
	},
	{"attach a stolen card", attachDeclined("tok_visa_chargeDeclinedStolenCard"), codes.FailedPrecondition, "PAYMENT_DECLINED", ""},
	{"attach an expired card", attachDeclined("tok_chargeDeclinedExpiredCard"), codes.FailedPrecondition, "PAYMENT_DECLINED", ""},
	invalid("attach to a deleted customer", "customer_id", attach(theUnsaved, theDeleted)),
	invalid("attach to a customer that is not", "customer_id", attach(theUnsaved, id("cus_unknown"))),
	invalid("attach to no customer", "customer_id", attach(theUnsaved, id(""))),
	invalid("attach to another thing", "customer_id", attach(theUnsaved, id("pi_123"))),
	invalid("attach a card number", "payment_method_id", attach(id("4242424242424242"), theCustomer)),

	{"detach a method of nobody", detach(theUnsaved), codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"detach a detached method", detach(theDetached), codes.FailedPrecondition, "UNEXPECTED_STATE", ""},
	{"detach a method that is not", detach(id("pm_unknown")), codes.NotFound, "RESOURCE_MISSING", ""},

	invalid("default of another customer", "payment_method_id", setDefault(theCustomer, theOthersCard)),
	invalid("default of nobody", "payment_method_id", setDefault(theCustomer, theUnsaved)),
	invalid("default that was detached", "payment_method_id", setDefault(theCustomer, theDetached)),
	invalid("default that is not", "payment_method_id", setDefault(theCustomer, id("pm_unknown"))),
	{"default for a deleted customer", setDefault(theDeleted, theCard), codes.NotFound, "RESOURCE_MISSING", ""},
	{"default for a customer that is not", setDefault(id("cus_unknown"), theCard), codes.NotFound, "RESOURCE_MISSING", ""},

	invalid("change a method of nobody", "payment_method_id",
		updateMethod(theUnsaved, &paymentsv1.PaymentMethod{BillingDetails: &paymentsv1.BillingDetails{Name: "Ada"}})),
	{
		"change a method that is not",
		updateMethod(id("pm_unknown"), &paymentsv1.PaymentMethod{BillingDetails: &paymentsv1.BillingDetails{Name: "Ada"}}),
		codes.NotFound, "RESOURCE_MISSING", "",
	},
	invalid("change nothing", "update_mask", updateMethod(theCard, &paymentsv1.PaymentMethod{})),
	invalid("change everything", "update_mask", updateMethod(theCard, &paymentsv1.PaymentMethod{}, "*")),
	invalid("change a brand", "update_mask", updateMethod(theCard, &paymentsv1.PaymentMethod{}, "details.card.brand")),
	invalid("clear an expiry", "update_mask", updateMethod(theCard, &paymentsv1.PaymentMethod{}, "details.card.expiry_month")),
	invalid("e-mail of the holder", "payment_method.billing_details.email", updateMethod(theCard,
		&paymentsv1.PaymentMethod{BillingDetails: &paymentsv1.BillingDetails{Email: "canary"}})),
	invalid("country of the holder", "payment_method.billing_details.address.region_code", updateMethod(theCard,
		&paymentsv1.PaymentMethod{BillingDetails: &paymentsv1.BillingDetails{Address: &paymentsv1.Address{RegionCode: "QQ"}}})),
	invalid("phone of the holder", "payment_method.billing_details.phone", updateMethod(theCard,
		&paymentsv1.PaymentMethod{BillingDetails: &paymentsv1.BillingDetails{Phone: "canary"}})),
	invalid("card number as the holder", "payment_method.billing_details.name", updateMethod(theCard,
		&paymentsv1.PaymentMethod{BillingDetails: &paymentsv1.BillingDetails{Name: "4242 4242 4242 4242"}})),
	invalid("month 13", "payment_method.details.card.expiry_month", updateMethod(theCard, withExpiry(13, 2039))),
	invalid("year 39", "payment_method.details.card.expiry_year", updateMethod(theCard, withExpiry(1, 39))),
	// Stripe tells it as a decline, with its code.
	{"a year that is over", updateMethod(theCard, withExpiry(1, 2020)), codes.FailedPrecondition, "PAYMENT_DECLINED", ""},
}

func withExpiry(month, year int32) *paymentsv1.PaymentMethod {
	return &paymentsv1.PaymentMethod{Details: &paymentsv1.PaymentMethodDetails{
		Method: &paymentsv1.PaymentMethodDetails_Card{Card: &paymentsv1.CardDetails{ExpiryMonth: month, ExpiryYear: year}},
	}}
}

func source(change func(*paymentsv1.CreatePaymentMethodRequest)) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		request := usBankAccount(key, "000123456789")
		change(request)
		_, err := w.CreatePaymentMethod(ctx, request)
		return err
	}
}

func token(token string) func(context.Context, *world, string) error {
	return source(func(r *paymentsv1.CreatePaymentMethodRequest) {
		r.Source = &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: token}
	})
}

func account(change func(*paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource)) func(context.Context, *world, string) error {
	return source(func(r *paymentsv1.CreatePaymentMethodRequest) { change(r.GetUsBankAccount()) })
}

func iban(iban string) func(context.Context, *world, string) error {
	return source(func(r *paymentsv1.CreatePaymentMethodRequest) { r.Source = sepaAccount("", iban).GetSource() })
}

func holder(change func(*paymentsv1.BillingDetails)) func(context.Context, *world, string) error {
	return source(func(r *paymentsv1.CreatePaymentMethodRequest) { change(r.GetBillingDetails()) })
}

// badSourceCalls are of what no payment method can be made.
var badSourceCalls = []badCall{
	invalid("made of nothing", "source", source(func(r *paymentsv1.CreatePaymentMethodRequest) { r.Source = nil })),
	invalid("token that is not", "card_token", token("tok_unknown")),
	invalid("token of another kind", "card_token", token("pm_card_visa")),
	invalid("token that is a card number", "card_token", token("4242424242424242")),
	invalid("token that was used", "card_token", func(ctx context.Context, w *world, key string) error {
		if _, err := w.CreatePaymentMethod(ctx, &paymentsv1.CreatePaymentMethodRequest{
			IdempotencyKey: key, Source: &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: w.token},
		}); err != nil {
			return err
		}
		return token(w.token)(ctx, w, key+"-2")
	}),
	invalid("account number with letters", "us_bank_account.account_number",
		account(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) {
			s.AccountNumber = "000999999canary"
		})),
	invalid("account number too long", "us_bank_account.account_number",
		account(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) {
			s.AccountNumber = "000999999000999999"
		})),
	invalid("account number too short", "us_bank_account.account_number",
		account(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) { s.AccountNumber = "123" })),
	invalid("routing number of 8 digits", "us_bank_account.routing_number",
		account(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) { s.RoutingNumber = "11000000" })),
	invalid("routing number with a wrong check digit", "us_bank_account.routing_number",
		account(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) { s.RoutingNumber = "110000001" })),
	invalid("no kind of holder", "us_bank_account.account_holder_type",
		account(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) { s.AccountHolderType = "" })),
	invalid("holder of another kind", "us_bank_account.account_holder_type",
		account(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) { s.AccountHolderType = "canary" })),
	invalid("account of another kind", "us_bank_account.account_type",
		account(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) { s.AccountType = "canary" })),
	invalid("IBAN with wrong check digits", "sepa_debit.iban", iban("DE98370400440532013000")),
	invalid("IBAN of no account in the SEPA", "sepa_debit.iban", iban("US64SVBKUS6S3300958879")),
	invalid("IBAN too short", "sepa_debit.iban", iban("DE89")),
	invalid("IBAN too long", "sepa_debit.iban", iban("DE89"+strings.Repeat("0", 40))),
	invalid("IBAN that is a card number", "sepa_debit.iban", iban("4242424242424242")),
	invalid("account without its holder's name", "billing_details.name",
		holder(func(b *paymentsv1.BillingDetails) { b.Name = "" })),
	invalid("IBAN without its holder's name", "billing_details.name",
		source(func(r *paymentsv1.CreatePaymentMethodRequest) {
			r.Source, r.BillingDetails.Name = sepaAccount("", "DE89370400440532013000").GetSource(), ""
		})),
	invalid("IBAN without its holder's e-mail", "billing_details.email",
		source(func(r *paymentsv1.CreatePaymentMethodRequest) {
			r.Source, r.BillingDetails.Email = sepaAccount("", "DE89370400440532013000").GetSource(), ""
		})),
	invalid("holder's e-mail", "billing_details.email", holder(func(b *paymentsv1.BillingDetails) { b.Email = "canary" })),
	invalid("holder's phone", "billing_details.phone", holder(func(b *paymentsv1.BillingDetails) { b.Phone = "canary" })),
	invalid("holder's country", "billing_details.address.region_code",
		holder(func(b *paymentsv1.BillingDetails) { b.Address = &paymentsv1.Address{RegionCode: "QQ"} })),
	invalid("card number as the holder's name", "billing_details.name",
		holder(func(b *paymentsv1.BillingDetails) { b.Name = "4242424242424242" })),
	invalid("metadata of ours", `metadata["tillgate_operation"]`, source(func(r *paymentsv1.CreatePaymentMethodRequest) {
		r.Metadata = map[string]string{"tillgate_operation": "op_1"}
	})),
}
