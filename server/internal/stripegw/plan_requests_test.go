package stripegw_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	createPlan      = paymentsv1.SubscriptionService_CreatePlan_FullMethodName
	updatePlan      = paymentsv1.SubscriptionService_UpdatePlan_FullMethodName
	finalizeInvoice = paymentsv1.SubscriptionService_FinalizeInvoice_FullMethodName
	payInvoice      = paymentsv1.SubscriptionService_PayInvoice_FullMethodName
	voidInvoice     = paymentsv1.SubscriptionService_VoidInvoice_FullMethodName

	previewStale = paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE
)

// gold is a plan with all that a caller can set.
func gold() *paymentsv1.Plan {
	return &paymentsv1.Plan{
		Name: "Gold", Description: "All of it", Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "EUR"},
		Interval: paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH, IntervalCount: 3, TrialDays: 14, LookupKey: "gold",
		Active: true, Metadata: map[string]string{"tier": "2"},
	}
}

// leastPlan is a plan with no more than it needs.
func leastPlan() *paymentsv1.CreatePlanRequest {
	return &paymentsv1.CreatePlanRequest{Plan: &paymentsv1.Plan{
		Name: "Free", Amount: &paymentsv1.Money{CurrencyCode: "usd"}, Interval: paymentsv1.PlanInterval_PLAN_INTERVAL_YEAR,
	}}
}

// fullCreatePlan is the successor of a plan.
func fullCreatePlan() *paymentsv1.CreatePlanRequest {
	plan := gold()
	plan.Name, plan.Description = "", ""
	return &paymentsv1.CreatePlanRequest{
		IdempotencyKey: "plan-gold-2", Plan: plan, ProductId: "prod_1", TransferLookupKey: true,
	}
}

// planUpdateOf changes the fields of price_1 that the mask names.
func planUpdateOf(plan *paymentsv1.Plan, paths ...string) *paymentsv1.UpdatePlanRequest {
	req := &paymentsv1.UpdatePlanRequest{IdempotencyKey: "plan-gold-3", PlanId: "price_1", Plan: plan}
	if len(paths) > 0 {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return req
}

func fullUpdatePlan() *paymentsv1.UpdatePlanRequest {
	req := planUpdateOf(gold(), "name", "description", "active", "lookup_key", "metadata")
	req.TransferLookupKey = true
	return req
}

// planRead is price_1 as it was read before a change.
func planRead() *paymentsv1.Plan { return &paymentsv1.Plan{Id: "price_1", ProductId: "prod_1"} }

func fullFinalize() *paymentsv1.FinalizeInvoiceRequest {
	return &paymentsv1.FinalizeInvoiceRequest{IdempotencyKey: "invoice-1-final", InvoiceId: "in_1", AutoAdvance: new(false)}
}

func fullPay() *paymentsv1.PayInvoiceRequest {
	return &paymentsv1.PayInvoiceRequest{
		IdempotencyKey: "invoice-1-pay-1", InvoiceId: "in_1", PaymentMethodId: "pm_1", PaidOutOfBand: true, OnSession: true,
	}
}

func fullVoid() *paymentsv1.VoidInvoiceRequest {
	return &paymentsv1.VoidInvoiceRequest{IdempotencyKey: "invoice-1-void", InvoiceId: "in_1"}
}

func fullListPlans() *paymentsv1.ListPlansRequest {
	return &paymentsv1.ListPlansRequest{ProductId: "prod_1", LookupKeys: []string{"gold", "silver"}, Active: new(false)}
}

func fullListInvoices() *paymentsv1.ListInvoicesRequest {
	return &paymentsv1.ListInvoicesRequest{
		CustomerId: "cus_1", SubscriptionId: "sub_1", State: paymentsv1.InvoiceState_INVOICE_STATE_OPEN,
		StartTime: &timestamppb.Timestamp{Seconds: 1700000000}, EndTime: &timestamppb.Timestamp{Seconds: 1800000000},
	}
}

// planned is a step as a test wants it: what is missing in it is written as `param<-path`.
type planned struct {
	name, endpoint string
	form           []string
	fills          []stripegw.Fill
}

// checkPlanned prepares an rpc that may take several steps.
func checkPlanned(t *testing.T, g *stripegw.Gateway, req, on proto.Message, want []planned) {
	t.Helper()
	before := proto.Clone(req)
	steps, err := g.Prepare(req, on, operationID)
	if err != nil {
		t.Fatalf("%v\n%s", err, visible(err))
	}
	got := make([]planned, len(steps))
	for i, step := range steps {
		got[i] = planned{step.Name, step.Request.String(), nil, step.Fills}
		if i >= len(want) {
			continue
		}
		got[i].form = want[i].form
		if form := query(t, step.Request.Form); !sameForm(form, pairs(want[i].form)) {
			t.Errorf("step %s sends %v, want %v", step.Name, form, pairs(want[i].form))
		}
	}
	checkEqual(t, want, got)
	if !proto.Equal(before, req) {
		t.Error("the request was changed")
	}
	for range 20 {
		again, err := g.Prepare(req, on, operationID)
		if err != nil {
			t.Fatal(err)
		}
		checkEqual(t, steps, again)
	}
}

// checkSame compares two messages.
func checkSame(t *testing.T, name string, want, got proto.Message) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
