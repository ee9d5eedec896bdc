package proof_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	customers    = "/v1/customers"
	methods      = "/v1/payment_methods"
	setupIntents = "/v1/setup_intents"
)

// jobs are all of them.
func jobs() []job { return slices.Concat(customerJobs, paymentJobs, subscriptionJobs) }

// comesTo is whether a server can come to a crash point by the job's way.
func (j job) comesTo(point string) bool {
	change, _, _ := strings.Cut(point, ".")
	switch {
	case change == "step" || change == "advance":
		return j.steps
	case point == "recover.looked":
		return !j.deletes && !j.hidden
	default:
		return true
	}
}

// customerJobs are those of CustomerService.
var customerJobs = []job{
	{name: "CreateCustomer", prepare: func(_ *testing.T, s *stripe, key string) prepared {
		request := &paymentsv1.CreateCustomerRequest{IdempotencyKey: key, Customer: &paymentsv1.Customer{Name: "Jo"}}
		return prepared{
			ask:   customerRPC(tillgate.CreateCustomer, (*paymentsv1.CreateCustomerResponse).GetCustomer, request),
			check: s.oneCustomer("name", "Jo"),
		}
	}},
	{name: "EnsureCustomer", prepare: func(_ *testing.T, s *stripe, key string) prepared {
		request := &paymentsv1.EnsureCustomerRequest{
			IdempotencyKey: key, Reference: "user-4711", Customer: &paymentsv1.Customer{Name: "Jo"},
		}
		return prepared{
			ask:   customerRPC(tillgate.EnsureCustomer, (*paymentsv1.EnsureCustomerResponse).GetCustomer, request),
			check: s.oneCustomer("name", "Jo"),
		}
	}},
	{name: "UpdateCustomer", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		request := &paymentsv1.UpdateCustomerRequest{
			IdempotencyKey: key, CustomerId: s.make(t, customers, "name", "Jo"), Customer: &paymentsv1.Customer{Name: "Joan"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name"}},
		}
		return prepared{
			ask:   customerRPC(tillgate.UpdateCustomer, (*paymentsv1.UpdateCustomerResponse).GetCustomer, request),
			check: s.oneCustomer("name", "Joan"),
		}
	}},
	{name: "DeleteCustomer", deletes: true, prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.make(t, customers)
		request := &paymentsv1.DeleteCustomerRequest{IdempotencyKey: key, CustomerId: id}
		return prepared{
			ask:   customerRPC(tillgate.DeleteCustomer, (*paymentsv1.DeleteCustomerResponse).GetCustomer, request),
			check: s.shows(customers+"/"+id, "deleted", true),
		}
	}},
	{name: "CreatePaymentMethod", hidden: true, prepare: func(_ *testing.T, s *stripe, key string) prepared {
		request := &paymentsv1.CreatePaymentMethodRequest{
			IdempotencyKey: key, Source: &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: "tok_visa"},
		}
		return prepared{
			ask: customerRPC(
				tillgate.CreatePaymentMethod, (*paymentsv1.CreatePaymentMethodResponse).GetPaymentMethod, request),
			check: func(t *testing.T, answer reply) {
				t.Helper()
				s.shows(methods+"/"+answer.id(), "type", "card")(t, answer)
			},
		}
	}},
	{name: "AttachPaymentMethod", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id, customer := s.card(t), s.make(t, customers)
		request := &paymentsv1.AttachPaymentMethodRequest{IdempotencyKey: key, PaymentMethodId: id, CustomerId: customer}
		return prepared{
			ask: customerRPC(
				tillgate.AttachPaymentMethod, (*paymentsv1.AttachPaymentMethodResponse).GetPaymentMethod, request),
			check: s.shows(methods+"/"+id, "customer", customer),
		}
	}},
	{name: "DetachPaymentMethod", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id, _ := s.attached(t)
		request := &paymentsv1.DetachPaymentMethodRequest{IdempotencyKey: key, PaymentMethodId: id}
		return prepared{
			ask: customerRPC(
				tillgate.DetachPaymentMethod, (*paymentsv1.DetachPaymentMethodResponse).GetPaymentMethod, request),
			check: s.shows(methods+"/"+id, "customer", nil),
		}
	}},
	{name: "UpdatePaymentMethod", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id, _ := s.attached(t)
		request := &paymentsv1.UpdatePaymentMethodRequest{
			IdempotencyKey: key, PaymentMethodId: id, PaymentMethod: &paymentsv1.PaymentMethod{
				Metadata: map[string]string{"order": "1"},
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"metadata"}},
		}
		return prepared{
			ask: customerRPC(
				tillgate.UpdatePaymentMethod, (*paymentsv1.UpdatePaymentMethodResponse).GetPaymentMethod, request),
			check: s.shows(methods+"/"+id, "metadata.order", "1"),
		}
	}},
	{name: "SetDefaultPaymentMethod", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id, customer := s.attached(t)
		request := &paymentsv1.SetDefaultPaymentMethodRequest{IdempotencyKey: key, CustomerId: customer, PaymentMethodId: id}
		return prepared{
			ask: customerRPC(
				tillgate.SetDefaultPaymentMethod, (*paymentsv1.SetDefaultPaymentMethodResponse).GetCustomer, request),
			check: s.shows(customers+"/"+customer, "invoice_settings.default_payment_method", id),
		}
	}},
	{name: "CreateSetupIntent", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		customer := s.make(t, customers)
		request := &paymentsv1.CreateSetupIntentRequest{
			IdempotencyKey: key, CustomerId: customer, PaymentMethodId: "pm_card_visa", Confirm: true,
		}
		return prepared{
			ask: customerRPC(
				tillgate.CreateSetupIntent, (*paymentsv1.CreateSetupIntentResponse).GetSetupIntent, request),
			check: s.oneMethodOf(customer),
		}
	}},
	{name: "ConfirmSetupIntent", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.setup(t)
		request := &paymentsv1.ConfirmSetupIntentRequest{IdempotencyKey: key, SetupIntentId: id}
		return prepared{
			ask: customerRPC(
				tillgate.ConfirmSetupIntent, (*paymentsv1.ConfirmSetupIntentResponse).GetSetupIntent, request),
			check: s.shows(setupIntents+"/"+id, "status", "succeeded"),
		}
	}},
	{name: "CancelSetupIntent", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.setup(t)
		request := &paymentsv1.CancelSetupIntentRequest{IdempotencyKey: key, SetupIntentId: id}
		return prepared{
			ask: customerRPC(
				tillgate.CancelSetupIntent, (*paymentsv1.CancelSetupIntentResponse).GetSetupIntent, request),
			check: s.shows(setupIntents+"/"+id, "status", "canceled"),
		}
	}},
	{name: "VerifyMicrodeposits", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		account := s.make(t, methods, "type", "us_bank_account", "us_bank_account[account_number]", "000123456789",
			"us_bank_account[routing_number]", "110000000", "us_bank_account[account_holder_type]", "individual",
			"billing_details[name]", "Jo")
		id := s.make(t, setupIntents, "payment_method_types[]", "us_bank_account", "payment_method", account, "confirm", "true",
			"mandate_data[customer_acceptance][type]", "offline", "customer", s.make(t, customers))
		request := &paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: key, Amounts: []int32{32, 45},
			Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: id},
		}
		return prepared{
			ask: customerRPC(
				tillgate.VerifyMicrodeposits, (*paymentsv1.VerifyMicrodepositsResponse).GetSetupIntent, request),
			check: s.shows(setupIntents+"/"+id, "status", "succeeded"),
		}
	}},
}

