package service_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

// checked makes a call and says whether it was written. A refused one is never written, and repeats nothing.
func checked(t *testing.T, call func(*service.Customers) error, field string, secrets ...string) {
	t.Helper()
	writes := &fakeEnsurer{
		fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.Customer{}}},
		answers:    []operation.Ensured{{Made: true, Outcome: operation.Outcome{Resource: &paymentsv1.Customer{}}}},
	}
	err := call(service.NewCustomers(writes, &fakeCustomers{}, false))
	written := writes.writes + len(writes.overs)
	if field == "" {
		if written != 1 {
			t.Errorf("it was not written: %v", err)
		}
		return
	}
	refused(t, err, field)
	if written != 0 {
		t.Error("it was written all the same")
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%v repeats what was sent", err)
		}
	}
}

func in(region string) *paymentsv1.Address { return &paymentsv1.Address{RegionCode: region} }

func locales(tags ...string) *paymentsv1.Customer {
	return &paymentsv1.Customer{PreferredLocales: tags}
}

func TestCountriesAndLocales(t *testing.T) {
	for _, tt := range []struct {
		name     string
		customer *paymentsv1.Customer
		field    string
	}{
		{"none", nil, ""},
		{"empty", &paymentsv1.Customer{Address: in(""), Shipping: &paymentsv1.ShippingDetails{}}, ""},
		{"a country", &paymentsv1.Customer{Address: in("US")}, ""},
		{"in small letters", &paymentsv1.Customer{Address: in("de")}, ""},
		{"Kosovo", &paymentsv1.Customer{Address: in("XK")}, ""},
		{"no country", &paymentsv1.Customer{Address: in("QQ")}, "customer.address.region_code"},
		{"a private name", &paymentsv1.Customer{Address: in("XA")}, "customer.address.region_code"},
		{"nowhere", &paymentsv1.Customer{Address: in("ZZ")}, "customer.address.region_code"},
		{"everywhere", &paymentsv1.Customer{Address: in("EU")}, "customer.address.region_code"},
		{"UK is none", &paymentsv1.Customer{Address: in("UK")}, "customer.address.region_code"},
		{"one of yesterday", &paymentsv1.Customer{Address: in("DD")}, "customer.address.region_code"},
		{
			"where goods go", &paymentsv1.Customer{
				Address: in("US"), Shipping: &paymentsv1.ShippingDetails{Address: in("QQ")},
			},
			"customer.shipping.address.region_code",
		},
		{"languages", locales("en", "pt-BR", "zh-Hant", "de-AT", "EN-us", "es-419", "yue"), ""},
		{"no language", locales("en", "qz"), "customer.preferred_locales[1]"},
		{"no region", locales("en", "de", "en-JX"), "customer.preferred_locales[2]"},
		{"a word", locales("english"), "customer.preferred_locales[0]"},
		{"nothing but a region", locales("und-US"), "customer.preferred_locales[0]"},
		{"undetermined", locales("und"), "customer.preferred_locales[0]"},
		{"a private one", locales("x-klingon"), "customer.preferred_locales[0]"},
		{"dashes", locales("--"), "customer.preferred_locales[0]"},
		{"a dash behind", locales("en-"), "customer.preferred_locales[0]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, call := range []func(*service.Customers) error{
				func(s *service.Customers) error {
					return second(s.CreateCustomer(t.Context(), &paymentsv1.CreateCustomerRequest{Customer: tt.customer}))
				},
				func(s *service.Customers) error {
					return second(s.EnsureCustomer(t.Context(), &paymentsv1.EnsureCustomerRequest{Customer: tt.customer}))
				},
				func(s *service.Customers) error {
					return second(s.UpdateCustomer(t.Context(), &paymentsv1.UpdateCustomerRequest{Customer: tt.customer}))
				},
				func(s *service.Customers) error {
					return second(s.UpdateCustomer(t.Context(), &paymentsv1.UpdateCustomerRequest{
						Customer:   tt.customer,
						UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "address", "shipping", "preferred_locales"}},
					}))
				},
			} {
				checked(t, call, tt.field)
			}
			checked(t, func(s *service.Customers) error {
				return second(s.UpdateCustomer(t.Context(), &paymentsv1.UpdateCustomerRequest{
					Customer: tt.customer, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name"}},
				}))
			}, "") // What the mask does not name is passed over.
		})
	}
}

func TestCountriesOfPaymentMethods(t *testing.T) {
	nowhere := &paymentsv1.BillingDetails{Address: in("QQ")}
	update := func(paths ...string) func(*service.Customers) error {
		req := &paymentsv1.UpdatePaymentMethodRequest{PaymentMethod: &paymentsv1.PaymentMethod{BillingDetails: nowhere}}
		if len(paths) > 0 {
			req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
		}
		return func(s *service.Customers) error { return second(s.UpdatePaymentMethod(context.Background(), req)) }
	}
	checked(t, update(), "payment_method.billing_details.address.region_code")
	checked(t, update("billing_details"), "payment_method.billing_details.address.region_code")
	checked(t, update("metadata"), "")
	checked(t, func(s *service.Customers) error {
		return second(s.CreatePaymentMethod(t.Context(), &paymentsv1.CreatePaymentMethodRequest{BillingDetails: nowhere}))
	}, "billing_details.address.region_code")
}

