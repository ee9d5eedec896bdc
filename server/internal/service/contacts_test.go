package service_test

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/service"
)

// customerCalls are all calls that name the customer's field, or all of them, and one that names another.
func customerCalls(t *testing.T, customer *paymentsv1.Customer, field string) (naming []func(*service.Customers) error,
	other func(*service.Customers) error,
) {
	t.Helper()
	update := func(paths ...string) func(*service.Customers) error {
		req := &paymentsv1.UpdateCustomerRequest{Customer: customer}
		if len(paths) > 0 {
			req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
		}
		return func(s *service.Customers) error { return second(s.UpdateCustomer(t.Context(), req)) }
	}
	return []func(*service.Customers) error{
		func(s *service.Customers) error {
			return second(s.CreateCustomer(t.Context(), &paymentsv1.CreateCustomerRequest{Customer: customer}))
		},
		func(s *service.Customers) error {
			return second(s.EnsureCustomer(t.Context(), &paymentsv1.EnsureCustomerRequest{Customer: customer}))
		},
		update(), update("name", field),
	}, update("name")
}

// methodCalls are all calls that give these billing details, with the path of the field, and one that names another field.
func methodCalls(t *testing.T, billing *paymentsv1.BillingDetails) (naming map[string]func(*service.Customers) error,
	other func(*service.Customers) error,
) {
	t.Helper()
	update := func(path string) func(*service.Customers) error {
		return func(s *service.Customers) error {
			return second(s.UpdatePaymentMethod(t.Context(), &paymentsv1.UpdatePaymentMethodRequest{
				PaymentMethod: &paymentsv1.PaymentMethod{BillingDetails: billing},
				UpdateMask:    &fieldmaskpb.FieldMask{Paths: []string{path}},
			}))
		}
	}
	return map[string]func(*service.Customers) error{
		"billing_details": func(s *service.Customers) error {
			return second(s.CreatePaymentMethod(t.Context(), &paymentsv1.CreatePaymentMethodRequest{BillingDetails: billing}))
		},
		"payment_method.billing_details": update("billing_details"),
	}, update("metadata")
}

// on is the path of a field that is bad, or nothing.
func on(good bool, path string) string {
	if good {
		return ""
	}
	return path
}

// A telephone that Stripe has may be anything: it is looked at only where it is given anew.
func TestPhones(t *testing.T) {
	for _, tt := range []struct {
		phone string
		good  bool
	}{
		{"", true},
		{"+14155550123", true},
		{"(0228) 123-45.67", true},
		{"110", true},
		{"+", false},
		{"-110", false},
		{"++110", false},
		{"+1 415 555 0123 ext. 9", false},
		{"1-800-canary", false},
		{"+14155550123\n", false},
		{"110\n+14155550123", false},
		{"\u0664\u0662", false},
	} {
		for path, customer := range map[string]*paymentsv1.Customer{
			"phone":          {Phone: tt.phone},
			"shipping.phone": {Shipping: &paymentsv1.ShippingDetails{Phone: tt.phone}},
		} {
			field, _, _ := strings.Cut(path, ".")
			naming, other := customerCalls(t, customer, field)
			for _, call := range naming {
				checked(t, call, on(tt.good, "customer."+path), "canary", "4155550123")
			}
			checked(t, other, "")
		}
		naming, other := methodCalls(t, &paymentsv1.BillingDetails{Phone: tt.phone})
		for path, call := range naming {
			checked(t, call, on(tt.good, path+".phone"), "canary", "4155550123")
		}
		checked(t, other, "")
	}
}

func TestEmails(t *testing.T) {
	for _, tt := range []struct {
		email string
		good  bool
	}{
		{"", true},
		{"ada@example.com", true},
		{"ada.king+bills@mail.example.co.uk", true},
		{"O'Hara_1@example.com", true},
		{"canary", false},
		{"canary@", false},
		{"@example.com", false},
		{"canary@@example.com", false},
		{"can ary@example.com", false},
		{"canary@example.com ", false},
		{"canary@example.com\n", false},
		{"<canary@example.com>", false},
		{"Ada <canary@example.com>", false},
		{"canary@example.com (Ada)", false},
		{`"canary"@example.com`, false},
		{"ada@example.com, canary@example.com", false},
		{"canary@\u00e9xample.com", false},
		{"canary\u00e9@example.com", false},
	} {
		naming, other := customerCalls(t, &paymentsv1.Customer{Email: tt.email}, "email")
		for _, call := range naming {
			checked(t, call, on(tt.good, "customer.email"), "canary")
		}
		checked(t, other, "")
		ofMethod, other := methodCalls(t, &paymentsv1.BillingDetails{Email: tt.email})
		for path, call := range ofMethod {
			checked(t, call, on(tt.good, path+".email"), "canary")
		}
		checked(t, other, "")
	}
}

// The words say what is wanted, and nothing of what was sent.
func TestWordsOfContacts(t *testing.T) {
	for _, tt := range []struct {
		customer *paymentsv1.Customer
		want     string
	}{
		{&paymentsv1.Customer{Phone: "canary"}, "must be digits, spaces and + - . ( ), such as +14155550123"},
		{&paymentsv1.Customer{Email: "canary"}, "is no e-mail address"},
	} {
		s := service.NewCustomers(&fakeEnsurer{}, &fakeCustomers{}, false)
		err := apierr.From(second(s.CreateCustomer(t.Context(), &paymentsv1.CreateCustomerRequest{Customer: tt.customer})))
		if words := violations(err); len(words) != 1 || words[0] != tt.want {
			t.Errorf("got %q, want %q", words, tt.want)
		}
	}
}

func violations(e *apierr.Error) []string {
	var words []string
	for _, detail := range e.Details {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				words = append(words, v.GetDescription())
			}
		}
	}
	return words
}
