package service_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// fakeReader is a Stripe with payments and refunds, the newest first, that notes which pages were read.
type fakeReader struct {
	payments []*paymentsv1.Payment
	refunds  []*paymentsv1.Refund
	err      error

	reads  int
	limits []int
}

func (r *fakeReader) GetPayment(_ context.Context, id string) (*paymentsv1.Payment, error) {
	r.reads++
	if r.err != nil {
		return nil, r.err
	}
	for _, payment := range r.payments {
		if payment.GetId() == id {
			return payment, nil
		}
	}
	return nil, apierr.ResourceMissing("payment", id)
}

func (r *fakeReader) PaymentClientSecret(ctx context.Context, id string) (string, error) {
	_, err := r.GetPayment(ctx, id)
	return id + "_secret_1", err
}

func (r *fakeReader) PaymentPage(
	_ context.Context, _ *paymentsv1.ListPaymentsRequest, after string, limit int,
) ([]*paymentsv1.Payment, bool, error) {
	r.limits = append(r.limits, limit)
	return pageOf(r.payments, after, limit, r.err)
}

func (r *fakeReader) GetRefund(_ context.Context, id string) (*paymentsv1.Refund, error) {
	for _, refund := range r.refunds {
		if refund.GetId() == id {
			return refund, nil
		}
	}
	return nil, apierr.ResourceMissing("refund", id)
}

func (r *fakeReader) RefundPage(
	_ context.Context, _ *paymentsv1.ListRefundsRequest, after string, limit int,
) ([]*paymentsv1.Refund, bool, error) {
	r.limits = append(r.limits, limit)
	return pageOf(r.refunds, after, limit, r.err)
}

// pageOf is how Stripe pages.
func pageOf[T interface{ GetId() string }](all []T, after string, limit int, err error) ([]T, bool, error) {
	if err != nil {
		return nil, false, err
	}
	if after != "" {
		i := slices.IndexFunc(all, func(item T) bool { return item.GetId() == after })
		if i < 0 {
			return nil, false, apierr.InvalidField("page_token", "names an object that does not exist")
		}
		all = all[i+1:]
	}
	if len(all) <= limit {
		return all, false, nil
	}
	return all[:limit], true, nil
}

// fakeWriter runs the checks of a write and answers with what it was given.
type fakeWriter struct {
	outcome operation.Outcome
	method  string
	writes  int
}

func (w *fakeWriter) Do(
	ctx context.Context, method string, _ operation.Request, checks ...operation.Check,
) (operation.Outcome, error) {
	for _, check := range checks {
		if err := check(ctx); err != nil {
			return operation.Outcome{}, err
		}
	}
	w.method = method
	w.writes++
	return w.outcome, nil
}

// manyPayments are payments with ids that count down, whose states go round.
func manyPayments(n int, states ...paymentsv1.PaymentState) []*paymentsv1.Payment {
	payments := make([]*paymentsv1.Payment, 0, n)
	for i := range n {
		payments = append(payments, &paymentsv1.Payment{
			Id: fmt.Sprintf("pi_%05d", n-i), State: states[i%len(states)], Amount: usd(1000),
		})
	}
	return payments
}

func usd(minorUnits int64) *paymentsv1.Money {
	return &paymentsv1.Money{MinorUnits: minorUnits, CurrencyCode: "USD"}
}

// refused wants INVALID_FIELD on this field.
func refused(t *testing.T, err error, field string) {
	t.Helper()
	var e *apierr.Error
	if !errors.As(err, &e) || e.Reason != paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD ||
		e.Metadata["field"] != field {
		t.Errorf("got %v, want INVALID_FIELD on %s", err, field)
		return
	}
	if !slices.ContainsFunc(e.Details, func(d proto.Message) bool { _, ok := d.(*errdetails.BadRequest); return ok }) {
		t.Errorf("%v has no BadRequest", err)
	}
}
