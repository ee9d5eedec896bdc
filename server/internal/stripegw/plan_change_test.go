package stripegw_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const later = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END

// now is the one step of a change that is made at once.
func now(behavior string, params ...string) []planned {
	return only(sub1, append(params, "proration_behavior=always_invoice", "payment_behavior="+behavior)...)
}

// replaced is what is sent for dearer().
var replaced = []string{"items[0][id]=si_1", "items[0][price]=price_3", "items[0][quantity]=2"}

func TestPrepareChangePlanNow(t *testing.T) {
	const held, refused = "pending_if_incomplete", "error_if_incomplete"
	edit := func(edit func(*paymentsv1.ChangePlanRequest)) *paymentsv1.ChangePlanRequest {
		req := changeOf(0, dearer())
		edit(req)
		return req
	}
	kind := func(kind string) *paymentsv1.Subscription {
		return goldRead(func(s *paymentsv1.Subscription) { s.ChargedPaymentMethodType = kind })
	}
	metered := func(s *paymentsv1.Subscription) {
		s.Items[0].Plan.Usage, s.Items[0].Quantity = paymentsv1.PlanUsage_PLAN_USAGE_METERED, 0
	}
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name string
		req  proto.Message
		on   *paymentsv1.Subscription
		want []planned
	}{
		{"another plan keeps the quantity", changeOf(0, dearer()), goldRead(), now(held, replaced...)},
		{"by link", changeOf(0, dearer()), kind("link"), now(held, replaced...)},
		{"by a bank account", changeOf(0, dearer()), kind("us_bank_account"), now(refused, replaced...)},
		{"by nothing", changeOf(0, dearer()), kind(""), now(refused, replaced...)},
		{
			"by an invoice that is sent", changeOf(0, dearer()),
			goldRead(func(s *paymentsv1.Subscription) { s.CollectionMethod = sendInvoice }), now(refused, replaced...),
		},
		{"while paused", changeOf(0, dearer()), goldRead(pausedBy), now(refused, replaced...)},
		{
			"unpaid", edit(func(r *paymentsv1.ChangePlanRequest) { r.AllowUnpaid = true }), kind("us_bank_account"),
			now("allow_incomplete", replaced...),
		},
		{
			"as previewed", edit(func(r *paymentsv1.ChangePlanRequest) { r.ProrationTime = at(1701000000) }), goldRead(),
			now(held, append(replaced, "proration_date=1701000000")...),
		},
		{
			"a quantity keeps the plan", changeOf(0, &paymentsv1.ItemChange{ItemId: "si_1", Quantity: new(int64(7))}),
			goldRead(twoItems), now(held, "items[0][id]=si_1", "items[0][price]=price_1", "items[0][quantity]=7"),
		},
		{
			"an item that goes can not be held back", changeOf(0, &paymentsv1.ItemChange{ItemId: "si_2", Remove: true}),
			goldRead(twoItems), now(refused, "items[0][id]=si_2", "items[0][deleted]=true"),
		},
		{
			"an item that comes", edit(func(r *paymentsv1.ChangePlanRequest) {
				r.Changes, r.NewItems = nil, []*paymentsv1.NewSubscriptionItem{{PlanId: "price_3"}}
			}), goldRead(), now(held, "items[0][price]=price_3", "items[0][quantity]=1"),
		},
		{"all at once", fullChangePlan(), goldRead(twoItems), now("allow_incomplete",
			"items[0][id]=si_2", "items[0][deleted]=true",
			"items[1][id]=si_1", "items[1][price]=price_3", "items[1][quantity]=5",
			"items[2][price]=price_4", "items[2][quantity]=3", "items[3][price]=price_5", "items[3][quantity]=1",
			"proration_date=1701000000")},
		{
			"what is metered has no quantity", changeOf(0, dearer()), goldRead(metered),
			now(held, "items[0][id]=si_1", "items[0][price]=price_3"),
		},
		{
			"a schedule is dropped", changeOf(0, dearer()), goldRead(onSchedule),
			append([]planned{{"release_schedule", schedule1 + "/release", nil, nil}}, now(held, replaced...)...),
		},
		{
			"a schedule is dropped, and nothing else", changeOf(0, &paymentsv1.ItemChange{PlanId: "price_1"}),
			goldRead(onSchedule), append([]planned{{"release_schedule", schedule1 + "/release", nil, nil}},
				now(held, "items[0][id]=si_1", "items[0][price]=price_1", "items[0][quantity]=2")...),
		},
	} {
		t.Run(tt.name, func(t *testing.T) { checkPlanned(t, g, tt.req, tt.on, tt.want) })
	}
}

