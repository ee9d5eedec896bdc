package stripegw_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// prepared is the steps of an rpc as they will be sent, under an operation id of this name.
func (b *bench) prepared(t *testing.T, method, name string, req, on proto.Message) []stripegw.Sending {
	t.Helper()
	steps, err := b.gateway.Prepare(req, on, "op_"+name)
	if err != nil {
		t.Fatalf("%v\n%s", err, visible(err))
	}
	all := make([]stripegw.Sending, len(steps))
	for i, step := range steps {
		all[i] = stripegw.Sending{
			Method: method, Request: step.Request, Next: steps[i+1:], Key: "tg1-" + name + "-" + step.Name,
			OperationID: "op_" + name, MaxSends: 1,
		}
	}
	return all
}

// run sends all steps, each of which must be done, and returns what the last one made or changed.
func (b *bench) run(t *testing.T, method, name string, req, on proto.Message) proto.Message {
	t.Helper()
	got := b.steps(t, method, name, req, on)
	if got.Verdict != stripegw.Done || got.Err != nil {
		t.Fatalf("%s: %v, %v\n%s", method, got.Verdict, got.Err, visible(got.Err))
	}
	return got.Outcome.Resource
}

// goldPlan makes a plan of gold().
func (b *bench) goldPlan(t *testing.T, name string, edits ...func(*paymentsv1.CreatePlanRequest)) *paymentsv1.Plan {
	t.Helper()
	req := &paymentsv1.CreatePlanRequest{Plan: gold()}
	for _, edit := range edits {
		edit(req)
	}
	return b.run(t, createPlan, name, req, nil).(*paymentsv1.Plan)
}

// TestPlansInTheSandbox: a plan is made, read, listed, changed and succeeded.
func TestPlansInTheSandbox(t *testing.T) {
	b := newBench(t)
	made := b.goldPlan(t, "gold")
	want := gold()
	want.Id, want.ProductId, want.CreateTime = made.GetId(), made.GetProductId(), made.GetCreateTime()
	want.Usage, want.Scheme = paymentsv1.PlanUsage_PLAN_USAGE_LICENSED, paymentsv1.PlanScheme_PLAN_SCHEME_PER_UNIT
	want.UnitAmountDecimal, want.CurrencyCode = "2000", "EUR"
	checkSame(t, "made", want, made)
	read, err := b.gateway.GetPlan(t.Context(), made.GetId())
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "read", made, read)

	// The successor takes the key; the old one is changed afterwards.
	second := b.goldPlan(t, "gold_2", func(req *paymentsv1.CreatePlanRequest) {
		req.ProductId, req.TransferLookupKey = made.GetProductId(), true
		req.Plan.Name, req.Plan.Description = "", ""
		req.Plan.Amount.MinorUnits = 2500
	})
	if second.GetLookupKey() != "gold" || second.GetName() != "Gold" || second.GetAmount().GetMinorUnits() != 2500 {
		t.Errorf("the successor is %v", second)
	}
	update := planUpdateOf(&paymentsv1.Plan{Name: "Old gold", Metadata: map[string]string{"tier": ""}},
		"name", "description", "active", "metadata")
	update.PlanId = made.GetId()
	want.Name, want.Description, want.Active, want.Metadata, want.LookupKey = "Old gold", "", false, nil, ""
	checkSame(t, "changed", want, b.run(t, updatePlan, "update", update, read))

	page, more, err := b.gateway.PlanPage(t.Context(), &paymentsv1.ListPlansRequest{ProductId: made.GetProductId()}, "", 10)
	if err != nil || more || len(page) != 2 || page[0].GetId() != second.GetId() || page[1].GetName() != "Old gold" {
		t.Errorf("listed %v, %t, %v", page, more, err)
	}
	page, _, err = b.gateway.PlanPage(t.Context(), &paymentsv1.ListPlansRequest{LookupKeys: []string{"gold"}, Active: new(true)}, "", 10)
	if err != nil || len(page) != 1 || page[0].GetId() != second.GetId() {
		t.Errorf("by its key: %v, %v", page, err)
	}
}

