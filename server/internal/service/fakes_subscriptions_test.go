package service_test

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// fakeSubscriptions is a Stripe with plans, subscriptions and invoices, the newest first, to which each change costs
// due.
type fakeSubscriptions struct {
	plans         []*paymentsv1.Plan
	subscriptions []*paymentsv1.Subscription
	invoices      []*paymentsv1.Invoice
	access        *paymentsv1.CheckAccessResponse
	due           *paymentsv1.Money
	prorationTime *timestamppb.Timestamp
	err           error

	previewed []*paymentsv1.PreviewPlanChangeRequest
}

func (r *fakeSubscriptions) GetPlan(_ context.Context, id string) (*paymentsv1.Plan, error) {
	return oneOf(r.plans, "plan", id, r.err)
}

func (r *fakeSubscriptions) PlanPage(
	_ context.Context, _ *paymentsv1.ListPlansRequest, after string, limit int,
) ([]*paymentsv1.Plan, bool, error) {
	return pageOf(r.plans, after, limit, r.err)
}

func (r *fakeSubscriptions) GetSubscription(_ context.Context, id string) (*paymentsv1.Subscription, error) {
	return oneOf(r.subscriptions, "subscription", id, r.err)
}

func (r *fakeSubscriptions) SubscriptionPage(
	_ context.Context, _ *paymentsv1.ListSubscriptionsRequest, after string, limit int,
) ([]*paymentsv1.Subscription, bool, error) {
	return pageOf(r.subscriptions, after, limit, r.err)
}

func (r *fakeSubscriptions) GetInvoice(_ context.Context, id string) (*paymentsv1.Invoice, error) {
	return oneOf(r.invoices, "invoice", id, r.err)
}

func (r *fakeSubscriptions) InvoicePage(
	_ context.Context, _ *paymentsv1.ListInvoicesRequest, after string, limit int,
) ([]*paymentsv1.Invoice, bool, error) {
	return pageOf(r.invoices, after, limit, r.err)
}

func (r *fakeSubscriptions) CheckAccess(
	context.Context, *paymentsv1.CheckAccessRequest,
) (*paymentsv1.CheckAccessResponse, error) {
	return r.access, r.err
}

func (r *fakeSubscriptions) PreviewPlanChange(
	_ context.Context, _ *paymentsv1.Subscription, req *paymentsv1.PreviewPlanChangeRequest,
) (*paymentsv1.Invoice, *timestamppb.Timestamp, error) {
	r.previewed = append(r.previewed, req)
	return &paymentsv1.Invoice{AmountDue: r.due}, r.prorationTime, r.err
}

// fakeOnWriter looks, and answers with what it was given. It knows every key where known says so, and does not look
// then.
type fakeOnWriter struct {
	fakeWriter

	known bool
	on    proto.Message
}

func (w *fakeOnWriter) DoOn(
	ctx context.Context, method string, _ operation.Request, look operation.Look,
) (operation.Outcome, error) {
	if !w.known {
		on, err := look(ctx)
		if err != nil {
			return operation.Outcome{}, err
		}
		w.on = on
	}
	w.method = method
	w.writes++
	return w.outcome, nil
}

// failingPreview refuses the plan of every change.
type failingPreview struct{ fakeSubscriptions }

func (*failingPreview) PreviewPlanChange(
	context.Context, *paymentsv1.Subscription, *paymentsv1.PreviewPlanChangeRequest,
) (*paymentsv1.Invoice, *timestamppb.Timestamp, error) {
	return nil, nil, apierr.InvalidField("changes[0].plan_id", "names a plan that does not exist")
}
