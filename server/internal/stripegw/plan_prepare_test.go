package stripegw_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

func sameForm(a, b url.Values) bool { return cmp.Equal(a, b) }

// checkEqual compares what was prepared.
func checkEqual[T any](t *testing.T, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(planned{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// goldForm is what is sent of the price of gold().
var goldForm = []string{
	"unit_amount=2000", "currency=eur", "recurring[interval]=month", "recurring[interval_count]=3",
	"recurring[trial_period_days]=14", "lookup_key=gold", "metadata[tier]=2", "metadata[tillgate_lookup_key]=gold", ours,
	"expand[0]=product",
}

func TestPreparePlans(t *testing.T) {
	const (
		prices, products = "POST /v1/prices", "POST /v1/products"
		price1           = "POST /v1/prices/price_1"
		product1         = "POST /v1/products/prod_1"
	)
	whole := []string{"expand[0]=product"}
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name string
		req  proto.Message
		on   proto.Message
		want []planned
	}{
		{"the least", leastPlan(), nil, []planned{
			{"product", products, []string{"name=Free", ours}, nil},
			{
				"1", prices,
				[]string{"unit_amount=0", "currency=usd", "recurring[interval]=year", ours, "expand[0]=product"},
				[]stripegw.Fill{{Param: "product", From: "id"}},
			},
		}},
		{"all of it", &paymentsv1.CreatePlanRequest{Plan: gold()}, nil, []planned{
			{"product", products, []string{"name=Gold", "description=All of it", ours}, nil},
			{"1", prices, goldForm, []stripegw.Fill{{Param: "product", From: "id"}}},
		}},
		{"a successor", fullCreatePlan(), nil, []planned{
			{"1", prices, append(slices.Clone(goldForm), "product=prod_1", "transfer_lookup_key=true"), nil},
		}},
		{"an update of all", fullUpdatePlan(), planRead(), []planned{
			{"product", product1, []string{"name=Gold", "description=All of it"}, nil},
			{"1", price1, []string{
				"active=true", "lookup_key=gold", "metadata[tillgate_lookup_key]=gold", "metadata[tier]=2",
				"transfer_lookup_key=true", "expand[0]=product",
			}, nil},
		}},
		{"an update of all that is set", planUpdateOf(gold()), planRead(), []planned{
			{"product", product1, []string{"name=Gold", "description=All of it"}, nil},
			{"1", price1, []string{
				"active=true", "lookup_key=gold", "metadata[tillgate_lookup_key]=gold", "metadata[tier]=2", "expand[0]=product",
			}, nil},
		}},
		{"a name", planUpdateOf(gold(), "name"), planRead(), []planned{
			{"product", product1, []string{"name=Gold"}, nil}, {"1", price1, whole, nil},
		}},
		{"no description", planUpdateOf(&paymentsv1.Plan{}, "description"), planRead(), []planned{
			{"product", product1, []string{"description="}, nil}, {"1", price1, whole, nil},
		}},
		{"archived", planUpdateOf(&paymentsv1.Plan{}, "active"), planRead(), []planned{
			{"1", price1, []string{"active=false", "expand[0]=product"}, nil},
		}},
		{"no lookup key", planUpdateOf(&paymentsv1.Plan{}, "lookup_key"), nil, []planned{
			{"1", price1, []string{"lookup_key=", "metadata[tillgate_lookup_key]=", "expand[0]=product"}, nil},
		}},
		{"a pair", planUpdateOf(&paymentsv1.Plan{Metadata: map[string]string{"old": ""}}, "metadata"), nil, []planned{
			{"1", price1, []string{"metadata[old]=", "expand[0]=product"}, nil},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkPlanned(t, g, tt.req, tt.on, tt.want) })
	}
}

// TestPreparePlansRefuses: what Stripe would surely refuse, and what never changes, is named.
func TestPreparePlansRefuses(t *testing.T) {
	const never = "never changes at Stripe: create a successor"
	edited := func(edit func(plan *paymentsv1.Plan)) proto.Message {
		plan := gold()
		edit(plan)
		return &paymentsv1.CreatePlanRequest{Plan: plan}
	}
	amount := func(units int64, currency string) proto.Message {
		return edited(func(plan *paymentsv1.Plan) {
			plan.Amount = &paymentsv1.Money{MinorUnits: units, CurrencyCode: currency}
		})
	}
	transfer := planUpdateOf(gold(), "name")
	transfer.TransferLookupKey = true
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name        string
		req         proto.Message
		field, says string
	}{
		{"no plan", &paymentsv1.CreatePlanRequest{}, "plan.amount", "required"},
		{"no amount", edited(func(p *paymentsv1.Plan) { p.Amount = nil }), "plan.amount", "required"},
		{"a negative amount", amount(-1, "USD"), "plan.amount.minor_units", "negative"},
		{"too much", amount(100_000_000, "USD"), "plan.amount.minor_units", "at most 99999999"},
		{"no currency", amount(1, ""), "plan.amount.currency_code", "not a currency"},
		{"an unknown currency, for nothing", amount(0, "XXX"), "plan.amount.currency_code", "not a currency"},
		{"no interval", edited(func(p *paymentsv1.Plan) { p.Interval = 0 }), "plan.interval", "required"},
		{"an unknown interval", edited(func(p *paymentsv1.Plan) { p.Interval = 99 }), "plan.interval", "PlanInterval"},
		{"no name", edited(func(p *paymentsv1.Plan) { p.Name = "" }), "plan.name", "required without product_id"},
		{"no plan to update", &paymentsv1.UpdatePlanRequest{Plan: gold()}, "plan_id", "required"},
		{"nothing changed", planUpdateOf(&paymentsv1.Plan{Id: "price_1"}), "update_mask", "the plan has no field set"},
		{"an amount", planUpdateOf(gold(), "amount"), "update_mask", "`amount`, which " + never},
		{"a part of an amount", planUpdateOf(gold(), "amount.minor_units"), "update_mask", never},
		{"a currency", planUpdateOf(gold(), "currency_code"), "update_mask", never},
		{"an interval", planUpdateOf(gold(), "name", "interval"), "update_mask", "`interval`, which " + never},
		{"a count", planUpdateOf(gold(), "interval_count"), "update_mask", never},
		{"a trial", planUpdateOf(gold(), "trial_days"), "update_mask", never},
		{"a usage", planUpdateOf(gold(), "usage"), "update_mask", never},
		{"an id", planUpdateOf(gold(), "id"), "update_mask", "output only"},
		{"all of it", planUpdateOf(gold(), "*"), "update_mask", "`*`"},
		{"no name any more", planUpdateOf(&paymentsv1.Plan{}, "name"), "update_mask", "can not be cleared"},
		{"no pair", planUpdateOf(&paymentsv1.Plan{}, "metadata"), "update_mask", "with an empty value"},
		{"a key that is not taken", transfer, "transfer_lookup_key", "lookup_key"},
		{"M-59 our own pair", planUpdateOf(&paymentsv1.Plan{Metadata: map[string]string{
			"tillgate_operation": "",
		}}), `plan.metadata["tillgate_operation"]`, "Tillgate's own"},
		{"our own pair of the lookup key", planUpdateOf(&paymentsv1.Plan{Metadata: map[string]string{
			"tillgate_lookup_key": "gold",
		}}), `plan.metadata["tillgate_lookup_key"]`, "Tillgate's own"},
		{"no invoice to finalize", &paymentsv1.FinalizeInvoiceRequest{}, "invoice_id", "required"},
		{"no invoice to pay", &paymentsv1.PayInvoiceRequest{}, "invoice_id", "required"},
		{"no invoice to void", &paymentsv1.VoidInvoiceRequest{}, "invoice_id", "required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := g.Prepare(tt.req, planOf(tt.req), operationID)
			wantReason(t, err, invalidField)
			if field(err) != tt.field || !strings.Contains(description(err), tt.says) {
				t.Errorf("field %q, %q; want %q, %q", field(err), description(err), tt.field, tt.says)
			}
		})
	}
	if _, err := g.Prepare(planUpdateOf(gold(), "name"), nil, operationID); err == nil {
		t.Error("the product of a plan that was not read is changed")
	}
}