// TestPlansRefusedInTheSandbox: what another plan has, and what does not exist.
func TestPlansRefusedInTheSandbox(t *testing.T) {
	b := newBench(t)
	made := b.goldPlan(t, "gold")
	successor := func(edit func(*paymentsv1.CreatePlanRequest)) *paymentsv1.CreatePlanRequest {
		req := fullCreatePlan()
		req.ProductId, req.TransferLookupKey = made.GetProductId(), false
		edit(req)
		return req
	}
	for name, tt := range map[string]struct {
		method string
		req    proto.Message
		on     proto.Message
		reason paymentsv1.ErrorReason
		field  string
	}{
		"taken_key": {createPlan, successor(func(*paymentsv1.CreatePlanRequest) {}), nil, invalidField, "plan.lookup_key"},
		"no_product": {
			createPlan, successor(func(r *paymentsv1.CreatePlanRequest) { r.ProductId = "prod_x" }), nil, invalidField, "product_id",
		},
		"no_plan": {updatePlan, fullUpdatePlan(), &paymentsv1.Plan{ProductId: made.GetProductId()}, resourceMissing, ""},
	} {
		got := b.steps(t, tt.method, name, tt.req, tt.on)
		wantReason(t, got.Err, tt.reason)
		if field(got.Err) != tt.field {
			t.Errorf("%s: field %q, want %q", name, field(got.Err), tt.field)
		}
	}
}

// TestLookUpPlans: each step of a plan that was made, or changed, is found at Stripe, with what the next one needs of it.
func TestLookUpPlans(t *testing.T) {
	b := newBench(t)
	made := b.goldPlan(t, "gold")
	update := fullUpdatePlan()
	update.PlanId, update.Plan.Name, update.Plan.Active = made.GetId(), "Silver", false
	fresh := gold()
	fresh.LookupKey = "silver"
	for name, tt := range map[string]struct {
		method  string
		req, on proto.Message
	}{
		"create": {createPlan, &paymentsv1.CreatePlanRequest{Plan: fresh}, nil},
		"update": {updatePlan, update, made},
	} {
		t.Run(name, func(t *testing.T) {
			var next []stripegw.Step
			var last proto.Message
			for i, s := range b.prepared(t, tt.method, name, tt.req, tt.on) {
				if i > 0 {
					s.Request, s.Next = next[0].Request, next[1:]
				}
				asked := search(s)
				asked.Next = s.Next
				if found, err := b.gateway.LookUp(t.Context(), asked); err != nil || found.Found {
					t.Fatalf("step %d: found %t before it was sent, %v", i, found.Found, err)
				}
				sent := b.gateway.Write(t.Context(), s)
				asked = search(s)
				asked.Next = s.Next
				found, err := b.gateway.LookUp(t.Context(), asked)
				if err != nil || sent.Err != nil || !found.Found {
					t.Fatalf("step %d: found %t, %v; sent: %v", i, found.Found, err, sent.Err)
				}
				checkSame(t, s.Key, sent.Outcome.Resource, found.Outcome.Resource)
				checkEqual(t, sent.Next, found.Next)
				next, last = found.Next, found.Outcome.Resource
			}
			result, err := b.gateway.ReadResult(t.Context(), stripegw.Search{Method: tt.method, OperationID: "op_" + name},
				last.(*paymentsv1.Plan).GetId())
			if err != nil || !result.Found {
				t.Fatalf("by a person's word: found %t, %v", result.Found, err)
			}
			checkSame(t, "by a person's word", last, result.Outcome.Resource)
		})
	}
	// A product is no result of an rpc that makes a plan.
	_, err := b.gateway.ReadResult(t.Context(), stripegw.Search{Method: createPlan, OperationID: "op_create"}, made.GetProductId())
	wantReason(t, err, invalidField)
	if !strings.Contains(description(err), "does not exist") {
		t.Errorf("it says %q", description(err))
	}
}
