package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const schedulesPath = "/v1/subscription_schedules"

// scheduled puts a new subscription of 20 dollars under a schedule that makes it 10 dollars at the period's end.
func scheduled(t *testing.T, more string) (a api, id, schedule, clock, item string) {
	t.Helper()
	a = newAPI()
	cu, clock := a.subscriber(t, "pm_card_visa")
	gold, silver := a.priceOf(t, 2000), a.priceOf(t, 1000)
	sub := a.post(t, subscriptionsPath, "customer="+cu+"&items[0][quantity]=3&items[0][price]="+gold)
	id = sub.text("id")
	renewal := start.AddDate(0, 1, 0)
	made := a.post(t, schedulesPath, "from_subscription="+id)
	made.want(t, 200, map[string]any{
		"object": "subscription_schedule", "status": "active", "subscription": id, "end_behavior": "release",
		"current_phase.start_date": int(start.Unix()), "current_phase.end_date": int(renewal.Unix()), "test_clock": clock,
	})
	schedule = made.text("id")
	a.post(t, schedulesPath+"/"+schedule, fmt.Sprintf("phases[0][start_date]=%d&phases[0][end_date]=%d&"+
		"phases[0][items][0][price]=%s&phases[0][items][0][quantity]=3&phases[1][items][0][price]=%s&"+
		"phases[1][items][0][quantity]=4&phases[1][iterations]=1&phases[1][proration_behavior]=none&phases[1][metadata][k]=v%s",
		start.Unix(), renewal.Unix(), gold, silver, more)).want(t, 200, map[string]any{"status": "active"})
	return a, id, schedule, clock, sub.itemOf()
}

// A change at the period's end: nothing until then, no proration, and the schedule lets go when its last phase is over.
func TestT01_ScheduleChangesAtThePeriodsEnd(t *testing.T) {
	t.Parallel()
	a, id, schedule, clock, item := scheduled(t, "")
	renewal := start.AddDate(0, 1, 0)
	a.subscription(t, id).want(t, 200, map[string]any{"schedule": schedule, "plan.amount": 2000, "quantity": 3})
	before := len(a.eventTypes(t))
	a.advance(t, clock, renewal.Add(2*time.Hour))
	got := a.subscription(t, id)
	got.want(t, 200, map[string]any{
		"schedule": schedule, "plan.amount": 1000, "quantity": 4, "latest_invoice.amount_paid": 4000, "metadata.k": "v",
		"current_period_end": int(start.AddDate(0, 2, 0).Unix()), "status": "active",
	})
	if got.itemOf() != item {
		t.Errorf("the item is %s, want %s", got.itemOf(), item)
	}
	if diff := cmp.Diff([]string{
		"subscription_schedule.updated", "invoice.created", "customer.subscription.updated", "invoice.finalized",
		"invoice.paid",
	}, a.billed(t, before)); diff != "" {
		t.Error(diff)
	}
	a.get(t, schedulesPath+"/"+schedule, "expand[]=subscription&expand[]=phases.items.price").want(t, 200, map[string]any{
		"current_phase.start_date": int(renewal.Unix()), "subscription.id": id,
	})
	before = len(a.eventTypes(t))
	a.advance(t, clock, start.AddDate(0, 2, 0).Add(2*time.Hour))
	a.get(t, schedulesPath+"/"+schedule, "").want(t, 200, map[string]any{
		"status": "released", "released_subscription": id, "subscription": nil, "current_phase": nil,
		"released_at": int(start.AddDate(0, 2, 0).Unix()),
	})
	a.subscription(t, id).want(t, 200, map[string]any{"schedule": nil, "plan.amount": 1000, "latest_invoice.amount_paid": 4000})
	if diff := cmp.Diff([]string{
		"subscription_schedule.released", "invoice.created", "customer.subscription.updated", "invoice.finalized",
		"invoice.paid",
	}, a.billed(t, before)); diff != "" {
		t.Error(diff)
	}
}

// A change to another interval begins its cycle with the phase.
func TestT01_ScheduleChangesTheInterval(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu, clock := a.subscriber(t, "pm_card_visa")
	gold, yearly := a.priceOf(t, 2000), a.price(t, "unit_amount=20000&recurring[interval]=year")
	id := a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+gold).text("id")
	renewal := start.AddDate(0, 1, 0)
	schedule := a.post(t, schedulesPath, "from_subscription="+id).text("id")
	a.post(t, schedulesPath+"/"+schedule, fmt.Sprintf("phases[0][start_date]=%d&phases[0][end_date]=%d&"+
		"phases[0][items][0][price]=%s&phases[1][items][0][price]=%s", start.Unix(), renewal.Unix(), gold, yearly)).
		want(t, 200, nil)
	a.advance(t, clock, renewal.Add(2*time.Hour))
	a.subscription(t, id).want(t, 200, map[string]any{
		"plan.interval": "year", "latest_invoice.amount_paid": 20000, "current_period_start": int(renewal.Unix()),
		"current_period_end": int(renewal.AddDate(1, 0, 0).Unix()),
	})
}