func TestPrepareChangePlanLater(t *testing.T) {
	phases := func(more ...string) []string {
		return append(append(more, expandedIn...), "phases[1][iterations]=1", "phases[1][proration_behavior]=none",
			"end_behavior=release", "phases[1][items][0][price]=price_3", "phases[1][items][0][quantity]=2")
	}
	created := planned{"schedule", "POST /v1/subscription_schedules", []string{"from_subscription=sub_1"}, nil}
	const filled = "POST /v1/subscription_schedules/" + stripegw.PathFill
	fills := func(items int) []stripegw.Fill {
		all := []stripegw.Fill{
			{From: "id"},
			{From: "end_behavior", Is: "release"},
			{Param: "phases[0][start_date]", From: "phases.0.start_date"},
			{Param: "phases[0][end_date]", From: "phases.0.end_date"},
		}
		for i := range items {
			at := strconv.Itoa(i)
			all = append(all,
				stripegw.Fill{Param: "phases[0][items][" + at + "][price]", From: "phases.0.items." + at + ".price"},
				stripegw.Fill{Param: "phases[0][items][" + at + "][quantity]", From: "phases.0.items." + at + ".quantity"})
		}
		return all
	}
	released := planned{"release_schedule", schedule1 + "/release", nil, nil}
	several := changeOf(later, &paymentsv1.ItemChange{ItemId: "si_1", Remove: true})
	several.NewItems = []*paymentsv1.NewSubscriptionItem{{PlanId: "price_4", Quantity: new(int64(3))}}
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name string
		req  proto.Message
		on   *paymentsv1.Subscription
		want []planned
	}{
		{"a new schedule", changeOf(later, dearer()), goldRead(), []planned{created, {"1", filled, phases(), fills(1)}}},
		{
			"during the trial", changeOf(later, dearer()), goldRead(trialing),
			[]planned{created, {"1", filled, phases("phases[0][trial_end]=1702592000"), fills(1)}},
		},
		{
			"a schedule that is there", changeOf(later, dearer()), goldRead(onSchedule),
			[]planned{released, created, {"1", filled, phases(), fills(1)}},
		},
		{"all items stand in both phases", several, goldRead(twoItems), []planned{created, {"1", filled, append(
			expandedIn, "phases[1][iterations]=1", "phases[1][proration_behavior]=none", "end_behavior=release",
			"phases[1][items][0][price]=price_2", "phases[1][items][0][quantity]=1",
			"phases[1][items][1][price]=price_4", "phases[1][items][1][quantity]=3",
		), fills(2)}}},
		{
			"a scheduled change taken back", changeOf(later, &paymentsv1.ItemChange{PlanId: "price_1"}), goldRead(onSchedule),
			[]planned{released, created, {"1", filled, append(expandedIn, "phases[1][iterations]=1",
				"phases[1][proration_behavior]=none", "end_behavior=release",
				"phases[1][items][0][price]=price_1", "phases[1][items][0][quantity]=2"), fills(1)}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) { checkPlanned(t, g, tt.req, tt.on, tt.want) })
	}
}