// card makes a card that belongs to nobody.
func (s *stripe) card(t *testing.T) string {
	t.Helper()
	return s.make(t, methods, "type", "card", "card[token]", "tok_visa")
}

// attached makes a card of a new customer.
func (s *stripe) attached(t *testing.T) (id, customer string) {
	t.Helper()
	id, customer = s.card(t), s.make(t, customers)
	s.make(t, methods+"/"+id+"/attach", "customer", customer)
	return id, customer
}

// setup makes a setup intent that is ready to be confirmed.
func (s *stripe) setup(t *testing.T) string {
	t.Helper()
	return s.make(t, setupIntents, "payment_method_types[]", "card", "payment_method", "pm_card_visa")
}

// shows checks a field of an object at Stripe, or one within another (`metadata.order`).
func (s *stripe) shows(path, field string, want any) func(*testing.T, reply) {
	return func(t *testing.T, _ reply) {
		t.Helper()
		var got any
		if err := s.exchange(http.MethodGet, path, "", nil, &got); err != nil {
			t.Fatal(err)
		}
		for name := range strings.SplitSeq(field, ".") {
			object, _ := got.(map[string]any) // Of what is no object, every field is nil.
			got = object[name]
		}
		if got != want {
			t.Errorf("%s has the %s %v, want %v", path, field, got, want)
		}
	}
}

// oneCustomer checks that there is one customer at Stripe, and what it looks like.
func (s *stripe) oneCustomer(field, want string) func(*testing.T, reply) {
	return func(t *testing.T, answer reply) {
		t.Helper()
		s.one(t, customers+"?limit=100", answer.id())
		s.shows(customers+"/"+answer.id(), field, want)(t, answer)
	}
}

// oneMethodOf checks that a customer has one payment method.
func (s *stripe) oneMethodOf(customer string) func(*testing.T, reply) {
	return func(t *testing.T, _ reply) {
		t.Helper()
		s.one(t, customers+"/"+customer+"/payment_methods", "")
	}
}

// one checks that a list holds one object, with this id if it is not empty.
func (s *stripe) one(t *testing.T, path, id string) {
	t.Helper()
	var list struct {
		Data []struct{ ID string } `json:"data"`
	}
	if err := s.exchange(http.MethodGet, path, "", nil, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Data) != 1 || id != "" && list.Data[0].ID != id {
		t.Errorf("%s holds %v, want one", path, list.Data)
	}
}