// A schedule is released, canceled, or ends its subscription; a cancel of the subscription ends the schedule.
func TestT01_ScheduleEnds(t *testing.T) {
	t.Parallel()
	renewal := start.AddDate(0, 1, 0)
	t.Run("released", func(t *testing.T) {
		t.Parallel()
		a, id, schedule, clock, _ := scheduled(t, "&end_behavior=cancel")
		a.subscription(t, id).want(t, 200, map[string]any{"cancel_at": int(start.AddDate(0, 2, 0).Unix())})
		a.post(t, schedulesPath+"/"+schedule+"/release", "").want(t, 200, map[string]any{
			"status": "released", "released_subscription": id, "subscription": nil, "released_at": int(start.Unix()),
		})
		a.subscription(t, id).want(t, 200, map[string]any{"schedule": nil, "cancel_at": nil})
		a.advance(t, clock, renewal.Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"plan.amount": 2000, "latest_invoice.amount_paid": 6000})
		for _, action := range []string{"/release", "/cancel", ""} {
			a.post(t, schedulesPath+"/"+schedule+action, "").want(t, 400, nil)
		}
	})
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		a, id, schedule, _, _ := scheduled(t, "")
		a.post(t, schedulesPath+"/"+schedule+"/cancel", "prorate=false").want(t, 200, map[string]any{
			"status": "canceled", "canceled_at": int(start.Unix()),
		})
		a.subscription(t, id).want(t, 200, map[string]any{"status": "canceled", "schedule": nil})
	})
	t.Run("by a cancel of the subscription", func(t *testing.T) {
		t.Parallel()
		a, id, schedule, _, _ := scheduled(t, "")
		a.do(t, http.MethodDelete, subscriptionsPath+"/"+id, "").want(t, 200, map[string]any{"status": "canceled"})
		a.get(t, schedulesPath+"/"+schedule, "").want(t, 200, map[string]any{"status": "canceled"})
	})
	t.Run("with its subscription", func(t *testing.T) {
		t.Parallel()
		a, id, schedule, clock, _ := scheduled(t, "&end_behavior=cancel")
		a.advance(t, clock, renewal.Add(2*time.Hour))
		before := len(a.eventTypes(t))
		a.advance(t, clock, start.AddDate(0, 2, 0).Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "canceled", "latest_invoice.amount_paid": 4000})
		a.get(t, schedulesPath+"/"+schedule, "").want(t, 200, map[string]any{
			"status": "completed", "completed_at": int(start.AddDate(0, 2, 0).Unix()),
		})
		if diff := cmp.Diff([]string{"subscription_schedule.completed", "customer.subscription.deleted"}, a.billed(t, before)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("with the current phase, as a cancel at the period's end", func(t *testing.T) {
		t.Parallel()
		a, id, schedule, clock, _ := scheduled(t, "")
		sched := a.get(t, schedulesPath+"/"+schedule, "")
		phases, _ := sched.at("phases").([]any)
		first, _ := phases[0].(map[string]any)
		items, _ := first["items"].([]any)
		item, _ := items[0].(map[string]any)
		a.post(t, schedulesPath+"/"+schedule, fmt.Sprintf("end_behavior=cancel&phases[0][start_date]=%d&phases[0][end_date]=%d&"+
			"phases[0][items][0][price]=%v&phases[0][items][0][quantity]=3", start.Unix(), renewal.Unix(), item["price"])).
			want(t, 200, nil)
		a.subscription(t, id).want(t, 200, map[string]any{"cancel_at": int(renewal.Unix())})
		a.advance(t, clock, renewal.Add(time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "canceled", "latest_invoice.amount_paid": 6000})
	})
}

// A phase that ends within a period prorates what it changes.
func TestT01_PhaseEndsWithinAPeriod(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu, clock := a.subscriber(t, "pm_card_visa")
	gold, silver := a.priceOf(t, 2000), a.priceOf(t, 1000)
	id := a.post(t, subscriptionsPath, "customer="+cu+"&items[0][price]="+gold).text("id")
	half := start.Add(15*day + 12*time.Hour)
	schedule := a.post(t, schedulesPath, "from_subscription="+id).text("id")
	a.post(t, schedulesPath+"/"+schedule, fmt.Sprintf("phases[0][start_date]=%d&phases[0][end_date]=%d&"+
		"phases[0][items][0][price]=%s&phases[1][items][0][price]=%s&phases[1][iterations]=2", start.Unix(), half.Unix(), gold,
		silver)).want(t, 200, map[string]any{"current_phase.end_date": int(half.Unix())})
	a.advance(t, clock, half.Add(time.Minute))
	a.subscription(t, id).want(t, 200, map[string]any{
		"plan.amount": 1000, "schedule": schedule, "current_period_end": int(start.AddDate(0, 1, 0).Unix()),
	})
	a.advance(t, clock, start.AddDate(0, 1, 0).Add(2*time.Hour))
	a.subscription(t, id).want(t, 200, map[string]any{"latest_invoice.amount_paid": 500})
}

func TestT01_ScheduleRefusals(t *testing.T) {
	t.Parallel()
	a, id, schedule, _, item := scheduled(t, "")
	sub := a.subscription(t, id)
	price := sub.text("plan", "id")
	other := a.post(t, subscriptionsPath, "customer="+sub.text("customer")+"&items[0][price]="+price+
		"&payment_behavior=default_incomplete").text("id")
	managed := func(what string) string {
		return "The subscription is managed by the subscription schedule `" + schedule + "`, and updating any " + what +
			" directly is not allowed. Please update the schedule instead."
	}
	for _, form := range []string{"cancel_at_period_end=true", "cancel_at_period_end=false", "cancel_at="} {
		a.change(t, id, form).want(t, 400, map[string]any{"error.message": managed("cancelation behavior")})
	}
	a.change(t, id, "items[0][id]="+item+"&items[0][quantity]=2").want(t, 400, map[string]any{"error.message": managed("items")})
	a.change(t, id, "trial_end=now").want(t, 400, nil)
	a.change(t, id, "billing_cycle_anchor=now").want(t, 400, nil)
	a.change(t, id, "metadata[k]=v&pause_collection[behavior]=void").want(t, 200, nil)
	begin := fmt.Sprintf("phases[0][start_date]=%d&", start.Unix())
	end := fmt.Sprintf("&phases[0][end_date]=%d", start.AddDate(0, 1, 0).Unix())
	for _, tt := range []struct{ path, form, param string }{
		{schedulesPath, "", "from_subscription"},
		{schedulesPath, "customer=cus_1", "from_subscription"},
		{schedulesPath, "from_subscription=" + id + "&metadata[k]=v", "metadata"},
		{schedulesPath, "from_subscription=" + id + "&end_behavior=cancel", "end_behavior"},
		{schedulesPath, "from_subscription=" + id, "from_subscription"}, // it has one
		{schedulesPath, "from_subscription=" + other, "from_subscription"},
		{schedulesPath, "from_subscription=sub_1", "from_subscription"},
		{schedulesPath + "/" + schedule, "phases[0][items][0][price]=" + price + end, "phases[0][start_date]"},
		{schedulesPath + "/" + schedule, begin + "phases[0][iterations]=1", "phases[0][items]"},
		{schedulesPath + "/" + schedule, begin + "phases[0][items][0][price]=price_1" + end, "phases[0][items][0][price]"},
		{schedulesPath + "/" + schedule, begin + "phases[0][iterations]=1&phases[0][items][0][price]=" + price + end, "phases[0]"},
		{schedulesPath + "/" + schedule, begin + "phases[0][end_date]=1&phases[0][items][0][price]=" + price, "phases[0][end_date]"},
		{
			schedulesPath + "/" + schedule, "phases[0][start_date]=" + stamp(start.Add(time.Second)) + "&phases[0][items][0][price]=" + price + end,
			"phases[0][start_date]",
		},
		{
			schedulesPath + "/" + schedule, begin + "phases[0][items][0][price]=" + price + end + "&phases[1][items][0][price]=" +
				a.price(t, "currency=eur&unit_amount=1&recurring[interval]=month"), "phases[1][items]",
		},
		{schedulesPath + "/" + schedule, "end_behavior=renew", "end_behavior"},
		{schedulesPath + "/" + schedule, "default_settings[default_payment_method]=pm_1", "default_settings[default_payment_method]"},
	} {
		a.post(t, tt.path, tt.form).want(t, 400, map[string]any{
			"error.param": tt.param, "error.type": "invalid_request_error",
		})
	}
	a.get(t, schedulesPath+"/sub_sched_1", "").want(t, 404, map[string]any{"error.code": "resource_missing"})
	if diff := cmp.Diff([]string{schedule}, a.get(t, schedulesPath, "customer="+sub.text("customer")).ids()); diff != "" {
		t.Error(diff)
	}
}