// TestPrepareChangePlanRefuses: what the items do not allow names the change.
func TestPrepareChangePlanRefuses(t *testing.T) {
	change := func(id, plan string) *paymentsv1.ItemChange { return &paymentsv1.ItemChange{ItemId: id, PlanId: plan} }
	gone := func(id string) *paymentsv1.ItemChange { return &paymentsv1.ItemChange{ItemId: id, Remove: true} }
	many := changeOf(0)
	for i := range 20 {
		many.NewItems = append(many.NewItems, &paymentsv1.NewSubscriptionItem{PlanId: fmt.Sprintf("price_new_%d", i)})
	}
	one, two := goldRead(), goldRead(twoItems)
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name        string
		req         proto.Message
		on          *paymentsv1.Subscription
		field, says string
	}{
		{"no such item", changeOf(0, dearer(), change("si_9", "price_3")), one, "changes[1].item_id", "no item of this"},
		{"named twice", changeOf(0, change("si_2", "price_3"), change("si_2", "price_4")), two, "changes[1].item_id", "already"},
		{"named twice, once without an id", changeOf(0, change("si_1", "price_3"), dearer()), one, "changes[1].item_id", "already"},
		{"which of them", changeOf(0, dearer()), two, "changes[0].item_id", "several items"},
		{
			"gone, with a plan", changeOf(0, &paymentsv1.ItemChange{ItemId: "si_1", PlanId: "price_3", Remove: true}), two,
			"changes[0].plan_id", "beside remove",
		},
		{
			"gone, with a quantity", changeOf(0, &paymentsv1.ItemChange{ItemId: "si_1", Quantity: new(int64(1)), Remove: true}),
			two, "changes[0].quantity", "beside remove",
		},
		{"nothing left", changeOf(0, gone("si_1"), gone("si_2")), two, "changes[1].remove", "leaves no item"},
		{"nothing left, later", changeOf(later, gone("")), one, "changes[0].remove", "leaves no item"},
		{"too many", many, one, "new_items", "more than 20"},
		{"another item's plan", changeOf(0, change("si_1", "price_2")), two, "changes[0].plan_id", "another item has"},
		{"nothing", changeOf(0), one, "changes", "change nothing"},
		{"the same plan", changeOf(0, change("", "price_1")), one, "changes", "change nothing"},
		{
			"the same quantity", changeOf(later, &paymentsv1.ItemChange{Quantity: new(int64(2))}), one, "changes",
			"change nothing",
		},
		{
			"what is scheduled already", changeOf(later, change("", "price_9")), goldRead(onSchedule), "changes",
			"change nothing",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := g.Prepare(tt.req, tt.on, operationID)
			wantReason(t, err, invalidField)
			if field(err) != tt.field || !strings.Contains(description(err), tt.says) {
				t.Errorf("field %q, %q; want %q, %q", field(err), description(err), tt.field, tt.says)
			}
		})
	}
}

// TestChangePlanRefusedByStripe: what Stripe refuses of an item as it was sent is the change, or the new item, that it is.
func TestChangePlanRefusedByStripe(t *testing.T) {
	state, stale := unexpectedState, previewStale
	for _, tt := range []struct {
		name, code, param string
		req               *paymentsv1.ChangePlanRequest
		reason            paymentsv1.ErrorReason
		field             string
	}{
		{"a change's plan", "resource_missing", "items[1][price]", fullChangePlan(), invalidField, "changes[1].plan_id"},
		{"a change's item", "", "items[0][id]", fullChangePlan(), invalidField, "changes[0].item_id"},
		{"one that goes", "", "items[0][deleted]", fullChangePlan(), invalidField, "changes[0].remove"},
		{"a change", "", "items[1]", fullChangePlan(), invalidField, "changes[1]"},
		{"a new item's plan", "resource_missing", "items[2][price]", fullChangePlan(), invalidField, "new_items[0].plan_id"},
		{"a new item's quantity", "", "items[3][quantity]", fullChangePlan(), invalidField, "new_items[1].quantity"},
		{"all of them", "", "items", fullChangePlan(), invalidField, "changes"},
		{"the time of a preview", "", "proration_date", fullChangePlan(), stale, ""},
		{"the state", "", "", fullChangePlan(), state, ""},
		{"a phase", "", "phases[1][items][0][price]", changeOf(later, dearer()), invalidField, "changes"},
		{"the state of a schedule", "", "", changeOf(later, dearer()), state, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := encode(t, map[string]any{"error": map[string]any{
				"type": "invalid_request_error", "code": tt.code, "param": tt.param, "message": canary,
			}})
			g := newGateway(t, newStripe(t, answer(400, body)).URL)
			steps, err := g.Prepare(tt.req, goldRead(onSchedule, twoItemsUnless(tt.req)), operationID)
			if err != nil {
				t.Fatal(err)
			}
			got := g.Write(t.Context(), sending(changePlan, onItsSchedule(steps[len(steps)-1].Request)))
			checkResult(t, got, stripegw.Done, tt.reason, certain)
			if field(got.Err) != tt.field {
				t.Errorf("field %q, want %q", field(got.Err), tt.field)
			}
			checkSilent(t, got.Err)
		})
	}
}

// twoItemsUnless gives the subscription what a request names.
func twoItemsUnless(req *paymentsv1.ChangePlanRequest) func(*paymentsv1.Subscription) {
	if len(req.GetChanges()) == 2 {
		return twoItems
	}
	return func(*paymentsv1.Subscription) {}
}