// A month or a year of 0 is one that is not given: what that means is the gateway's to say.
func TestExpiry(t *testing.T) {
	const month, year = "details.card.expiry_month", "details.card.expiry_year"
	for _, tt := range []struct {
		month, year int32
		mask        []string
		field       string
	}{
		{1, 2039, nil, ""},
		{12, 2039, []string{month, year}, ""},
		{0, 2039, nil, ""},
		{13, 2039, nil, month},
		{-1, 2039, nil, month},
		{13, 2039, []string{month}, month},
		{13, 2039, []string{year}, ""},
		{1, 39, nil, year},
		{1, -2039, nil, year},
		{1, 20390, []string{year}, year},
		{1, 39, []string{month}, ""},
		{1, 0, nil, ""},
	} {
		field := tt.field
		if field != "" {
			field = "payment_method." + field
		}
		checked(t, func(s *service.Customers) error {
			return second(s.UpdatePaymentMethod(t.Context(), &paymentsv1.UpdatePaymentMethodRequest{
				PaymentMethod: &paymentsv1.PaymentMethod{Details: &paymentsv1.PaymentMethodDetails{
					Method: &paymentsv1.PaymentMethodDetails_Card{
						Card: &paymentsv1.CardDetails{ExpiryMonth: tt.month, ExpiryYear: tt.year},
					},
				}},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: tt.mask},
			}))
		}, field)
	}
}

// A time that is none, or at which nobody agreed, is refused by each rpc that takes what a customer agreed to.
func TestTimesOfAcceptance(t *testing.T) {
	const field = "mandate_acceptance.accept_time"
	at := func(seconds int64, nanos int32) *paymentsv1.MandateAcceptance {
		return &paymentsv1.MandateAcceptance{AcceptTime: &timestamppb.Timestamp{Seconds: seconds, Nanos: nanos}}
	}
	const hour, newYear2000 = 3600, 946_684_800
	now := time.Now().Unix()
	for _, bad := range []*paymentsv1.MandateAcceptance{
		at(1_700_000_000, -1), at(1<<62, 0), at(0, 0), at(newYear2000-1, 0), at(now+25*hour, 0), at(now+1_000_000*hour, 0),
	} {
		checked(t, func(s *service.Customers) error {
			return second(s.CreateSetupIntent(t.Context(), &paymentsv1.CreateSetupIntentRequest{MandateAcceptance: bad}))
		}, field)
		checked(t, func(s *service.Customers) error {
			return second(s.ConfirmSetupIntent(t.Context(), &paymentsv1.ConfirmSetupIntentRequest{MandateAcceptance: bad}))
		}, field)
		writes := &fakeWriter{}
		s := service.NewPayments(writes, &fakeReader{}, nil)
		refused(t, second(s.CreatePayment(t.Context(), &paymentsv1.CreatePaymentRequest{MandateAcceptance: bad})), field)
		refused(t, second(s.ConfirmPayment(t.Context(), &paymentsv1.ConfirmPaymentRequest{MandateAcceptance: bad})), field)
		if writes.writes != 0 {
			t.Error("it was written all the same")
		}
	}
	for _, good := range []*paymentsv1.MandateAcceptance{nil, {}, at(1_700_000_000, 5), at(newYear2000, 0), at(now+23*hour, 0)} {
		checked(t, func(s *service.Customers) error {
			return second(s.CreateSetupIntent(t.Context(), &paymentsv1.CreateSetupIntentRequest{MandateAcceptance: good}))
		}, "")
	}
}

func TestNumbersOfBankAccounts(t *testing.T) {
	for _, tt := range []struct {
		iban string
		good bool
	}{
		{"DE89370400440532013000", true},
		{"DE89 3704 0044 0532 0130 00", true},
		{"de89370400440532013000", true},
		{"FR1420041010050500013M02606", true},
		{"NO9386011117947", true},
		{"MT84MALT011000012345MTLCAST001S", true},
		{"DE62370400440532013001", true},
		{"gb29 NWBK 6016 1331 9268 19", true},
		{"AL47212110090000000235698741", true},
		{"US64SVBKUS6S3300958879", false},
		{"TR330006100519786457841326", false},
		{"us64 svbk us6s 3300 9588 79", false},
		{"DE89370400440532013001", false},
		{"DE98370400440532013000", false},
		{"DE8937040044053201300", false},
		{"DE89370400440532013000 0", false},
		{"DE89", false},
		{"DE89                                    ", false},
		{"NO938601111794", false},
		{"DE89-3704-0044-0532-0130-00", false},
		{"4242424242424242", false},
	} {
		field := ""
		if !tt.good {
			field = "sepa_debit.iban"
		}
		checked(t, func(s *service.Customers) error {
			return second(s.CreatePaymentMethod(t.Context(), &paymentsv1.CreatePaymentMethodRequest{
				Source: &paymentsv1.CreatePaymentMethodRequest_SepaDebit{
					SepaDebit: &paymentsv1.CreatePaymentMethodRequest_SepaDebitSource{Iban: tt.iban},
				},
			}))
		}, field, tt.iban)
	}
	for _, tt := range []struct {
		routing string
		good    bool
	}{
		{"110000000", true},
		{"021000021", true},
		{"122105155", true},
		{"110000001", false},
		{"012000021", false},
		{"000000000", false},
		{"11000000", false},
		{"11000000x", false},
	} {
		field := ""
		if !tt.good {
			field = "us_bank_account.routing_number"
		}
		checked(t, func(s *service.Customers) error {
			return second(s.CreatePaymentMethod(t.Context(), &paymentsv1.CreatePaymentMethodRequest{
				Source: &paymentsv1.CreatePaymentMethodRequest_UsBankAccount{
					UsBankAccount: &paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource{
						AccountNumber: "000123456789", RoutingNumber: tt.routing, AccountHolderType: "individual",
					},
				},
			}))
		}, field, tt.routing, "000123456789")
	}
}
