package service_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

// A write of CustomerService answers with what the operation ended in, and says whether it is a replay, which holds no
// client secret.
func TestCustomerWrites(t *testing.T) {
	type answer interface {
		proto.Message
		GetReplayed() bool
	}
	customer, method := &paymentsv1.Customer{Id: "cus_1"}, &paymentsv1.PaymentMethod{Id: "pm_1", CustomerId: "cus_1"}
	setup := &paymentsv1.SetupIntent{Id: "seti_1", State: setupNeedsAction, NextAction: deposits()}
	payment := &paymentsv1.Payment{Id: "pi_1", State: needsAction, NextAction: deposits()}
	reads := &fakeCustomers{
		methods: []*paymentsv1.PaymentMethod{method}, setups: []*paymentsv1.SetupIntent{setup},
		payments: []*paymentsv1.Payment{payment},
	}
	for _, tt := range []struct {
		method   string
		resource proto.Message
		call     func(context.Context, *service.Customers) (answer, error)
		want     answer
	}{
		{
			paymentsv1.CustomerService_CreateCustomer_FullMethodName, customer,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.CreateCustomer(ctx, &paymentsv1.CreateCustomerRequest{})
			},
			&paymentsv1.CreateCustomerResponse{Customer: customer},
		},
		{
			paymentsv1.CustomerService_UpdateCustomer_FullMethodName, customer,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.UpdateCustomer(ctx, &paymentsv1.UpdateCustomerRequest{})
			},
			&paymentsv1.UpdateCustomerResponse{Customer: customer},
		},
		{
			paymentsv1.CustomerService_DeleteCustomer_FullMethodName, customer,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.DeleteCustomer(ctx, &paymentsv1.DeleteCustomerRequest{})
			},
			&paymentsv1.DeleteCustomerResponse{Customer: customer},
		},
		{
			paymentsv1.CustomerService_CreatePaymentMethod_FullMethodName, method,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.CreatePaymentMethod(ctx, &paymentsv1.CreatePaymentMethodRequest{})
			},
			&paymentsv1.CreatePaymentMethodResponse{PaymentMethod: method},
		},
		{
			paymentsv1.CustomerService_UpdatePaymentMethod_FullMethodName, method,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.UpdatePaymentMethod(ctx, &paymentsv1.UpdatePaymentMethodRequest{})
			},
			&paymentsv1.UpdatePaymentMethodResponse{PaymentMethod: method},
		},
		{
			paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName, method,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.AttachPaymentMethod(ctx, &paymentsv1.AttachPaymentMethodRequest{})
			},
			&paymentsv1.AttachPaymentMethodResponse{PaymentMethod: method},
		},
		{
			paymentsv1.CustomerService_DetachPaymentMethod_FullMethodName, method,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.DetachPaymentMethod(ctx, &paymentsv1.DetachPaymentMethodRequest{PaymentMethodId: "pm_1"})
			},
			&paymentsv1.DetachPaymentMethodResponse{PaymentMethod: method},
		},
		{
			paymentsv1.CustomerService_SetDefaultPaymentMethod_FullMethodName, customer,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.SetDefaultPaymentMethod(ctx, &paymentsv1.SetDefaultPaymentMethodRequest{})
			},
			&paymentsv1.SetDefaultPaymentMethodResponse{Customer: customer},
		},
		{
			paymentsv1.CustomerService_CreateSetupIntent_FullMethodName, setup,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.CreateSetupIntent(ctx, &paymentsv1.CreateSetupIntentRequest{})
			},
			&paymentsv1.CreateSetupIntentResponse{SetupIntent: setup},
		},
		{
			paymentsv1.CustomerService_ConfirmSetupIntent_FullMethodName, setup,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.ConfirmSetupIntent(ctx, &paymentsv1.ConfirmSetupIntentRequest{})
			},
			&paymentsv1.ConfirmSetupIntentResponse{SetupIntent: setup},
		},
		{
			paymentsv1.CustomerService_CancelSetupIntent_FullMethodName, setup,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.CancelSetupIntent(ctx, &paymentsv1.CancelSetupIntentRequest{})
			},
			&paymentsv1.CancelSetupIntentResponse{SetupIntent: setup},
		},
		{
			paymentsv1.CustomerService_VerifyMicrodeposits_FullMethodName, setup,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.VerifyMicrodeposits(ctx, verifySetup("seti_1"))
			},
			&paymentsv1.VerifyMicrodepositsResponse{
				Subject: &paymentsv1.VerifyMicrodepositsResponse_SetupIntent{SetupIntent: setup},
			},
		},
		{
			paymentsv1.CustomerService_VerifyMicrodeposits_FullMethodName, payment,
			func(ctx context.Context, s *service.Customers) (answer, error) {
				return s.VerifyMicrodeposits(auth.WithCaller(ctx, caller("checkout", toPay)), verifyPayment("pi_1"))
			},
			&paymentsv1.VerifyMicrodepositsResponse{
				Subject: &paymentsv1.VerifyMicrodepositsResponse_Payment{Payment: payment},
			},
		},
	} {
		t.Run(tt.method, func(t *testing.T) {
			for _, replayed := range []bool{false, true} {
				writes := &fakeEnsurer{fakeWriter: fakeWriter{
					outcome: operation.Outcome{Resource: tt.resource, Replayed: replayed, ClientSecret: "s"},
				}}
				got, err := tt.call(t.Context(), service.NewCustomers(writes, reads, false))
				if err != nil {
					t.Fatal(err)
				}
				want := proto.Clone(tt.want).ProtoReflect()
				fields := want.Descriptor().Fields()
				if secret := fields.ByName("client_secret"); secret != nil && !replayed {
					want.Set(secret, protoreflect.ValueOfString("s"))
				}
				if replayed {
					want.Set(fields.ByName("replayed"), protoreflect.ValueOfBool(true))
				}
				if !proto.Equal(got, want.Interface()) || writes.method != tt.method {
					t.Errorf("got %v of %s, want %v", got, writes.method, want)
				}
			}
			writes := &fakeEnsurer{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.Refund{}}}}
			if got, err := tt.call(t.Context(), service.NewCustomers(writes, reads, false)); err == nil {
				t.Errorf("got %v for a refund", got)
			}
		})
	}
}

