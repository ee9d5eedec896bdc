package service_test

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// fakeCustomers is a Stripe with customers, their methods, setup intents and payments, the newest first.
type fakeCustomers struct {
	customers []*paymentsv1.Customer
	methods   []*paymentsv1.PaymentMethod
	setups    []*paymentsv1.SetupIntent
	payments  []*paymentsv1.Payment
	err       error

	read   []string
	limits []int
}

func (r *fakeCustomers) GetCustomer(_ context.Context, id string) (*paymentsv1.Customer, error) {
	r.read = append(r.read, id)
	return oneOf(r.customers, "customer", id, r.err)
}

func (r *fakeCustomers) CustomerPage(
	_ context.Context, _ *paymentsv1.ListCustomersRequest, after string, limit int,
) ([]*paymentsv1.Customer, bool, error) {
	r.limits = append(r.limits, limit)
	return pageOf(r.customers, after, limit, r.err)
}

func (r *fakeCustomers) GetPaymentMethod(_ context.Context, id string) (*paymentsv1.PaymentMethod, error) {
	return oneOf(r.methods, "payment_method", id, r.err)
}

func (r *fakeCustomers) PaymentMethodPage(
	_ context.Context, _ *paymentsv1.ListPaymentMethodsRequest, after string, limit int,
) ([]*paymentsv1.PaymentMethod, bool, error) {
	r.limits = append(r.limits, limit)
	return pageOf(r.methods, after, limit, r.err)
}

func (r *fakeCustomers) GetSetupIntent(_ context.Context, id string) (*paymentsv1.SetupIntent, error) {
	return oneOf(r.setups, "setup_intent", id, r.err)
}

func (r *fakeCustomers) GetPayment(_ context.Context, id string) (*paymentsv1.Payment, error) {
	return oneOf(r.payments, "payment", id, r.err)
}

func (r *fakeCustomers) SetupIntentClientSecret(ctx context.Context, id string) (string, error) {
	_, err := r.GetSetupIntent(ctx, id)
	return id + "_secret_1", err
}

// oneOf is how Stripe reads.
func oneOf[T interface{ GetId() string }](all []T, kind, id string, err error) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	for _, item := range all {
		if item.GetId() == id {
			return item, nil
		}
	}
	return none, apierr.ResourceMissing(kind, id)
}

// fakeEnsurer answers each Ensure in turn, the last one from then on, and notes which generations were said to be over.
type fakeEnsurer struct {
	fakeWriter

	answers []operation.Ensured
	err     error
	overs   []int64
	of      string
}

func (w *fakeEnsurer) Ensure(
	_ context.Context, method string, _ operation.Request, reference string, over int64,
) (operation.Ensured, error) {
	w.method, w.of = method, reference
	w.overs = append(w.overs, over)
	if w.err != nil {
		return operation.Ensured{}, w.err
	}
	return w.answers[min(len(w.overs), len(w.answers))-1], nil
}