// planOf is what an update of a plan has read; nil for anything else.
func planOf(req proto.Message) proto.Message {
	if _, update := req.(*paymentsv1.UpdatePlanRequest); update {
		return planRead()
	}
	return nil
}

func TestPrepareInvoices(t *testing.T) {
	const invoice1 = "/v1/invoices/in_1/"
	payment := "expand[0]=payment_intent"
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name, path string
		req        proto.Message
		form       []string
	}{
		{"finalized", "finalize", &paymentsv1.FinalizeInvoiceRequest{InvoiceId: "in_1"}, []string{payment}},
		{"finalized, and left alone", "finalize", fullFinalize(), []string{payment, "auto_advance=false"}},
		{"paid", "pay", &paymentsv1.PayInvoiceRequest{InvoiceId: "in_1"}, []string{payment, "off_session=true"}},
		{
			"paid by the customer", "pay", &paymentsv1.PayInvoiceRequest{
				InvoiceId: "in_1", PaymentMethodId: "pm_1", OnSession: true,
			}, []string{payment, "off_session=false", "payment_method=pm_1"},
		},
		{
			"paid elsewhere", "pay", &paymentsv1.PayInvoiceRequest{InvoiceId: "in_1", PaidOutOfBand: true},
			[]string{payment, "paid_out_of_band=true"},
		},
		{"voided", "void", fullVoid(), []string{payment}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkPrepared(t, g, tt.req, stripegw.Request{Method: "POST", Path: invoice1 + tt.path}, tt.form)
		})
	}
}

// TestPlanUpdatesKnowEveryField: a field of Plan is one that an update can name, one that never changes, or its comment
// says that it is output only.
func TestPlanUpdatesKnowEveryField(t *testing.T) {
	updatable := map[string]bool{}
	for _, path := range stripegw.PlanUpdatePaths() {
		updatable[path] = true
	}
	for _, path := range stripegw.PlanFixedPaths() {
		if updatable[path] {
			t.Errorf("%s can change, and never changes", path)
		}
	}
	for name, comment := range fieldComments(t, "Plan") {
		outputOnly := strings.HasPrefix(strings.TrimSpace(comment), "Output only.")
		if fixed := slices.Contains(stripegw.PlanFixedPaths(), name); updatable[name] == (outputOnly || fixed) {
			t.Errorf("Plan.%s: in the table %t, output only %t, never changes %t", name, updatable[name], outputOnly, fixed)
		}
		delete(updatable, name)
	}
	if len(updatable) != 0 {
		t.Errorf("%v are in the table and no fields of Plan", slices.Sorted(maps.Keys(updatable)))
	}
}