// Whoever made the customer answers with it; whoever did not reads it, and begins anew where it is gone.
func TestEnsureCustomer(t *testing.T) {
	stored := &paymentsv1.Customer{Id: "cus_1", Name: "as it was made"}
	made := operation.Ensured{Made: true, Outcome: operation.Outcome{Resource: stored}}
	again := operation.Ensured{Made: true, ObjectID: "cus_2", Generation: 1}
	found := func(id string, generation int64) operation.Ensured {
		return operation.Ensured{ObjectID: id, Generation: generation}
	}
	there := &paymentsv1.Customer{Id: "cus_2", Name: "as it is now"}
	gone := &paymentsv1.Customer{Id: "cus_3", Deleted: true}
	down := errors.New("Stripe is down")
	for _, tt := range []struct {
		name    string
		answers []operation.Ensured
		err     error
		readErr error
		want    *paymentsv1.EnsureCustomerResponse
		wantErr error
		overs   []int64
		reads   int
	}{
		{
			"made",
			[]operation.Ensured{made},
			nil, nil,
			&paymentsv1.EnsureCustomerResponse{Customer: stored, Created: true}, nil,
			[]int64{0},
			0,
		},
		{
			"made before",
			[]operation.Ensured{again},
			nil, nil,
			&paymentsv1.EnsureCustomerResponse{Customer: there, Created: true, Replayed: true}, nil,
			[]int64{0},
			1,
		},
		{
			"found",
			[]operation.Ensured{found("cus_2", 4)},
			nil, nil,
			&paymentsv1.EnsureCustomerResponse{Customer: there}, nil,
			[]int64{0},
			1,
		},
		{
			"deleted, then made",
			[]operation.Ensured{found("cus_3", 4), made},
			nil, nil,
			&paymentsv1.EnsureCustomerResponse{Customer: stored, Created: true}, nil,
			[]int64{0, 4},
			1,
		},
		{
			"missing, then made by another",
			[]operation.Ensured{found("cus_4", 4), found("cus_2", 5)},
			nil, nil,
			&paymentsv1.EnsureCustomerResponse{Customer: there}, nil,
			[]int64{0, 4},
			2,
		},
		{
			"deleted three times, then made",
			[]operation.Ensured{found("cus_3", 4), found("cus_3", 5), found("cus_3", 6), made},
			nil, nil, &paymentsv1.EnsureCustomerResponse{Customer: stored, Created: true}, nil,
			[]int64{0, 4, 5, 6},
			3,
		},
		{
			"deleted without an end",
			[]operation.Ensured{found("cus_3", 4)},
			nil, nil, nil, apierr.InProgress("op_1"),
			[]int64{0, 4, 4, 4},
			4,
		},
		{"refused", nil, down, nil, nil, down, []int64{0}, 0},
		{"can not be read", []operation.Ensured{found("cus_2", 4)}, nil, down, nil, down, []int64{0}, 1},
		{"without an id", []operation.Ensured{found("", 4)}, nil, nil, nil, errAny, []int64{0}, 0},
		{
			"made a refund",
			[]operation.Ensured{{Made: true, Outcome: operation.Outcome{Resource: &paymentsv1.Refund{}}}},
			nil, nil, nil, errAny,
			[]int64{0},
			0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			writes := &fakeEnsurer{answers: tt.answers, err: tt.err}
			reads := &fakeCustomers{customers: []*paymentsv1.Customer{there, gone}, err: tt.readErr}
			ctx, info := call.New(t.Context(), "request-1")
			info.SetOperationID("op_1")
			got, err := service.NewCustomers(writes, reads, false).EnsureCustomer(ctx,
				&paymentsv1.EnsureCustomerRequest{Reference: "user-4711"})
			if !proto.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if !sameError(err, tt.wantErr) {
				t.Errorf("got %v, want %v", err, tt.wantErr)
			}
			if !equal(writes.overs, tt.overs) || len(reads.read) != tt.reads {
				t.Errorf("asked with %v over and read %v, want %v and %d reads", writes.overs, reads.read, tt.overs, tt.reads)
			}
			if writes.method != paymentsv1.CustomerService_EnsureCustomer_FullMethodName || writes.of != "user-4711" {
				t.Errorf("asked for %s of %s", writes.method, writes.of)
			}
		})
	}
}

// errAny stands for a fault of ours, whose words do not matter.
var errAny = errors.New("any")

// sameError compares errors of ours by reason and metadata.
func sameError(got, want error) bool {
	var g, w *apierr.Error
	if errors.As(want, &w) {
		return errors.As(got, &g) && g.Reason == w.Reason && g.Metadata["operation_id"] == w.Metadata["operation_id"]
	}
	return errors.Is(want, errAny) && got != nil || errors.Is(got, want)
}

func equal[T comparable](got, want []T) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i] != want[i] {
			return false
		}
	}
	return true
}

func TestCustomerReads(t *testing.T) {
	reads := &fakeCustomers{
		customers: []*paymentsv1.Customer{{Id: "cus_1"}, {Id: "cus_2", Deleted: true}},
		methods:   []*paymentsv1.PaymentMethod{{Id: "pm_1"}}, setups: []*paymentsv1.SetupIntent{{Id: "seti_1"}},
	}
	s := service.NewCustomers(&fakeEnsurer{}, reads, false)
	for _, id := range []string{"cus_1", "cus_2"} {
		customer, err := s.GetCustomer(t.Context(), &paymentsv1.GetCustomerRequest{CustomerId: id})
		if err != nil || customer.GetCustomer().GetId() != id {
			t.Errorf("got %v, %v", customer, err)
		}
	}
	method, err := s.GetPaymentMethod(t.Context(), &paymentsv1.GetPaymentMethodRequest{PaymentMethodId: "pm_1"})
	if err != nil || method.GetPaymentMethod().GetId() != "pm_1" {
		t.Errorf("got %v, %v", method, err)
	}
	setup, err := s.GetSetupIntent(t.Context(), &paymentsv1.GetSetupIntentRequest{SetupIntentId: "seti_1"})
	if err != nil || setup.GetSetupIntent().GetId() != "seti_1" {
		t.Errorf("got %v, %v", setup, err)
	}
	secret, err := s.GetSetupIntentClientSecret(t.Context(),
		&paymentsv1.GetSetupIntentClientSecretRequest{SetupIntentId: "seti_1"})
	if err != nil || secret.GetClientSecret() != "seti_1_secret_1" {
		t.Errorf("got %v, %v", secret, err)
	}
	for name, err := range map[string]error{
		"customer": second(s.GetCustomer(t.Context(), &paymentsv1.GetCustomerRequest{CustomerId: "cus_3"})),
		"method":   second(s.GetPaymentMethod(t.Context(), &paymentsv1.GetPaymentMethodRequest{PaymentMethodId: "pm_2"})),
		"setup":    second(s.GetSetupIntent(t.Context(), &paymentsv1.GetSetupIntentRequest{SetupIntentId: "seti_2"})),
		"secret": second(s.GetSetupIntentClientSecret(t.Context(),
			&paymentsv1.GetSetupIntentClientSecretRequest{SetupIntentId: "seti_2"})),
	} {
		if !isMissing(err) {
			t.Errorf("%s: got %v, want RESOURCE_MISSING", name, err)
		}
	}
}
